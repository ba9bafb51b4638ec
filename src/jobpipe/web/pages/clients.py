"""Clients: the staff's list, looking as one does, and the first pages of each client's space."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, OuterRef, Subquery, Sum
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict

from jobpipe.definition.reporting import check_mail
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Account, Import, Run, RunKind
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.overview import GOOD, STATES, WEEK, Overview
from jobpipe.runs.quarantine import Rejected
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.source_reports.gathering import refusals_of
from jobpipe.runs.source_reports.languages import LANGUAGES as REPORT_LANGUAGES
from jobpipe.runs.source_reports.wishes import MAX_ADDRESSES, WHENS, say_wishes, wishes_of_client
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.runs.summaries import bring_up_to_date, shown, summaries
from jobpipe.web.audit import note
from jobpipe.web.client_space import address_of, imports_of, space, words_for
from jobpipe.web.flow import flows
from jobpipe.web.import_lists import visible_summaries
from jobpipe.web.notes import done, show
from jobpipe.web.paging import stretch
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer, may_see_client, viewer_of
from jobpipe.web.routes import Request, page
from jobpipe.web.sessions import AS_CLIENT
from jobpipe.web.states import badge
from jobpipe.web.tables import csv_file, wants_csv
from jobpipe.web.words import LANGUAGES, Words, words_of

# Clients on one page.
_AT_ONCE = 50
_EVER = datetime.max.replace(tzinfo=UTC)
# Refused records that one page looks at, and shows of each reason.
MOST_REFUSED = 2_000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Health:
    """One client in the list of the staff."""

    client: str
    # Of the worst of its imports.
    state: ImportState
    imports: int
    live: int
    incidents: int

    @property
    def address(self) -> str:
        return address_of(self.client)


@page("clients/", needs=Right.CLIENT_SPACE)
def show_clients(request: Request) -> HttpResponse:
    """Whoever has one client alone is led to its space. `?q=` and `?from=` of the address choose."""
    viewer = request.viewer
    if viewer.is_client:
        own = sorted(viewer.clients or ())
        if len(own) == 1:
            return HttpResponseRedirect(address_of(own[0]))
        say = words_of(viewer.language)
        return show(request, "clients_own.html", {"say": say, "own": [(one, address_of(one)) for one in own]})
    words = request.GET.get("q", "").casefold()
    found = [one for one in _clients(viewer) if words in one.client.casefold()]
    if wants_csv(request):
        columns = ("client", "state", "imports", "live", "incidents")
        rows = ((one.client, str(one.state), one.imports, one.live, one.incidents) for one in found)
        return csv_file("clients", columns, rows)
    part = stretch(request, len(found), _AT_ONCE)
    context = {"found": found[part.first : part.last], "part": part, "q": request.GET.get("q", "")}
    return show(request, "clients.html", context)


def _clients(viewer: Viewer) -> list[Health]:
    """Those first whose imports are down or late, then those with the most incidents."""
    rows = visible_summaries(viewer, bring_up_to_date()).exclude(import_row__client="")
    counted = (
        rows.order_by()
        .values_list("import_row__client")
        .annotate(worst=Min("rank"), imports=Count("pk"), live_in_all=Sum("live"), waiting=Sum("incidents"))
    )
    found = [
        Health(client, STATES[worst], imports, live or 0, waiting) for client, worst, imports, live, waiting in counted
    ]
    return sorted(found, key=_worst)


def _worst(one: Health) -> tuple[int, int, str]:
    order = (ImportState.DOWN, ImportState.LATE)
    return order.index(one.state) if one.state in order else len(order), -one.incidents, one.client


@page("clients/look-as", needs=Right.SELF, name="client.look_as", methods=("POST",))
def look_as(request: Request) -> HttpResponse:
    """`client` of the form; without it one looks as oneself again."""
    client = request.POST.get("client", "")
    own = viewer_of(request.account)
    if client and (own.is_client or not own.may(Right.CLIENT_SPACE) or not _is_known(own, client)):
        raise Http404
    session = request.logged_in
    session.data = {name: said for name, said in session.data.items() if name != AS_CLIENT}
    if client:
        session.data[AS_CLIENT] = client
        note(request, "client.look_as", f"client {client}")
    with turn_to_write():
        session.save(update_fields=["data"])
    return HttpResponseRedirect(address_of(client) if client else "/clients/" if not own.is_client else "/")


def _is_known(viewer: Any, client: str) -> bool:
    return may_see_client(viewer, client) and imports_of(client).exists()


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    one: Overview
    badge: Any
    # In the house's zone; "" = never.
    read: str
    due: str
    refused: int


@page("clients/<path:client>/", needs=Right.CLIENT_SPACE)
def show_home(request: Request, client: str) -> HttpResponse:
    """From the ledger alone."""
    say = words_for(request)
    now = bring_up_to_date()
    of_client = summaries(now).filter(import_row__client=client)
    found = shown(of_client.order_by("import_row__name"), now)
    if not found and not request.viewer.is_client:
        raise Http404
    (week,) = flows(Run.objects.filter(import_row__client=client), [(now - WEEK, _EVER)])
    refused = _refused(client)
    context = {
        "lines": [
            Line(
                one=one,
                badge=badge(_state(one), say[f"state_{_state(one)}"]),
                read=_moment(say, one.last_good),
                due=_moment(say, one.next_due),
                refused=refused.get(one.name, 0),
            )
            for one in found
        ],
        "live": sum(one.live or 0 for one in found),
        "new": week.new,
        "gone": week.gone,
        "refused": sum(refused.values()),
    }
    return space(request, client, "home", context)


def _moment(say: Words, at: datetime | None) -> str:
    return say.moment(at.astimezone(ZoneInfo(workspace().project.settings.zone))) if at is not None else ""


def _state(one: Overview) -> str:
    return "held" if one.held is not None else str(one.state)


def _refused(client: str) -> dict[str, int]:
    """By import: as its last reading says that found anything new."""
    read = Run.objects.filter(import_row=OuterRef("pk"), kind=RunKind.IMPORT, state__in=GOOD, unchanged=False)
    last = imports_of(client).annotate(last=Subquery(read.order_by("-id").values("pk")[:1])).values("last")
    runs = Run.objects.filter(pk__in=last).values_list("import_row__name", "account")
    return {name: account.get("rejected", 0) for name, account in runs}


@page("clients/<path:client>/refused/", needs=Right.CLIENT_SPACE)
def show_refused(request: Request, client: str) -> HttpResponse:
    """`?import=`: of that one alone; otherwise of the first that has any."""
    say = words_for(request)
    owners = list(imports_of(client))
    name = request.GET.get("import", "")
    if name and name not in {one.name for one in owners}:
        raise Http404
    wording = Wording(say.language, workspace().project.settings.zone)
    groups: list[dict[str, Any]] = []
    for owner in owners:
        if name in ("", owner.name) and not groups:
            groups = [_group(one, wording) for one in _refusals(owner)]
            name = owner.name if groups else name
    looked_at = sum(one["count"] for one in groups)
    context = {
        "names": [one.name for one in owners],
        "chosen": name,
        "groups": groups,
        "is_cut": say["refused_first"].format(count=say.number(looked_at)) if looked_at >= MOST_REFUSED else "",
    }
    return space(request, client, "refused", context)


def _refusals(owner: Import) -> Any:
    return refusals_of(workspace(), owner, None, _EXAMPLES, most=MOST_REFUSED)


def _group(one: Any, wording: Wording) -> dict[str, Any]:
    """In the words that the report of the source has."""
    reason = wording.reason(one.reason, one.field)
    examples = [
        {
            "title": record.title or wording.texts.no_title,
            "key": record.key,
            "place": _place(record, wording),
            "found": wording.found(record),
        }
        for record in one.examples
    ]
    more = one.count - len(examples)
    return {
        "count": one.count,
        "offers": wording.offers(one.count),
        "reason": reason,
        "examples": examples,
        "has_found": any(record["found"] for record in examples),
        "more": more,
    }


def _place(record: Rejected, wording: Wording) -> str:
    """Its line, which is what people can go to; else what is known."""
    return wording.texts.line.format(line=wording.number(record.line)) if record.line else wording.place(record)


@page("clients/<path:client>/settings/", needs=Right.CLIENT_SPACE, methods=("GET", "POST"))
def show_settings(request: Request, client: str) -> HttpResponse:
    """Who gets reports, in which language and when; and the language of these pages."""
    say = words_for(request)
    if request.method != "POST":
        return _settings_page(request, client)
    if not request.viewer.is_client and not imports_of(client).exists():
        raise Http404
    form = request.POST
    try:
        say_wishes(
            client,
            to=form.get("to", "").splitlines(),
            language=form.get("language", ""),
            when=form.get("when", ""),
            by=request.viewer.name,
        )
    except UsageError:
        return _settings_page(request, client, wrong=_wrong_with(say, form), form=form.dict(), status=400)
    if request.viewer.is_client and (language := form.get("pages", "")) in LANGUAGES:
        _set_language(request.account, language)
        say = words_of(language)
    note(request, "client.reports", f"client {client}")
    return done(request, say["saved"], address_of(client, "settings"))


def _wrong_with(say: Words, form: QueryDict) -> str:
    addresses = list(filter(None, map(str.strip, form.get("to", "").splitlines())))
    if len(addresses) > MAX_ADDRESSES:
        return say["settings_too_many"].format(most=MAX_ADDRESSES)
    for one in addresses:
        try:
            check_mail(one)
        except ValueError:
            return say["settings_no_address"].format(address=one)
    return say["settings_wrong"]


def _set_language(account: Account, language: str) -> None:
    with turn_to_write():
        Account.objects.filter(pk=account.pk).update(language=language)


def _settings_page(
    request: Request, client: str, *, wrong: str = "", form: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    say = words_for(request)
    wishes = wishes_of_client(workspace().project, client)
    context = {
        "wrong": wrong,
        "form": form or {"to": "\n".join(wishes.to), "language": wishes.language, "when": wishes.when},
        "report_languages": [(code, _NAMES[code]) for code in REPORT_LANGUAGES],
        "whens": [(one, say[f"when_{one}"]) for one in WHENS],
        "page_languages": list(LANGUAGES.items()) if request.viewer.is_client else [],
    }
    return space(request, client, "settings", context, status=status)


# As each calls itself.
_NAMES = {**LANGUAGES, "de": "Deutsch", "nl": "Nederlands"}
