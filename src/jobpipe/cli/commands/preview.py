"""`jobpipe preview`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.previewing import Preview, PreviewedRecord
    from jobpipe.runs.previewing_again import PreviewAgain


@click.command(
    "preview",
    epilog=examples(
        "jobpipe preview acme",
        "jobpipe preview acme --watch --trace salary",
        "jobpipe preview acme --record 120 --file answer.xml",
    ),
)
@click.argument("name", shell_complete=complete_imports)
@click.option("--records", "count", type=click.IntRange(1, 1000), metavar="N", help="How many records (otherwise 3).")
@click.option("--record", "ordinal", type=click.IntRange(1), metavar="K", help="The record with this number.")
@click.option("--file", "instead", metavar="F", help="Read this file instead of the source.")
@click.option("--trace", "field", metavar="FIELD", help="This field alone: what each step was given and made of it.")
@click.option("--watch", "-w", is_flag=True, help="Again whenever the definition, a table or hooks.py is saved.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    count: int | None,
    ordinal: int | None,
    instead: str | None,
    field: str | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Show a few records of import NAME beside the postings made from them, field by field.

    Reads no more of the source than it shows, and writes nothing. With --watch the source is asked once: what is saved
    is tried on the same records, unless `source` itself is changed. A mistake is shown with its line; mend it and save.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.runs.previewing_again import PreviewAgain

    file = Path(instead) if instead else None
    project = open_project(context)
    again = PreviewAgain(project.root, name, instead=file, first=ordinal or 1, count=count or (1 if ordinal else 3))

    def show() -> None:
        _show(_looked_at(again, ordinal or 1), field, as_json=as_json)

    if watch:
        from jobpipe.cli.watching import show_again

        show_again(show, again.stamps)
    else:
        show()


def _looked_at(again: PreviewAgain, first: int) -> Preview:
    """Raises SourceError or UsageError where there is no record to show."""
    from jobpipe.errors import SourceError, UsageError

    made = again.look()
    if not made.records and made.looked_at:
        raise UsageError(f"there is no record {first}: the source has {made.looked_at:,}")
    if not made.records:
        hint = made.reading.why or "`record: …` in the definition says where the records are"
        raise SourceError(f"no record was found in {made.reading.document or made.reading.location}", hint=hint)
    return made


def _show(made: Preview, field: str | None, *, as_json: bool) -> None:
    from jobpipe.cli.preview_table import print_preview
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.step_table import check_field, print_steps, steps_document

    if field is not None:
        check_field(made, field)
        print_json(steps_document(made, field)) if as_json else print_steps(made, field)
    elif as_json:
        print_json(as_document(made))
    else:
        print_preview(made)


def as_document(made: Preview) -> dict[str, Any]:
    """For scripts."""
    return {
        "import": made.preparation.definition.import_,
        "source": made.reading.location,
        "document": made.reading.document,
        "format": made.format,
        "encoding": made.encoding,
        "record": made.record,
        "columns": list(made.columns),
        "looked_at": made.looked_at,
        "complete": made.reading.is_over and not made.reading.why,
        "why": made.reading.why,
        "notices": made.reading.notices,
        "nothing_found_for": made.empty_fields(),
        "records": [_record(one) for one in made.records],
    }


def _record(one: PreviewedRecord) -> dict[str, Any]:
    transformed = one.transformed
    return {
        "record": one.ordinal,
        "outcome": transformed.made.name.lower(),
        "key": transformed.key,
        "reason": transformed.reason,
        "field": transformed.field,
        "message": transformed.message,
        "repaired": transformed.repaired,
        "raw": one.record,
        "fields": [
            {
                "field": trace.field,
                "found": [{"path": path, "values": list(values)} for path, values in trace.found],
                "value": trace.value,
                "error": trace.error,
                "by": trace.by,
            }
            for trace in one.fields
        ],
        "posting": one.posting,
    }
