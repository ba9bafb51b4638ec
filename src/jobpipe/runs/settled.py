"""The run that today's source is compared with: the last one that left nothing open."""

from __future__ import annotations

from pathlib import Path

from django.db.models import prefetch_related_objects

from jobpipe.ledger.models import ImportDecision, PartRead, Run, RunKind, RunState
from jobpipe.runs.history import ACCEPTED, that_made_anything
from jobpipe.runs.source_reading import SettledPart
from jobpipe.sources.archive import ArchiveReader, latest_finished
from jobpipe.sources.transports.transport import Validators


def settled_run(run: Run) -> Run | None:
    """The run before this one, if an unchanged source may end this one at once.

    None where it failed, was cancelled, held or incomplete, was made under another revision or from another file, or
    where postings that it missed wait for their expiry: the source must then be read again, changed or not.
    One that a person accepted forgot nothing but postings: duplicates, rejected records and what rules left out
    are forgotten by the next reading.
    """
    before = Run.objects.filter(import_row=run.import_row_id, kind=RunKind.IMPORT, pk__lt=run.pk)
    last = that_made_anything(before).order_by("-id").first()
    if last is None or last.state != RunState.SUCCEEDED or last.decided_by == ACCEPTED:
        return None
    if last.revision != run.revision or last.instead:
        return None
    if ImportDecision.objects.filter(import_row=run.import_row_id, run__pk__gt=last.pk).exists():
        # Its postings were removed meanwhile: what is there must come again.
        return None
    # `holds: changes` is never complete, and may be unchanged all the same.
    return last if not last.missing and all(part.complete for part in _parts_of(last)) else None


def settled_part(run: Run | None, location: str, number: int, archive: Path) -> SettledPart | None:
    """A part as that run read it, with its archive where that is still kept."""
    if run is None:
        return None
    part = next((part for part in _parts_of(run) if part.location == location), None)
    if part is None:
        return None
    kept = _archive_of(archive, number, part)
    return SettledPart(Validators(etag=part.etag, last_modified=part.last_modified), part.digest, kept)


def _parts_of(run: Run) -> list[PartRead]:
    """In their order; asked for once."""
    prefetch_related_objects([run], "parts")
    return list(run.parts.all())


def part_read_before(run: Run, location: str) -> SettledPart | None:
    """A file of a source of changes as any earlier run under the same revision read it, to its end."""
    part = (
        PartRead.objects.filter(
            run__import_row=run.import_row_id,
            run__kind=RunKind.IMPORT,
            run__revision=run.revision,
            run__instead="",
            run__pk__lt=run.pk,
            run__state__in=(RunState.SUCCEEDED, RunState.PARTIAL, RunState.HELD),
            location=location,
            complete=True,
        )
        .order_by("-run_id")
        .first()
    )
    if part is None:
        return None
    return SettledPart(Validators(etag=part.etag, last_modified=part.last_modified), part.digest, None)


def _archive_of(folder: Path, number: int, part: PartRead) -> ArchiveReader | None:
    kept = latest_finished(folder, number)
    return kept if kept is not None and part.digest and kept.digest.hex() == part.digest else None
