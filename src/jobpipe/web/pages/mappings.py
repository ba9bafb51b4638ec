"""What labels mean: the queue of those that mean nothing yet, tables in their layers, history, CSV in and out."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.utils.http import urlencode

from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import Import, MappingChange, MappingEntry, Scope
from jobpipe.runs.mappings.deciding import Decision, decision_of, undo
from jobpipe.runs.mappings.effects import effects_of
from jobpipe.runs.mappings.files import read_decisions, write_entries
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.unmapped import tables_of
from jobpipe.runs.taxonomies.in_force import find_in_force
from jobpipe.taxonomy.searching import search
from jobpipe.taxonomy.tables import Decide, MappingTable, decider
from jobpipe.web.audit import note
from jobpipe.web.label_forms import (
    SHOWN,
    Queue,
    faults_of,
    filled,
    queue_of,
    refuse_what_is_not_theirs,
    save,
    shown,
    suggest,
    typed,
    unpacked,
)
from jobpipe.web.notes import done, show
from jobpipe.web.paging import address, newest_first, number_in
from jobpipe.web.project import workspace
from jobpipe.web.remembered import coded_table_of
from jobpipe.web.rights import Right, Viewer, visible_imports
from jobpipe.web.routes import Request, page
from jobpipe.web.taking_effect import settle_mappings, words_of

_MOST_CODES = 30
_MOST_LABELS = 100
# Imports that are offered to choose from.
_MOST_NAMES = 500
_MAX_FILE = 5 * 1024 * 1024


@page("mappings/", needs=Right.SEE)
def show_queue(request: Request) -> HttpResponse:
    """`?import=`, `?client=` and `?table=` choose labels, `?scope=` whom decisions are for, `?from=` the page."""
    queue = _queue(request)
    if request.headers.get("HX-Request"):
        suggest(queue.rows)
        return show(request, "_mapping_suggestions.html", {"queue": queue})
    if request.GET.get("suggest"):
        suggest(queue.rows)
    return _queue_page(request, queue)


@page("mappings/effect", needs=Right.MAP, methods=("POST",))
def show_effect(request: Request) -> HttpResponse:
    """Of what was typed into a page of the queue: nothing is saved."""
    if not request.viewer.may(Right.SEE):
        raise Http404
    decisions = typed(request.POST)
    wrong = faults_of(request.viewer, decisions)
    if wrong or not decisions:
        queue = _queue(request)
        filled(queue.rows, decisions, request.POST, wrong)
        said = "" if wrong else "Nothing was filled in."
        return _queue_page(request, queue, wrong=said, status=400)
    return _effect_page(request, list(decisions.values()))


@page("mappings/save", needs=Right.MAP, methods=("POST",))
def save_decisions(request: Request) -> HttpResponse:
    saved = save(request.viewer, unpacked(request.POST.get("decisions", "")))
    note(request, "mapping.save", f"{saved.changes} decisions")
    return done(request, words_of(saved.changes, saved.settled), "/mappings/")


@page("mappings/undo", needs=Right.MAP, methods=("POST",))
def take_back(request: Request) -> HttpResponse:
    """A change, with those that were made together with it."""
    number = number_in(request.POST.get("change", ""))
    change = MappingChange.objects.filter(pk=number).first() if number is not None else None
    if change is None:
        raise Http404
    together = MappingChange.objects.filter(Q(together=change.together) | Q(pk=change.pk)).select_related("entry")
    refuse_what_is_not_theirs(request.viewer, ((one.entry.scope, one.entry.owner) for one in together))
    back = [replace(decision_of(one), value=one.before) for one in together]
    postings = sum(one.postings for one in effects_of(workspace(), back))
    changes = undo(workspace(), change.pk, by=request.viewer.name)
    settled = settle_mappings(UsedTables(workspace()).users([decision_of(one) for one in changes]), postings)
    note(request, "mapping.undo", f"change {change.pk}")
    return done(request, words_of(len(changes), settled), "/mappings/history/")


@page("mappings/coverage/", needs=Right.SEE)
def show_coverage(request: Request) -> HttpResponse:
    """How many of the labels of live postings have a meaning, the worst first."""
    queue = queue_of(*_owners(request), table="", scope="", first=0)
    table = request.GET.get("table", "")
    lines = [(owner, one) for owner, one in queue.coverage if table in ("", one.table)]
    lines.sort(key=lambda line: (line[1].share, -line[1].live, line[0].name))
    return show(request, "mapping_coverage.html", {"lines": lines[:500], "queue": queue, **_filters(request)})


@page("mappings/history/", needs=Right.SEE)
def show_history(request: Request) -> HttpResponse:
    found = MappingChange.objects.filter(_of_viewer(request.viewer, "entry__")).select_related("entry")
    if table := request.GET.get("table", ""):
        found = found.filter(entry__table=table)
    if words := request.GET.get("q", ""):
        found = found.filter(label__icontains=words)
    listed = newest_first(request, found)
    for change in listed.rows:
        change.is_theirs = request.viewer.sees_all or change.entry.scope != Scope.GLOBAL
    return show(request, "mapping_history.html", {"page": listed, **_filters(request)})


@page("mappings/tables/", needs=Right.SEE)
def show_tables(request: Request) -> HttpResponse:
    """What people decided; of one import also what its files and its definition say."""
    entries = _entries(request)
    name = request.GET.get("import", "")
    if name:
        return _layers_page(request, name)
    return show(request, "mapping_tables.html", {"page": newest_first(request, entries), **_filters(request)})


@page("mappings/export.csv", needs=Right.SEE)
def export(request: Request) -> HttpResponse:
    """What people decided, as `jobpipe map export` has it."""
    text = write_entries(_entries(request).order_by("table", "scope", "owner", "id"))
    headers = {"Content-Disposition": 'attachment; filename="mappings.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@page("mappings/csv", needs=Right.MAP, methods=("GET", "POST"))
def import_csv(request: Request) -> HttpResponse:
    """A file is read and what it would change is shown; it is saved from there."""
    if not request.viewer.may(Right.SEE):
        raise Http404
    if request.method != "POST":
        return _csv_page(request)
    file = request.FILES.get("file")
    scope, _, owner = request.POST.get("for", Scope.GLOBAL.value).partition(" ")
    table = request.POST.get("given_table", "")
    try:
        if file is None or file.size is None or file.size > _MAX_FILE:
            raise UsageError("no file, or one of more than 5 MB", hint="`jobpipe map import FILE` takes larger ones")
        try:
            text = file.read().decode()
        except UnicodeDecodeError as error:
            raise UsageError("the file is not UTF-8", hint="save it as CSV UTF-8") from error
        decisions = read_decisions(text, file.name or "file", table=table, scope=scope, owner=owner)
        return _effect_page(request, decisions)
    except JobpipeError as error:
        words = f"{error.message} ({error.hint})" if error.hint else error.message
        return _csv_page(request, wrong=words, table=table)


def _csv_page(request: Request, *, wrong: str = "", table: str = "") -> HttpResponse:
    filters = _filters(request)
    whose = [*(f"client {one}" for one in filters["clients"]), *(f"import {one}" for one in filters["names"])]
    context = {**filters, "whose": whose, "wrong": wrong, "table": table}
    return show(request, "mapping_csv.html", context, status=400 if wrong else 200)


@page("mappings/codes", needs=Right.MAP)
def show_codes(request: Request) -> HttpResponse:
    """Options that hold the words, for the field that is typed into: `?table=` and `?q=`."""
    whose = " ".join(sorted(request.viewer.clients or ()))
    found = codes_of(
        request.GET.get("table", ""), request.GET.get("q", ""), visible_imports(request.viewer), whose=whose
    )
    return show(request, "_mapping_codes.html", {"codes": found})


def codes_of(table: str, words: str, owners: QuerySet[Import], *, whose: str) -> list[tuple[str, str]]:
    """Code and name of those that hold the words, of the taxonomy that one of the imports has for the table."""
    words = words.strip()[:100]
    names = owners.values_list("name", flat=True)
    coded = coded_table_of(table, names, whose) if words else None
    taxonomy = find_in_force(workspace().project, coded.taxonomy) if coded is not None else None
    if coded is None or taxonomy is None:
        return []
    return [(one.code, one.label(coded.language or "")) for one in search(taxonomy, words, limit=_MOST_CODES)]


# What the pages have in common ------------------------------------------------------------------------


def _owners(request: Request) -> tuple[QuerySet[Import], Hashable]:
    """Those that are chosen, and by what."""
    owners = visible_imports(request.viewer)
    if name := request.GET.get("import", ""):
        owners = owners.filter(name=name)
    if client := request.GET.get("client", ""):
        owners = owners.filter(client=client)
    return owners, (request.viewer.clients, name, client)


def _filters(request: Request) -> dict[str, Any]:
    owners = list(visible_imports(request.viewer).values_list("name", "client"))
    chosen = {name: request.GET.get(name, "") for name in ("import", "client", "table", "q", "scope")}
    return {
        "names": [name for place, (name, _) in enumerate(owners) if place < _MOST_NAMES or name == chosen["import"]],
        "clients": sorted({client for _, client in owners if client}),
        "chosen": chosen,
        "chosen_import": chosen["import"],
        "query": urlencode({name: said for name, said in chosen.items() if said}),
    }


def _first(request: Request) -> int:
    text = request.GET.get("from", "0")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def _queue(request: Request) -> Queue:
    scope = request.GET.get("scope", "")
    if scope not in Scope.values or (scope == Scope.GLOBAL and not request.viewer.sees_all):
        scope = ""
    return queue_of(
        *_owners(request),
        table=request.GET.get("table", ""),
        scope=scope,
        first=_first(request),
        of_one=bool(request.GET.get("import")),
    )


def _queue_page(request: Request, queue: Queue, *, wrong: str = "", status: int = 200) -> HttpResponse:
    last = queue.first + len(queue.rows)
    context = {
        "queue": queue,
        "last": last,
        "older": _page_address(request, last) if last < queue.questions else "",
        "newer": _page_address(request, max(queue.first - SHOWN, 0)) if queue.first else "",
        "with_suggestions": _page_address(request, queue.first, suggest="1"),
        "suggestions_from": _page_address(request, queue.first),
        "effect_to": f"/mappings/effect?{request.GET.urlencode()}",
        "scopes": [one for one in Scope.values if one != Scope.GLOBAL or request.viewer.sees_all],
        "wrong": wrong,
        **_filters(request),
    }
    return show(request, "mapping_queue.html", context, status=status)


def _page_address(request: Request, first: int, **more: str) -> str:
    _, _, query = address(request, **{"from": first or None, "suggest": None, **more}).partition("?")
    return f"/mappings/?{query}" if query else "/mappings/"


def _effect_page(request: Request, decisions: list[Decision]) -> HttpResponse:
    context = {"shown": shown(request.viewer, decisions), "back": "/mappings/", "save_to": "/mappings/save"}
    return show(request, "mapping_effect.html", context)


def _of_viewer(viewer: Viewer, before: str = "") -> Q:
    """Decisions over what they see; those for the house are everybody's to read."""
    if viewer.clients is None:
        return Q()
    names = list(visible_imports(viewer).values_list("name", flat=True))
    return (
        Q(**{f"{before}scope": Scope.GLOBAL})
        | Q(**{f"{before}scope": Scope.CLIENT, f"{before}owner__in": viewer.clients})
        | Q(**{f"{before}scope": Scope.IMPORT, f"{before}owner__in": names})
    )


def _entries(request: Request) -> QuerySet[MappingEntry]:
    found = MappingEntry.objects.filter(_of_viewer(request.viewer), active=True)
    if table := request.GET.get("table", ""):
        found = found.filter(table=table)
    if client := request.GET.get("client", ""):
        found = found.filter(scope=Scope.CLIENT, owner=client)
    if words := request.GET.get("q", ""):
        found = found.filter(label__icontains=words)
    return found


@dataclass(frozen=True, slots=True)
class _Layered:
    label: str
    # By layer, in their order; the first that says something counts.
    values: list[Any]
    counts: int


def _layers_page(request: Request, name: str) -> HttpResponse:
    owner = visible_imports(request.viewer).filter(name=name).first()
    if owner is None:
        raise Http404
    tables = tables_of(workspace(), workspace().project.load(name).definition)
    table = request.GET.get("table", "") or next(iter(sorted(tables)), "")
    made = tables.get(table, MappingTable([]))
    first = _first(request)
    words = request.GET.get("q", "").casefold()
    labels = sorted({label for layer in made.layers for label in layer.labels if words in label.casefold()})
    deciders = [decider(MappingTable([layer])) for layer in made.layers]
    lines = [_layered(deciders, label) for label in labels[first : first + _MOST_LABELS]]
    patterns = [(layer.by, pattern, value) for layer in made.layers for pattern, value in layer.patterns]
    more = first + _MOST_LABELS
    context = {
        "tables": sorted(tables),
        "table": table,
        "layers": [layer.by for layer in made.layers],
        "lines": lines,
        "patterns": patterns,
        "older": address(request, **{"from": more}) if more < len(labels) else "",
        "newer": address(request, **{"from": max(first - _MOST_LABELS, 0) or None}) if first else "",
        "count": len(labels),
        **_filters(request),
    }
    return show(request, "mapping_layers.html", context)


def _layered(deciders: Sequence[Decide], label: str) -> _Layered:
    """By the same rule as a run: a label counts as it is written, else normalised."""
    found = [decide(label) for decide in deciders]
    values = [one.value if one is not None else None for one in found]
    return _Layered(label, values, next((place for place, one in enumerate(found) if one is not None), -1))
