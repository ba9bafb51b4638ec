"""How one field of a few records came about: of each step what it was given, and what it made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobpipe.cli.preview_table import heading_of, shown_value

if TYPE_CHECKING:
    from jobpipe.runs.previewing import Preview, PreviewedRecord
    from jobpipe.transform.compile import FieldTrace
    from jobpipe.transform.step_tracing import StepTrace

# Characters of a value before it is cut, for each column of the terminal that its cell has.
_LINES = 3
_END = "in the posting"


def check_field(preview: Preview, field: str) -> None:
    """Raises UsageError where no record shown has such a field, nor the definition a rule for it."""
    from jobpipe.errors import UsageError
    from jobpipe.transform.problems import nearest

    known = list(preview.preparation.definition.posting)
    known += [trace.field for one in preview.records for trace in one.fields if trace.field not in known]
    if field not in known:
        hint = nearest(field, known) or f"it has {', '.join(known)}"
        raise UsageError(f"the definition makes no field {field!r}", hint=hint)


def print_steps(preview: Preview, field: str) -> None:
    from jobpipe.cli.printing import console

    out = console()
    for one in preview.records:
        out.print(heading_of(one))
        out.print(_table(preview, one, field, out.width))
        out.print()


def _table(preview: Preview, one: PreviewedRecord, field: str, width: int) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    trace = _trace(one, field)
    rows: list[tuple[str, str, Any]] = [(path, "", _several(values)) for path, values in (trace.found if trace else ())]
    steps = [step for step in preview.steps_of(field, one) if step.piece != "checked" or step.error or _changes(step)]
    rows += [_row(step, field) for step in steps]
    names = min(max(len(_END), *(len(name) for name, _, _ in rows), len(field)), 24)
    cell = max(16, (width - names - 6) // 2)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", width=width)
    table.add_column(field, width=names, overflow="fold")
    table.add_column("given", ratio=1, overflow="fold")
    table.add_column("made of it", ratio=1, overflow="fold")
    for name, given, made in rows:
        is_path = isinstance(made, str)
        shown = Text(_cut(made, cell)) if is_path else Text(_cut(made.plain, cell), style=made.style)
        table.add_row(Text(name, style="cyan" if is_path else ""), Text(_cut(given, cell)), shown)
    end = _outcome(trace)
    table.add_row(Text(_END, style="bold"), Text(""), Text(_cut(end.plain, cell * 2), style=end.style))
    return table


def _changes(step: StepTrace) -> bool:
    return bool(step.made != step.given)


def _row(step: StepTrace, field: str) -> tuple[str, str, Any]:
    from rich.text import Text

    part = f"{step.field.removeprefix(field + '.')}: " if step.field != field else ""
    if step.error:
        return part + step.piece, _several((step.given,)), Text(step.error, style="red")
    made = "nothing" if step.made is None else shown_value(step.made)
    style = "yellow" if step.made is None else "dim" if step.made == step.given else ""
    return part + step.piece, _several((step.given,)), Text(made, style=style)


def _outcome(trace: FieldTrace | None) -> Any:
    from rich.text import Text

    if trace is None:
        return Text("nothing", style="yellow")
    if trace.error:
        return Text(trace.error, style="red")
    made = "nothing" if trace.value is None else shown_value(trace.value)
    return Text(made + (f"\nby {trace.by}" if trace.by else ""), style="bold" if trace.value is not None else "yellow")


def _trace(one: PreviewedRecord, field: str) -> FieldTrace | None:
    return next((trace for trace in one.fields if trace.field == field), None)


def _several(values: tuple[Any, ...]) -> str:
    return (
        "  |  ".join("nothing" if value is None else shown_value(value) or "(empty)" for value in values) or "nothing"
    )


def _cut(text: str, cell: int) -> str:
    most = cell * _LINES
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def steps_document(preview: Preview, field: str) -> dict[str, Any]:
    """For scripts."""
    return {
        "import": preview.preparation.definition.import_,
        "field": field,
        "records": [_record(preview, one, field) for one in preview.records],
    }


def _record(preview: Preview, one: PreviewedRecord, field: str) -> dict[str, Any]:
    trace = _trace(one, field)
    return {
        "record": one.ordinal,
        "key": one.transformed.key,
        "found": [{"path": path, "values": list(values)} for path, values in (trace.found if trace else ())],
        "steps": [
            {"field": step.field, "step": step.piece, "given": step.given, "made": step.made, "error": step.error}
            for step in preview.steps_of(field, one)
        ],
        "value": trace.value if trace else None,
        "error": trace.error if trace else "",
        "by": trace.by if trace else "",
    }
