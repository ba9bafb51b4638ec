"""Drafts the definition of an import from the first records of its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobpipe.drafting.columns import Column, columns_of, walk_json, walk_row, walk_xml
from jobpipe.drafting.draft import Draft, SourceChoice
from jobpipe.drafting.fields import fields_of
from jobpipe.drafting.inside import with_inside
from jobpipe.drafting.proving import proven
from jobpipe.drafting.recognising.competing import compete
from jobpipe.drafting.recognising.recogniser import Survey
from jobpipe.drafting.sampling import Sample
from jobpipe.errors import SourceError

_WALKS = {"json": walk_json, "csv": walk_row, "xml": walk_xml}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is drafted, and what a person said of it."""

    name: str
    # As the definition has it: a URL, or a path from the project folder.
    location: str
    client: str = ""
    # Whether formats that are known by name are looked for.
    dialects: bool = True


def columns_of_sample(found: Sample) -> list[Column]:
    """Of its records, those within cells, lists and texts included."""
    if not found.kind:
        return []
    records: Sequence[Any] = found.roots if found.kind == "xml" else found.values
    columns = columns_of(records, _WALKS[found.kind])
    return with_inside(columns, records, found.kind)


def draft_of(found: Sample, order: Order) -> Draft:
    """Raises SourceError where the source has no record that can be read."""
    if not found.values:
        raise _nothing_in(found)
    columns = columns_of_sample(found)
    survey = Survey(columns, len(found.values))
    assigned = compete(survey)
    fields = fields_of(survey, assigned, order.client)
    choices, failing = proven(fields.choices, [one for one in found.records if not one.flaw])
    asked = {one.about for one in fields.questions}
    return Draft(
        import_=order.name,
        client=order.client,
        source=_source_of(found, order),
        choices=tuple(choices),
        questions=(*fields.questions, *(one for one in failing if one.about not in asked)),
        notices=tuple(_notices(found)),
        looked_at=len(found.values),
    )


def _source_of(found: Sample, order: Order) -> SourceChoice:
    block: dict[str, Any] = {"feed": order.location}
    return SourceChoice(
        kind="feed",
        block=block,
        format=found.format,
        encoding=found.encoding,
        compression=found.compression,
        record=found.record_path,
    )


def _nothing_in(found: Sample) -> SourceError:
    if found.unreadable:
        return SourceError(f"none of the {found.unreadable} records can be read", hint="look at what the source sends")
    return SourceError(
        f"no record was found in {found.document or found.shown}", hint=found.why or "is it a feed of jobs?"
    )


def _notices(found: Sample) -> list[str]:
    said = list(found.ending.notices) if found.ending is not None else []
    if found.why:
        said.append(found.why)
    if found.unreadable:
        said.append(f"{found.unreadable} of {len(found.records)} records cannot be read")
    return said


__all__ = ["Order", "columns_of_sample", "draft_of", "replace"]
