"""Postings as they are, what has changed since, and taking single ones down."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from django.http import Http404, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from jobpipe.documents.body import unpack
from jobpipe.documents.search.numbers import number_of
from jobpipe.documents.search.store import Entry
from jobpipe.documents.store import Selection, StateRow, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.deliveries.feed_of_changes import MOST, as_document, changes_since
from jobpipe.runs.overrides.deciding import MAX_REASON
from jobpipe.runs.overrides.excluding import exclude, restore
from jobpipe.runs.overrides.layers import today
from jobpipe.runs.search_index import catch_up
from jobpipe.web.api.answers import RefusedError
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.objects import import_row
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, cursor_of, parts_of
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Given, Name, gives
from jobpipe.web.audit import note
from jobpipe.web.passing_on import pass_on
from jobpipe.web.project import workspace
from jobpipe.web.rights import may_touch, visible_imports
from jobpipe.web.searching import CATCHING_UP, Owners, wanted

router = Router(tags=["postings"], by_alias=True)

Key = Annotated[str, Path(min_length=1, max_length=1_000, description="Of the posting, within its import.")]


class PostingShape(Schema):
    import_: str = Field(alias="import")
    key: str
    state: Literal["live", "expired", "excluded", "none"]
    reason: str = Field(description="Why it is expired or excluded: absent, closed, ended, removed, rule, person …")
    first_seen: str
    changed_in_run: int
    revision: int = Field(description="Of its content, from 1.")
    posting: dict[str, Any] = Field(description="With the names of the schema; {} = it never was one.")


class PostingPage(Schema):
    items: list[PostingShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


class ChangeShape(Schema):
    import_: str = Field(alias="import")
    client: str
    key: str
    action: Literal["upsert", "remove"]
    revision: int
    reason: str | None = Field(None, description="Of a removal.")
    posting: dict[str, Any] | None = Field(None, description="Of an upsert.")


class ChangesShape(Schema):
    changes: list[ChangeShape]
    cursor: str = Field(description="To be given back with the next question, also where there was nothing new.")
    more: bool = Field(description="There is more at once.")


class Exclusion(Given):
    until: date | None = Field(None, description="The last day on which it counts, UTC; null = for good.")
    reason: str = Field("", max_length=MAX_REASON, description="For whoever looks at it later.")


class Decided(Schema):
    changes: int = Field(description="Postings over which something else was decided than before.")


@router.get("/postings", auth=Bearer(Scope.POSTINGS_READ), response=gives(PostingPage), operation_id="search_postings")
def search_postings(
    request: ApiRequest,
    q: Annotated[str, Query(max_length=500, description="Words, as the page for postings takes them.")] = "",
    state: Literal["", "live", "expired", "excluded"] = "",
    import_name: Annotated[str, Query(alias="import", max_length=200)] = "",
    client: Annotated[str, Query(max_length=200)] = "",
    country: Annotated[str, Query(max_length=2, description="ISO 3166-1, two letters.")] = "",
    contract: Annotated[str, Query(max_length=100)] = "",
    category: Annotated[str, Query(max_length=200)] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> HttpResponse:
    """Find postings of all imports by words and by what they are, the newest first.

    All words are looked for in title, company, place, description and key, without regard to case and accents; `cook*`
    finds words that begin so, `title:cook`, `company:` and `place:` look there only. What has just changed may be found
    a few seconds later.
    """
    viewer = request.viewer
    asked = {"q": q, "state": state, "import": import_name, "client": client}
    asked |= {"country": country, "contract": contract, "category": category}
    catch_up(workspace(), CATCHING_UP)
    before = parts_of(cursor, int)[0] if cursor else None
    what = wanted(asked, Owners.of(viewer), viewer)
    found = workspace().search.search(what, before=before, limit=limit + 1)
    following = cursor_of(number_of(found[limit - 1])) if len(found) > limit else None
    return _json({"items": _documents(found[:limit]), "next": following})


def _documents(entries: list[Entry]) -> list[dict[str, Any]]:
    """In their order; one that is gone since it was found is left out."""
    documents = workspace().documents
    numbers: dict[int, list[int]] = {}
    for one in entries:
        numbers.setdefault(one.import_id, []).append(one.row)
    owners = Import.objects.in_bulk(numbers)
    rows = {number: documents.rows(number, some) for number, some in numbers.items()}
    made = []
    for one in entries:
        row = rows[one.import_id].get(one.row)
        if row is not None and one.import_id in owners:
            made.append(_with_body(owners[one.import_id], row))
    return made


def _with_body(owner: Import, row: StateRow) -> dict[str, Any]:
    frame = workspace().documents.body(owner.pk, row.row)
    return _document(owner, row, unpack(frame).posting if frame is not None else b"")


@router.get(
    "/imports/{import_name}/postings",
    auth=Bearer(Scope.POSTINGS_READ),
    response=gives(PostingPage),
    operation_id="list_postings",
)
def list_postings(
    request: ApiRequest,
    import_name: Name,
    state: Literal["live", "expired", "excluded", "all"] = "live",
    search: Annotated[str, Query(max_length=200, description="In the title; `/postings` looks everywhere.")] = "",
    changed_in_run: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> HttpResponse:
    """List the postings of an import, in the order in which they were first stored."""
    owner = import_row(request.viewer, import_name)
    selection = Selection(
        status=None if state == "all" else Status[state.upper()],
        text=search,
        changed_in_run=changed_in_run,
        after_row=parts_of(cursor, int)[0] if cursor else 0,
    )
    found = list(islice(workspace().documents.bodies(owner.pk, selection), limit + 1))
    items = [_document(owner, row, unpack(frame).posting) for row, frame in found[:limit]]
    following = cursor_of(found[limit - 1][0].row) if len(found) > limit else None
    return _json({"items": items, "next": following})


@router.get(
    "/imports/{import_name}/postings/{path:key}",
    auth=Bearer(Scope.POSTINGS_READ),
    response=gives(PostingShape),
    operation_id="show_posting",
)
def show_posting(request: ApiRequest, import_name: Name, key: Key) -> HttpResponse:
    """Show one posting."""
    owner = import_row(request.viewer, import_name)
    row = workspace().documents.postings_by_key(owner.pk, [key]).get(key)
    if row is None:
        raise Http404
    return _json(_with_body(owner, row))


@router.get("/changes", auth=Bearer(Scope.POSTINGS_READ), response=gives(ChangesShape), operation_id="list_changes")
def list_changes(
    request: ApiRequest,
    cursor: Annotated[str, Query(max_length=100, description="As it was given; empty = from the beginning.")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 200,
    import_name: Annotated[str, Query(alias="import", max_length=200, description="Of this import alone.")] = "",
) -> HttpResponse:
    """List what has changed since a cursor: all that is live first, then each change at least once.

    A posting that changed twice since the cursor is given once, as it is now. An upsert replaces what you have of
    (import, key); a removal takes it away. Only what finished runs have changed is in it. Keep asking with the `cursor`
    of the last answer.
    """
    viewer = request.viewer
    wanted = None
    if import_name:
        wanted = [import_row(viewer, import_name).pk]
    elif not viewer.sees_all:
        wanted = list(visible_imports(viewer).values_list("pk", flat=True))
    return _json(as_document(changes_since(workspace(), cursor, limit=limit, imports=wanted)))


@router.put(
    "/imports/{import_name}/exclusions/{path:key}",
    auth=Bearer(Scope.POSTINGS_DECIDE),
    response=gives(Decided),
    operation_id="exclude_posting",
)
def exclude_posting(request: ApiRequest, import_name: Name, key: Key, payload: Exclusion) -> Any:
    """Take a posting down everywhere, whatever its source says of it; with its near-duplicates in other imports that
    the account sees. It may be excluded before it has come."""
    import_row(request.viewer, import_name)
    day = payload.until.isoformat() if payload.until is not None else ""
    if day and day < today():
        raise RefusedError(409, f"{day} is over: today is {today()} (UTC)")
    made = exclude(
        workspace(),
        [(import_name, key)],
        until=day,
        reason=payload.reason,
        by=request.viewer.person,
        within=may_touch(request.viewer),
    )
    return _settled(request, "posting.exclude", import_name, key, made)


@router.delete(
    "/imports/{import_name}/exclusions/{path:key}",
    auth=Bearer(Scope.POSTINGS_DECIDE),
    response=gives(Decided),
    operation_id="restore_posting",
)
def restore_posting(request: ApiRequest, import_name: Name, key: Key) -> Any:
    """Take back all that people decided of a posting."""
    import_row(request.viewer, import_name)
    made = restore(workspace(), [(import_name, key)], by=request.viewer.person, within=may_touch(request.viewer))
    return _settled(request, "posting.restore", import_name, key, made)


def _settled(request: ApiRequest, action: str, import_name: str, key: str, made: list[Any]) -> dict[str, int]:
    note(request, action, f"posting {key} of {import_name}", token=request.auth.prefix)
    pass_on(change.entry.owner for change in made)
    return {"changes": len(made)}


def _document(owner: Import, row: StateRow, posting: bytes) -> dict[str, Any]:
    return {
        "import": owner.name,
        "key": row.key,
        "state": row.status.name.lower(),
        "reason": row.reason,
        "first_seen": row.first_day,
        "changed_in_run": row.changed_run,
        "revision": row.revision,
        "posting": msgspec.Raw(posting or b"{}"),
    }


def _json(document: Any) -> HttpResponse:
    """As stored: a posting is not read and written again for each reader."""
    return HttpResponse(msgspec.json.encode(document), content_type="application/json; charset=utf-8")
