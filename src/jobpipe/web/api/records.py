"""Records that applicant tracking systems send: into an import whose source is `push`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import Http404
from ninja import Header, Path, Router, Schema, Status
from pydantic import Field

from jobpipe.definition.models import Definition
from jobpipe.definition.pushing import can_close
from jobpipe.errors import UsageError
from jobpipe.runs.pushes.batches import MOST_BYTES, Batch, batch_of_json, batch_of_lines, batch_of_xml, closing
from jobpipe.runs.pushes.following import course_of
from jobpipe.runs.pushes.receiving import KeyIsTakenError, Receipt, receipt_of, receive
from jobpipe.runs.report import report_of
from jobpipe.runs.requesting import request_run
from jobpipe.web.api.answers import RefusedError
from jobpipe.web.api.bearer import ApiRequest, Bearer
from jobpipe.web.api.objects import known_import
from jobpipe.web.api.runs import Account
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.shapes import Name, gives
from jobpipe.web.project import workspace

router = Router(tags=["records"], by_alias=True)

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=200,
        description="Yours for this batch: sent again with the same key it is taken once. Remembered for seven days.",
    ),
]
# Format of the source -> type of what is sent -> what reads it.
_READERS: dict[str, dict[str, Callable[[bytes], Batch]]] = {
    "json": {
        "application/json": batch_of_json,
        "application/x-ndjson": batch_of_lines,
        "application/jsonl": batch_of_lines,
    },
    "xml": {"application/xml": batch_of_xml, "text/xml": batch_of_xml},
}
_BODY = {
    "required": True,
    "description": "As the definition's `push` says: JSON objects, in a list or a line each; or an XML document.",
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 10_000}
        },
        "application/x-ndjson": {"schema": {"type": "string", "minLength": 1}},
        "application/xml": {"schema": {"type": "string", "minLength": 1}},
    },
}


class Received(Schema):
    receipt: str = Field(description="With which one asks what became of it.")
    records: int | None = Field(description="null = a run counts them.")
    run: int = Field(description="The run that waits, or is under way: that one, or the next, takes it.")


class Rejected(Schema):
    key: str = Field(description="Empty where it could not be read.")
    reason: str


class ReceiptShape(Schema):
    receipt: str
    import_: str = Field(alias="import")
    received_at: str
    records: int | None
    state: Literal["waiting", "running", "done"] = Field(description="What a run failed over waits for the next one.")
    run: int | None = Field(description="The last run that opened it.")
    run_state: str | None
    read: int | None = Field(description="Records of this batch, as that run counted them.")
    account: Account | None = Field(description="Of that run: what became of the records of all batches that it took.")
    rejected: list[Rejected] = Field(description="Of this batch, the first 20.")


@router.post(
    "/imports/{import_name}/records",
    auth=Bearer(Scope.PUSH_WRITE),
    response=gives(Received, 202),
    operation_id="push_records",
    openapi_extra={"requestBody": _BODY},
)
def push_records(request: ApiRequest, import_name: Name, idempotency_key: Key = "") -> Any:
    """Send a batch of records: on disk when this answers, and read by a run that begins by itself.

    At most 16 MiB and 10,000 records. Of two records of one posting the later one counts, within a JSON batch as
    between batches. What is not sent stays as it is, unless the definition says `holds: all`: then each batch is
    everything.
    """
    definition = _pushed(request, import_name)
    readers = _READERS[definition.source.push or ""]
    reader = readers.get(request.content_type or "")
    if reader is None:
        raise RefusedError(415, f"this import takes {', '.join(readers)}", "say so in Content-Type")
    return _received(request, definition, _read(reader, _body(request)), idempotency_key)


@router.delete(
    "/imports/{import_name}/records/{path:reference}",
    auth=Bearer(Scope.PUSH_WRITE),
    response=gives(Received, 202),
    operation_id="close_record",
)
def close_record(
    request: ApiRequest,
    import_name: Name,
    reference: Annotated[str, Path(min_length=1, max_length=500, description="As your records give it.")],
    idempotency_key: Key = "",
) -> Any:
    """Close a posting. In its turn: a record that is sent later opens it again."""
    definition = _pushed(request, import_name)
    if not can_close(definition):
        raise RefusedError(
            409,
            "its postings cannot be closed by a reference alone",
            "that needs `push: json` and a plain path as `reference`; send a record that `closed` knows instead",
        )
    return _received(request, definition, closing(reference), idempotency_key)


@router.get(
    "/imports/{import_name}/receipts/{receipt}",
    auth=Bearer(Scope.PUSH_WRITE),
    response=gives(ReceiptShape),
    operation_id="show_receipt",
)
def show_receipt(
    request: ApiRequest, import_name: Name, receipt: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
) -> Any:
    """Show what became of a batch."""
    known_import(request.viewer, import_name)
    found = receipt_of(workspace(), import_name, receipt)
    if found is None:
        raise Http404
    return _shape(import_name, found)


def _pushed(request: ApiRequest, name: str) -> Definition:
    known_import(request.viewer, name)
    definition = workspace().project.load(name).definition
    if definition.source.push is None:
        raise RefusedError(409, f"{name} is not pushed: job-pipe fetches it", "`source: {push: json}` takes records")
    return definition


def _body(request: ApiRequest) -> bytes:
    """Not a byte more than is allowed."""
    body = bytes(request.read(MOST_BYTES + 1))
    if len(body) > MOST_BYTES:
        raise RefusedError(413, f"a batch has at most {MOST_BYTES // 1024 // 1024} MiB", "send several")
    return body


def _read(reader: Callable[[bytes], Batch], body: bytes) -> Batch:
    try:
        return reader(body)
    except UsageError as error:
        raise RefusedError(422, error.message, error.hint) from error


def _received(request: ApiRequest, definition: Definition, batch: Batch, key: str) -> Status[dict[str, Any]]:
    name = definition.import_
    sender = f"account {request.auth.account_id}"
    try:
        receipt = receive(workspace(), name, definition.source.push or "", batch, sender=sender, key=key)
    except KeyIsTakenError as error:
        raise RefusedError(409, error.message, error.hint) from error
    asked = request_run(workspace().project, name)
    return Status(202, {"receipt": receipt.receipt, "records": receipt.records, "run": asked.run})


def _shape(name: str, receipt: Receipt) -> dict[str, Any]:
    course = course_of(workspace(), name, receipt)
    return {
        "receipt": receipt.receipt,
        "import": name,
        "received_at": receipt.received_at,
        "records": receipt.records,
        "state": course.state,
        "run": course.run.pk if course.run is not None else None,
        "run_state": course.run.state if course.run is not None else None,
        "read": course.read,
        "account": report_of(course.run).account if course.run is not None else None,
        "rejected": [{"key": key, "reason": reason} for key, reason in course.rejected],
    }
