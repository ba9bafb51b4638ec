"""What becomes of an account: its role and clients, its password, whether it is open; somebody always stays admin."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db import transaction

from jobpipe.ledger.models import Account, AccountClient, AccountRole, WebSession
from jobpipe.ledger.turns import turn_to_write
from jobpipe.web.making_accounts import AccountProblem, encoded_password
from jobpipe.web.sessions import end_all_of

# As Django marks a password that lets nobody in.
_NO_PASSWORD = "!"


def change_role(account: Account, role: str, clients: Iterable[str], *, may_see_all: bool = False) -> None:
    """`may_see_all`: it is meant where an account manager who had clients of their own has none from now on.

    Raises AccountProblem for a role that there is not, for the last admin's, and where that is not meant.
    """
    if role not in AccountRole.values:
        raise AccountProblem("There is no such role.")
    clients = [client for client in dict.fromkeys(clients) if client]
    with turn_to_write(), transaction.atomic():
        if role == AccountRole.ACCOUNT_MANAGER and not clients and not may_see_all:
            _refuse_to_open_all(account)
        if role != AccountRole.ADMIN:
            _leave_an_admin(account)
        Account.objects.filter(pk=account.pk).update(role=role)
        AccountClient.objects.filter(account=account).delete()
        AccountClient.objects.bulk_create(AccountClient(account=account, client=client) for client in clients)


def close(account: Account) -> None:
    """Nobody logs in with it any more, and whoever is logged in is so no longer. Raises AccountProblem."""
    with turn_to_write(), transaction.atomic():
        _leave_an_admin(account)
        Account.objects.filter(pk=account.pk).update(is_active=False)
        end_all_of(account)


def reopen(account: Account) -> None:
    with turn_to_write():
        Account.objects.filter(pk=account.pk).update(is_active=True)


def set_password(account: Account, password: str, *, stays: WebSession | None = None) -> None:
    """All sessions end but the one that stays. Raises AccountProblem for one that is too easy, or where it was changed
    meanwhile: of two who have one link the first counts."""
    before, account.password = account.password, encoded_password(password, account.name)
    with turn_to_write(), transaction.atomic():
        if not Account.objects.filter(pk=account.pk, password=before).update(password=account.password):
            raise AccountProblem("The password was changed meanwhile.", phrase="password_changed_meanwhile")
        end_all_of(account, but=stays)


def take_password(account: Account) -> None:
    """Nobody can log in until a new one is set; each time differently, so that links made before are void."""
    account.password = _NO_PASSWORD + secrets.token_urlsafe(24)
    with turn_to_write(), transaction.atomic():
        account.save(update_fields=["password"])
        end_all_of(account)


def has_password(account: Account) -> bool:
    return bool(account.password) and not account.password.startswith(_NO_PASSWORD)


def drop_second_factor(account: Account) -> None:
    """Where the device and the recovery codes are lost, or it is not wanted any more."""
    with turn_to_write():
        Account.objects.filter(pk=account.pk).update(second_factor=b"", has_second_factor=False, recovery_codes=[])


def _refuse_to_open_all(account: Account) -> None:
    """Whoever loses the last client is not to see those of everybody by that."""
    if account.clients.exists():
        raise AccountProblem(
            "Without clients an account manager sees all of them: tick “All clients” if that is meant."
        )


def _leave_an_admin(account: Account) -> None:
    """Of two admins who take it from each other at the same time the second one waits here, and sees what became."""
    admins = Account.objects.select_for_update().filter(role=AccountRole.ADMIN, is_active=True).order_by("pk")
    if [one.pk for one in admins] == [account.pk]:
        raise AccountProblem("This is the last admin: make another one first.")
