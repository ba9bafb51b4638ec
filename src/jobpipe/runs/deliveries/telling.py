"""What people are told of a destination: incidents that open with its troubles and close with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from jobpipe.definition.project import Project
from jobpipe.destinations.formats.format import Refusal
from jobpipe.incidents.occurrence import MAX_SAMPLES, Occurrence, Sample
from jobpipe.incidents.recording import record, resolve_all
from jobpipe.ledger.models import Incident, IncidentState
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.deliveries.outgoing import Outgoing

DOWN = "destination-down"
REFUSED = "delivery-refused"
HELD = "snapshot-held"
WRONG = "destination-wrong"
# By the role of whoever can mend it.
HELD_BACK = {
    "source": "held-back-source",
    "mapping": "held-back-mapping",
    "developer": "held-back-definition",
    "delivery": "held-back-delivery",
    "operator": "held-back-delivery",
}
ALL = {DOWN, REFUSED, HELD, WRONG, *HELD_BACK.values()}


def place_of(destination: str) -> str:
    return f"destinations/{destination}.yaml"


def tell(
    project: Project, destination: str, kind: str, message: str, *, hint: str = "", about: str = "", count: int = 1
) -> None:
    """`about`: what tells it from others of its kind at this destination."""
    record(project, [_occurrence(destination, kind, message, hint=hint, about=about, count=count)])


def _occurrence(
    destination: str,
    kind: str,
    message: str,
    *,
    about: str = "",
    hint: str = "",
    count: int = 1,
    field: str = "",
    samples: Collection[Sample] = (),
) -> Occurrence:
    return Occurrence(
        kind=kind,
        message=f"{destination}: {message}",
        hint=hint,
        stage="deliver",
        field=field,
        place=place_of(destination),
        identity=f"{destination} {about}".strip(),
        count=count,
        samples=tuple(samples),
    )


def tell_refused(project: Project, destination: str, refused: Iterable[tuple[Outgoing, str]]) -> None:
    """Postings that the destination itself refused, in its words, by import."""
    by_import: dict[str, list[tuple[Outgoing, str]]] = {}
    for item, said in refused:
        by_import.setdefault(item.import_name, []).append((item, said))
    for name, some in by_import.items():
        occurrences = [
            Occurrence(
                kind=REFUSED,
                message=f"{destination} refuses it: {said or 'it says nothing of why'}",
                hint=f"jobpipe deliveries retry {destination} sends it again, when it or the destination is mended",
                stage="deliver",
                place=place_of(destination),
                samples=(Sample(key=item.key, message=said),),
            )
            for item, said in some
        ]
        record(project, occurrences, import_name=name)


@dataclass(slots=True)
class HeldBack:
    """What was held back of one import by one rule, in one sitting."""

    first: Refusal
    count: int = 0
    samples: list[Sample] = field(default_factory=list)

    def add(self, key: str, refusal: Refusal) -> None:
        self.count += 1
        if len(self.samples) < MAX_SAMPLES:
            self.samples.append(Sample(key=key, message=refusal.message))


class HeldBackPostings:
    """Counted by import and rule, with bounded memory."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], HeldBack] = {}
        self.postings: Counter[str] = Counter()

    def add(self, import_name: str, key: str, refusals: Iterable[Refusal]) -> None:
        self.postings[import_name] += 1
        for refusal in refusals:
            self._found.setdefault((import_name, refusal.rule), HeldBack(refusal)).add(key, refusal)

    def by_rule(self) -> dict[str, int]:
        counted: Counter[str] = Counter()
        for (_, rule), one in self._found.items():
            counted[rule] += one.count
        return dict(counted)

    def tell(self, project: Project, destination: str) -> set[int]:
        """One incident an import and rule, for whoever can mend it; the numbers of these incidents."""
        told: set[int] = set()
        for (import_name, rule), one in self._found.items():
            occurrence = _occurrence(
                destination,
                HELD_BACK[one.first.role],
                f"would be refused there: {one.first.message}",
                about=rule,
                field=one.first.field,
                hint=f"all others get them; jobpipe preflight {destination} --import {import_name} lists all of them",
                count=one.count,
                samples=one.samples,
            )
            told |= {incident.pk for incident in record(project, [occurrence], import_name=import_name).all}
        return told


def told_of(destination: str, kinds: Iterable[str]) -> set[str]:
    """The imports of which the destination has incidents of these kinds that are not over."""
    return set(_unresolved(destination, kinds).values_list("import_name", flat=True))


def _unresolved(destination: str, kinds: Iterable[str]) -> QuerySet[Incident]:
    found = Incident.objects.filter(place=place_of(destination), kind__in=list(kinds))
    return found.exclude(state=IncidentState.RESOLVED)


def gone(
    destination: str,
    kinds: Iterable[str],
    *,
    why: str,
    import_name: str | None = None,
    still: Collection[int] = (),
) -> None:
    """The destination's incidents of these kinds are over; `still`: the numbers of those that are not."""
    found = _unresolved(destination, kinds).exclude(pk__in=list(still))
    if import_name is not None:
        found = found.filter(import_name=import_name)
    # Mostly there is none, and then nobody waits for a turn at writing.
    if found.exists():
        with turn_to_write(), transaction.atomic():
            resolve_all(list(found.select_for_update()), why=why)
