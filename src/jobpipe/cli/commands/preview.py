"""`jobpipe preview`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.runs.previewing import Preview, PreviewedRecord


@click.command("preview")
@click.argument("name")
@click.option("--records", "count", type=click.IntRange(1, 1000), metavar="N", help="How many records (otherwise 3).")
@click.option("--record", "ordinal", type=click.IntRange(1), metavar="K", help="The record with this number.")
@click.option("--file", "instead", metavar="F", help="Read this file instead of the source.")
@json_option
@click.pass_context
def command(
    context: click.Context, name: str, count: int | None, ordinal: int | None, instead: str | None, as_json: bool
) -> None:
    """Show a few records of import NAME beside the postings made from them, field by field.

    Reads no more of the source than it shows, and writes nothing.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.preview_table import print_preview
    from jobpipe.cli.printing import print_json
    from jobpipe.errors import SourceError, UsageError
    from jobpipe.runs.previewing import preview

    first = ordinal or 1
    wanted = count or (1 if ordinal else 3)
    made = preview(open_project(context), name, instead=Path(instead) if instead else None, first=first, count=wanted)
    if not made.records and made.looked_at:
        raise UsageError(f"there is no record {first}: the source has {made.looked_at:,}")
    if not made.records:
        hint = made.reading.why or "`record: …` in the definition says where the records are"
        raise SourceError(f"no record was found in {made.reading.document or made.reading.location}", hint=hint)
    if as_json:
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
