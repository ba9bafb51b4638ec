"""Postings: searching them; of one its whole way, and what a person decides over it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
from django.http import Http404, HttpResponse
from django.utils.http import urlencode

from jobpipe.definition.overrides import OverrideError
from jobpipe.documents.body import unpack
from jobpipe.documents.search.numbers import number_of
from jobpipe.documents.search.store import MOST_COUNTED
from jobpipe.documents.store import Role, Selection
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, OverrideChange, OverrideScope
from jobpipe.posting import FIELD_NAMES
from jobpipe.runs.changes_of_run import FieldDifference, differences
from jobpipe.runs.deliveries.tracing import trace
from jobpipe.runs.finding_postings import FoundPosting, posting_of, read_values
from jobpipe.runs.overrides.deciding import MAX_REASON, Posting, correct, limits
from jobpipe.runs.overrides.excluding import exclude as take_down
from jobpipe.runs.overrides.excluding import restore as take_back
from jobpipe.runs.overrides.layers import today
from jobpipe.runs.overrides.words import shown
from jobpipe.runs.search_index import catch_up, is_being_made
from jobpipe.runs.workspace import Workspace
from jobpipe.web import audit, notes
from jobpipe.web.client_postings import in_words, why
from jobpipe.web.client_space import address_of
from jobpipe.web.filters import posting_address
from jobpipe.web.paging import SIZE, address
from jobpipe.web.passing_on import pass_on
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, may_touch
from jobpipe.web.routes import Request, page
from jobpipe.web.searching import CATCHING_UP, CHOICES, Hit, Owners, before_of, choices, hits, wanted_of
from jobpipe.web.tables import csv_file, wants_csv
from jobpipe.web.words import Words, words_to
from jobpipe.web.words.fields import coded_of, name_of_field, names_of_fields

# Rows of a file.
_MOST_ROWS = 5_000
_COLUMNS = (
    *("import", "client", "key", "state", "reason", "first_seen", "title", "company", "place"),
    *("country", "contract", "category"),
)
# Characters of a value and of a record, so that a page stays light.
_MOST_VALUE = 1_500
_MOST_RAW = 20_000
# Bytes of a source that are read to find the line of its record.
_FURTHEST = 4 * 1024 * 1024
_DECISIONS = 20
# Imports whose rejected records are looked through for a key.
_MOST_ASKED = 50
# Revisions that are compared, each with the one before.
_REVISIONS = 5


@dataclass(frozen=True, slots=True)
class Refused:
    import_name: str
    reason: str
    message: str
    # Which met it.
    run: int
    # Of the client's page that says why.
    address: str = ""


@page("postings/", needs=Right.EXCLUDE)
def search(request: Request) -> HttpResponse:
    """`?q=` and `?state= import= client= country= contract= category=` of the address; `?as=csv` gives a file."""
    viewer = request.viewer
    owners = Owners.of(viewer)
    index = workspace().search
    is_whole = catch_up(workspace(), CATCHING_UP)
    wanted = wanted_of(request, owners, viewer)
    say, is_for_client = words_to(request), viewer.is_client
    if wants_csv(request):
        rows = map(_row, hits(index.search(wanted, limit=_MOST_ROWS), owners))
        if is_for_client:
            return _file_for_client(say, rows)
        return csv_file("postings", _COLUMNS, rows)
    before = before_of(request)
    found = index.search(wanted, before=before, limit=SIZE + 1)
    survey = index.survey(wanted)
    is_found = bool(found) or before is not None
    chosen = {name: value for name in CHOICES if (value := request.GET.get(name, ""))}
    offered = choices(request, survey, owners, say)
    if is_for_client and len(owners.clients) == 1:
        offered = [(name, values) for name, values in offered if name != "client"]
    return notes.show(
        request,
        "client_postings.html" if is_for_client else "postings.html",
        {
            "q": request.GET.get("q", ""),
            "chosen": chosen,
            "hits": hits(found[:SIZE], owners),
            "survey": survey,
            "choices": [(say[f"find_by_{name}"] if is_for_client else name, values) for name, values in offered],
            "reasons": {one.reason: why(say, one.reason) for one in found},
            "found_in_all": _count_in_words(say, survey.count, is_more=survey.is_more),
            "most": MOST_COUNTED,
            "first": address(request, before=None) if before is not None else "",
            "older": address(request, before=number_of(found[SIZE - 1])) if len(found) > SIZE else "",
            "csv": address(request, **{"as": "csv", "before": None}),
            "most_rows": _MOST_ROWS,
            "rejected": [] if is_found else _rejected(owners, wanted.imports, request.GET.get("q", "").strip()),
            "is_being_made": not is_whole and is_being_made(workspace()),
        },
    )


def _count_in_words(say: Words, count: int, *, is_more: bool) -> str:
    if is_more:
        return say["find_more_than"].format(count=say.number(MOST_COUNTED))
    return say["find_one"] if count == 1 else say["find_many"].format(count=say.number(count))


def _file_for_client(say: Words, rows: Iterable[tuple[Any, ...]]) -> HttpResponse:
    """As a spreadsheet of their country opens it."""
    names = names_of_fields(say)
    headings = (
        *(say["home_source"], say["find_by_client"], say["offers_reference"], say["find_state"], say["offers_reason"]),
        *(say["find_first_seen"], names["title"], names["company"], names["locations"]),
        *(names["locations.country"], names["contract"], names["category"]),
    )
    said = (
        (
            *row[:3],
            say.value(row[3]),
            why(say, row[4]) if row[3] != "live" else "",
            *row[5:10],
            say.value(row[10]),
            row[11],
        )
        for row in rows
    )
    return csv_file("offers", headings, said, delimiter=";" if say.language == "fr" else ",")


def _rejected(owners: Owners, imports: frozenset[int] | None, key: str) -> list[Refused]:
    """Records of this key that became no posting, where few enough imports are to be asked."""
    numbers = sorted(owners.known if imports is None else imports)
    if not key or len(numbers) > _MOST_ASKED:
        return []
    of_key = Selection(role=Role.REJECTED, keys=(key,))
    return [
        Refused(
            owners.name(number),
            row.reason,
            (unpack(frame).note or ("", "", ""))[2],
            row.written_run,
            f"{address_of(owners.client(number), 'refused')}?{urlencode({'import': owners.name(number)})}",
        )
        for number in numbers
        for row, frame in islice(workspace().documents.bodies(number, of_key), 5)
    ]


def _row(hit: Hit) -> tuple[Any, ...]:
    one = hit.entry
    return (
        *(
            hit.import_name,
            hit.client,
            one.key,
            one.state,
            one.reason,
            one.first_day,
            one.title,
            one.company,
            one.place,
        ),
        *("; ".join(one.countries), one.contract, "; ".join(one.categories)),
    )


# One posting ----------------------------------------------------------------------------------------


@page("postings/<str:import_name>/", needs=Right.EXCLUDE)
def show(request: Request, import_name: str) -> HttpResponse:
    """`?key=`: of the posting; a key may be anything, so it is no part of the path."""
    return _shown(request, import_name, request.GET.get("key", ""))


def _shown(request: Request, import_name: str, key: str, *, fault: str = "", status: int = 200) -> HttpResponse:
    found = _found(import_name, key)
    traced = trace(workspace(), found, furthest=_FURTHEST)
    of_posting = {"entry__scope": OverrideScope.POSTING, "entry__owner": import_name, "entry__key": key}
    changes = list(OverrideChange.objects.filter(**of_posting).select_related("entry").order_by("-id")[:_DECISIONS])
    decided = changes[0].entry if changes else None
    stored = posting_of(workspace(), found)
    raw = traced.pop("raw")
    revisions = _revisions(found)
    context: dict[str, Any] = {
        "import_name": import_name,
        "key": key,
        "row": found.row,
        "state": found.row.status.name.lower(),
        "traced": traced,
        "stored": stored,
        "raw": raw[:_MOST_RAW],
        "raw_more": max(len(raw) - _MOST_RAW, 0),
        "decided": decided,
        "standing": shown(decided.content) if decided and decided.active else "",
        "decisions": [(one, shown(one.before), shown(one.after)) for one in changes],
        "may_decide": request.viewer.may(Right.EXCLUDE) and not request.viewer.looks_as,
        "names": [name for name in FIELD_NAMES if name not in ("reference", "extra")],
        "today": today(),
        "most_reason": MAX_REASON,
        "fault": fault,
        "given": request.POST,
    }
    if request.viewer.is_client:
        context |= in_words(words_to(request), {**context, "revisions_raw": revisions})
        return notes.show(request, "client_posting.html", context, status=status)
    context["fields"] = _fields(traced["fields"], stored)
    context["revisions"] = [
        (number, [(one.field, _text(one.before), _text(one.after)) for one in changed]) for number, changed in revisions
    ]
    return notes.show(request, "posting.html", context, status=status)


def _found(import_name: str, key: str) -> FoundPosting:
    """Raises Http404 where it is not there."""
    owner = Import.objects.filter(name=import_name).first()
    row = workspace().documents.postings_by_key(owner.pk, [key]).get(key) if owner is not None and key else None
    if owner is None or row is None:
        raise Http404
    return FoundPosting(owner, row)


def _fields(traced: list[dict[str, Any]], stored: dict[str, Any]) -> list[dict[str, Any]]:
    """As they came about; where that cannot be said today, as they are stored."""
    rows = traced or [
        {"field": name, "found": [], "made": value, "by": "", "error": ""} for name, value in stored.items()
    ]
    return [
        {
            **one,
            "made": _text(one["made"]),
            "found": [(part["path"], [_text(value) for value in part["values"]]) for part in one["found"]],
        }
        for one in rows
        if one["made"] is not None or one["error"] or any(part["values"] for part in one["found"])
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = _flat(value)
    return text if len(text) <= _MOST_VALUE else f"{text[:_MOST_VALUE]}… ({len(text):,} characters)"


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_flat(one)}" for name, one in value.items() if one not in (None, "", []))
    if isinstance(value, list):
        return "; ".join(map(_flat, value))
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _revisions(found: FoundPosting) -> list[tuple[int, list[FieldDifference]]]:
    """Each kept one with what differs from the one before; [] of those whose predecessor is not kept."""
    documents = workspace().documents
    kept = sorted(documents.revisions(found.import_id, found.row.row), reverse=True)[:_REVISIONS]
    return [(number, list(differences(documents, found.import_id, found.row, revision=number))) for number in kept]


# What a person decides ------------------------------------------------------------------------------


@page("postings/<str:import_name>/exclude", needs=Right.EXCLUDE, methods=("POST",))
def exclude(request: Request, import_name: str) -> HttpResponse:
    """`key`, `until`, `reason`, and `alone` = without its near-duplicates."""

    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        limited = limits(request.POST.get("until", ""), request.POST.get("reason", "").strip())
        within = may_touch(request.viewer)
        return take_down(open_workspace, postings, **limited, by=by, alone="alone" in request.POST, within=within)

    return _decided(request, import_name, "posting.exclude", decide)


@page("postings/<str:import_name>/correct", needs=Right.EXCLUDE, methods=("POST",))
def correct_it(request: Request, import_name: str) -> HttpResponse:
    """`key`, `field`, `value` (empty = no value), `until`, `reason`."""

    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        limited = limits(request.POST.get("until", ""), request.POST.get("reason", "").strip())
        field, value = request.POST.get("field", "").strip(), request.POST.get("value", "")
        value = coded_of(words_to(request), value.strip()) if request.viewer.is_client else value
        values = read_values([f"{field}={value}"])
        return correct(open_workspace, postings, values, limited, by=by)

    return _decided(request, import_name, "posting.correct", decide)


@page("postings/<str:import_name>/restore", needs=Right.EXCLUDE, methods=("POST",))
def restore(request: Request, import_name: str) -> HttpResponse:
    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        return take_back(open_workspace, postings, by=by, within=may_touch(request.viewer))

    return _decided(request, import_name, "posting.restore", decide)


def _decided(
    request: Request,
    import_name: str,
    action: str,
    decide: Callable[[Workspace, list[Posting], str], list[OverrideChange]],
) -> HttpResponse:
    key = request.POST.get("key", "")
    _found(import_name, key)
    try:
        changes = decide(workspace(), [(import_name, key)], request.viewer.person)
    except (UsageError, OverrideError) as error:
        fault = f"{error.message}: {error.hint}" if error.hint else error.message
        if request.viewer.is_client:
            fault = _fault_in_words(request)
        return _shown(request, import_name, key, fault=fault, status=400)
    audit.note(request, action, f"posting {key} of {import_name}", after=[one.after for one in changes][:5])
    late = pass_on(change.entry.owner for change in changes)
    said = _said(changes, late)
    if request.viewer.is_client:
        say = words_to(request)
        said = say["offer_done_late" if late else "offer_done"] if changes else say["nothing_changed"]
    return notes.done(request, said, posting_address(import_name, key))


def _fault_in_words(request: Request) -> str:
    """A field that was to be corrected, or a day."""
    say, field = words_to(request), request.POST.get("field", "")
    try:
        limits(request.POST.get("until", ""), "")
    except UsageError:
        return say["offer_wrong_day"]
    return say["offer_wrong_value"].format(field=name_of_field(say, field))


def _said(changes: list[OverrideChange], late: str) -> str:
    if not changes:
        return "Nothing changes."
    others = f" With it {len(changes) - 1} of the same job." if len(changes) > 1 else ""
    if late:
        return f"It is decided; what is left to do is done when the run that has the import ends ({late}).{others}"
    return f"Done: it counts now, and destinations get it next.{others}"
