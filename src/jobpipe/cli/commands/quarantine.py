"""`jobpipe quarantine`"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.defaulting import GroupWithList
from jobpipe.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from jobpipe.documents.body import Body
    from jobpipe.documents.store import StateRow
    from jobpipe.ledger.models import Import
    from jobpipe.runs.quarantine import Rejected
    from jobpipe.runs.workspace import Workspace

_incident_option = click.option("--incident", type=click.IntRange(1), help="Only those that this incident is about.")
_key_option = click.option("--key", "keys", multiple=True, help="Only the record with this key; may be repeated.")


@click.group("quarantine", cls=GroupWithList)
def command() -> None:
    """Rejected records, kept whole: list them, look at one, try them again after a fix.

    `jobpipe quarantine NAME` lists those of import NAME.
    """


@command.command("list")
@click.argument("name", shell_complete=complete_imports)
@click.option("--reason", default="", help="Only this reason.")
@_incident_option
@click.option("--limit", type=click.IntRange(1), help="At most this many.")
@click.option("--raw", is_flag=True, help="The records themselves, as the source gave them.")
@json_option
@click.pass_context
def list_them(
    context: click.Context, name: str, reason: str, incident: int | None, limit: int | None, raw: bool, as_json: bool
) -> None:
    """List the rejected records of import NAME: each with its reason and its place in the source."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.quarantine import rejected_records

    with open_workspace(context) as workspace:
        owner = import_named(workspace, name)
        all_of_them = rejected_records(workspace, owner, reason=reason, is_wanted=_of(owner, incident))
        found = islice(all_of_them, limit)
        if as_json:
            print_json([_document(record) for record in found])
        elif raw:
            for record in found:
                sys.stdout.buffer.write(record.raw + b"\n")
        else:
            _print_list(found)


@command.command("show")
@click.argument("name", shell_complete=complete_imports)
@_key_option
@click.option("--record", type=click.IntRange(1), help="Only the record with this number.")
@_incident_option
@click.option("--limit", type=click.IntRange(1), default=3, show_default=True, help="At most this many.")
@json_option
@click.pass_context
def show(
    context: click.Context,
    name: str,
    keys: tuple[str, ...],
    record: int | None,
    incident: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show rejected records of import NAME whole: the reason, and the raw record with its place marked."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.errors import UsageError

    with open_workspace(context) as workspace:
        owner = import_named(workspace, name)
        found = list(islice(_chosen(workspace, owner, keys, record, incident), limit))
    if not found:
        raise UsageError("no such record is in quarantine", hint=f"`jobpipe quarantine {name}` lists what is")
    if as_json:
        print_json([_document(one) for one in found])
        return
    for one in found:
        _print_whole(one)


@command.command("retry")
@click.argument("name", shell_complete=complete_imports)
@_incident_option
@_key_option
@click.option("--reason", default="", help="Only this reason.")
@click.option("--workers", type=click.IntRange(0, 256), help="Worker processes (otherwise as jobpipe.yaml says).")
@json_option
@quiet_option
@click.pass_context
def retry(
    context: click.Context,
    name: str,
    incident: int | None,
    keys: tuple[str, ...],
    reason: str,
    workers: int | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Try records of import NAME again, under today's definition: exactly these, in a run with its own account.

    The source is not asked. A record whose posting a later run has changed is left alone.
    """
    from jobpipe.cli.commands.run import exit_code
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_account, print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.retrying import Wanted, retry_import
    from jobpipe.runs.starting import StopRequest

    stop = StopRequest()

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop.requested = True

    with open_workspace(context) as workspace:
        signal.signal(signal.SIGINT, interrupt)
        progress = Progress() if quiet else progress_for(sys.stderr)
        wanted = Wanted(keys=keys, reason=reason, incident=incident or 0)
        report = retry_import(workspace, name, wanted, progress=progress, stop=stop, workers=workers)
    if as_json:
        print_json(report.as_dict())
    else:
        print_account(report)
    return exit_code([report], strict=False)


def _of(owner: Import, incident: int | None) -> Callable[[StateRow, Body], bool]:
    from jobpipe.runs.retrying import of_incident

    return of_incident(owner.name, incident) if incident else lambda row, body: True


def _chosen(
    workspace: Workspace, owner: Import, keys: tuple[str, ...], record: int | None, incident: int | None
) -> Iterator[Rejected]:
    from jobpipe.runs.quarantine import rejected_records

    is_of = _of(owner, incident)

    def is_wanted(row: StateRow, body: Body) -> bool:
        return record in (None, row.ordinal) and is_of(row, body)

    return rejected_records(workspace, owner, keys=keys, is_wanted=is_wanted)


def _document(record: Rejected) -> dict[str, Any]:
    return {
        "record": record.ordinal,
        "key": record.key,
        "reason": record.reason,
        "field": record.field,
        "message": record.message,
        "place": record.place,
        "file": record.part,
        "line": record.line or None,
        "column": record.column or None,
        "byte": record.offset if record.offset >= 0 else None,
        "run": record.run,
        "raw": record.raw.decode("utf-8", "replace"),
    }


def _print_list(records: Iterator[Rejected]) -> None:
    from rich.markup import escape

    from jobpipe.cli.printing import console

    out = console()
    counted = 0
    for record in records:
        counted += 1
        _print_head(record)
        excerpt = " ".join(record.raw[:400].decode("utf-8", "replace").split())
        out.print(f"  [dim]{escape(excerpt[:160])}{'…' if len(record.raw) > 160 else ''}[/]")
    if not counted:
        click.echo("nothing is in quarantine", err=True)


def _print_head(record: Rejected) -> None:
    from rich.markup import escape

    from jobpipe.cli.printing import console

    out = console()
    key = f"  key {escape(record.key)}" if record.key else ""
    out.print(f"[bold]{escape(record.reason)}[/]{key}  [dim]{escape(record.place)}[/]")
    out.print(f"  {escape(record.field)}: {escape(record.message)}" if record.field else f"  {escape(record.message)}")


def _print_whole(record: Rejected) -> None:
    """Its lines with the numbers that they have in the source, where that is known; the line in question marked."""
    from rich.markup import escape

    from jobpipe.cli.printing import console
    from jobpipe.cli.raw_record import lines_of

    _print_head(record)
    out = console()
    for line in lines_of(record):
        number = f"{line.number:>7}" if line.number else " " * 7
        mark = "[red]>[/]" if line.is_marked else " "
        out.print(f"{mark}[dim]{number}[/] {escape(line.text)}")
    out.print()
