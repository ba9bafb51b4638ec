"""What was erased and comes again from a source is masked before it is stored."""

from __future__ import annotations

import os

import msgspec
import xxhash

from jobpipe.definition.project import Project
from jobpipe.documents.body import Body, pack, unpack
from jobpipe.ledger.models import Erasure, Suppression
from jobpipe.runs.comparing import ComparedBatch
from jobpipe.runs.executors.executor import Done
from jobpipe.runs.secret_values import keep_sealed, opened
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.suppressing import Datum, Suppressor
from jobpipe.sources.archive import remove_run

# With a dot: no definition can ask for it.
_KEY = "job-pipe.suppression"
_KEY_BYTES = 32


def suppression_key(workspace: Workspace) -> bytes:
    """Made where there is none yet: what was digested under it can be compared under no other."""
    found = opened(workspace.project, _KEY)
    if found is None:
        keep_sealed(workspace, _KEY, os.urandom(_KEY_BYTES).hex(), by="")
        found = opened(workspace.project, _KEY)
        assert found is not None
    return bytes.fromhex(found)


def suppressor_of(project: Project) -> Suppressor | None:
    """Of all that was erased; None = nothing was. Raises KeyProblemError where its key does not open."""
    data = [Datum(digest, words) for digest, words in Suppression.objects.values_list("digest", "words")]
    if not data:
        return None
    key = opened(project, _KEY)
    return Suppressor(data, bytes.fromhex(key or ""))


def mask_records(suppressor: Suppressor, batch: ComparedBatch) -> None:
    """Before they are on their way to a worker."""
    if batch.work is not None:
        for item in batch.work.items:
            item.raw, _ = suppressor.mask_bytes(item.raw, batch.work.contexts[item.context].encoding)


def mask_postings(suppressor: Suppressor, done: Done | None) -> None:
    """What a definition has put together of parts that say nothing each."""
    for made in done.results if done is not None else ():
        body = unpack(made.body)
        masked, count = mask_body(suppressor, body)
        if count:
            made.body = pack(masked)
            made.posting_digest = digest_of_posting(masked) if made.posting_digest else made.posting_digest
        made.title, _ = suppressor.mask(made.title)
        made.message, _ = suppressor.mask(made.message)


def mask_body(suppressor: Suppressor, body: Body, encoding: str = "utf-8") -> tuple[Body, int]:
    raw, count = suppressor.mask_bytes(body.raw, encoding)
    posting = body.posting
    if posting:
        document, found = suppressor.mask_document(msgspec.json.decode(posting))
        if found:
            # Its names keep their order.
            posting = msgspec.json.encode(document)
            count += found
    note = body.note
    if note is not None:
        message, found = suppressor.mask(note[2])
        note, count = (note[0], note[1], message), count + found
    return Body(posting, raw, body.context, note, body.offset), count


def digest_of_posting(body: Body) -> bytes:
    return xxhash.xxh3_128_digest(body.posting) if body.posting else b""


def forget_bytes(workspace: Workspace, name: str, run: int) -> None:
    """The bytes of a run that is over are not kept, where what was erased is in the source."""
    if any(name in found.get("imports", ()) for found in _suppressed()):
        remove_run(workspace.archive_of(name), run)


def _suppressed() -> list[dict[str, list[str]]]:
    return list(Erasure.objects.filter(suppressed=True).values_list("found", flat=True))
