"""Mapping labels one after the other: a number takes a suggestion, a text is a code, Enter alone puts it off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Scope
from jobpipe.runs.deciding_labels import Decision, decide, undo
from jobpipe.runs.mapping_scopes import UsedTables
from jobpipe.runs.selecting import select
from jobpipe.runs.unmapped import UnmappedLabel, tables_of, unmapped_labels
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.suggesting import Choices, SimilarLabels, Suggester, Suggestion, labels_of
from jobpipe.transform.step_tables import step_of

SUGGESTIONS = 5
# As many as one digit counts.
MOST_CHOICES = 9
_HELP = "a number, or a code; Enter: later, u: undo the last one, q: end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    name: str
    client: str
    table: str
    # "" = the client, where there is one, else the import.
    scope: str
    limit: int | None
    by: str


@dataclass(slots=True)
class Question:
    """One label of one scope, with the imports whose postings have it."""

    table: str
    label: str
    scope: str
    owner: str
    labels: list[UnmappedLabel] = field(default_factory=list)

    @property
    def postings(self) -> int:
        return sum(one.postings + one.rejected for one in self.labels)


def converse(workspace: Workspace, asked: Asked, given: TextIO, out: TextIO) -> list[Decision]:
    """Ask until nothing is left, nobody answers, or `q`; each decision is stored at once. Those that stand."""
    selectors = [asked.name] if asked.name else [f"client:{asked.client}"] if asked.client else []
    found = unmapped_labels(workspace, select(workspace.project, selectors))
    questions = _questions([one for one in found if _is_asked(one, asked)], asked)
    if not questions:
        out.write("every label is mapped\n")
        return []
    suggesters = _Suggesters(workspace)
    used = UsedTables(workspace)
    made: list[tuple[Decision, int]] = []
    out.write(f"{len(questions):,} labels without a mapping. {_HELP}\n")
    number = 0
    while number < len(questions) and (asked.limit is None or number < asked.limit):
        question = questions[number]
        suggester = suggesters.of(question)
        limit = MOST_CHOICES if isinstance(suggester, Choices) else SUGGESTIONS
        suggestions = suggester.suggest(question.label, limit=limit)
        _show(question, suggestions, out)
        answer = given.readline()
        if not answer or answer.strip() == "q":
            break
        answer = answer.strip()
        if answer == "u":
            if made:
                undo(workspace, made.pop()[1], by=asked.by)
                number -= 1
            continue
        if answer:
            try:
                decision = _decision(question, answer, suggestions)
                used.check([decision])
                changes = decide(workspace, [decision], by=asked.by)
            except UsageError as error:
                out.write(f"  {error.message}" + (f" ({error.hint})" if error.hint else "") + "\n")
                continue
            made += [(decision, change.pk) for change in changes]
            suggesters.forget(question)
        number += 1
    out.write("\n")
    return [decision for decision, _ in made]


def _is_asked(one: UnmappedLabel, asked: Asked) -> bool:
    """A table within a step has no entries."""
    return one.table == asked.table if asked.table else one.table != "definition"


def _questions(found: list[UnmappedLabel], asked: Asked) -> list[Question]:
    """The most frequent first: labels of several imports that one decision maps are one question."""
    questions: dict[tuple[str, str, str, str], Question] = {}
    for one in found:
        scope, owner = _scope_of(one, asked)
        key = (one.table, scope, owner, normalise_label(one.label))
        questions.setdefault(key, Question(one.table, one.label, scope, owner)).labels.append(one)
    return sorted(questions.values(), key=lambda question: (-question.postings, question.table, question.label))


def _scope_of(one: UnmappedLabel, asked: Asked) -> tuple[str, str]:
    scope = asked.scope or (Scope.IMPORT.value if asked.name or not one.client else Scope.CLIENT.value)
    if one.table.startswith("definition:") or (scope == Scope.CLIENT and not one.client):
        scope = Scope.IMPORT.value
    return scope, {Scope.IMPORT.value: one.name, Scope.CLIENT.value: one.client}.get(scope, "")


class _Suggesters:
    """One a table of an import."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._made: dict[tuple[str, str], Suggester] = {}

    def forget(self, question: Question) -> None:
        """What was decided is suggested from now on."""
        for one in question.labels:
            self._made.pop((one.name, question.table), None)

    def of(self, question: Question) -> Suggester:
        name = question.labels[0].name
        key = (name, question.table)
        if key not in self._made:
            tables = tables_of(self._workspace, self._workspace.project.load(name).definition)
            known = SimilarLabels(labels_of(tables[question.table]) if question.table in tables else ())
            step = step_of(question.table)
            choices = step.meanings.choices if step is not None and step.meanings is not None else ()
            self._made[key] = Choices(known, choices) if choices else known
        return self._made[key]


def _show(question: Question, suggestions: list[Suggestion], out: TextIO) -> None:
    first = question.labels[0]
    where = question.owner or "all imports"
    out.write(f"\n{question.label}  ({question.table}, {question.postings:,} postings, for {where})\n")
    samples = list(_samples(question))[:2]
    if samples:
        out.write(f"  such as {'; '.join(samples)}   since {first.since}\n")
    for number, one in enumerate(suggestions, 1):
        taxonomy = f" of {one.taxonomy}" if one.taxonomy else ""
        out.write(f"  {number}  {one.code}{taxonomy}   {one.reason}\n")
    out.write("> ")
    out.flush()


def _samples(question: Question) -> Iterator[str]:
    for one in question.labels:
        yield from one.samples


def _decision(question: Question, answer: str, suggestions: list[Suggestion]) -> Decision:
    """One digit is the number of a suggestion; a code that is one digit is written =1."""
    value: object = answer.removeprefix("=")
    if len(answer) == 1 and answer in "0123456789":
        if not 1 <= int(answer) <= len(suggestions):
            raise UsageError(f"there is no suggestion {answer}", hint=f"the code {answer} is written ={answer}")
        chosen = suggestions[int(answer) - 1]
        value = {"code": chosen.code, "taxonomy": chosen.taxonomy} if chosen.taxonomy else chosen.code
    return Decision(table=question.table, label=question.label, value=value, scope=question.scope, owner=question.owner)
