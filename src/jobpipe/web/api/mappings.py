"""What labels mean: those that nobody has decided over yet, and decisions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.db.models import Q, QuerySet
from django.http import Http404
from ninja import Body, Query, Router, Schema
from pydantic import Field

from jobpipe.ledger.models import MappingEntry, Scope
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.runs.mappings.scopes import UsedTables
from jobpipe.runs.mappings.unmapped import unmapped_labels
from jobpipe.web.api.answers import RefusedError
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, cursor_of, newest_first, parts_of
from jobpipe.web.api.scopes import Scope as TokenScope
from jobpipe.web.api.shapes import Given, gives
from jobpipe.web.audit import note
from jobpipe.web.paging import where_given
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer, may_see_client, may_see_import, visible_imports, visible_names

router = Router(tags=["mappings"], by_alias=True)

Whom = Literal["import", "client", "global"]
Word = Annotated[str, Query(max_length=200)]


class UnmappedShape(Schema):
    import_: str = Field(alias="import")
    client: str
    table: str
    label: str
    postings: int = Field(description="Live postings that have it.")
    rejected: int = Field(description="Records that were rejected because of it.")
    samples: list[str] = Field(description="Titles.")
    since: str
    owner: str = Field(description="Who maps it.")


class UnmappedPage(Schema):
    items: list[UnmappedShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


class MappingShape(Schema):
    table: str
    scope: Whom
    owner: str = Field(description="The import or the client; empty = global.")
    label: str
    pattern: bool
    value: Any = Field(description='A code, a value, or {"code": …, "taxonomy": …}.')
    revision: int
    changed_at: str
    changed_by: str


class MappingPage(Schema):
    items: list[MappingShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


class MappingDecision(Given):
    table: str = Field(min_length=1, max_length=200)
    label: str = Field(min_length=1, max_length=300)
    code: str | None = Field(max_length=1_000, description="A code or a value; null = what the layers below say.")
    taxonomy: str = Field("", max_length=200, description="Which taxonomy the code is of.")
    scope: Whom = Field("client", description="Whom it is for.")
    owner: str = Field("", max_length=200, description="The import or the client; empty for global.")
    pattern: bool = Field(False, description="The label is a regular expression, for labels without entry.")
    revision: int | None = Field(
        None, ge=0, lt=2**63, description="Refused if the entry is another by now; 0: if there is one."
    )
    any_code: bool = Field(False, description="Also a code that its taxonomy does not have.")


class MappingsDecided(Schema):
    changes: int = Field(description="Entries that are another than before.")
    imports: list[str] = Field(description="Whose postings are made again, each by its next run.")


@router.get(
    "/mappings/unmapped",
    auth=Bearer(TokenScope.MAPPINGS_READ),
    response=gives(UnmappedPage),
    operation_id="list_unmapped",
)
def list_unmapped(
    request: ApiRequest,
    import_name: Annotated[str, Query(alias="import", max_length=200)] = "",
    client: Word = "",
    table: Word = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List labels that no table has, the most frequent first."""
    names = visible_names(request.viewer, workspace().project.imports())
    found = unmapped_labels(workspace(), [name for name in names if import_name in ("", name)])
    found = [one for one in found if client in ("", one.client) and table in ("", one.table)]
    begin = parts_of(cursor, int)[0] if cursor else 0
    items = [one.as_dict() for one in found[begin : begin + limit]]
    return {"items": items, "next": cursor_of(begin + limit) if len(found) > begin + limit else None}


@router.get(
    "/mappings", auth=Bearer(TokenScope.MAPPINGS_READ), response=gives(MappingPage), operation_id="list_mappings"
)
def list_mappings(
    request: ApiRequest,
    table: Word = "",
    scope: Literal["", "import", "client", "global"] = "",
    owner: Word = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List what people decided: the entries above the files of mappings/."""
    found = _visible(request.viewer)
    found = where_given(found, table=table, scope=scope, owner=owner)
    rows, following = newest_first(found, cursor, limit)
    return {"items": [_shape(row) for row in rows], "next": following}


@router.put(
    "/mappings",
    auth=Bearer(TokenScope.MAPPINGS_WRITE),
    response=gives(MappingsDecided),
    operation_id="set_mappings",
)
def set_mappings(
    request: ApiRequest, payload: Annotated[list[MappingDecision], Body(min_length=1, max_length=500)]
) -> Any:
    """Say what labels mean: all of these, or none where one makes no sense. Each import makes the postings again that
    they touch with its next run."""
    for one in payload:
        _check_owner(request.viewer, one)
    used = UsedTables(workspace())
    decisions = [_decision(one) for one in payload]
    for any_code in (True, False):
        some = [decision for decision, one in zip(decisions, payload, strict=True) if one.any_code is any_code]
        used.check(some, any_code=any_code)
    changes = decide(workspace(), decisions, by=request.viewer.person)
    tables = ", ".join(sorted({one.table for one in decisions}))
    note(request, "mapping.set", f"mappings {tables}", changes=len(changes), token=request.auth.prefix)
    return {"changes": len(changes), "imports": visible_names(request.viewer, used.users(decisions)) if changes else []}


def _visible(viewer: Viewer) -> QuerySet[MappingEntry]:
    found = MappingEntry.objects.filter(active=True)
    if viewer.clients is None:
        return found
    mine = Q(scope=Scope.CLIENT, owner__in=viewer.clients)
    mine |= Q(scope=Scope.IMPORT, owner__in=visible_imports(viewer).values("name"))
    # What counts for all may have been made of any client's labels.
    return found.filter(mine if viewer.is_client else mine | Q(scope=Scope.GLOBAL))


def _check_owner(viewer: Viewer, one: MappingDecision) -> None:
    """Raises RefusedError, or Http404 for whom may not be seen."""
    if one.scope == "global":
        if one.owner:
            raise RefusedError(409, "what is global has no owner", "leave it empty, or say scope: client")
        if not viewer.sees_all:
            raise RefusedError(403, "only those who see all clients decide for all", "scope: client, or import")
    elif not one.owner:
        raise RefusedError(409, f"{one.label!r}: for which {one.scope}?", "say it as `owner`")
    elif not (may_see_import if one.scope == "import" else may_see_client)(viewer, one.owner):
        raise Http404


def _decision(one: MappingDecision) -> Decision:
    value: Any = {"code": one.code, "taxonomy": one.taxonomy} if one.taxonomy and one.code is not None else one.code
    return Decision(
        table=one.table,
        label=one.label,
        value=value,
        scope=one.scope,
        owner=one.owner,
        is_pattern=one.pattern,
        revision=one.revision,
    )


def _shape(entry: MappingEntry) -> dict[str, Any]:
    return {
        "table": entry.table,
        "scope": entry.scope,
        "owner": entry.owner,
        "label": entry.label,
        "pattern": entry.is_pattern,
        "value": entry.value,
        "revision": entry.revision,
        "changed_at": entry.changed_at.isoformat(),
        "changed_by": entry.changed_by,
    }
