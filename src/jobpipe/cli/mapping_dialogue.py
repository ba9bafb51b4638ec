"""Mapping labels one after the other: a number takes a suggestion, a text is a code, Enter alone puts it off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from jobpipe.errors import UsageError
from jobpipe.runs.mappings.deciding import Decision, decide, undo
from jobpipe.runs.mappings.questions import Question, questions_of
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.suggesting import Suggesters
from jobpipe.runs.mappings.unmapped import UnmappedLabel, unmapped_labels
from jobpipe.runs.selecting import select
from jobpipe.runs.workspace import Workspace
from jobpipe.taxonomy.suggesting import Choices
from jobpipe.taxonomy.suggestions.suggestion import Suggestion

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


def converse(workspace: Workspace, asked: Asked, given: TextIO, out: TextIO) -> list[Decision]:
    """Ask until nothing is left, nobody answers, or `q`; each decision is stored at once. Those that stand."""
    selectors = [asked.name] if asked.name else [f"client:{asked.client}"] if asked.client else []
    found = unmapped_labels(workspace, select(workspace.project, selectors))
    questions = questions_of(
        [one for one in found if _is_asked(one, asked)], scope=asked.scope, is_of_one_import=bool(asked.name)
    )
    if not questions:
        out.write("every label is mapped\n")
        return []
    suggesters = Suggesters(workspace)
    used = UsedTables(workspace)
    made: list[tuple[Decision, int]] = []
    out.write(f"{len(questions):,} labels without a mapping. {_HELP}\n")
    undone: list[Question] = []
    number = 0
    while number < len(questions) and (asked.limit is None or number < asked.limit):
        question = questions[number]
        suggester = suggesters.of(question.table, question.labels[0])
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
            suggesters.learn(decision, question.labels[0])
        number += 1
    out.write("\n")
    return [decision for decision, _ in made]


def _is_taken(suggestions: list[Suggestion], asked: Asked) -> bool:
    return bool(suggestions) and asked.accept_above is not None and suggestions[0].confidence >= asked.accept_above


def _is_asked(one: UnmappedLabel, asked: Asked) -> bool:
    """A table within a step has no entries."""
    return one.table == asked.table if asked.table else one.table != "definition"


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
