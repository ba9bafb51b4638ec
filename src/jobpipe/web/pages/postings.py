"""Postings: searching them; of one its whole way, and what a person decides over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
from django.http import Http404, HttpResponse

from jobpipe.documents.body import unpack
from jobpipe.documents.search.numbers import number_of
from jobpipe.documents.search.store import MOST_COUNTED
from jobpipe.documents.store import Role, Selection
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, OverrideChange, OverrideScope
from jobpipe.posting import FIELD_NAMES
from jobpipe.runs.changes_of_run import differences
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
from jobpipe.web.filters import posting_address
from jobpipe.web.paging import SIZE, address
from jobpipe.web.passing_on import pass_on
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.searching import CATCHING_UP, CHOICES, Hit, Owners, before_of, choices, hits, wanted_of
from jobpipe.web.tables import csv_file, wants_csv

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


@page("postings/", needs=Right.EXCLUDE)
def search(request: Request) -> HttpResponse:
    """`?q=` and `?state= import= client= country= contract= category=` of the address; `?as=csv` gives a file."""
    viewer = request.viewer
    owners = Owners.of(viewer)
    index = workspace().search
    is_whole = catch_up(workspace(), CATCHING_UP)
    wanted = wanted_of(request, owners, viewer)
    if wants_csv(request):
        return csv_file("postings", _COLUMNS, map(_row, hits(index.search(wanted, limit=_MOST_ROWS), owners)))
    before = before_of(request)
    found = index.search(wanted, before=before, limit=SIZE + 1)
    survey = index.survey(wanted)
    is_found = bool(found) or before is not None
    chosen = {name: value for name in CHOICES if (value := request.GET.get(name, ""))}
    return notes.show(
        request,
        "postings.html",
        {
            "q": request.GET.get("q", ""),
            "chosen": chosen,
            "hits": hits(found[:SIZE], owners),
            "survey": survey,
            "choices": choices(request, survey, owners),
            "most": MOST_COUNTED,
            "first": address(request, before=None) if before is not None else "",
            "older": address(request, before=number_of(found[SIZE - 1])) if len(found) > SIZE else "",
            "csv": address(request, **{"as": "csv", "before": None}),
            "most_rows": _MOST_ROWS,
            "rejected": [] if is_found else _rejected(owners, wanted.imports, request.GET.get("q", "").strip()),
            "is_being_made": not is_whole and is_being_made(workspace()),
        },
    )


def _rejected(owners: Owners, imports: frozenset[int] | None, key: str) -> list[Refused]:
    """Records of this key that became no posting, where few enough imports are to be asked."""
    numbers = sorted(owners.known if imports is None else imports)
    if not key or len(numbers) > _MOST_ASKED:
        return []
    of_key = Selection(role=Role.REJECTED, keys=(key,))
    return [
        Refused(owners.name(number), row.reason, (unpack(frame).note or ("", "", ""))[2], row.written_run)
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
    return notes.show(
        request,
        "posting.html",
        {
            "import_name": import_name,
            "key": key,
            "row": found.row,
            "state": found.row.status.name.lower(),
            "traced": traced,
            "fields": _fields(traced["fields"], stored),
            "raw": raw[:_MOST_RAW],
            "raw_more": max(len(raw) - _MOST_RAW, 0),
            "revisions": _revisions(found),
            "standing": shown(decided.content) if decided and decided.active else "",
            "decisions": [(one, shown(one.before), shown(one.after)) for one in changes],
            "may_decide": request.viewer.may(Right.EXCLUDE) and not request.viewer.looks_as,
            "names": [name for name in FIELD_NAMES if name not in ("reference", "extra")],
            "today": today(),
            "most_reason": MAX_REASON,
            "fault": fault,
            "given": request.POST,
        },
        status=status,
    )


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


def _revisions(found: FoundPosting) -> list[tuple[int, list[tuple[str, str, str]]]]:
    """Each kept one with what differs from the one before; [] of those whose predecessor is not kept."""
    documents = workspace().documents
    kept = sorted(documents.revisions(found.import_id, found.row.row), reverse=True)[:_REVISIONS]
    return [
        (
            number,
            [
                (one.field, _text(one.before), _text(one.after))
                for one in differences(documents, found.import_id, found.row, revision=number)
            ],
        )
        for number in kept
    ]


# What a person decides ------------------------------------------------------------------------------


@page("postings/<str:import_name>/exclude", needs=Right.EXCLUDE, methods=("POST",))
def exclude(request: Request, import_name: str) -> HttpResponse:
    """`key`, `until`, `reason`, and `alone` = without its near-duplicates."""

    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        limited = limits(request.POST.get("until", ""), request.POST.get("reason", "").strip())
        return take_down(open_workspace, postings, **limited, by=by, alone="alone" in request.POST)

    return _decided(request, import_name, "posting.exclude", decide)


@page("postings/<str:import_name>/correct", needs=Right.EXCLUDE, methods=("POST",))
def correct_it(request: Request, import_name: str) -> HttpResponse:
    """`key`, `field`, `value` (empty = no value), `until`, `reason`."""

    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        limited = limits(request.POST.get("until", ""), request.POST.get("reason", "").strip())
        field = request.POST.get("field", "").strip()
        values = read_values([f"{field}={request.POST.get('value', '')}"])
        return correct(open_workspace, postings, values, limited, by=by)

    return _decided(request, import_name, "posting.correct", decide)


@page("postings/<str:import_name>/restore", needs=Right.EXCLUDE, methods=("POST",))
def restore(request: Request, import_name: str) -> HttpResponse:
    def decide(open_workspace: Workspace, postings: list[Posting], by: str) -> list[OverrideChange]:
        return take_back(open_workspace, postings, by=by)

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
    except UsageError as error:
        fault = f"{error.message}: {error.hint}" if error.hint else error.message
        return _shown(request, import_name, key, fault=fault, status=400)
    audit.note(request, action, f"posting {key} of {import_name}", after=[one.after for one in changes][:5])
    late = pass_on(change.entry.owner for change in changes)
    return notes.done(request, _said(changes, late), posting_address(import_name, key))


def _said(changes: list[OverrideChange], late: str) -> str:
    if not changes:
        return "Nothing changes."
    others = f" With it {len(changes) - 1} of the same job." if len(changes) > 1 else ""
    if late:
        return f"It is decided; what is left to do is done when the run that has the import ends ({late}).{others}"
    return f"Done: it counts now, and destinations get it next.{others}"
