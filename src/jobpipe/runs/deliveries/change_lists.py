"""Which postings a finished run changed, kept in the feed of changes: so that following it costs what has changed.

A list names rows, not what became of them: whoever reads it looks at what they are now.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

from jobpipe.documents.store import Documents, Role, Selection
from jobpipe.ledger.models import ChangeFeed, ChangeList, Destination, Run
from jobpipe.runs.deliveries.row_numbers import pack_rows, unpack_rows


def changed_rows(documents: Documents, run: Run) -> bytes:
    """What `record_changes` keeps of a run: to be asked before the transaction that gives the run its place."""
    if not _may_have_changed(run):
        return b""
    changed = (
        row.row for row in documents.select(run.import_row_id, Selection(role=Role.POSTING, changed_in_run=run.pk))
    )
    return pack_rows(changed)


def record_changes(run: Run, packed: bytes) -> None:
    """Within the transaction that gave the run its place in the feed."""
    assert run.sequence is not None
    count = len(unpack_rows(packed))
    if count:
        ChangeList.objects.create(
            sequence=run.sequence, run=run, import_row_id=run.import_row_id, count=count, rows=packed
        )


def _may_have_changed(run: Run) -> bool:
    """A source without a change changes nothing, unless postings ended by their day or for near-duplicates."""
    account = run.account
    if run.expired or run.reappeared or account.get("read", 0) != account.get("unchanged", 0):
        return True
    return any(notice.get("kind") == "near_duplicates" for notice in run.notices)


def lists_after(sequence: int, imports: set[int] | None = None) -> Iterator[ChangeList]:
    """Of these imports (None = of all), by their place, with the import; their rows are asked for one by one."""
    found = ChangeList.objects.filter(sequence__gt=sequence).defer("rows").order_by("sequence")
    found = found.select_related("import_row")
    return iter(found if imports is None else found.filter(import_row_id__in=imports))


def rows_of(changes: ChangeList) -> array[int] | None:
    """Growing; None = the list was pruned just now: whoever follows has to look at all postings."""
    packed = ChangeList.objects.filter(pk=changes.pk).values_list("rows", flat=True).first()
    return unpack_rows(bytes(packed)) if packed is not None else None


def last_sequence() -> int:
    """The place of the last list there is; 0 = there is none."""
    return ChangeList.objects.order_by("-sequence").values_list("sequence", flat=True).first() or 0


def pruned_to() -> int:
    """Lists up to this place are not kept any more: whoever has come no further has to look at all postings."""
    return ChangeFeed.objects.values_list("pruned_to", flat=True).first() or 0


def remove_lists(numbers: Sequence[int], last: int) -> None:
    """Of these lists, the oldest there are, `last` is the place of the last. To be called within a transaction.

    A destination that has not followed them compares all postings instead.
    """
    ChangeList.objects.filter(pk__in=numbers).delete()
    ChangeFeed.objects.update_or_create(pk=ChangeFeed.ONLY, defaults={"pruned_to": last})
    Destination.objects.filter(sequence__lt=last).update(definition="")
