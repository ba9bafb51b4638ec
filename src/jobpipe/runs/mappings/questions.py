"""What a person is asked: labels of several imports that one decision maps are one question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from jobpipe.ledger.models import Scope
from jobpipe.runs.mappings.unmapped import UnmappedLabel
from jobpipe.taxonomy.labels import normalise_label


@dataclass(slots=True)
class Question:
    """One label of one scope, with the imports whose postings have it."""

    table: str
    label: str
    scope: str
    # The name of the import or client; "" = global.
    owner: str
    labels: list[UnmappedLabel] = field(default_factory=list)

    @property
    def postings(self) -> int:
        return sum(one.postings + one.rejected for one in self.labels)

    @property
    def since(self) -> str:
        return min(one.since for one in self.labels)


def questions_of(found: Iterable[UnmappedLabel], *, scope: str, is_of_one_import: bool = False) -> list[Question]:
    """The most frequent first. `scope`: "" = the client, where there is one, else the import."""
    questions: dict[tuple[str, str, str, str], Question] = {}
    for one in found:
        where = _scope_of(one, scope, is_of_one_import)
        key = (one.table, *where, normalise_label(one.label))
        questions.setdefault(key, Question(one.table, one.label, *where)).labels.append(one)
    return sorted(questions.values(), key=lambda question: (-question.postings, question.table, question.label))


def _scope_of(one: UnmappedLabel, scope: str, is_of_one_import: bool) -> tuple[str, str]:
    scope = scope or (Scope.IMPORT.value if is_of_one_import or not one.client else Scope.CLIENT.value)
    if one.table.startswith("definition:") or (scope == Scope.CLIENT and not one.client):
        scope = Scope.IMPORT.value
    return scope, {Scope.IMPORT.value: one.name, Scope.CLIENT.value: one.client}.get(scope, "")
