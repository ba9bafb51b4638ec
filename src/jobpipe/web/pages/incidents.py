"""What went wrong: an inbox by person and role; of one what it means, what to do, and samples with the spot marked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect

from jobpipe.definition.roles import ROLES
from jobpipe.documents.store import Role, StateRow
from jobpipe.errors import UsageError
from jobpipe.incidents import states
from jobpipe.incidents.explaining import why_alike
from jobpipe.incidents.finding import severity_of
from jobpipe.incidents.kinds import KINDS, Kind
from jobpipe.incidents.owners import Owners
from jobpipe.incidents.until import moment_of
from jobpipe.ledger.models import AccountRole, Import, Incident, IncidentState, RoleHolder, Run
from jobpipe.runs.progress import Progress
from jobpipe.runs.retrying import Wanted, retry_import
from jobpipe.runs.starting import StopRequest
from jobpipe.web import audit, notes
from jobpipe.web.charts import PLOT_WIDTH, Bar, bars, moment, plot
from jobpipe.web.marking import marked
from jobpipe.web.next_steps import next_steps
from jobpipe.web.paging import address, newest_first, number_in, where_given
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer, visible_incidents
from jobpipe.web.routes import Request, page
from jobpipe.web.tables import csv_file, wants_csv

_MOST_ROWS = 5_000
_RUNS_SHOWN = 40
_CHANGES_SHOWN = 50
# Records in quarantine that are looked through while somebody waits for the page.
_RETRIED_AT_ONCE = 2_000
# Words of the address, beside the states themselves.
_WAITING, _UNRESOLVED, _ALL = "waiting", "unresolved", "all"
_COLUMNS = ("incident", "kind", "import", "client", "state", "owner", "count", "first_seen", "last_seen", "message")
# What an account looks after, where nobody has said which role its person holds.
_OF_ACCOUNTS: dict[str, tuple[str, ...]] = {
    AccountRole.DEVELOPER: ("developer",),
    AccountRole.OPERATOR: ("operator", "source", "delivery"),
    AccountRole.ACCOUNT_MANAGER: ("source", "mapping"),
}


# The inbox ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    words: str
    count: int
    address: str


@page("incidents/", needs=Right.SEE)
def show_list(request: Request) -> HttpResponse:
    """`?whose=mine|roles|all` and `state= kind= import= client= owner=` of the address; `?as=csv` gives a file."""
    visible = visible_incidents(request.viewer)
    roles = roles_of(request.viewer)
    tabs = _tabs(request, visible, roles)
    whose = request.GET.get("whose", "") or next((tab.name for tab in tabs if tab.count), _ALL)
    found = _chosen(request, _of(visible, whose, request.viewer, roles))
    if wants_csv(request):
        return csv_file("incidents", _COLUMNS, map(_row, found.order_by("-pk")[:_MOST_ROWS]))
    incidents = newest_first(request, found.defer("samples", "details"))
    context: dict[str, object] = {
        "tabs": tabs,
        "whose": whose,
        "roles": roles,
        "page": incidents,
        "groups": _grouped(incidents.rows),
        "kinds": _kinds(request, found),
        "states": (_WAITING, _UNRESOLVED, *IncidentState.values, _ALL),
        "chosen": {name: request.GET.get(name, "") for name in ("kind", "client", "owner")},
        "of_import": request.GET.get("import", ""),
        "state": request.GET.get("state", "") or _WAITING,
        "csv": address(request, **{"as": "csv", "before": None, "after": None}),
        "may_handle": request.viewer.may(Right.INCIDENTS),
    }
    return notes.show(request, "incidents.html", context)


def roles_of(viewer: Viewer) -> tuple[str, ...]:
    """Those that the viewer's person holds somewhere, as people or jobpipe.yaml say; else those of the account."""
    settings = workspace().project.settings
    said = [settings.owners, *(client.owners for client in settings.clients.values())]
    held = {str(role) for owners in said for role, person in owners.items() if person == viewer.person}
    held |= set(RoleHolder.objects.filter(person=viewer.person).values_list("role", flat=True))
    return tuple(role for role in ROLES if role in held) or _OF_ACCOUNTS.get(viewer.role, tuple(ROLES))


def _tabs(request: Request, visible: QuerySet[Incident], roles: tuple[str, ...]) -> list[Tab]:
    """With how many wait."""
    waiting = visible.filter(state__in=states.WAITING)
    counted = waiting.aggregate(
        mine=Count("pk", filter=Q(owner=request.viewer.person)),
        roles=Count("pk", filter=_of_roles(roles)),
        all=Count("pk"),
    )
    words = (("mine", "mine"), ("roles", "my roles"), (_ALL, "all"))
    return [
        Tab(name, said, counted[name], address(request, whose=name, before=None, after=None)) for name, said in words
    ]


def _of(found: QuerySet[Incident], whose: str, viewer: Viewer, roles: tuple[str, ...]) -> QuerySet[Incident]:
    if whose == "mine":
        return found.filter(owner=viewer.person)
    return found.filter(_of_roles(roles)) if whose == "roles" else found


def _of_roles(roles: tuple[str, ...]) -> Q:
    return Q(kind__in=[kind.name for kind in KINDS.values() if kind.role in roles])


def _chosen(request: Request, found: QuerySet[Incident]) -> QuerySet[Incident]:
    state = request.GET.get("state", "") or _WAITING
    if state in (_WAITING, _UNRESOLVED):
        found = found.filter(state__in=states.WAITING if state == _WAITING else states.UNRESOLVED)
    elif state != _ALL:
        found = found.filter(state=state)
    exact = {"kind": "kind", "import": "import_name", "client": "client", "owner": "owner"}
    asked = {field: request.GET.get(name, "").strip() for name, field in exact.items()}
    return where_given(found, **asked)


def _grouped(rows: list[Incident]) -> list[tuple[Kind | None, str, list[Incident]]]:
    """Those of one kind together, where the newest of them stands."""
    by_kind: dict[str, list[Incident]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    return [(KINDS.get(name), name, some) for name, some in by_kind.items()]


def _kinds(request: Request, found: QuerySet[Incident]) -> list[tuple[str, int, str]]:
    counted = found.order_by().values_list("kind").annotate(number=Count("pk")).order_by("-number", "kind")
    return [(kind, number, address(request, kind=kind, before=None, after=None)) for kind, number in counted]


def _row(one: Incident) -> tuple[Any, ...]:
    return (
        *(one.pk, one.kind, one.import_name, one.client, one.state, one.owner, one.count),
        *(one.first_seen, one.last_seen, one.message),
    )


@page("incidents/acknowledge", needs=Right.INCIDENTS, methods=("POST",))
def acknowledge_several(request: Request) -> HttpResponse:
    """Those ticked that wait, of those that may be seen."""
    ticked = [one for one in map(number_in, request.POST.getlist("incident")) if one is not None]
    waiting = visible_incidents(request.viewer).filter(pk__in=ticked[:1_000], state__in=states.WAITING)
    numbers = list(waiting.order_by("pk").values_list("pk", flat=True))
    for number in numbers:
        states.acknowledge(number, by=request.viewer.person)
    if numbers:
        audit.note(request, "incident.acknowledge", f"{len(numbers)} incidents", incidents=numbers)
    words = f"{len(numbers)} acknowledged: they are in hand." if numbers else "Nothing was ticked that waits."
    return notes.done(request, words, "/incidents/")


# One incident ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One record that failed, beside the posting of its key where there is one."""

    key: str
    message: str
    place: str
    raw: Any
    posting: StateRow | None


@page("incidents/<int:incident>", needs=Right.SEE)
def without_slash(request: Request, incident: int) -> HttpResponse:
    """As messages name it."""
    return HttpResponseRedirect(f"/incidents/{incident}/")


@page("incidents/<int:incident>/", needs=Right.SEE)
def show(request: Request, incident: int) -> HttpResponse:
    one = Incident.objects.get(pk=incident)
    kind = KINDS.get(one.kind)
    counted = one.counts.select_related("run").only("incident", "count", "run__started_at").order_by("-run_id")
    counts = list(counted[:_RUNS_SHOWN])
    last = Run.objects.filter(pk=one.last_run).only("account", "started_at").first() if one.last_run else None
    read = last.account.get("read", 0) if last is not None else 0
    if one.count > read:
        # Labels are counted over all that is stored, which may be more than the run read.
        read = 0
    may = request.viewer.may
    context: dict[str, object] = {
        "one": one,
        "kind": kind,
        "severity": severity_of(one),
        "role": kind.role if kind else "",
        "read": read,
        "share": one.count / read if read else None,
        "samples": _samples(one),
        "steps": next_steps(one, request.viewer),
        "why": why_alike(one),
        "bars": _bars(list(reversed(counts))),
        "counts": counts,
        "changes": list(one.changes.order_by("-id")[:_CHANGES_SHOWN]),
        "people": sorted(workspace().project.settings.people),
        # Those who write definitions and code.
        "traceback": one.details.get("traceback", "") if may(Right.DEFINE) else "",
        "versions": one.details.get("versions", {}) if may(Right.DEFINE) else {},
        "may_comment": may(Right.INCIDENTS),
        "may_handle": may(Right.INCIDENTS) and one.state != IncidentState.RESOLVED,
        "may_retry": may(Right.RUN) and one.stage == "transform" and bool(one.import_name),
    }
    return notes.show(request, "incident.html", context)


def _samples(incident: Incident) -> list[Shown]:
    keys = [sample["key"] for sample in incident.samples if sample.get("key")]
    owner = Import.objects.filter(name=incident.import_name).only("pk").first() if keys else None
    postings = workspace().documents.postings_by_key(owner.pk, keys) if owner is not None else {}
    return [
        Shown(
            sample.get("key", ""),
            sample.get("message", ""),
            _place(sample),
            marked(sample.get("raw", ""), sample.get("message", "")),
            postings.get(sample.get("key", "")),
        )
        for sample in incident.samples
    ]


def _place(sample: dict[str, Any]) -> str:
    parts = [sample.get("part", "")]
    if sample.get("line"):
        parts.append(f"line {sample['line']:,}")
    if sample.get("offset", -1) >= 0:
        parts.append(f"byte {sample['offset']:,}")
    if sample.get("ordinal"):
        parts.append(f"record {sample['ordinal']:,}")
    return ", ".join(filter(None, parts))


def _bars(counts: list[Any]) -> Any:
    """The oldest first."""
    chart = bars(
        [
            Bar(
                value=one.count,
                look="bad",
                title=f"{one.count:,} in run {one.run_id}, {one.run.started_at:%Y-%m-%d %H:%M}",
                address=f"/runs/{one.run_id}/",
            )
            for one in counts
        ],
        label=f"how many in each of the last {len(counts)} runs that had it",
        width=PLOT_WIDTH,
        height=64,
        stretched=True,
    )
    most = max((one.count for one in counts), default=0)
    moments = (moment(counts[0].run.started_at), moment(counts[-1].run.started_at)) if counts else ("", "")
    return plot(chart, most=f"{most:,}", moments=moments, low=True)


# What a person does ---------------------------------------------------------------------------------


@page("incidents/<int:incident>/acknowledge", needs=Right.INCIDENTS, methods=("POST",))
def acknowledge(request: Request, incident: int) -> HttpResponse:
    return _done(request, incident, "acknowledge", states.acknowledge, "It is in hand.")


@page("incidents/<int:incident>/resolve", needs=Right.INCIDENTS, methods=("POST",))
def resolve(request: Request, incident: int) -> HttpResponse:
    return _done(request, incident, "resolve", states.resolve, "Resolved; if it comes back, it is reopened.")


@page("incidents/<int:incident>/mute", needs=Right.INCIDENTS, methods=("POST",))
def mute(request: Request, incident: int) -> HttpResponse:
    """`until`: a day, or how long: 12h, 7d, 4w."""
    until = moment_of(request.POST.get("until", "").strip() or request.POST.get("for", "").strip())

    def act(number: int, *, by: str, why: str) -> Incident:
        return states.mute(number, until, by=by, why=why)

    return _done(request, incident, "mute", act, f"Nobody hears of it until {until:%Y-%m-%d %H:%M} UTC.")


@page("incidents/<int:incident>/assign", needs=Right.INCIDENTS, methods=("POST",))
def assign(request: Request, incident: int) -> HttpResponse:
    """`person`; empty = to whoever holds its role."""
    person = " ".join(request.POST.get("person", "").split())[:200]

    def act(number: int, *, by: str, why: str) -> Incident:
        return states.assign(number, person, Owners(workspace().project), by=by, why=why)

    words = f"It is {person}'s." if person else "Whoever holds its role has it."
    return _done(request, incident, "assign", act, words)


@page("incidents/<int:incident>/comment", needs=Right.INCIDENTS, methods=("POST",))
def comment(request: Request, incident: int) -> HttpResponse:
    """`why`: what there is to say, with the address of a ticket where there is one; also of what is resolved."""

    def act(number: int, *, by: str, why: str) -> Incident:
        return states.comment(number, why, by=by)

    return _done(request, incident, "comment", act, "It stands in its history.")


def _done(request: Request, number: int, action: str, act: Callable[..., Incident], words: str) -> HttpResponse:
    why = request.POST.get("why", "").strip()[:2_000]
    act(number, by=request.viewer.person, why=why)
    audit.note(request, f"incident.{action}", f"incident {number}", why=why)
    return notes.done(request, words, f"/incidents/{number}/")


@page("incidents/<int:incident>/retry", needs=Right.RUN, methods=("POST",))
def retry(request: Request, incident: int) -> HttpResponse:
    """Its records once more, under today's definition; where they are many, the command is named that does it."""
    name = Incident.objects.values_list("import_name", flat=True).get(pk=incident)
    owner = Import.objects.filter(name=name).first()
    if owner is None:
        raise UsageError(f"incident {incident} has no records in quarantine")
    counted = workspace().documents.counts(owner.pk).items()
    rejected = sum(number for (role, _, _), number in counted if role is Role.REJECTED)
    if rejected > _RETRIED_AT_ONCE:
        raise UsageError(
            f"{rejected:,} records are in quarantine: that takes longer than a page",
            hint=f"jobpipe quarantine retry {name} --incident {incident}",
        )
    report = retry_import(
        workspace(), name, Wanted(incident=incident), progress=Progress(), stop=StopRequest(), workers=0
    )
    audit.note(request, "incident.retry", f"incident {incident}", run=report.run)
    if not report.run:
        raise UsageError(report.error or report.why, hint="try again when the run is over")
    made = report.account.get("read", 0) - report.account.get("rejected", 0)
    words = f"Run {report.run}: of {report.account.get('read', 0):,} records {made:,} are no longer rejected."
    return notes.done(request, words, f"/incidents/{incident}/")
