"""Reading a source: its parts one after the other, each archived as it comes, unpacked, and cut into records.

A part that cannot be read is an outcome, not an exception: the others are read all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from jobpipe.errors import Place, SourceChangedError, SourceError
from jobpipe.runs.kept_parts import KeptParts
from jobpipe.runs.preparing import Preparation
from jobpipe.runs.progress import Reading
from jobpipe.runs.same_bytes import SameBytes
from jobpipe.safety.secrets import redact
from jobpipe.sources.answer_reading import records_of
from jobpipe.sources.answers import Answer, unframed
from jobpipe.sources.archive import ArchiveReader, ArchiveWriter
from jobpipe.sources.asking import Surroundings, conversation_with, shown_place, way_of
from jobpipe.sources.dropped_files import FoundFiles, find_files, may_be_empty
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.kept_answers import KeptAnswers
from jobpipe.sources.record import Ending, FormatSettings, RawRecord
from jobpipe.sources.streaming import open_stream, run_apart
from jobpipe.sources.transports.transport import Arrival, Request, Transport, Validators
from jobpipe.sources.unpacking import Document, UnpackLimits, unpack


@dataclass(frozen=True, slots=True)
class SettledPart:
    """A part as the run to compare with read it."""

    validators: Validators
    # 32 hexadecimal digits over its bytes; "" = unknown.
    digest: str
    # None = it is not kept any more.
    archive: ArchiveReader | None


@dataclass(slots=True)
class PartReading:
    """One part: what is known of it grows while it is read."""

    number: int
    # Without secrets.
    location: str
    # With them: never to be shown.
    address: str = field(default="", repr=False)
    # What state rows keep of it: its location; "" where the source has only this one.
    name: str = ""
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False
    # Read to its natural end.
    complete: bool = False
    why: str = ""
    records: int = 0
    stated_total: int | None = None
    digest: str = ""
    notices: list[str] = field(default_factory=list)
    # It could not be read, or not to its end, because of this.
    failure: SourceError | None = None
    # Of a site: pages that are as they were, and pages that hold no posting any more.
    seen_pages: set[str] = field(default_factory=set)
    gone_pages: set[str] = field(default_factory=set)
    # Where kept answers are asked: the questions that they do not answer.
    not_kept: tuple[str, ...] = ()


class SourceReader:
    """The parts of a source, in their order. Iterating a part's records drives everything."""

    def __init__(
        self,
        preparation: Preparation,
        *,
        resolve: Callable[[str], str],
        archive: Path,
        run: int,
        settled: Callable[[str, int], SettledPart | None],
        reading: Reading,
        scratch: Path,
        begun: Callable[[PartReading], None],
        instead: str = "",
        surroundings: Surroundings,
        stopped: Callable[[], bool],
        kept_parts: KeptParts | None = None,
    ) -> None:
        """`settled(location, number)` gives what to compare a part with; `begun` hears of each part opened.

        `kept_parts` are read instead of the source, which is not asked then.
        Where `stopped` says so while the source is waited for, StoppedError is raised.
        """
        self._preparation = preparation
        self._resolve = resolve
        self._archive = archive
        self._run = run
        self._settled = settled
        self._reading = reading
        self._scratch = scratch
        self._begun = begun
        self._instead = instead
        self._surroundings = surroundings
        self._stopped = stopped
        self._kept_parts = kept_parts
        # What lies at the source's places, once that is known, and the parts that were read whole.
        self.found = FoundFiles()
        self.read: list[PartReading] = []
        # The source is asked, and has no files.
        self._is_asked = bool(way_of(preparation.resolved.source)) and not instead

    def parts(self) -> Generator[tuple[PartReading, Iterator[list[RawRecord]]], None, None]:
        """Each part with the records in it; how it ended is known when they are exhausted. To be closed.

        Raises SourceError where not even the parts' names can be known.
        """
        if self._is_asked:
            part = PartReading(0, shown_place(self._preparation.resolved.source))
            with contextlib.closing(self._records(part, part.location)) as records:
                yield part, records
            return
        found = self.found = self._find()
        is_alone = found.taken == [self._instead] or found.taken == self._named()
        for number, location in enumerate(found.taken):
            shown = redact(location)
            # A file that a pattern found may have others beside it on another day.
            part = PartReading(number, shown, location, "" if is_alone and len(found.taken) == 1 else shown)
            with contextlib.closing(self._records(part, location)) as records:
                yield part, records
            if part.complete:
                self.read.append(part)
        yield from self._busy_parts(found)

    def _named(self) -> list[str]:
        return [self._resolve(location) for location in self._preparation.resolved.source.locations]

    def _find(self) -> FoundFiles:
        found = FoundFiles()
        if self._instead:
            found.taken = [self._instead]
            return found
        if self._kept_parts is not None:
            for location in self._named():
                found.taken += self._kept_parts.locations_of(location)
            return found
        for location in self._named():
            looking = find_files(self._request(location), self._preparation.resolved.source)
            found.add(run_apart(looking, stopped=self._stopped))
        return found

    def _busy_parts(self, found: FoundFiles) -> Iterator[tuple[PartReading, Iterator[list[RawRecord]]]]:
        """Files that are still being written: what they hold is not known today."""
        source = self._preparation.resolved.source
        if source.parts_may_vanish and (found.taken or may_be_empty(source)):
            return
        for number, location in enumerate(found.busy, len(found.taken)):
            shown = redact(location)
            part = PartReading(number, shown, location, shown)
            part.failure = SourceError(
                "is still being written", place=Place(source=shown), hint="it was left alone: the next run reads it"
            )
            part.why = str(part.failure)
            yield part, iter(())

    def _request(self, location: str) -> Request:
        return request_for(self._preparation, location)

    def _records(self, part: PartReading, location: str) -> Generator[list[RawRecord], None, None]:
        try:
            yield from self._read(part, self._request(location))
        except SourceChangedError:
            raise
        except SourceError as error:
            part.failure = error
            part.complete = False
            part.why = str(error)

    def _read(self, part: PartReading, request: Request) -> Iterator[list[RawRecord]]:
        if self._kept_parts is not None:
            yield from self._read_without_source(part, request, self._kept_parts)
            return
        kept = _archive_of(self._archive, self._run, part.number)
        if kept is not None and kept.meta.get("asked", part.location) != part.location:
            raise SourceChangedError("the definition named another source before the interruption")
        if kept is not None and kept.is_finished:
            yield from self._read_kept(part, kept)
            return
        if kept is not None and kept.length:
            yield from self._go_on(part, request, kept)
            return
        settled = self._settled(part.location, part.number)
        if settled is not None:
            request = replace(request, validators=settled.validators)
        with open_stream(request, self._transport(), stopped=self._stopped) as stream:
            self._take_arrival(part, stream.arrival)
            if stream.arrival.unchanged:
                _mark_unchanged(part, settled)
                return
            same = SameBytes(settled.archive if settled else None)
            pieces = same.pass_on(self._count(stream))
            first = next(pieces, None)
            if first is None and same.is_same:
                _mark_unchanged(part, settled)
                return
            with ArchiveWriter(self._archive, self._run, part.number, meta=_noted(part, stream.arrival)) as writer:
                chunks = writer.tee(_chain(first, pieces))
                yield from self._split(part, stream.arrival.name, stream.arrival.charset, chunks)
                part.digest = writer.digest.hex()

    def _read_without_source(
        self, part: PartReading, request: Request, kept_parts: KeptParts
    ) -> Iterator[list[RawRecord]]:
        if not self._is_asked:
            yield from self._read_kept(part, kept_parts.part_at(part.location))
            return
        with kept_parts.answers(self._scratch) as kept:
            if kept is None:
                yield from self._read_kept(part, kept_parts.part_at(part.location))
            else:
                yield from self._ask_kept(part, request, kept)
                part.digest = kept_parts.digest_of_answers()

    def _ask_kept(self, part: PartReading, request: Request, kept: KeptAnswers) -> Iterator[list[RawRecord]]:
        """The same conversation as ever, with what the source said last. Raises SourceError where it said nothing."""
        source = self._preparation.resolved.source
        conversation = conversation_with(source, replace(self._surroundings, kept=kept))
        failure: SourceError | None = None
        try:
            with open_stream(request, conversation, stopped=self._stopped) as stream:
                self._take_arrival(part, stream.arrival)
                yield from self._split_answers(part, self._count(stream))
        except SourceError as error:
            failure = error
        part.not_kept += kept.not_kept.as_list()
        if part.not_kept:
            raise SourceError(
                f"the source did not answer this when it was last read: {'; '.join(part.not_kept)}",
                place=Place(source=part.location),
                hint="only a run can ask it",
            )
        if failure is not None:
            raise failure

    def _read_kept(self, part: PartReading, kept: ArchiveReader) -> Iterator[list[RawRecord]]:
        """An earlier sitting of this run has the whole part."""
        meta = kept.meta
        part.validators = Validators(etag=meta.get("etag", ""), last_modified=meta.get("last_modified", ""))
        self._reading.total_bytes = kept.length
        self._begun(part)
        yield from self._split(part, meta.get("name", part.location), meta.get("charset", ""), self._count(kept))
        part.digest = kept.digest.hex()

    def _go_on(self, part: PartReading, request: Request, kept: ArchiveReader) -> Iterator[list[RawRecord]]:
        """An earlier sitting of this run has the beginning: the source is asked for the rest."""
        meta = kept.meta
        version = Validators(etag=meta.get("etag", ""), last_modified=meta.get("last_modified", ""))
        if version:
            request = replace(request, offset=kept.length, resume=version)
        with open_stream(request, self._transport(), stopped=self._stopped) as stream:
            arrival = stream.arrival
            self._take_arrival(part, arrival)
            rest: Iterable[bytes] = stream
            if arrival.resumed_from != kept.length:
                rest = kept.verify_prefix(stream)
            writer = ArchiveWriter.resume(self._archive, self._run, part.number)
            with writer:
                chunks = self._count(_both(kept, writer.tee(iter(rest))))
                yield from self._split(part, arrival.name, arrival.charset, chunks)
                part.digest = writer.digest.hex()

    def _take_arrival(self, part: PartReading, arrival: Arrival) -> None:
        part.validators = arrival.validators
        self._reading.total_bytes = arrival.length
        self._reading.bytes = 0
        self._begun(part)

    def _count(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._reading.bytes += len(chunk)
            yield chunk

    def _transport(self) -> Transport | None:
        """None = the one that the location asks for."""
        if not self._is_asked:
            return None
        return conversation_with(self._preparation.resolved.source, self._surroundings)

    def _split(self, part: PartReading, name: str, charset: str, chunks: Iterator[bytes]) -> Iterator[list[RawRecord]]:
        if self._is_asked:
            yield from self._split_answers(part, chunks)
            return
        settings = with_charset(self._preparation.settings, charset)
        limits = UnpackLimits.of(self._preparation.limits)
        endings: list[Ending] = []
        for document in unpack(chunks, name, limits, spool_folder=self._scratch):
            yield from self._split_document(part, document, settings, endings)
        _conclude(part, endings)

    def _split_answers(self, part: PartReading, chunks: Iterator[bytes]) -> Iterator[list[RawRecord]]:
        """The records of each answer; what the last one says is how the source ended."""
        doubts: list[str] = []
        end: Answer | None = None
        for answer in unframed(chunks):
            part.notices += answer.notices
            match answer.kind:
                case "seen":
                    part.seen_pages.add(answer.page)
                case "gone":
                    part.gone_pages.add(answer.page)
                case "end":
                    end = answer
                    part.not_kept += answer.not_kept
                case "exchange":
                    pass
                case "page" | "records":
                    # State rows keep the page that their record was found on.
                    part.name = answer.page
                    records, ending = records_of(answer, self._preparation.settings)
                    part.records += len(records)
                    part.notices += ending.notices
                    if not ending.complete:
                        doubts.append(f"{answer.asked}: {ending.why}")
                    if records:
                        yield records
        if end is None:
            raise SourceError("the conversation has no end", place=Place(source=part.location))
        # What each page says may be of that page alone: whoever asked knows what it means.
        part.stated_total = end.total
        part.why = end.why or "; ".join(doubts[:3])
        part.complete = not part.why

    def _split_document(
        self, part: PartReading, document: Document, settings: FormatSettings, endings: list[Ending]
    ) -> Iterator[list[RawRecord]]:
        splitter = open_splitter(settings, document.name)
        failure: SourceError | None = None
        while failure is None:
            try:
                chunk = next(document.chunks, None)
            except SourceError as error:
                failure = error
                break
            if chunk is None:
                break
            records = splitter.feed(chunk)
            part.records += len(records)
            if records:
                yield records
        records, ending = splitter.close()
        part.records += len(records)
        yield records
        endings.append(ending)
        if failure is not None:
            raise failure


def _archive_of(folder: Path, run: int, part: int) -> ArchiveReader | None:
    try:
        return ArchiveReader(folder, run, part)
    except SourceError:
        return None


def _noted(part: PartReading, arrival: Arrival) -> dict[str, str]:
    return {
        "location": arrival.shown,
        # As the definition names it.
        "asked": part.location,
        "name": arrival.name,
        "charset": arrival.charset,
        "etag": part.validators.etag,
        "last_modified": part.validators.last_modified,
    }


def _mark_unchanged(part: PartReading, settled: SettledPart | None) -> None:
    part.unchanged = part.complete = True
    part.digest = settled.digest if settled else ""


def request_for(preparation: Preparation, location: str) -> Request:
    """What a transport is asked for one location of a source."""
    source = preparation.resolved.source
    return Request(
        location=location,
        auth=source.auth,
        sender=source.files.sender,
        subject=source.files.subject,
        basic=source.auth.basic if source.auth else None,
        bearer=source.auth.bearer if source.auth else None,
        headers=dict(source.headers),
        allow=tuple(source.allow),
        timeout=source.timeout,
        max_bytes=preparation.limits.download,
    )


def with_charset(settings: FormatSettings, charset: str) -> FormatSettings:
    import msgspec

    return msgspec.structs.replace(settings, transport_encoding=charset) if charset else settings


def _chain(first: bytes | None, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first is not None:
        yield first
    yield from rest


def _both(kept: Iterable[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from kept
    yield from rest


def _conclude(part: PartReading, endings: list[Ending]) -> None:
    """What its documents say of a part's end."""
    if not endings:
        raise SourceError("holds no file", place=Place(source=part.location), hint="the archive is empty")
    incomplete = [ending for ending in endings if not ending.complete]
    part.complete = not incomplete
    part.why = "; ".join(ending.why for ending in incomplete if ending.why)
    totals = [ending.stated_total for ending in endings if ending.stated_total is not None]
    part.stated_total = sum(totals) if totals else None
    part.notices = [notice for ending in endings for notice in ending.notices]
