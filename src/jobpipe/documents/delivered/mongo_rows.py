"""Rows and receipts as MongoDB holds them, and the index beside that of ids."""

from __future__ import annotations

from pymongo import IndexModel

from jobpipe.documents.delivered.ids import posting_of
from jobpipe.documents.delivered.store import Delivered, Receipt, Standing
from jobpipe.documents.mongo_rows import Document
from jobpipe.documents.row_ids import row_id

INDEXES: dict[str, list[IndexModel]] = {
    "delivered": [
        # Most postings are there, and going through them is quick.
        IndexModel(
            [("not_there", 1), ("standing", 1), ("_id", 1)],
            name="delivered_not_there",
            partialFilterExpression={"not_there": True},
        )
    ],
    "receipts": [],
}
_STANDINGS = tuple(Standing)


def fields_of(one: Delivered) -> Document:
    """All but `_id`."""
    return {
        "standing": int(one.standing),
        "not_there": one.standing is not Standing.THERE,
        "number": one.number,
        "revision": one.revision,
        "delivery": one.delivery,
        "digest": one.digest,
        "tried": one.tried,
        "key": one.key,
        "at": one.at,
        "said": one.said,
    }


def delivered(found: Document) -> Delivered:
    import_id, row = posting_of(found["_id"])
    return Delivered(
        import_id=import_id,
        row=row,
        key=found["key"],
        standing=_STANDINGS[found["standing"]],
        number=found["number"],
        revision=found["revision"],
        digest=found["digest"],
        tried=found["tried"],
        delivery=found["delivery"],
        at=found["at"],
        said=found["said"],
    )


def receipt_id(posting: int, destination: int = 0, number: int = 0) -> str:
    """Hexadecimal digits, so that the order of texts is that of posting (import << 29 | row), destination, number."""
    return f"{posting:012x}{destination:08x}{number:012x}"


def receipt_document(one: Receipt) -> Document:
    return {
        "_id": receipt_id(row_id(one.import_id, one.row), one.destination, one.number),
        "destination": one.destination,
        "number": one.number,
        "action": one.action,
        "fate": one.fate,
        "revision": one.revision,
        "delivery": one.delivery,
        "at": one.at,
        "said": one.said,
    }


def receipt(found: Document, import_id: int, row: int) -> Receipt:
    return Receipt(
        import_id=import_id,
        row=row,
        destination=found["destination"],
        number=found["number"],
        action=found["action"],
        fate=found["fate"],
        revision=found["revision"],
        delivery=found["delivery"],
        at=found["at"],
        said=found["said"],
    )
