"""What people were told of incidents, and what became of each message."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from ninja import Query, Router, Schema
from pydantic import Field

from jobpipe.incidents.notifications.standing import messages
from jobpipe.ledger.models import Notification
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.imports import iso
from jobpipe.web.api.pages import LIMIT, Cursor, Limit, newest_first
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Moment, gives
from jobpipe.web.paging import where_given

router = Router(tags=["notifications"], by_alias=True)


class NotificationShape(Schema):
    notification: int
    recipient: str = Field(description="A person, `role:` and a role, or `report:` and an import.")
    channel: str
    state: Literal["queued", "sent", "failed"]
    attempts: int
    created_at: Moment
    sent_at: Moment
    subject: str
    error: str = Field(description="Of the last try.")


class NotificationPage(Schema):
    items: list[NotificationShape]
    next: str | None = Field(description="The cursor of the next page; null = this is the last one.")


@router.get(
    "/notifications",
    auth=Bearer(Scope.NOTIFICATIONS_READ),
    response=gives(NotificationPage),
    operation_id="list_notifications",
)
def list_notifications(
    request: ApiRequest,
    recipient: Annotated[str, Query(max_length=200)] = "",
    channel: Annotated[str, Query(max_length=100)] = "",
    state: Literal["", "queued", "sent", "failed"] = "",
    cursor: Cursor = "",
    limit: Limit = LIMIT,
) -> Any:
    """List what people were told, the newest first."""
    found = messages()
    if not request.viewer.sees_all:
        found = found.none()
    rows, following = newest_first(where_given(found, recipient=recipient, channel=channel, state=state), cursor, limit)
    return {"items": [_shape(row) for row in rows], "next": following}


def _shape(one: Notification) -> dict[str, Any]:
    return {
        "notification": one.pk,
        "recipient": one.recipient,
        "channel": one.channel,
        "state": one.state,
        "attempts": one.attempts,
        "created_at": iso(one.created_at),
        "sent_at": iso(one.sent_at),
        "subject": one.subject,
        "error": one.error,
    }
