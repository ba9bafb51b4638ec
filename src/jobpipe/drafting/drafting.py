"""Drafts the definition of an import from the first records of its source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from jobpipe.drafting.columns import Column, local_name
from jobpipe.drafting.deeper import record_within
from jobpipe.drafting.dialects.recognising import Dialect, dialect_of, plain_path
from jobpipe.drafting.draft import ENOUGH, Choice, Draft, Question, SourceChoice
from jobpipe.drafting.fields import ORDER, fields_of
from jobpipe.drafting.inside import columns_within
from jobpipe.drafting.learning import Lessons
from jobpipe.drafting.paging import Paging, paging_of
from jobpipe.drafting.proving import proven
from jobpipe.drafting.recognising.competing import compete
from jobpipe.drafting.recognising.recogniser import Hint, Survey, Told
from jobpipe.drafting.sampling import Sample, kept_with_draft, sample
from jobpipe.drafting.services import Service, service_at
from jobpipe.drafting.shapes import is_date, is_email, is_number, is_url
from jobpipe.drafting.telling_apart import key_fields
from jobpipe.errors import SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.formats.html_page import WebPageError
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.transports.transport import Request

# A rule of a connector, tried on the records.
_SURE = 0.97
# Of these a record of a job has two at least.
_OF_JOBS = frozenset({"url", "company", "description", "locations", "posted_at", "valid_through", "contract", "salary"})
_OPERATION = re.compile(rb"<(?:\w+:)?operation\s+name=\"([^\"]{1,80})\"")
_WITHOUT_HEADER = FormatSettings(header=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is drafted, and what a person said of it."""

    name: str
    # As the definition has it: a URL, or a path from the project folder.
    location: str
    client: str = ""
    lessons: Lessons = field(default_factory=Lessons)
    # Words of `source` by which one logs in, as the definition has them; the request has them with their secrets.
    login: dict[str, Any] = field(default_factory=dict)
    request: Request | None = field(default=None, repr=False)

    def asking(self, location: str) -> Request:
        return replace(self.request, location=location) if self.request is not None else Request(location=location)


def draft_source(order: Order, opened: str) -> Draft:
    """`opened`: the location as it is asked for. Raises SourceError where nothing can be drafted from it."""
    draft = _draft_source(order, opened)
    if not order.login or draft.source.kind == "connector":
        return draft
    return replace(draft, source=replace(draft.source, block={**draft.source.block, **order.login}))


def _draft_source(order: Order, opened: str) -> Draft:
    service = service_at(order.location)
    if service is not None:
        return draft_of_service(service, order, f"known by its address, {redact(order.location)}")
    try:
        found = sample(order.asking(opened), redact(order.location))
    except WebPageError:
        from jobpipe.drafting.pages.drafting_web import draft_of_web

        return draft_of_web(order, opened)
    if b"http://schemas.xmlsoap.org/wsdl/" in found.head:
        raise _soap_service(found, order)
    if found.kind == "csv" and found.values and _is_headless(found):
        found = sample(order.asking(opened), redact(order.location), _WITHOUT_HEADER)
        return _without_header(draft_of(found, order))
    columns = columns_of_sample(found)
    if found.values and (within := record_within(found, columns)):
        found = sample(order.asking(opened), redact(order.location), FormatSettings(record=within))
        return _with_record(draft_of(found, order), within)
    return _drafted(found, columns, order)


def draft_of(found: Sample, order: Order) -> Draft:
    """Raises SourceError where the source has no record that can be read."""
    return _drafted(found, columns_of_sample(found), order)


def _drafted(found: Sample, columns: list[Column], order: Order) -> Draft:
    if not found.values:
        raise _nothing_in(found)
    dialect = dialect_of(columns, found.kind)
    survey = Survey(columns, len(found.values))
    fields = fields_of(survey, compete(survey, _told(dialect, order.lessons)), order.client)
    choices = _with_rules(fields.choices, dialect, columns)
    choices = _as_learned(choices, order.lessons)
    tested = frozenset(dialect.rules) if dialect is not None else frozenset()
    choices, failing = proven(choices, [one for one in found.records if not one.flaw], tested)
    settled = {one.field for one in choices if one.is_enough}
    questions = [one for one in fields.questions if one.about not in settled]
    asked = {one.about for one in questions}
    questions += [one for one in failing if one.about not in asked]
    source, about_source = _source_of(found, order, dialect)
    key = key_fields(choices, columns)
    return Draft(
        import_=order.name,
        client=order.client,
        source=source,
        choices=tuple(sorted(choices, key=lambda one: ORDER.index(one.field))),
        questions=(*about_source, *(_of_key(one, key) for one in questions)),
        more={"key": key} if key else {},
        notices=(*_notices(found), *_doubt(choices)),
        looked_at=len(found.values),
        paths=tuple(dict.fromkeys(column.path for column in columns if column.origin in ("", "whole"))),
        records=kept_with_draft(found.records),
    )


def _of_key(question: Question, key: Sequence[str]) -> Question:
    if not key or question.about != "reference":
        return question
    asked = question.text.split(" Without one")[0]
    return replace(question, text=f"{asked} Several share a page: {' and '.join(key)} identify them.")


def columns_of_sample(found: Sample) -> list[Column]:
    """Of its records, those within cells, lists and texts included."""
    if not found.kind:
        return []
    return columns_within(found.roots if found.kind == "xml" else found.values, found.kind)


# What is known besides --------------------------------------------------------------------------------


def _told(dialect: Dialect | None, lessons: Lessons) -> Told:
    """The project's own definitions know more of its sources than what is known of a dialect."""

    def told(role: str, column: Column) -> Hint | None:
        lesson = lessons.of(role, column.path, column.names) if not column.steps else None
        if lesson is not None:
            return lesson
        return dialect.hint(role, column) if dialect is not None and not dialect.rules else None

    return told


def _with_rules(choices: list[Choice], dialect: Dialect | None, columns: list[Column]) -> list[Choice]:
    """A service whose answers a connector reads is read with its rules."""
    if dialect is None or not dialect.rules:
        return choices
    by_path = {plain_path(column.path): column for column in columns if not column.steps}
    made = []
    for name, rule in dialect.rules.items():
        if name not in ORDER or (name == "apply_url" and _falls_back(rule, dialect.rules.get("url"))):
            continue
        there = [by_path[path] for path in dialect.roles.get(name, ()) if path in by_path]
        if there or "jmespath:" in str(rule) or "xpath:" in str(rule):
            made.append(
                Choice(
                    field=name,
                    rule=rule,
                    paths=tuple(column.path for column in there),
                    confidence=_SURE,
                    reason=f"as the connector `{dialect.name}` reads it",
                    samples=there[0].samples() if there else (),
                )
            )
    own = {one.field for one in made}
    return made + [one for one in choices if one.field not in own]


def _falls_back(rule: Any, url: Any) -> bool:
    """To the page of the offer, which is no page to apply at."""
    return isinstance(rule, dict) and str(url) in rule.get("from", [])


def _as_learned(choices: list[Choice], lessons: Lessons) -> list[Choice]:
    """Tables and steps of a definition of the project that reads the same paths."""
    made = []
    for one in choices:
        learned = lessons.rule_for(one.field, one.paths)
        if learned is not None and learned[0] != one.rule:
            one = replace(
                one, rule=learned[0], confidence=max(one.confidence, ENOUGH), reason=f"as in {learned[1]}; {one.reason}"
            )
        made.append(one)
    return made


# The source ------------------------------------------------------------------------------------------


def _source_of(found: Sample, order: Order, dialect: Dialect | None) -> tuple[SourceChoice, list[Question]]:
    block: dict[str, Any] = {"feed": order.location}
    reasons: dict[str, str] = {}
    questions: list[Question] = []
    paging = _paging(found, order.location)
    questions += paging.questions
    if paging.api is not None:
        block, reasons["api"] = {"api": paging.api}, f"{paging.reason}."
        if paging.total:
            block["total"] = paging.total
    name = dialect.name if dialect is not None else ""
    if name in ("rss", "atom") or (found.kind == "xml" and b"<rss" in found.head[:2000] and b"<item" in found.head):
        block["holds"] = "changes"
        reasons["holds"] = "A feed of this kind mostly shows the newest only: what is absent says nothing."
        questions.append(
            Question(
                about="source.holds",
                text="Does this feed show all that is open? Then `holds: all`: what is absent is gone.",
                options=(("all", "all"), ("changes", "changes")),
            )
        )
    if redact(order.location) != order.location:
        questions.append(
            Question(about="source.feed", text="The address holds a secret: put ${NAME} in its place.", options=())
        )
    choice = SourceChoice(
        kind="api" if paging.api is not None else "feed",
        block=block,
        format=found.format,
        encoding=found.encoding,
        compression=found.compression,
        record=_record_of(found),
        dialect=name,
        reasons=reasons,
    )
    return choice, questions


def _paging(found: Sample, location: str) -> Paging:
    if not location.startswith(("http://", "https://")) or found.kind != "json" or found.whole is None:
        return Paging()
    return paging_of(location, found.whole, len(found.records))


def _record_of(found: Sample) -> str:
    if not found.roots:
        return ""
    if found.kind == "xml":
        return local_name(found.roots[0].element)
    return "rows" if found.kind == "csv" else "objects"


def _is_headless(found: Sample) -> bool:
    """The first row holds values where names should be."""
    names = found.records[0].context.columns
    values = sum(1 for name in names if is_url(name) or is_date(name) or is_email(name) or len(name) > 100)
    numbers = sum(1 for name in names if is_number(name))
    return values > 0 or numbers >= 2


def _with_record(draft: Draft, record: str) -> Draft:
    source = replace(draft.source, record=record, block={**draft.source.block, "record": record})
    return replace(draft, source=source)


def _without_header(draft: Draft) -> Draft:
    reason = "The first row holds values, no names."
    block = {**draft.source.block, "csv": {"header": False}}
    source = replace(draft.source, block=block, reasons={**draft.source.reasons, "csv": reason})
    return replace(draft, source=source)


def draft_of_service(service: Service, order: Order, known_by: str) -> Draft:
    """`known_by`: how it was found, for people."""
    given = dict(service.given)
    for name in ("company", "name"):
        if order.client and name not in given and service.takes(name):
            given[name] = order.client
    service = Service(service.name, given)
    reason = f"{service.about}: {known_by}."
    source = SourceChoice(
        kind="connector",
        block=service.block,
        dialect=service.name,
        reasons={service.name: reason},
        brings_posting=True,
    )
    return Draft(import_=order.name, client=order.client, source=source, choices=())


def _soap_service(found: Sample, order: Order) -> SourceError:
    names = dict.fromkeys(one.decode("utf-8", "replace") for one in _OPERATION.findall(found.head))
    return SourceError(
        f"{found.shown} describes a SOAP service, which has no postings before it is asked",
        hint=f"write `source: {{soap: {{wsdl: {order.location}, operation: …}}}}`; it has {', '.join(list(names)[:8])}",
    )


def _nothing_in(found: Sample) -> SourceError:
    if found.unreadable:
        return SourceError(f"none of the {found.unreadable} records can be read", hint="look at what the source sends")
    place = found.document or found.shown
    return SourceError(f"no record was found in {place}", hint=found.why or "is it a feed of jobs?")


def _doubt(choices: Sequence[Choice]) -> list[str]:
    """Whether these are jobs at all."""
    there = {one.field for one in choices if one.is_enough}
    if len(there & _OF_JOBS) >= 2:
        return []
    return [f"hardly a feed of jobs: of what a posting has only {', '.join(sorted(there)) or 'nothing'} was found"]


def _notices(found: Sample) -> list[str]:
    said = list(found.ending.notices) if found.ending is not None else []
    if found.why:
        said.append(found.why)
    if found.unreadable:
        said.append(f"{found.unreadable} of {len(found.records)} records cannot be read")
    return said


def as_document(draft: Draft, definition: str, file: str) -> dict[str, Any]:
    """For a machine."""
    source = draft.source
    return {
        "import": draft.import_,
        "source": {
            "kind": source.kind,
            "format": source.format,
            "encoding": source.encoding,
            "compression": source.compression,
            "record": source.record,
            "dialect": source.dialect,
            "block": source.block,
        },
        "looked_at": draft.looked_at,
        "fields": {one.field: _as_field(one) for one in draft.choices},
        "questions": [
            {
                "about": one.about,
                "text": one.text,
                "options": [{"label": label, "rule": rule} for label, rule in one.options],
            }
            for one in draft.questions
        ],
        "notices": list(draft.notices),
        "definition": definition,
        "file": file,
    }


def _as_field(one: Choice) -> dict[str, Any]:
    return {
        "taken": one.is_enough,
        "path": one.paths[0] if one.paths else "",
        "paths": list(one.paths),
        "steps": one.steps,
        "rule": one.rule,
        "confidence": round(one.confidence, 3),
        "reason": one.reason,
        "samples": list(one.samples),
        "runners_up": [msgspec.to_builtins(other) for other in one.runners_up],
    }
