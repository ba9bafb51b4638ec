"""What one message says: like incidents together, what happened, since when, how much is affected, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from jobpipe.incidents.fingerprint import shape_of
from jobpipe.incidents.kinds import KINDS, Severity
from jobpipe.ledger.models import Incident, Notice, Run
from jobpipe.safety.one_line import one_line

# Incidents that are listed of one kind.
MAX_LISTED = 8
_GRAVITY = {severity: place for place, severity in enumerate(Severity)}
_ACTIONS = {"opened": "new", "reopened": "back", "unmuted": "no longer muted", "resolved": "resolved"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One incident in a message."""

    number: int
    import_name: str
    # new, back, resolved, nobody has acknowledged it
    what: str
    message: str
    place: str
    since: datetime
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Incidents of one kind that became the same."""

    kind: str
    title: str
    severity: str
    advice: str
    hint: str
    what: str
    since: datetime
    # All of them, and those that are listed.
    incidents: int
    listed: Sequence[Told]
    imports: Sequence[str]
    failures: int
    # Live postings of those imports; 0 = not known.
    postings: int
    # They all say the same but for what differs from one to the next.
    is_one_cause: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    groups: Sequence[Group]
    # Of the interface; "" = there is none.
    link: str = ""

    @property
    def incidents(self) -> int:
        return sum(group.incidents for group in self.groups)

    @property
    def subject(self) -> str:
        """One line."""
        first = self.groups[0]
        where = one_line(first.imports[0], 60) if len(first.imports) == 1 else f"{len(first.imports):,} imports"
        of = f": {where}" if first.imports else ""
        more = self.incidents - first.incidents
        rest = f", and {more:,} more" if more else ""
        return one_line(f"[job-pipe] {first.what}: {first.title}{of}{rest}", 180)


def message_of(notices: Iterable[Notice], link: str = "") -> Message:
    """The gravest first; what is resolved last."""
    sorted_in: dict[tuple[str, str], dict[int, Incident]] = {}
    for notice in notices:
        group = (notice.incident.kind, _what(notice.action))
        sorted_in.setdefault(group, {})[notice.incident_id] = notice.incident
    live = _live_postings({one.import_name for some in sorted_in.values() for one in some.values()})
    groups = [_group(kind, what, list(some.values()), live) for (kind, what), some in sorted_in.items()]
    groups.sort(key=lambda one: (one.what == "resolved", -_GRAVITY[Severity(one.severity)], -one.incidents, one.kind))
    return Message(groups=groups, link=link.rstrip("/"))


def _what(action: str) -> str:
    return _ACTIONS.get(action, "not acknowledged")


def _group(name: str, what: str, incidents: list[Incident], live: Mapping[str, int]) -> Group:
    kind = KINDS.get(name)
    incidents.sort(key=lambda one: (-one.count, one.pk))
    imports = sorted({one.import_name for one in incidents if one.import_name})
    return Group(
        kind=name,
        title=kind.title if kind else name,
        severity=kind.severity.value if kind else Severity.ERROR.value,
        advice=kind.advice if kind else "",
        hint=one_line(incidents[0].hint),
        what=what,
        since=min(one.first_seen for one in incidents),
        incidents=len(incidents),
        listed=[_told(one, what) for one in incidents[:MAX_LISTED]],
        imports=imports,
        failures=sum(one.count for one in incidents),
        postings=sum(live.get(import_name, 0) for import_name in imports),
        is_one_cause=len(incidents) > 1 and len({shape_of(one.message) for one in incidents}) == 1,
    )


def _told(incident: Incident, what: str) -> Told:
    return Told(
        number=incident.pk,
        import_name=one_line(incident.import_name, 100),
        what=what,
        message=one_line(incident.message),
        place=one_line(incident.place, 200),
        since=incident.first_seen,
        count=incident.count,
    )


def _live_postings(imports: set[str]) -> dict[str, int]:
    """As the last run of each has left them: one query."""
    last = Run.objects.filter(import_row__name__in=imports, sequence__isnull=False).values("import_row_id")
    numbers = last.annotate(last=Max("pk")).values_list("last", flat=True)
    found = Run.objects.filter(pk__in=list(numbers)).values_list("import_row__name", "live")
    return dict(found)
