"""Rules above the definitions: by scope, tried before they are saved, with their history."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import OverrideChange, OverrideScope
from jobpipe.runs.overrides.deciding import roll_back, undo
from jobpipe.web.audit import note
from jobpipe.web.label_forms import refuse_what_is_not_theirs
from jobpipe.web.notes import done, show
from jobpipe.web.paging import newest_first, number_in
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, Viewer, visible_imports
from jobpipe.web.routes import Request, page
from jobpipe.web.rule_forms import KEPT_FIELDS, decision_of_form, fault_of, rule_numbered, rules_of, save, settle, tried
from jobpipe.web.taking_effect import words_of


@page("rules/", needs=Right.SEE)
def show_rules(request: Request) -> HttpResponse:
    """`?change=` a number: that rule stands in the form."""
    form: dict[str, Any] = {"for": request.GET.get("for", "")}
    if number := request.GET.get("change", ""):
        row = rule_numbered(request.viewer, number)
        form = {"number": row.pk, "revision": row.revision, **row.content}
    return _page(request, form)


def _page(request: Request, form: dict[str, Any], *, fault: Any = None, status: int = 200) -> HttpResponse:
    owners = list(visible_imports(request.viewer).values_list("name", "client"))
    rules = rules_of(request.viewer)
    for rule in rules:
        rule.is_theirs = _is_theirs(request.viewer, rule.scope)  # type: ignore[attr-defined]
    context = {
        "rules": rules,
        "form": form,
        "fault": fault,
        "whose": [
            *(f"client {client}" for client in sorted({client for _, client in owners if client})),
            *(f"import {name}" for name, _ in owners[:500]),
        ],
    }
    return show(request, "rules.html", context, status=status)


def _is_theirs(viewer: Viewer, scope: str) -> bool:
    return viewer.may(Right.RULE) and (viewer.sees_all or scope != OverrideScope.GLOBAL)


@page("rules/effect", needs=Right.RULE, methods=("POST",))
def show_effect(request: Request) -> HttpResponse:
    """Nothing is saved."""
    if not request.viewer.may(Right.SEE):
        raise Http404
    decision = decision_of_form(request.viewer, request.POST)
    try:
        found = tried(request.viewer, decision)
    except JobpipeError as error:
        return _page(request, request.POST.dict(), fault=fault_of(error), status=400)
    context = {"tried": found, "form": request.POST.dict(), "save_to": "/rules/save", "back": "/rules/"}
    context["kept_fields"] = KEPT_FIELDS
    return show(request, "rule_effect.html", context)


@page("rules/save", needs=Right.RULE, methods=("POST",))
def save_rule(request: Request) -> HttpResponse:
    saved = save(request.viewer, decision_of_form(request.viewer, request.POST))
    note(request, "rule.save", request.POST.get("rule", "") or f"rule {request.POST.get('number', '')}")
    return done(request, words_of(saved.changes, saved.settled), "/rules/")


@page("rules/history/", needs=Right.SEE)
def show_history(request: Request) -> HttpResponse:
    found = OverrideChange.objects.exclude(entry__scope=OverrideScope.POSTING).select_related("entry")
    viewer = request.viewer
    if viewer.clients is not None:
        names = list(visible_imports(viewer).values_list("name", flat=True))
        found = found.filter(
            Q(entry__scope=OverrideScope.GLOBAL)
            | Q(entry__scope=OverrideScope.CLIENT, entry__owner__in=viewer.clients)
            | Q(entry__scope=OverrideScope.IMPORT, entry__owner__in=names)
        )
    listed = newest_first(request, found)
    for change in listed.rows:
        change.is_theirs = _is_theirs(viewer, change.entry.scope)
    return show(request, "rule_history.html", {"page": listed})


@page("rules/undo", needs=Right.RULE, methods=("POST",))
def take_back(request: Request) -> HttpResponse:
    """A change, with those that were made together with it."""
    change = _change(request)
    together = OverrideChange.objects.filter(Q(together=change.together) | Q(pk=change.pk)).select_related("entry")
    refuse_what_is_not_theirs(request.viewer, ((one.entry.scope, one.entry.owner) for one in together))
    saved = settle(undo(workspace(), change.pk, by=request.viewer.name))
    note(request, "rule.undo", f"change {change.pk}")
    return done(request, words_of(saved.changes, saved.settled), "/rules/history/")


@page("rules/rollback", needs=Right.RULE, methods=("POST",))
def go_back_to(request: Request) -> HttpResponse:
    """All rules as they were right after a change: for those who see all."""
    if not request.viewer.sees_all:
        raise Http404
    change = _change(request)
    saved = settle(roll_back(workspace(), change.pk, by=request.viewer.name))
    note(request, "rule.rollback", f"to change {change.pk}")
    return done(request, words_of(saved.changes, saved.settled), "/rules/history/")


def _change(request: Request) -> OverrideChange:
    number = number_in(request.POST.get("change", ""))
    rules = OverrideChange.objects.exclude(entry__scope=OverrideScope.POSTING)
    change = rules.filter(pk=number).first() if number is not None else None
    if change is None:
        raise Http404
    return change
