"""Erasing a person's data: found, shown, and masked wherever it is stored; that it was done is kept, it is not.

Postings, their records and earlier revisions, the quarantine, what the ledger says of them and what destinations
answered are masked.  The archive of an import that has it is removed, for its bytes cannot be changed.  Files of the
project and backups are named: only people may change those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db.models import JSONField, Model

from jobpipe.destinations.published import FOLDER as FEEDS
from jobpipe.documents.body import pack, unpack
from jobpipe.documents.store import Role, Selection, StateRow, Written, pack_prior, unpack_prior
from jobpipe.documents.upkeep import StoredBody, upkeep_of
from jobpipe.errors import UsageError
from jobpipe.ledger.models import (
    Delivery,
    Destination,
    Erasure,
    Import,
    Incident,
    IncidentChange,
    NearDuplicate,
    NearDuplicateDecision,
    Notification,
    Plan,
    Run,
    RunState,
    Suppression,
)
from jobpipe.runs.deliveries.snapshots import FOLDER as FILES_SENT
from jobpipe.runs.housekeeping.compacting import rewrite_files
from jobpipe.runs.lease import ImportIsRunningError, hold
from jobpipe.runs.near_duplicates.following import index_of
from jobpipe.runs.near_duplicates.index import forget_index
from jobpipe.runs.search_index import forget_all
from jobpipe.runs.suppressing import digest_of_posting, mask_body, suppression_key
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.suppressing import Suppressor, datum_of
from jobpipe.sources.archive import ArchiveReader, remove_run, run_folder, runs_in

# What the ledger says of records, in words and samples.
_TOLD: tuple[tuple[type[Model], str, tuple[str, ...]], ...] = (
    (Incident, "incidents", ("message", "hint", "place", "samples", "details")),
    (IncidentChange, "incidents", ("why",)),
    (Run, "runs", ("notices", "error", "why")),
    (Plan, "plans", ("document",)),
    (NearDuplicate, "near-duplicates", ("reason",)),
    (Notification, "messages", ("to", "subject", "text", "html", "payload", "attachments", "error")),
    (NearDuplicateDecision, "near-duplicates", ("postings",)),
    (Delivery, "deliveries", ("said", "error")),
    (Destination, "deliveries", ("error",)),
)
_FILES = ("tests", "imports", "mappings", "taxonomies", "feeds")
_MOST_FILE = 50 * 1024 * 1024
_ROWS = 500
_PIECE = 1024 * 1024


@dataclass(slots=True)
class Found:
    # Where -> how often.
    places: Counter[str] = field(default_factory=Counter)
    # Imports whose records have it.
    imports: set[str] = field(default_factory=set)
    # (import, key) of postings and records.
    keys: list[tuple[str, str]] = field(default_factory=list)
    # Keys that hold it themselves: they identify the posting in its source, and stay.
    in_keys: int = 0
    # Files of the project that have it: for people to change.
    files: list[str] = field(default_factory=list)
    # Import -> why it was left alone.
    left: dict[str, str] = field(default_factory=dict)
    erasure: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "places": dict(self.places),
            "imports": sorted(self.imports),
            "keys": [{"import": name, "key": key} for name, key in self.keys],
            "in_keys": self.in_keys,
            "files": self.files,
            "left": self.left,
            "erasure": self.erasure,
        }


def erase(
    workspace: Workspace, texts: Sequence[str], *, by: str, reason: str, dry_run: bool, suppress: bool = True
) -> Found:
    """`dry_run`: only looks. Raises UsageError for a text that is too short to be told from others."""
    key = suppression_key(workspace)
    data = [datum_of(text, key) for text in texts]
    if not data:
        raise UsageError("nothing was named", hint="an address, a name, or a text")
    eraser = _Eraser(workspace, Suppressor(data, key), dry_run=dry_run)
    record = None
    if not dry_run:
        # First: what a run brings meanwhile is masked, too.
        with workspace.writing():
            record = Erasure.objects.create(at=datetime.now(UTC), by=by[:200], reason=reason, suppressed=suppress)
            Suppression.objects.bulk_create(
                [Suppression(erasure=record, digest=one.digest, words=one.words) for one in data],
                ignore_conflicts=True,
            )
    found = eraser.go_through()
    if record is not None:
        with workspace.writing():
            record.found = {
                "places": dict(found.places),
                "imports": sorted(found.imports),
                "in_keys": found.in_keys,
                "files": len(found.files),
                "left": found.left,
            }
            record.save(update_fields=["found"])
            if not suppress:
                record.suppressions.all().delete()
        found.erasure = record.pk
        if found.imports:
            forget_all(workspace)
        # Files keep what is overwritten until they are written anew.
        rewrite_files(workspace)
    return found


def _let_destinations_compare(workspace: Workspace, owner: Import) -> None:
    """What they have of its postings is not what is here any more: no list of changes says so."""
    delivered = workspace.delivered_if_any
    if delivered is None:
        return
    having = [row.pk for row in Destination.objects.all() if owner.pk in delivered.imports(row.pk)]
    with workspace.writing():
        Destination.objects.filter(pk__in=having).update(definition="")


class _Eraser:
    def __init__(self, workspace: Workspace, suppressor: Suppressor, *, dry_run: bool) -> None:
        self._workspace = workspace
        self._suppressor = suppressor
        self._dry_run = dry_run
        self._found = Found()

    def go_through(self) -> Found:
        for owner in Import.objects.order_by("name"):
            try:
                with hold(self._workspace, owner) as held:
                    self._go_through_import(held, owner)
            except ImportIsRunningError:
                self._found.left[owner.name] = "it is being imported: erase again when the run is over"
        self._mask_answers()
        for model, place, names in _TOLD:
            self._go_through_table(model, place, names)
        self._look_at_files()
        return self._found

    def _go_through_import(self, workspace: Workspace, owner: Import) -> None:
        before = self._found.places.total()
        numbers = self._mask_bodies(workspace, owner)
        for role in Role:
            self._mask_rows(workspace, owner, role, numbers)
        has_it = self._found.places.total() > before
        self._remove_archive(workspace, owner, has_it=has_it)
        if self._found.places.total() == before:
            return
        self._found.imports.add(owner.name)
        if not self._dry_run:
            forget_index(index_of(workspace, owner.client))
            if numbers:
                _let_destinations_compare(workspace, owner)
        if Run.objects.filter(import_row=owner, state=RunState.RUNNING).exists():
            self._found.left[owner.name] = "a run of it was interrupted: let it end, then erase again"

    def _mask_bodies(self, workspace: Workspace, owner: Import) -> dict[int, bytes]:
        """Rows with it -> digest of the posting of their last revision that has it."""
        upkeep = upkeep_of(workspace.documents)
        encodings = self._encodings(workspace, owner)
        changed: dict[int, bytes] = {}
        for stored in upkeep.bodies(owner.pk):
            body = unpack(stored.frame)
            masked, count = mask_body(self._suppressor, body, encodings.get(body.context, "utf-8"))
            if count:
                self._found.places["stored records and postings"] += 1
                changed[stored.row] = digest_of_posting(masked)
                if not self._dry_run:
                    upkeep.replace_body(owner.pk, StoredBody(stored.row, stored.revision, pack(masked)))
        return changed

    def _encodings(self, workspace: Workspace, owner: Import) -> dict[bytes, str]:
        """Of contexts; their feed-level values are masked on the way."""
        upkeep = upkeep_of(workspace.documents)
        encodings = {}
        for digest, packed in list(upkeep.contexts(owner.pk)):
            context = msgspec.msgpack.decode(packed)
            encodings[digest] = str(context.get("encoding", "utf-8"))
            masked, count = self._suppressor.mask_document(context.get("feed", []))
            if count:
                self._found.places["feed-level values"] += count
                if not self._dry_run:
                    upkeep.replace_context(owner.pk, digest, msgspec.msgpack.encode({**context, "feed": masked}))
        return encodings

    def _mask_rows(self, workspace: Workspace, owner: Import, role: Role, digests: dict[int, bytes]) -> None:
        pending: list[Written] = []
        for row in workspace.documents.select(owner.pk, Selection(role=role)):
            masked = self._masked_row(row, digests)
            if row.row in digests:
                self._found.keys.append((owner.name, self._suppressor.mask(row.key)[0]))
            if self._suppressor.mask(row.key)[1]:
                self._found.in_keys += 1
            if masked is not None:
                pending.append(Written(masked))
        if not self._dry_run:
            for start in range(0, len(pending), _ROWS):
                workspace.documents.write(owner.pk, pending[start : start + _ROWS])

    def _masked_row(self, row: StateRow, digests: dict[int, bytes]) -> StateRow | None:
        title, count = self._suppressor.mask(row.title)
        labels, more = self._suppressor.mask(row.labels)
        prior = unpack_prior(row.prior)
        if prior is not None:
            before, once = self._suppressor.mask(prior.title)
            count += once
            prior = msgspec.structs.replace(prior, title=before)
        if count + more:
            self._found.places["titles and labels"] += count + more
        elif row.row not in digests:
            return None
        digest = digests.get(row.row, b"") or row.posting_digest
        return msgspec.structs.replace(
            row,
            title=title,
            labels=labels,
            prior=pack_prior(prior) if prior is not None else row.prior,
            posting_digest=digest if row.posting_digest else row.posting_digest,
        )

    def _remove_archive(self, workspace: Workspace, owner: Import, *, has_it: bool) -> None:
        folder = workspace.archive_of(owner.name)
        going_on = set(Run.objects.filter(import_row=owner, state=RunState.RUNNING).values_list("pk", flat=True))
        for run in runs_in(folder):
            if run not in going_on and (has_it or self._is_in_archive(folder, run)):
                self._found.places["runs in the archive"] += 1
                if not self._dry_run:
                    remove_run(folder, run)

    def _is_in_archive(self, folder: Path, run: int) -> bool:
        """Of what is not packed: what is packed goes where the stored records have it."""
        readers = (ArchiveReader(folder, run, int(index.stem)) for index in run_folder(folder, run).glob("*.index"))
        return any(self._is_in(reader) for reader in readers)

    def _is_in(self, pieces: Iterable[bytes]) -> bool:
        tail = b""
        for piece in pieces:
            if self._suppressor.mask_bytes(tail + piece, "utf-8")[1]:
                return True
            tail = piece[-4096:]
        return False

    def _mask_answers(self) -> None:
        delivered = self._workspace.delivered_if_any
        if delivered is not None:
            count = delivered.upkeep().mask_said(self._suppressor.mask, dry_run=self._dry_run)
            if count:
                self._found.places["answers of destinations"] += count

    def _go_through_table(self, model: type[Model], place: str, names: tuple[str, ...]) -> None:
        documents = {one.name for one in model._meta.get_fields() if isinstance(one, JSONField)}
        for row in model._default_manager.only("pk", *names).iterator(chunk_size=200):
            changed = []
            for name in names:
                value = getattr(row, name)
                mask = self._suppressor.mask_document if name in documents else self._suppressor.mask
                masked, count = mask(value)
                if count:
                    setattr(row, name, masked)
                    changed.append(name)
            if changed:
                self._found.places[place] += 1
                if not self._dry_run:
                    with self._workspace.writing():
                        row.save(update_fields=changed)

    def _look_at_files(self) -> None:
        root = self._workspace.project.root
        paths = [root / "jobpipe.yaml", *(path for name in _FILES for path in sorted((root / name).rglob("*")))]
        for path in paths:
            is_read = path.is_file() and path.stat().st_size <= _MOST_FILE
            if is_read and self._suppressor.mask_bytes(path.read_bytes(), "utf-8")[1]:
                self._found.files.append(str(path.relative_to(root)))
        self._look_at_feeds()

    def _look_at_feeds(self) -> None:
        """What is handed out, or was sent, is another when it is delivered again; a packed twin is named with it."""
        state = self._workspace.project.state_dir
        for path in (*sorted((state / FEEDS).glob("*/*")), *sorted((state / FILES_SENT).glob("*/*/*"))):
            if path.suffix == ".gz":
                continue
            with path.open("rb") as file:
                if self._is_in(iter(lambda: file.read(_PIECE), b"")):
                    self._found.files.append(str(path.relative_to(state.parent)))
