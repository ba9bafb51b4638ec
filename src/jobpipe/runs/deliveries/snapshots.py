"""A destination that gets files: all postings, swapped in whole, and never far fewer of them without a person's yes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

from jobpipe.definition.targets import ServedTarget
from jobpipe.destinations.published import LIST, feed_folder
from jobpipe.destinations.ways.way import Ready, SnapshotWay, WayError
from jobpipe.ledger.models import ChangeList, Delivery, DeliveryKind, DeliveryState
from jobpipe.ledger.text import storable
from jobpipe.runs.deliveries import telling
from jobpipe.runs.deliveries.bookkeeping import keep_books
from jobpipe.runs.deliveries.change_lists import last_sequence
from jobpipe.runs.deliveries.following import Position
from jobpipe.runs.deliveries.sitting import Sitting
from jobpipe.runs.deliveries.snapshot_contents import read_contents
from jobpipe.runs.deliveries.snapshot_files import Written, read_back, write_files
from jobpipe.runs.deliveries.wanting import Wanting
from jobpipe.safety.secrets import redact

# Of the state: a folder a destination, with one for the files that it has, one for the next, one for each that waits.
FOLDER = "deliveries"
# Postings that may always vanish, however few there are.
FEW = 5


def folder_of(state: Path, destination: str) -> Path:
    """Where the files of a destination are made and kept."""
    return state / FOLDER / destination


class SnapshotSitting:
    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._destination = sitting.destination
        self._wanting = Wanting(sitting.workspace.documents, sitting.definition)
        self._folder = folder_of(sitting.workspace.project.state_dir, sitting.definition.destination)

    def run(self) -> None:
        """Raises WayError where the files did not get through."""
        newest = last_sequence()
        last = self._last()
        if self._has_changed(last):
            self._make()
        elif last is None:
            self._follow_others(newest)
        elif last.state != DeliveryState.PREPARED:
            if last.state == DeliveryState.HELD:
                self._wait(last)
            self._follow_others(newest)
        else:
            # It did not get through, or a person has let it go.
            made = self._made(last)
            if made is None:
                # Another machine has it, or it is lost. So few were let through already.
                self._make(let_through=last.postings)
            else:
                self._publish(last, made)

    def _follow_others(self, newest: int) -> None:
        """What other imports have changed is nothing to it."""
        if self._destination.sequence < newest:
            self._destination.sequence = newest
            self._sitting.save_destination("sequence")

    def _last(self) -> Delivery | None:
        found = Delivery.objects.filter(destination=self._destination, kind=DeliveryKind.SNAPSHOT)
        return found.exclude(state=DeliveryState.DISMISSED).order_by("-pk").first()

    def _has_changed(self, last: Delivery | None) -> bool:
        """Whether there is something that the last file does not have."""
        done = last.after.get("sequence", 0) if last is not None else self._destination.sequence
        fed = {owner.pk for owner in self._sitting.feeding}
        newer = ChangeList.objects.filter(sequence__gt=done, import_row_id__in=fed)
        return bool(self._destination.sweep) or newer.exists() or (last is not None and self._is_lost(last))

    def _is_lost(self, last: Delivery) -> bool:
        """What this machine should hand out is not there: its state came from a backup, or lies elsewhere now."""
        sitting = self._sitting
        if not isinstance(sitting.definition.to, ServedTarget) or last.state != DeliveryState.ACKNOWLEDGED:
            return False
        folder = feed_folder(sitting.workspace.project.state_dir, sitting.definition.destination)
        return not (folder / LIST).exists()

    # Making it ---------------------------------------------------------------------------------------

    def _make(self, *, let_through: int | None = None) -> None:
        """`let_through`: how many postings a file had that passed the guard, or a person, and cannot be had again."""
        sitting = self._sitting
        before = self._published()
        after = Position(sequence=last_sequence())
        staging = self._folder / "next"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        written = write_files(self._wanting, sitting.feeding, staging)
        if before is None and not written.postings:
            # Nobody is given an empty feed to begin with.
            self._tell_held_back()
            self._follow(after)
            return
        with sitting.writing():
            self._supersede()
            delivery = Delivery.objects.create(
                destination=self._destination,
                kind=DeliveryKind.SNAPSHOT,
                created_at=sitting.clock(),
                after=after.as_fields(),
                postings=written.postings,
                left_out=self._wanting.held_back.by_rule(),
                files=[{"name": one.name, "size": one.size, "sha256": one.digest} for one in written.files],
            )
            # These files are made under today's definition, whether they get through now or later.
            self._destination.sweep = {}
            self._destination.save(update_fields=["sweep"])
        self._tell_held_back()
        allowed = before if before is None or let_through is None else min(before, let_through)
        why = shrunk(allowed, written.postings, sitting.definition.guard)
        if why:
            self._hold(delivery, why)
            return
        self._publish(delivery, written)

    def _follow(self, position: Position) -> None:
        self._sitting.move_to(position.as_fields())
        self._sitting.save_destination("sequence", "offset", "sweep")

    def _supersede(self) -> None:
        """What waits, or did not get through, has been overtaken."""
        waiting = Delivery.objects.filter(destination=self._destination, kind=DeliveryKind.SNAPSHOT)
        waiting = waiting.filter(state__in=(DeliveryState.PREPARED, DeliveryState.HELD))
        waiting.update(
            state=DeliveryState.DISMISSED, ended_at=self._sitting.clock(), error="a later one took its place"
        )

    def _published(self) -> int | None:
        """How many postings the file has that the destination has now; None = it has none."""
        last = Delivery.objects.filter(destination=self._destination, kind=DeliveryKind.SNAPSHOT)
        return last.filter(state=DeliveryState.ACKNOWLEDGED).order_by("-pk").values_list("postings", flat=True).first()

    # Waiting for a person ----------------------------------------------------------------------------

    def _hold(self, delivery: Delivery, why: str) -> None:
        sitting, row = self._sitting, self._destination
        kept = self._folder / f"held-{delivery.pk}"
        shutil.rmtree(kept, ignore_errors=True)
        (self._folder / "next").rename(kept)
        delivery.state, delivery.error = DeliveryState.HELD, why
        with sitting.writing():
            delivery.save()
            sitting.move_to(delivery.after)
            sitting.save_course()
        self._forget_held(delivery)
        telling.tell(
            sitting.workspace.project,
            row.name,
            telling.HELD,
            why,
            hint=f"it keeps the former file: `jobpipe deliveries show {delivery.pk}` says what would go, "
            f"`jobpipe deliveries accept {delivery.pk}` lets it go",
        )
        self._wait(delivery)

    def _wait(self, delivery: Delivery) -> None:
        report = self._sitting.report
        report.state, report.error, report.waits = "held", delivery.error, delivery.pk

    def _forget_held(self, but: Delivery | None) -> None:
        for folder in self._folder.glob("held-*"):
            if but is None or folder.name != f"held-{but.pk}":
                shutil.rmtree(folder, ignore_errors=True)

    def _made(self, delivery: Delivery) -> Written | None:
        """The files as they were made for it; None = they are not there any more."""
        for folder in (self._folder / f"held-{delivery.pk}", self._folder / "next"):
            written = read_back(folder)
            if written is not None and [one.digest for one in written.files] == [
                one["sha256"] for one in delivery.files
            ]:
                return written
        return None

    # Publishing --------------------------------------------------------------------------------------

    def _publish(self, delivery: Delivery, written: Written) -> None:
        sitting = self._sitting
        way = cast(SnapshotWay, sitting.way())
        delivery.attempts += 1
        delivery.may_be_there = True
        sitting.save_delivery(delivery, "attempts", "may_be_there")
        try:
            said = way.publish(written.files)
        except WayError as error:
            delivery.error = redact(str(error))
            sitting.save_delivery(delivery, "error")
            raise
        keep_books(sitting, delivery.pk, read_contents(written.folder))
        self._acknowledge(delivery, said)
        self._keep_as_current(written.files)
        report = sitting.report
        report.deliveries, report.postings, report.said = report.deliveries + 1, delivery.postings, delivery.said

    def _acknowledge(self, delivery: Delivery, said: str) -> None:
        sitting, row = self._sitting, self._destination
        with sitting.writing():
            delivery.state, delivery.ended_at = DeliveryState.ACKNOWLEDGED, sitting.clock()
            delivery.said, delivery.error = storable(said), ""
            delivery.save()
            sitting.move_to(delivery.after)
            sitting.succeeded()
            sitting.save_course()
        telling.gone(row.name, (telling.HELD,), why="a file was published")

    def _keep_as_current(self, files: list[Ready]) -> None:
        """The very files that were sent, to be looked at until the next ones are."""
        current = self._folder / "current"
        shutil.rmtree(current, ignore_errors=True)
        files[0].path.parent.rename(current)
        self._forget_held(None)

    def _tell_held_back(self) -> None:
        sitting, held = self._sitting, self._wanting.held_back
        sitting.report.held_back = held.postings.total()
        sitting.report.faults = dict(self._wanting.shaper.faults)
        still = held.tell(sitting.workspace.project, self._destination.name)
        kinds = set(telling.HELD_BACK.values())
        telling.gone(self._destination.name, kinds, why="none is held back any more", still=still)


def shrunk(before: int | None, now: int, guard: float) -> str:
    """Why a person must be asked; "" = nobody need be."""
    if not before or now >= before:
        return ""
    lost = before - now
    if now and (lost <= FEW or lost <= before * guard):
        return ""
    return f"the new file has {now:,} postings, the one before has {before:,}: {lost / before:.0%} would vanish at once"
