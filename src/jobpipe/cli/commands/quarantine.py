"""`jobpipe quarantine`"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.runs.quarantine import Rejected


@click.command("quarantine")
@click.argument("name")
@click.option("--reason", default="", help="Only this reason.")
@click.option("--limit", type=click.IntRange(1), help="At most this many.")
@click.option("--raw", is_flag=True, help="The records themselves, as the source gave them.")
@json_option
@click.pass_context
def command(context: click.Context, name: str, reason: str, limit: int | None, raw: bool, as_json: bool) -> None:
    """List the rejected records of import NAME: each with its reason and its place in the source."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.quarantine import rejected_records

    with open_workspace(context) as workspace:
        found = islice(rejected_records(workspace, import_named(workspace, name), reason=reason), limit)
        if as_json:
            print_json([_document(record) for record in found])
        elif raw:
            for record in found:
                sys.stdout.buffer.write(record.raw + b"\n")
        else:
            _print_list(found)


def _document(record: Rejected) -> dict[str, Any]:
    return {
        "record": record.ordinal,
        "key": record.key,
        "reason": record.reason,
        "field": record.field,
        "message": record.message,
        "place": record.place,
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
        key = f"  key {escape(record.key)}" if record.key else ""
        out.print(f"[bold]{escape(record.reason)}[/]{key}  [dim]{escape(record.place)}[/]")
        out.print(
            f"  {escape(record.field)}: {escape(record.message)}" if record.field else f"  {escape(record.message)}"
        )
        excerpt = " ".join(record.raw[:400].decode("utf-8", "replace").split())
        out.print(f"  [dim]{escape(excerpt[:160])}{'…' if len(record.raw) > 160 else ''}[/]")
    if not counted:
        click.echo("nothing is in quarantine", err=True)
