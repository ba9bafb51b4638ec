"""Mapping labels one after the other: a number takes a suggestion, a text is a code, Enter alone puts it off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Scope
from jobpipe.runs.mappings.deciding import Decision, decide, undo
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.suggesting import means_of, suggester_of_table
from jobpipe.runs.mappings.unmapped import UnmappedLabel, tables_of, unmapped_labels
from jobpipe.runs.selecting import select
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.suggesting import Choices, labels_of
from jobpipe.taxonomy.suggestions.suggester import CombinedSuggester
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel, Suggester, Suggestion
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
    # Suggestions at least so sure are taken without a question; None = none are.
    accept_above: float | None = None


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
    undone: list[Question] = []
    number = 0
    while number < len(questions) and (asked.limit is None or number < asked.limit):
        question = questions[number]
        suggester = suggesters.of(question)
        limit = MOST_CHOICES if isinstance(suggester, Choices) else SUGGESTIONS
        suggestions = suggester.suggest(question.label, limit=limit)
        _show(question, suggestions, out)
        taken = _is_taken(suggestions, asked) and question not in undone
        if taken:
            out.write(f"1, since it is surer than {asked.accept_above}\n")
        answer = "1" if taken else given.readline()
        if not answer or answer.strip() == "q":
            break
        answer = answer.strip()
        if answer == "u":
            if made:
                undo(workspace, made.pop()[1], by=asked.by)
                number -= 1
                undone.append(questions[number])
            continue
        if answer:
            try:
                decision = _decision(question, answer, suggestions)
                used.check([decision])
                by = f"suggestion {suggestions[0].confidence:.2f}, {asked.by}" if taken else asked.by
                changes = decide(workspace, [decision], by=by)
            except UsageError as error:
                out.write(f"  {error.message}" + (f" ({error.hint})" if error.hint else "") + "\n")
                continue
            made += [(decision, change.pk) for change in changes]
            suggesters.learn(question, decision)
        number += 1
    out.write("\n")
    return [decision for decision, _ in made]


def _is_taken(suggestions: list[Suggestion], asked: Asked) -> bool:
    return bool(suggestions) and asked.accept_above is not None and suggestions[0].confidence >= asked.accept_above


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
    """One a table and client."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._made: dict[tuple[str, str], Suggester] = {}

    def learn(self, question: Question, decision: Decision) -> None:
        """What was decided is suggested from now on."""
        value = decision.value if isinstance(decision.value, dict) else {"code": decision.value}
        client = question.labels[0].client if question.scope != Scope.GLOBAL else ""
        known = KnownLabel(question.label, str(value["code"]), value.get("taxonomy", ""), True, client)
        self.of(question).learn(known)

    def of(self, question: Question) -> Suggester:
        first = question.labels[0]
        key = (question.table, first.client)
        if key not in self._made:
            self._made[key] = self._make(question.table, first)
        return self._made[key]

    def _make(self, table: str, first: UnmappedLabel) -> Suggester:
        step = step_of(table)
        if step is None or step.meanings is None:
            return suggester_of_table(self._workspace, table, client=first.client)
        tables = tables_of(self._workspace, self._workspace.project.load(first.name).definition)
        labels = labels_of(tables[table]) if table in tables else ()
        known = CombinedSuggester(labels, client=first.client, means=means_of(self._workspace))
        return Choices(known, step.meanings.choices) if step.meanings.choices else known


def _show(question: Question, suggestions: list[Suggestion], out: TextIO) -> None:
    first = question.labels[0]
    where = question.owner or "all imports"
    out.write(f"\n{question.label}  ({question.table}, {question.postings:,} postings, for {where})\n")
    samples = list(_samples(question))[:2]
    if samples:
        out.write(f"  such as {'; '.join(samples)}   since {first.since}\n")
    for number, one in enumerate(suggestions, 1):
        taxonomy = f" of {one.taxonomy}" if one.taxonomy else ""
        name = f"  {one.label}" if one.label and one.label != one.code else ""
        sure = f"  {one.confidence:4.0%}" if one.reason else ""
        out.write(f"  {number}{sure}  {one.code}{taxonomy}{name}   {one.reason}\n")
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
