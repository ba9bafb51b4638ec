"""How a preview looks in a terminal: of each record a table, a field a row, what was found beside what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from jobpipe.definition.models import Definition
    from jobpipe.runs.previewing import Preview, PreviewedRecord
    from jobpipe.transform.compile import FieldTrace

# Lines of a cell before a long value is cut.
LINES = 4
# Columns that the frame of a table takes.
_FRAME = 6
# What became of a record: style and word.
_OUTCOMES = {
    "POSTING": ("green", "a posting"),
    "FILTERED": ("yellow", "filtered"),
    "CLOSED": ("yellow", "closed"),
    "REJECTED": ("red", "rejected"),
}


def print_preview(preview: Preview) -> None:
    from jobpipe.cli.printing import console

    out = console()
    for one in preview.records:
        out.print(heading_of(one))
        if one.fields:
            out.print(_table(one.fields, preview.preparation.definition, out.width))
        elif one.raw:
            out.print(_plain(_cut(visible(one.raw.decode("utf-8", "replace")), out.width * 3)))
        out.print()
    for line in _footer(preview):
        out.print(line, soft_wrap=False)


def heading_of(one: PreviewedRecord) -> Text:
    from rich.text import Text

    transformed = one.transformed
    style, word = _OUTCOMES[transformed.made.name]
    text = Text.assemble((f"record {one.ordinal:,}", "bold"), "  ", (word, style))
    if transformed.key:
        text.append(f"  key {transformed.key}", style="dim")
    if transformed.repaired:
        text.append("  repaired", style="yellow")
    if transformed.message:
        field = f"{transformed.field}: " if transformed.field and transformed.field not in ("keep", "closed") else ""
        text.append(f"\n  {field}{transformed.message}", style=style)
    return text


def _table(fields: list[FieldTrace], definition: Definition, width: int) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    names = min(max(len(trace.field) for trace in fields), 18)
    cell = max(16, (width - names - _FRAME) // 2)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", width=width)
    table.add_column("field", width=names, overflow="fold")
    table.add_column("in the record", ratio=1, overflow="fold")
    table.add_column("in the posting", ratio=1, overflow="fold")
    for trace in fields:
        source = "constant" if trace.field in definition.posting else "override" if trace.by else "derived"
        found = _found(trace, cell) if trace.found else Text(source, style="dim italic")
        made = _made(trace, cell)
        if trace.by:
            made.append(f"\nby {trace.by}", style="magenta")
        table.add_row(_plain(trace.field), found, made)
    return table


def _found(trace: FieldTrace, cell: int) -> Text:
    """Each path with the values there."""
    from rich.text import Text

    text = Text()
    for path, values in trace.found:
        if text:
            text.append("\n")
        text.append(f"{path}  ", style="cyan")
        if values:
            shown = [shown_value(value) or "(empty)" for value in values]
            text.append(_cut("  |  ".join(shown), cell * LINES - len(path)))
        else:
            text.append("nothing", style="dim")
    return text


def _made(trace: FieldTrace, cell: int) -> Text:
    from rich.text import Text

    if trace.error:
        return Text(trace.error, style="red")
    if trace.value is None:
        return Text("nothing", style="yellow")
    value = trace.value
    if isinstance(value, list) and value:
        return Text("\n".join(_cut(shown_value(item), cell * LINES) for item in value[:5]) + _more(len(value) - 5))
    return Text(_cut(shown_value(value), cell * LINES))


def _more(count: int) -> str:
    return f"\n… and {count} more" if count > 0 else ""


def _footer(preview: Preview) -> list[Text]:
    from rich.text import Text

    reading = preview.reading
    place = reading.location or "the source"
    parts = [preview.format, preview.encoding, f"records at {preview.record}" if preview.record else ""]
    lines = [Text(f"{place}: " + ", ".join(part for part in parts if part))]
    if preview.columns:
        lines.append(Text(_cut("columns: " + ", ".join(preview.columns), 400), style="dim"))
    more = "that is all of it" if reading.is_over else "the rest was not read"
    lines.append(Text(f"{_records(preview.looked_at)} looked at; {more}", style="dim"))
    if empty := preview.empty_fields():
        lines.append(Text(f"nothing was found for: {', '.join(empty)}", style="yellow"))
    if reading.why:
        lines.append(Text(reading.why, style="red"))
    lines += [Text(f"note: {notice}", style="yellow") for notice in reading.notices]
    return lines


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def shown_value(value: Any) -> str:
    """A value on one line: a text as it is, an object as its names and values."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown_value(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return "; ".join(shown_value(item) for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, default=str)


def visible(text: str) -> str:
    """White space as one blank, line breaks as ⏎; what a terminal would obey is shown as an escape."""
    lines = [" ".join(line.split(" ")).strip() for line in text.replace("\t", " ").splitlines()]
    joined = "⏎".join(line for line in lines if line)
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in joined)


def _cut(text: str, length: int) -> str:
    length = max(length, 20)
    if len(text) <= length:
        return text
    note = f"… ({len(text):,} characters)"
    return text[: length - len(note)] + note


def _plain(text: str) -> Text:
    from rich.text import Text

    return Text(text)
