"""What a destination should have of the postings that rows name, as they are now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.destinations.formats.format import OutputFormat, Refusal, output_format
from jobpipe.destinations.preflight import refusals_of
from jobpipe.destinations.shaping import Shaper
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Documents, Role, Selection, StateRow, Status
from jobpipe.errors import DefinitionError, Place, UsageError
from jobpipe.ledger.models import Import, Run, RunState
from jobpipe.posting import JobPosting
from jobpipe.runs.deliveries.comparing import Wanted
from jobpipe.runs.deliveries.telling import HeldBackPostings

# Keys in one query for bodies.
_KEYS = 500
_decode = msgspec.json.Decoder(JobPosting).decode


@dataclass(frozen=True, slots=True)
class Looked:
    """One row as it is now."""

    row: int
    # "" = there is no such row any more.
    key: str
    wanted: Wanted


class Wanting:
    """Of one destination, under its definition of today."""

    def __init__(self, documents: Documents, definition: DestinationDefinition) -> None:
        self.documents = documents
        self.definition = definition
        self.output: OutputFormat = _format_of(definition)
        self.shaper = Shaper(definition)
        # What was found that would be refused.
        self.held_back = HeldBackPostings()

    @property
    def takes_all_as_stored(self) -> bool:
        """Whether its file is what is stored of each posting, a line each: then none need be looked into."""
        said = self.definition
        is_plain = self.output.name == "jsonl" and not said.fields and not said.require and said.limit is None
        return is_plain and self.shaper.changes_nothing

    def look(self, owner: Import, rows: Sequence[int], *, feeds: bool, unfinished: set[int]) -> list[Looked]:
        """What each of these rows is now, in their order.

        `feeds`: whether the import's postings go there at all.  A row that a run has changed which is not finished is
        left out: that run's own list names it.
        """
        states = self.documents.rows(owner.pk, rows)
        bodies = self._wanted_of(owner, [one for one in states.values() if feeds and _is_there(one)])
        found = []
        for row in rows:
            state = states.get(row)
            if state is not None and state.changed_run in unfinished:
                continue
            found.append(Looked(row, state.key if state else "", bodies.get(row, Wanted())))
        return found

    def judge(self, owner: Import, posting: JobPosting) -> tuple[JobPosting | None, list[Refusal]]:
        """The posting as it goes there (None = it does not), and what would be refused of it."""
        shaped = self.shaper.shape(posting, owner.name, owner.client)
        return shaped, [] if shaped is None else refusals_of(shaped, self.definition, self.output)

    def passed(self, owner: Import, key: str, posting: JobPosting) -> JobPosting | None:
        """The posting as it goes there; None = it does not, or would be refused, which is counted."""
        shaped, refusals = self.judge(owner, posting)
        if refusals:
            self.held_back.add(owner.name, key, refusals)
            return None
        return shaped

    def forget_held_back(self) -> None:
        """They are counted once more."""
        self.held_back = HeldBackPostings()

    def _wanted_of(self, owner: Import, states: Sequence[StateRow]) -> dict[int, Wanted]:
        found: dict[int, Wanted] = {}
        for start in range(0, len(states), _KEYS):
            keys = tuple(state.key for state in states[start : start + _KEYS])
            for state, frame in self.documents.bodies(owner.pk, Selection(status=Status.LIVE, keys=keys)):
                found[state.row] = self._wanted(owner, state, _decode(unpack(frame).posting))
        return found

    def _wanted(self, owner: Import, state: StateRow, posting: JobPosting) -> Wanted:
        shaped, refusals = self.judge(owner, posting)
        if shaped is None:
            return Wanted()
        held = "; ".join(refusal.message for refusal in refusals)
        if refusals:
            self.held_back.add(owner.name, state.key, refusals)
        return Wanted(body=self.shaper.body(shaped), revision=state.revision, held=held)


def _format_of(definition: DestinationDefinition) -> OutputFormat:
    try:
        return output_format(definition.format or "jsonl")
    except UsageError as error:
        place = Place(source=f"destinations/{definition.destination}.yaml", field="format")
        raise DefinitionError(error.message, place=place, hint=error.hint) from error


def live_postings_of(documents: Documents, owner: Import) -> Iterator[tuple[StateRow, JobPosting]]:
    """By growing row."""
    for state, body in stored_postings_of(documents, owner):
        yield state, _decode(body)


def stored_postings_of(documents: Documents, owner: Import) -> Iterator[tuple[StateRow, bytes]]:
    """Those that are live, each as JSON, by growing row."""
    for state, frame in documents.bodies(owner.pk, Selection(status=Status.LIVE)):
        yield state, unpack(frame).posting


def unfinished_runs() -> set[int]:
    return set(Run.objects.filter(state=RunState.RUNNING).values_list("pk", flat=True))


def _is_there(state: StateRow) -> bool:
    return state.role is Role.POSTING and state.status is Status.LIVE
