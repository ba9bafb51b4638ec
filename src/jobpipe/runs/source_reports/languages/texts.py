"""What a language has to say: every text of a report, by name. A language that lacks one does not pass the type check.

To add a language: a file beside this one with its `TEXTS`, an entry in `jobpipe.runs.source_reports.languages`, and its
code in `jobpipe.definition.reporting.Language`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonText:
    """One reason for which a record is refused; `{field}` is the field's name in the language."""

    # What is wrong, as a heading.
    what: str
    # What whoever makes the feed can do.
    mend: str
    # Shown as it is, where the field has no better example; "" = none.
    example: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    # ISO 639-1.
    code: str
    # As `strftime` wants it.
    moment: str
    day: str
    # Between groups of three digits.
    thousands: str
    # Of the page; `{client}`.
    heading: str
    # `{moment}` of the run, `{run}` its number.
    read_at: str
    nothing_read: str
    unchanged: str
    # `{run}`: what is refused today is listed in the report of an older run.
    older: str
    # `{refused}`, `{read}`.
    all_fine: str
    one_refused: str
    some_refused: str
    # Names of figures.
    figures: Mapping[str, str]
    refused_heading: str
    # `{count}`
    one_offer: str
    offers: str
    how_to_mend: str
    for_example: str
    where: str
    # `{count}` more than are shown.
    more: str
    # `{line}`; `{byte}`; `{number}`
    line: str
    row: str
    byte: str
    record: str
    reference: str
    no_title: str
    also_heading: str
    # `{count}`
    labels: str
    fields_lost: str
    # `{count}`, `{days}`
    end_soon: str
    # `{count}`: records with a reference that another one has.
    repeated: str
    footer: str
    # Subject of a mail; `{client}`, `{count}`.
    subject: str
    subject_fine: str
    # Names of the columns of the list: see `jobpipe.runs.source_reports.table.COLUMNS`.
    columns: Mapping[str, str]
    # Field of a posting, or part of one, as people call it.
    fields: Mapping[str, str]
    # Reason of `jobpipe.errors.RecordError`.
    reasons: Mapping[str, ReasonText]
    # Kind of incident: why the feed could not be read.
    troubles: Mapping[str, str]
    # Of a reason or a kind that this list does not have yet.
    other_reason: ReasonText
