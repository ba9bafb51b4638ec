"""What a client decides in its space: what its words mean, its rules, and offers that are taken down."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.utils.http import urlencode

from jobpipe.definition.models import FieldRule
from jobpipe.definition.overrides import OverrideError
from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import Import, Override, OverrideScope
from jobpipe.runs.overrides.excluding import exclude, restore
from jobpipe.transform.tables import rules_of
from jobpipe.web import label_forms, plain_rules, rule_forms
from jobpipe.web.audit import note
from jobpipe.web.client_postings import reason_of
from jobpipe.web.client_space import address_of, imports_of, space, within, words_for, words_of_settled
from jobpipe.web.notes import done, show
from jobpipe.web.pages.mappings import codes_of
from jobpipe.web.passing_on import pass_on
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.words.fields import coded_of, names_of_fields, offered

# Of those that were taken down by hand.
_MOST_LISTED = 200


# Words ------------------------------------------------------------------------------------------------


@page("clients/<path:client>/labels/", needs=Right.CLIENT_SPACE)
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
        "tables_in_words": _names_of_tables(request, client),
    }
    return space(request, client, "labels", context, status=status)


def _names_of_tables(request: Request, client: str) -> dict[str, str]:
    """By what is in them: to a client `contracts` says less than the type of contract."""
    names = names_of_fields(words_for(request))
    return {table: ", ".join(names.get(one, one) for one in some) for table, some in _fields_of_tables(client).items()}


def _address(own: str, name: str, first: int) -> str:
    return f"{own}?{urlencode({'import': name, 'from': str(first)})}"


@page("clients/<path:client>/labels/effect", needs=Right.MAP, methods=("POST",))
def show_label_effect(request: Request, client: str) -> HttpResponse:
    viewer, say = within(request.viewer, client), words_for(request)
    decisions = {
        number: replace(one, value=coded_of(say, one.value)) for number, one in label_forms.typed(request.POST).items()
    }
    # The reason that staff is told names tables and codes.
    wrong = {
        number: say["labels_no_such"].format(value=request.POST.get(f"value-{number}", ""))
        for number in label_forms.faults_of(viewer, decisions)
    }
    if wrong or not decisions:
        queue = _queue(request, client)
        label_forms.filled(queue.rows, decisions, request.POST, wrong)
        said = "" if wrong else say["labels_nothing_typed"]
        return _labels_page(request, client, queue, wrong=said, status=400)
    own = address_of(client, "labels")
    shown = label_forms.shown(viewer, list(decisions.values()))
    context = {
        "shown": shown,
        "back": own,
        "save_to": f"{own}save",
        "tables_in_words": _names_of_tables(request, client),
    }
    return space(request, client, "labels", context, template="client_label_effect.html")


@page("clients/<path:client>/labels/save", needs=Right.MAP, methods=("POST",))
def save_labels(request: Request, client: str) -> HttpResponse:
    decisions = label_forms.unpacked(request.POST.get("decisions", ""))
    saved = label_forms.save(within(request.viewer, client), decisions)
    note(request, "mapping.save", f"client {client}: {saved.changes} decisions")
    said = words_of_settled(words_for(request), saved.changes, saved.settled)
    return done(request, said, address_of(client, "labels"))


@page("clients/<path:client>/labels/codes", needs=Right.CLIENT_SPACE)
def show_codes(request: Request, client: str) -> HttpResponse:
    table, words = request.GET.get("table", ""), request.GET.get("q", "")
    found = codes_of(table, words, imports_of(client), whose=client) or _values_of(request, client, table, words)
    return show(request, "_mapping_codes.html", {"codes": found})


def _values_of(request: Request, client: str, table: str, words: str) -> list[tuple[str, str]]:
    """Of a table whose field has few values: all that fit, as people say them."""
    return offered(words_for(request), _fields_of_tables(client).get(table, []), words)


def _fields_of_tables(client: str) -> dict[str, list[str]]:
    """Which fields of a posting each table makes: of the definitions of the client's imports, no others are read."""
    found: dict[str, dict[str, None]] = {}
    for name in imports_of(client).values_list("name", flat=True):
        for field, rule in _rules_of(name, client):
            table = rule.map if isinstance(rule.map, str) else f"definition:{field}"
            found.setdefault(table, {})[field] = None
    return {table: list(fields) for table, fields in found.items()}


def _rules_of(name: str, client: str) -> Iterable[tuple[str, FieldRule]]:
    """Of the fields of its postings; none where its file is gone, not valid, or another client's by now."""
    try:
        definition = workspace().project.load(name).definition
    except JobpipeError:
        return ()
    return rules_of(definition) if definition.client == client else ()


# Rules ------------------------------------------------------------------------------------------------


@page("clients/<path:client>/rules/", needs=Right.CLIENT_SPACE)
def show_rules(request: Request, client: str) -> HttpResponse:
    return _rules_page(request, client, {})


def _rules_page(
    request: Request, client: str, form: dict[str, Any], *, fault: Any = None, status: int = 200
) -> HttpResponse:
    say = words_for(request)
    rules = rule_forms.rules_of(within(request.viewer, client), client=client)
    context = {
        "rules": [(one, plain_rules.in_words(say, one.content["rule"])) for one in rules],
        "names": list(imports_of(client).values_list("name", flat=True)),
        "acts": [(one, say[f"rules_do_{one}"], one == form.get("act")) for one in plain_rules.ACTS],
        "choices": plain_rules.groups_of(say, str(form.get("about", ""))),
        "form": form,
        "fault": fault,
    }
    return space(request, client, "rules", context, status=status)


def _form_of_rule(request: Request) -> tuple[QueryDict, str]:
    """The form with the rule that was chosen from its lists, unless one was written; and what is missing, in words."""
    form, say = request.POST.copy(), words_for(request)
    if form.get("number") or form.get("rule", "").strip():
        return form, ""
    about, words = form.get("about", ""), form.get("words", "").strip()
    rule = plain_rules.written(form.get("act", ""), about, words)
    if not rule:
        return form, say["rules_no_choice"]
    if plain_rules.needs_words(about) and not words:
        return form, say["rules_no_words"]
    form["rule"] = rule
    return form, ""


@page("clients/<path:client>/rules/effect", needs=Right.RULE, methods=("POST",))
def show_rule_effect(request: Request, client: str) -> HttpResponse:
    viewer, own, say = within(request.viewer, client), address_of(client, "rules"), words_for(request)
    form, missing = _form_of_rule(request)
    decision = rule_forms.decision_of_form(viewer, form)
    if missing:
        return _rules_page(request, client, form.dict(), fault={"message": missing}, status=400)
    try:
        tried = rule_forms.tried(viewer, decision)
    except OverrideError as error:
        place = {"line": error.place.line, "column": error.place.column}
        fault = {**rule_forms.fault_of(error), "message": say["rules_unreadable"].format(**place)}
        return _rules_page(request, client, form.dict(), fault=fault, status=400)
    context = {
        "tried": tried,
        "in_words": plain_rules.in_words(say, tried.rule),
        "form": form.dict(),
        "kept_fields": rule_forms.KEPT_FIELDS,
        "fields": names_of_fields(say),
        "save_to": f"{own}save",
        "back": own,
    }
    return space(request, client, "rules", context, template="client_rule_effect.html")


@page("clients/<path:client>/rules/save", needs=Right.RULE, methods=("POST",))
def save_rule(request: Request, client: str) -> HttpResponse:
    viewer = within(request.viewer, client)
    saved = rule_forms.save(viewer, rule_forms.decision_of_form(viewer, request.POST))
    note(request, "rule.save", f"client {client}: {request.POST.get('rule') or request.POST.get('number', '')}")
    said = words_of_settled(words_for(request), saved.changes, saved.settled)
    return done(request, said, address_of(client, "rules"))


# Offers -----------------------------------------------------------------------------------------------


@page("clients/<path:client>/offers/", needs=Right.CLIENT_SPACE)
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
                "reason": reason_of(words_for(request), row.content["exclude"]),
                "by": row.changed_by,
            }
            for row in rows[:_MOST_LISTED]
        ],
        "form": form,
        "wrong": wrong,
    }
    return space(request, client, "offers", context, status=status)


@page("clients/<path:client>/offers/exclude", needs=Right.EXCLUDE, methods=("POST",))
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


@page("clients/<path:client>/offers/restore", needs=Right.EXCLUDE, methods=("POST",))
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
