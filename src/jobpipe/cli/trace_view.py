"""A posting's whole way in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobpipe.cli.preview_table import shown_value, visible
from jobpipe.cli.printing import console, plain_table, plain_text

_MAX_VALUE = 120


def print_trace(one: Mapping[str, Any]) -> None:
    out = console()
    reason = f" ({one['reason']})" if one["reason"] else ""
    out.print(plain_text(f"{one['import']}  {one['key']}  {one['title']}"), style="bold")
    out.print(plain_text(f"{one['state']}{reason}, revision {one['revision']}"))
    _heading("source")
    source = one["source"]
    line = f", line {source['line']:,}" if source["line"] else ""
    byte = f", from byte {source['offset']:,}" if source["offset"] >= 0 else ""
    out.print(plain_text(f"  {source['file'] or 'the only file of its source'}{line}{byte}, {source['bytes']:,} bytes"))
    for word, run in one["runs"].items():
        at = f" ({run['at'][:16].replace('T', ' ')})" if run["at"] else ""
        out.print(plain_text(f"  {word.replace('_', ' ')} in run {run['run']}{at}"))
    _heading("fields")
    _print_fields(one)
    _heading("destinations")
    if not one["destinations"]:
        out.print(plain_text("  its import names none: `deliver: [NAME]` in the definition"))
    for destination in one["destinations"]:
        _print_destination(destination)


def _heading(text: str) -> None:
    console().print(plain_text(text), style="dim")


def _print_fields(one: Mapping[str, Any]) -> None:
    table = plain_table()
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for field in one["fields"]:
        made = field["error"] or _cut(shown_value(field["made"]))
        table.add_row(plain_text(f"  {field['field']}"), plain_text(made), plain_text(_origin(field)))
    console().print(table, soft_wrap=False)


def _origin(field: Mapping[str, Any]) -> str:
    if field["by"]:
        return f"by {field['by']}"
    found = [f"{one['path']}: {' | '.join(map(shown_value, one['values'])) or 'nothing'}" for one in field["found"]]
    return _cut("from " + ", ".join(found)) if found else ""


def _print_destination(one: Mapping[str, Any]) -> None:
    out = console()
    at = f", since {one['at'][:16].replace('T', ' ')}" if one["at"] else ""
    revision = f" in revision {one['revision']}" if one["revision"] else ""
    out.print(plain_text(f"  {one['destination']}: {one['standing']}{revision}{at}"))
    if one["said"]:
        out.print(plain_text(f"    it said: {visible(one['said'])}"))
    out.print(plain_text(f"    today: {one['now']}"))
    for receipt in one["receipts"]:
        said = f": {visible(receipt['said'])}" if receipt["said"] else ""
        out.print(
            plain_text(
                f"    {receipt['at'][:19].replace('T', ' ')}  {receipt['action']} {receipt['fate']}"
                f" (change {receipt['number']}, revision {receipt['revision']}, delivery {receipt['delivery']}){said}"
            )
        )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}… ({len(text):,} characters)"
