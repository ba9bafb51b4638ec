"""Decisions over labels as forms give them: read, checked against what the viewer may see, shown, saved."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import msgspec
from django.db.models import QuerySet
from django.http import Http404, QueryDict

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, MappingEntry, Scope
from jobpipe.runs.mappings.deciding import Decision, decide, decision_of, sound_decision
from jobpipe.runs.mappings.effects import ImportEffect, effects_of
from jobpipe.runs.mappings.questions import Question, questions_of
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.unmapped import MAX_SAMPLES
from jobpipe.runs.taxonomies.in_force import names
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.suggestions.suggestion import Suggestion
from jobpipe.web.project import workspace
from jobpipe.web.remembered import known_labels, suggestions_for, worked_out
from jobpipe.web.rights import Viewer, may_see_client, may_see_import
from jobpipe.web.taking_effect import Settled, settle_mappings

# Labels of one page, and decisions of one form.
SHOWN = 20
MAX_DECISIONS = 5_000
# Seconds that a page spends on working out labels; what is not known by then is said.
PATIENCE = 0.7


@dataclass(slots=True)
class Row:
    """One question of a page, with its place in the form."""

    number: int
    question: Question
    samples: list[str]
    # What was typed, and what is wrong with it.
    value: str = ""
    wrong: str = ""
    # None = not asked for yet.
    suggestions: list[Suggestion] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    rows: list[Row]
    # Before and after these rows there are more.
    first: int
    questions: int
    postings: int
    coverage: list[tuple[Import, Any]]
    # Imports that are not looked at yet.
    waiting: list[str]
    tables: list[str]


def queue_of(
    owners: QuerySet[Import], whose: Hashable, *, table: str, scope: str, first: int, of_one: bool = False
) -> Queue:
    """What is unmapped of these imports, the most frequent first; `SHOWN` of them from `first` on.

    `whose`: what they were chosen by; while no run ends it chooses the same ones.
    """
    asked = whose, table, scope, of_one
    found = worked_out(asked, lambda: _unmapped(owners, table, scope, of_one=of_one))
    shown = found.questions[first : first + SHOWN]
    titles = _titles(found, shown)
    return Queue(
        rows=[Row(number, question, titles[number]) for number, question in enumerate(shown)],
        first=first,
        questions=len(found.questions),
        postings=found.postings,
        coverage=found.coverage,
        waiting=found.waiting,
        tables=found.tables,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unmapped:
    questions: list[Question]
    postings: int
    coverage: list[tuple[Import, Any]]
    waiting: list[str]
    tables: list[str]
    # The import and the rows of the samples of each label, by its `id`.
    samples: dict[int, tuple[int, tuple[int, ...]]]


def _unmapped(owners: QuerySet[Import], table: str, scope: str, *, of_one: bool) -> tuple[_Unmapped, bool]:
    """With whether all of them were looked at."""
    found, waiting = known_labels().of(owners, seconds=PATIENCE)
    labels = [one.label for of in found for one in of.labels.unmapped]
    asked = [one for one in labels if (one.table == table if table else one.table != "definition")]
    questions = questions_of(asked, scope=scope, is_of_one_import=of_one)
    made = _Unmapped(
        questions=questions,
        postings=sum(question.postings for question in questions),
        coverage=[(of.owner, one) for of in found for one in of.labels.coverage],
        waiting=waiting,
        tables=sorted({one.table for one in labels}),
        samples={id(one.label): (of.owner.pk, one.rows) for of in found for one in of.labels.unmapped},
    )
    return made, not waiting


def _titles(found: _Unmapped, questions: Sequence[Question]) -> list[list[str]]:
    """Of a few postings of each, which are asked for together: one look at the documents for each import."""
    places = [[found.samples[id(label)] for label in question.labels[:2]] for question in questions]
    wanted: dict[int, list[int]] = {}
    for owner, rows in chain.from_iterable(places):
        wanted.setdefault(owner, []).extend(rows)
    known = {
        (owner, number): row.title
        for owner, rows in wanted.items()
        for number, row in workspace().documents.rows(owner, rows).items()
    }
    titles = [[known.get((owner, number), "") for owner, rows in of_one for number in rows] for of_one in places]
    return [[title for title in of_one if title][:MAX_SAMPLES] for of_one in titles]


def suggest(rows: Sequence[Row]) -> None:
    for row, found in zip(rows, suggestions_for([row.question for row in rows]), strict=True):
        row.suggestions = found


# From forms -------------------------------------------------------------------------------------------


def typed(form: QueryDict) -> dict[int, Decision]:
    """What was typed into the rows of a page, by row: table, label, scope, owner and value; empty ones are left."""
    taxonomies = set(names(workspace().project))
    decisions = {}
    for number in range(SHOWN):
        value = form.get(f"value-{number}", "").strip()
        if value:
            table, label, scope, owner = (form.get(f"{name}-{number}", "") for name in _WORDS)
            decisions[number] = Decision(
                table=table, label=label, value=_read(value, taxonomies), scope=scope, owner=owner
            )
    return decisions


_WORDS = ("table", "label", "scope", "owner")


def _read(text: str, taxonomies: set[str]) -> Any:
    """`code` or `taxonomy: code`, as suggestions are written."""
    taxonomy, _, code = text.partition(": ")
    return {"code": code.strip(), "taxonomy": taxonomy} if code.strip() and taxonomy in taxonomies else text


def faults_of(viewer: Viewer, decisions: dict[int, Decision]) -> dict[int, str]:
    """What is wrong with which row. Raises Http404 for what the viewer does not see."""
    refuse_what_is_not_theirs(viewer, ((one.scope, one.owner) for one in decisions.values()))
    used = UsedTables(workspace())
    wrong = {}
    for number, one in decisions.items():
        try:
            used.check([one])
            sound_decision(one)
        except UsageError as error:
            wrong[number] = f"{error.message} ({error.hint})" if error.hint else error.message
    return wrong


def filled(rows: Sequence[Row], decisions: dict[int, Decision], form: QueryDict, wrong: dict[int, str]) -> None:
    """What was typed stands in its row again."""
    given = {(one.table, one.label, one.scope, one.owner): number for number, one in decisions.items()}
    for row in rows:
        one = row.question
        number = given.get((one.table, one.label, one.scope, one.owner))
        if number is not None:
            row.value, row.wrong = form.get(f"value-{number}", ""), wrong.get(number, "")


def value_of(suggestion: Suggestion) -> str:
    return f"{suggestion.taxonomy}: {suggestion.code}" if suggestion.taxonomy else suggestion.code


def packed(decisions: Sequence[Decision]) -> str:
    """For a hidden field, between looking and saving."""
    return msgspec.json.encode([asdict(one) for one in decisions]).decode()


def unpacked(text: str) -> list[Decision]:
    """Raises UsageError for what no page of ours has written."""
    try:
        return [Decision(**msgspec.structs.asdict(one)) for one in _decoder.decode(text)]
    except (msgspec.MsgspecError, ValueError) as error:
        raise UsageError("the form is not whole", hint="load the page again") from error


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    table: str
    label: str
    value: str | int | float | bool | dict[str, str] | None
    scope: str
    owner: str
    is_pattern: bool
    revision: int | None


_decoder = msgspec.json.Decoder(list[_Written])


def checked(viewer: Viewer, decisions: Sequence[Decision]) -> list[Decision]:
    """As they would be kept, on the revision that each entry has now.

    Raises Http404 for a decision over what the viewer does not see, UsageError for one that makes no sense.
    """
    if len(decisions) > MAX_DECISIONS:
        raise UsageError(f"more than {MAX_DECISIONS:,} decisions", hint="`jobpipe map import FILE` takes them")
    refuse_what_is_not_theirs(viewer, ((one.scope, one.owner) for one in decisions))
    UsedTables(workspace()).check(decisions)
    return [sound_decision(one) for one in decisions]


def refuse_what_is_not_theirs(viewer: Viewer, scopes: Iterable[tuple[str, str]]) -> None:
    for scope, owner in set(scopes):
        if not sees_scope(viewer, scope, owner):
            raise Http404


def sees_scope(viewer: Viewer, scope: str, owner: str) -> bool:
    if scope == Scope.IMPORT:
        return may_see_import(viewer, owner)
    if scope == Scope.CLIENT:
        return may_see_client(viewer, owner)
    return scope == Scope.GLOBAL and viewer.sees_all


def on_revisions(decisions: Sequence[Decision]) -> list[Decision]:
    """The same, to be refused where an entry is another by the time they are saved."""
    entries = MappingEntry.objects.filter(table__in={one.table for one in decisions})
    names = {one.label if one.is_pattern else normalise_label(one.label) for one in decisions}
    if len(names) <= 500:
        entries = entries.filter(normalised__in=names)
    known = {(one.table, one.scope, one.owner, one.is_pattern, one.normalised): one.revision for one in entries}
    return [
        Decision(
            **{
                **asdict(one),
                "revision": known.get(
                    (
                        one.table,
                        one.scope,
                        one.owner,
                        one.is_pattern,
                        one.label if one.is_pattern else normalise_label(one.label),
                    ),
                    0,
                ),
            }
        )
        for one in decisions
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What decisions would do, before they are saved."""

    decisions: list[Decision]
    effects: list[ImportEffect]
    packed: str

    @property
    def postings(self) -> int:
        return sum(one.postings for one in self.effects)


def shown(viewer: Viewer, decisions: Sequence[Decision]) -> Shown:
    """Raises as `checked` does."""
    sound = on_revisions(checked(viewer, decisions))
    return Shown(decisions=sound, effects=effects_of(workspace(), sound), packed=packed(sound))


@dataclass(frozen=True, slots=True)
class Saved:
    changes: int
    settled: Settled


def save(viewer: Viewer, decisions: Sequence[Decision]) -> Saved:
    """Raises as `checked` does, and StaleDecisionError where an entry was changed since it was looked at."""
    sound = checked(viewer, decisions)
    postings = sum(one.postings for one in effects_of(workspace(), sound))
    changes = decide(workspace(), sound, by=viewer.name)
    names = UsedTables(workspace()).users([decision_of(change) for change in changes])
    return Saved(len(changes), settle_mappings(names, postings))
