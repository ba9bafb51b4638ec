"""What a client decides in its space: what its words mean, its rules, and offers that are taken down."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import urlencode

from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import Import, Override, OverrideScope
from jobpipe.runs.overrides.excluding import exclude, restore
from jobpipe.web import label_forms, rule_forms
from jobpipe.web.audit import note
from jobpipe.web.client_space import address_of, imports_of, space, within, words_for, words_of_settled
from jobpipe.web.notes import done, show
from jobpipe.web.pages.mappings import codes_of
from jobpipe.web.passing_on import pass_on
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page

# Of those that were taken down by hand.
_MOST_LISTED = 200


# Words ------------------------------------------------------------------------------------------------


@page("clients/<str:client>/labels/", needs=Right.CLIENT_SPACE)
def show_labels(request: Request, client: str) -> HttpResponse:
    """`?import=` of one source alone, `?from=` the page."""
    queue = _queue(request, client)
    if request.headers.get("HX-Request"):
        label_forms.suggest(queue.rows)
        return show(request, "_mapping_suggestions.html", {"queue": queue, "say": words_for(request)})
    if request.GET.get("suggest"):
        label_forms.suggest(queue.rows)
    return _labels_page(request, client, queue)


def _queue(request: Request, client: str) -> label_forms.Queue:
    name, first = request.GET.get("import", ""), request.GET.get("from", "")
    owners = imports_of(client).filter(name=name) if name else imports_of(client)
    start = int(first) if first.isdecimal() and len(first) < 7 else 0
    return label_forms.queue_of(owners, (client, name), table="", scope="", first=start, of_one=bool(name))


def _labels_page(
    request: Request, client: str, queue: label_forms.Queue, *, wrong: str = "", status: int = 200
) -> HttpResponse:
    own, name = address_of(client, "labels"), request.GET.get("import", "")
    last = queue.first + len(queue.rows)
    context = {
        "queue": queue,
        "wrong": wrong,
        "last": last,
        "names": list(imports_of(client).values_list("name", flat=True)),
        "chosen": name,
        "older": _address(own, name, last) if last < queue.questions else "",
        "newer": _address(own, name, max(queue.first - label_forms.SHOWN, 0)) if queue.first else "",
        "suggestions_from": _address(own, name, queue.first),
        "with_suggestions": _address(own, name, queue.first) + "&suggest=1",
        "codes_from": f"{own}codes",
        "effect_to": f"{own}effect?{request.GET.urlencode()}",
    }
    return space(request, client, "labels", context, status=status)


def _address(own: str, name: str, first: int) -> str:
    return f"{own}?{urlencode({'import': name, 'from': str(first)})}"


@page("clients/<str:client>/labels/effect", needs=Right.MAP, methods=("POST",))
def show_label_effect(request: Request, client: str) -> HttpResponse:
    viewer = within(request.viewer, client)
    decisions = label_forms.typed(request.POST)
    wrong = label_forms.faults_of(viewer, decisions)
    if wrong or not decisions:
        queue = _queue(request, client)
        label_forms.filled(queue.rows, decisions, request.POST, wrong)
        said = "" if wrong else words_for(request)["labels_nothing_typed"]
        return _labels_page(request, client, queue, wrong=said, status=400)
    own = address_of(client, "labels")
    shown = label_forms.shown(viewer, list(decisions.values()))
    context = {"shown": shown, "back": own, "save_to": f"{own}save"}
    return space(request, client, "labels", context, template="client_label_effect.html")


@page("clients/<str:client>/labels/save", needs=Right.MAP, methods=("POST",))
def save_labels(request: Request, client: str) -> HttpResponse:
    decisions = label_forms.unpacked(request.POST.get("decisions", ""))
    saved = label_forms.save(within(request.viewer, client), decisions)
    note(request, "mapping.save", f"client {client}: {saved.changes} decisions")
    said = words_of_settled(words_for(request), saved.changes, saved.settled)
    return done(request, said, address_of(client, "labels"))


@page("clients/<str:client>/labels/codes", needs=Right.CLIENT_SPACE)
def show_codes(request: Request, client: str) -> HttpResponse:
    found = codes_of(request.GET.get("table", ""), request.GET.get("q", ""), imports_of(client), whose=client)
    return show(request, "_mapping_codes.html", {"codes": found})


# Rules ------------------------------------------------------------------------------------------------


@page("clients/<str:client>/rules/", needs=Right.CLIENT_SPACE)
def show_rules(request: Request, client: str) -> HttpResponse:
    return _rules_page(request, client, {})


def _rules_page(
    request: Request, client: str, form: dict[str, Any], *, fault: Any = None, status: int = 200
) -> HttpResponse:
    context = {
        "rules": rule_forms.rules_of(within(request.viewer, client), client=client),
        "names": list(imports_of(client).values_list("name", flat=True)),
        "form": form,
        "fault": fault,
    }
    return space(request, client, "rules", context, status=status)


@page("clients/<str:client>/rules/effect", needs=Right.RULE, methods=("POST",))
def show_rule_effect(request: Request, client: str) -> HttpResponse:
    viewer, own = within(request.viewer, client), address_of(client, "rules")
    decision = rule_forms.decision_of_form(viewer, request.POST)
    try:
        tried = rule_forms.tried(viewer, decision)
    except JobpipeError as error:
        return _rules_page(request, client, request.POST.dict(), fault=rule_forms.fault_of(error), status=400)
    context = {"tried": tried, "form": request.POST.dict(), "kept_fields": rule_forms.KEPT_FIELDS}
    return space(
        request, client, "rules", {**context, "save_to": f"{own}save", "back": own}, template="client_rule_effect.html"
    )


@page("clients/<str:client>/rules/save", needs=Right.RULE, methods=("POST",))
def save_rule(request: Request, client: str) -> HttpResponse:
    viewer = within(request.viewer, client)
    saved = rule_forms.save(viewer, rule_forms.decision_of_form(viewer, request.POST))
    note(request, "rule.save", f"client {client}: {request.POST.get('rule') or request.POST.get('number', '')}")
    said = words_of_settled(words_for(request), saved.changes, saved.settled)
    return done(request, said, address_of(client, "rules"))


# Offers -----------------------------------------------------------------------------------------------


@page("clients/<str:client>/offers/", needs=Right.CLIENT_SPACE)
def show_offers(request: Request, client: str) -> HttpResponse:
    return _offers_page(request, client, {})


def _offers_page(
    request: Request, client: str, form: dict[str, Any], *, wrong: str = "", status: int = 200
) -> HttpResponse:
    names = list(imports_of(client).values_list("name", flat=True))
    rows = Override.objects.filter(
        scope=OverrideScope.POSTING, active=True, owner__in=names, content__has_key="exclude"
    ).order_by("-id")
    context = {
        "names": names,
        "taken_down": [
            {
                "number": row.pk,
                "name": row.owner,
                "key": row.key,
                "until": row.content["exclude"].get("until", ""),
                "reason": row.content["exclude"].get("reason", ""),
                "by": row.changed_by,
            }
            for row in rows[:_MOST_LISTED]
        ],
        "form": form,
        "wrong": wrong,
    }
    return space(request, client, "offers", context, status=status)


@page("clients/<str:client>/offers/exclude", needs=Right.EXCLUDE, methods=("POST",))
def take_down(request: Request, client: str) -> HttpResponse:
    """With its near-duplicates among the client's own offers; those of others are not a client's to take down."""
    say, form = words_for(request), request.POST
    owner = _own(client, form.get("import", ""))
    key, until = form.get("key", "").strip(), form.get("until", "").strip()
    wrong = "" if not until or _is_to_come(until) else say["offers_no_day"]
    if not wrong and (not key or not workspace().documents.postings_by_key(owner.pk, [key])):
        wrong = say["offers_unknown"].format(key=key)
    if wrong:
        return _offers_page(request, client, form.dict(), wrong=wrong, status=400)
    names = set(imports_of(client).values_list("name", flat=True))
    reason = form.get("reason", "")[:500]
    changes = exclude(
        workspace(), [(owner.name, key)], until=until, reason=reason, by=request.viewer.name, within=names
    )
    pass_on({owner.name, *(change.entry.owner for change in changes)})
    note(request, "posting.exclude", f"{owner.name} {key}", until=until, reason=reason)
    return done(request, say["offers_done"].format(key=key), address_of(client, "offers"))


@page("clients/<str:client>/offers/restore", needs=Right.EXCLUDE, methods=("POST",))
def bring_back(request: Request, client: str) -> HttpResponse:
    say, form = words_for(request), request.POST
    owner = _own(client, form.get("import", ""))
    key = form.get("key", "")
    names = set(imports_of(client).values_list("name", flat=True))
    changes = restore(workspace(), [(owner.name, key)], by=request.viewer.name, within=names)
    pass_on({owner.name, *(change.entry.owner for change in changes)})
    note(request, "posting.restore", f"{owner.name} {key}")
    return done(request, say["offers_back"].format(key=key), address_of(client, "offers"))


def _own(client: str, name: str) -> Import:
    if not name:
        raise UsageError("the form does not say of which source", hint="load the page again")
    owner = imports_of(client).filter(name=name).first()
    if owner is None:
        raise Http404
    return owner


def _is_to_come(text: str) -> bool:
    try:
        return date.fromisoformat(text) >= datetime.now(UTC).date()
    except ValueError:
        return False
