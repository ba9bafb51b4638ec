"""`jobpipe accounts`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.defaulting import GroupWithList
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.ledger.models import Account

_ROLES = ("admin", "developer", "operator", "account_manager", "client")


@click.group("accounts", cls=GroupWithList)
def command() -> None:
    """Who may use the interface: list, make, give a password, close.

    What one does here is in the audit log, as what is done on its pages.
    """


@command.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List accounts: role, clients, second factor, last login."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json, print_rows
    from jobpipe.ledger.models import Account

    with open_workspace(context):
        rows = [_row(one) for one in Account.objects.prefetch_related("clients")]
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("name", "role", "clients", "second factor", "last login", ""),
        [
            (
                str(row["name"]),
                str(row["role"]),
                _clients_in_words(row),
                "yes" if row["second_factor"] else "no",
                str(row["last_login"])[:16],
                "" if row["open"] else "closed",
            )
            for row in rows
        ],
        nothing="no accounts yet: jobpipe accounts add NAME --role admin",
    )


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), required=True, help="What they may do.")
@click.option("--client", "clients", multiple=True, help="Of an account manager, or of a client's people; repeatable.")
@click.option("--mail", default="", help="Their address.")
@by_option
@click.pass_context
def add(context: click.Context, name: str, role: str, clients: tuple[str, ...], mail: str, by: str) -> None:
    """Make the account NAME; its password is asked for, or read from stdin."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.web.audit import note_of
    from jobpipe.web.making_accounts import AccountProblem, make_account

    password = _given_password()
    with open_workspace(context):
        try:
            if not password:
                raise AccountProblem("An account needs a password.")
            account = make_account(name, password, role, clients=clients, mail=mail)
        except AccountProblem as error:
            raise UsageError(str(error)) from error
        note_of(who(by), "account.make", f"account {account.name}", role=role, clients=list(clients))
    click.echo(f"{account.name} may log in as {role.replace('_', ' ')}")


@command.command("password")
@click.argument("name")
@click.option("--drop-second-factor", is_flag=True, help="Where the device and the recovery codes are lost.")
@by_option
@click.pass_context
def password_(context: click.Context, name: str, drop_second_factor: bool, by: str) -> None:
    """Give NAME a new password, asked for or read from stdin; all its sessions end."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.web import changing_accounts
    from jobpipe.web.audit import note_of
    from jobpipe.web.making_accounts import AccountProblem

    password = _given_password()
    with open_workspace(context):
        account = _named(name)
        try:
            changing_accounts.set_password(account, password)
        except AccountProblem as error:
            raise UsageError(str(error)) from error
        if drop_second_factor:
            changing_accounts.drop_second_factor(account)
        note_of(who(by), "account.password", f"account {name}", dropped_second_factor=drop_second_factor)
    click.echo(f"{name} has a new password" + (", and no second factor" if drop_second_factor else ""))


@command.command("disable")
@click.argument("name")
@by_option
@click.pass_context
def disable(context: click.Context, name: str, by: str) -> None:
    """Close the account NAME: nobody logs in with it, its sessions end; what was done keeps its name."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.web.audit import note_of
    from jobpipe.web.changing_accounts import close
    from jobpipe.web.making_accounts import AccountProblem

    with open_workspace(context):
        try:
            close(_named(name))
        except AccountProblem as error:
            raise UsageError(str(error)) from error
        note_of(who(by), "account.close", f"account {name}")
    click.echo(f"{name} cannot log in any more")


@command.command("enable")
@click.argument("name")
@by_option
@click.pass_context
def enable(context: click.Context, name: str, by: str) -> None:
    """Open the account NAME again."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.web.audit import note_of
    from jobpipe.web.changing_accounts import reopen

    with open_workspace(context):
        reopen(_named(name))
        note_of(who(by), "account.reopen", f"account {name}")
    click.echo(f"{name} may log in again")


def _given_password() -> str:
    """Never an argument: those are seen by all users of a machine, and kept in histories."""
    if sys.stdin.isatty():
        return str(click.prompt("password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _named(name: str) -> Account:
    from jobpipe.errors import UsageError
    from jobpipe.ledger.models import Account

    account = Account.objects.filter(name=name).first()
    if account is None:
        raise UsageError(f"there is no account {name}", hint="`jobpipe accounts` lists them")
    return account


def _row(account: Account) -> dict[str, Any]:
    clients = sorted(one.client for one in account.clients.all())
    return {
        "name": account.name,
        "role": account.role,
        "clients": clients,
        "mail": account.mail,
        "second_factor": account.has_second_factor,
        "open": account.is_active,
        "last_login": account.last_login.isoformat() if account.last_login else "",
    }


def _clients_in_words(row: dict[str, Any]) -> str:
    return ", ".join(row["clients"]) or ("none" if row["role"] == "client" else "all")
