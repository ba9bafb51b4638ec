"""The bytes that the last runs read, kept as they came: to go on after a kill, and to know the same bytes again.

A folder of the archive holds one folder a run, and there, for each part of the source:

    00000001.blocks   the bytes, in blocks of 4 MB (of the stream), each one zstd frame, or as they came
                      where the stream is compressed already
    00000001.index    40 bytes a block: see `_ENTRY`; a last entry of the same size says that the stream ended
    00000001.json     what is known of the part: its location without secrets, its validators

Nothing here names a whole block before the block is written, so that what a killed run leaves can be read
to its last whole block.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import struct
import sys
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import xxhash

from jobpipe.errors import OutOfReachError, Place, SourceChangedError, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.packing.compression import compression_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Bytes of the stream in a block (the last one has fewer).
BLOCK = 4 * 1024 * 1024

_LEVEL = 1
_STORED, _ZSTD, _END = 0, 1, 2
# Kind, bytes on disk, bytes of the stream (of all of it, in the last entry), xxh3_128 of them; a checksum of these.
_ENTRY = struct.Struct("<BxxxIQ16s")
_CHECK = struct.Struct("<II")
_ENTRY_SIZE = _ENTRY.size + _CHECK.size
_RUN = re.compile(r"run-(\d+)")


class ArchiveUnavailableError(OutOfReachError):
    """The archive cannot be written to. What came before is kept, and the run is left to be taken up again."""

    code = "JP3004"


@dataclass(frozen=True, slots=True)
class Block:
    kind: int
    # Where its bytes lie in the .blocks file.
    start: int
    stored: int
    # Bytes of the stream.
    size: int
    digest: bytes


class ArchiveWriter:
    """Keeps the bytes of one part of one run.

    Leaving the `with` block without an error says that the stream was read to its end; with one, what came
    is kept for the run that goes on.
    """

    def __init__(self, folder: Path, run: int, part: int, *, meta: dict[str, Any] | None = None) -> None:
        """Begins anew, whatever is there. `meta` is kept beside the bytes: it must hold no secret."""
        self._paths = _Paths(folder, run, part)
        self.length = 0
        self._stream = xxhash.xxh3_128()
        # Known from the first bytes; None before them.
        self._is_packed: bool | None = None
        self._is_open = True
        with _writing(self._paths):
            self._paths.folder.mkdir(parents=True, exist_ok=True)
            # A process that was overtaken may still have them open: what it writes goes nowhere.
            self._paths.index.unlink(missing_ok=True)
            self._paths.blocks.unlink(missing_ok=True)
            self._blocks: BinaryIO = self._paths.blocks.open("wb", buffering=0)
            self._index: BinaryIO = self._paths.index.open("wb", buffering=0)
        for file in (self._blocks, self._index):
            _is_alone(file)
        self._begin_block()
        if meta is not None:
            self.note(meta)

    @classmethod
    def resume(cls, folder: Path, run: int, part: int) -> ArchiveWriter:
        """Goes on after the last whole block that a killed run left; `length` says where that is."""
        reader = ArchiveReader(folder, run, part)
        writer = cls.__new__(cls)
        writer._paths = reader._paths
        writer.length = reader.length
        writer._stream = xxhash.xxh3_128()
        writer._is_packed = None
        for number, piece in enumerate(reader):
            writer._stream.update(piece)
            if number == 0:
                writer._is_packed = bool(compression_of(piece))
        writer._is_open = True
        stored = sum(block.stored for block in reader.blocks)
        with _writing(reader._paths):
            writer._blocks = _open_alone(reader._paths.blocks)
            writer._index = _open_alone(reader._paths.index)
            for file, size in ((writer._blocks, stored), (writer._index, len(reader.blocks) * _ENTRY_SIZE)):
                file.truncate(size)
                file.seek(size)
        writer._begin_block()
        return writer

    def note(self, meta: dict[str, Any]) -> None:
        """Keep what is known of the part (location without secrets, validators …), whole or not at all."""
        passing = self._paths.meta.with_suffix(".json.new")
        meta = {name: redact(value) if isinstance(value, str) else value for name, value in meta.items()}
        with _writing(self._paths):
            passing.write_text(json.dumps(meta, ensure_ascii=False, indent=1), encoding="utf-8")
            passing.replace(self._paths.meta)

    def tee(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks, each one kept before it is given."""
        for chunk in chunks:
            self.write(chunk)
            yield chunk

    def write(self, chunk: bytes) -> None:
        if not chunk:
            return
        if self._is_packed is None:
            self._is_packed = bool(compression_of(chunk))
        view = memoryview(chunk)
        while len(view):
            part = view[: BLOCK - self._size]
            self._block.update(part)
            self._pieces.append(bytes(part) if self._is_packed else self._frame.compress(part))
            self._size += len(part)
            view = view[len(part) :]
            if self._size == BLOCK:
                with _writing(self._paths):
                    self._end_block()
        self._stream.update(chunk)
        self.length += len(chunk)

    def close(self, *, finished: bool = True) -> None:
        """`finished`: the stream was read to its natural end."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            with _writing(self._paths):
                if self._size:
                    self._end_block()
                os.fsync(self._blocks.fileno())
                if finished:
                    self._write_entry(_END, 0, self.length, self._stream.digest())
                os.fsync(self._index.fileno())
        finally:
            self._blocks.close()
            self._index.close()

    @property
    def digest(self) -> bytes:
        """xxh3_128 of all bytes so far."""
        return self._stream.digest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(finished=kind is None)

    def _begin_block(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._block = xxhash.xxh3_128()
        self._frame = zstd.ZstdCompressor(level=_LEVEL)

    def _end_block(self) -> None:
        if not self._is_packed:
            self._pieces.append(self._frame.flush())
        data = b"".join(self._pieces)
        _write_all(self._blocks, data)
        self._write_entry(_STORED if self._is_packed else _ZSTD, len(data), self._size, self._block.digest())
        self._begin_block()

    def _write_entry(self, kind: int, stored: int, size: int, digest: bytes) -> None:
        entry = _ENTRY.pack(kind, stored, size, digest)
        _write_all(self._index, entry + _CHECK.pack(zlib.crc32(entry), 0))


class ArchiveReader:
    """The bytes that a run kept, finished or killed: an iterable over the stream, one block at a time."""

    def __init__(self, folder: Path, run: int, part: int) -> None:
        """Raises SourceError where nothing was kept."""
        self.run = run
        self.part = part
        self._paths = _Paths(folder, run, part)
        try:
            index = self._paths.index.read_bytes()
            kept = self._paths.blocks.stat().st_size
        except FileNotFoundError:
            raise SourceError(
                f"nothing is kept of part {part} of run {run}", place=Place(source=str(folder)), hint="read the source"
            ) from None
        self.blocks: list[Block] = []
        self._ended: bytes | None = None
        self._read_index(index, kept)
        # Bytes of the stream, to the last whole block.
        self.length = sum(block.size for block in self.blocks)

    @property
    def is_finished(self) -> bool:
        """The stream was read to its end."""
        return self._ended is not None

    @property
    def digest(self) -> bytes:
        """xxh3_128 of the stream; of an unfinished one it is computed by reading what is there."""
        if self._ended is not None:
            return self._ended
        stream = xxhash.xxh3_128()
        for piece in self:
            stream.update(piece)
        return stream.digest()

    @property
    def meta(self) -> dict[str, Any]:
        """What was noted of the part; {} when nothing was."""
        try:
            noted: dict[str, Any] = json.loads(self._paths.meta.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return noted

    def __iter__(self) -> Iterator[bytes]:
        """Raises SourceError where a block does not hold what was written."""
        with self._paths.blocks.open("rb") as file:
            for block in self.blocks:
                piece = self._piece(block, file.read(block.stored))
                if piece is None:
                    raise SourceError(
                        f"the archive is damaged at byte {block.start:,}",
                        place=Place(source=str(self._paths.blocks)),
                        hint="delete it: the next run reads the source anew",
                    )
                yield piece

    def verify_prefix(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """What comes after the bytes that are here; they must come again first, the same, from the source.

        Raises SourceChangedError where they are others, or fewer.
        """
        blocks = iter(self.blocks)
        block = next(blocks, None)
        digest, missing = xxhash.xxh3_128(), block.size if block else 0
        for chunk in chunks:
            view = memoryview(chunk)
            while block is not None and len(view):
                part = view[:missing]
                digest.update(part)
                missing -= len(part)
                view = view[len(part) :]
                if missing:
                    continue
                if digest.digest() != block.digest:
                    raise self._changed("gives other bytes than it did before the interruption")
                block = next(blocks, None)
                digest, missing = xxhash.xxh3_128(), block.size if block else 0
            if len(view):
                yield chunk if len(view) == len(chunk) else bytes(view)
        if block is not None:
            raise self._changed("gives fewer bytes than it did before the interruption")

    def _read_index(self, index: bytes, kept: int) -> None:
        start = 0
        for place in range(0, len(index) - _ENTRY_SIZE + 1, _ENTRY_SIZE):
            entry = index[place : place + _ENTRY.size]
            check, _ = _CHECK.unpack_from(index, place + _ENTRY.size)
            kind, stored, size, digest = _ENTRY.unpack(entry)
            if check != zlib.crc32(entry):
                return
            if kind == _END:
                self._ended = digest if size == sum(block.size for block in self.blocks) else None
                return
            if start + stored > kept:
                return
            self.blocks.append(Block(kind, start, stored, size, digest))
            start += stored
        self._drop_damaged_end()

    def _drop_damaged_end(self) -> None:
        """After a loss of power the index may know of blocks whose bytes never reached the disk."""
        with self._paths.blocks.open("rb") as file:
            while self.blocks:
                block = self.blocks[-1]
                file.seek(block.start)
                if self._piece(block, file.read(block.stored)) is not None:
                    return
                self.blocks.pop()

    def _piece(self, block: Block, stored: bytes) -> bytes | None:
        """The block's bytes of the stream; None where they are not those that were written."""
        if len(stored) != block.stored:
            return None
        try:
            piece = zstd.decompress(stored) if block.kind == _ZSTD else stored
        except zstd.ZstdError:
            return None
        return piece if xxhash.xxh3_128_digest(piece) == block.digest else None

    def _changed(self, what: str) -> SourceChangedError:
        shown = self.meta.get("location", "")
        return SourceChangedError(what, place=Place(source=shown), hint="the next run reads it from its beginning")


def latest_finished(folder: Path, part: int, *, before: int | None = None) -> ArchiveReader | None:
    """The archive of the last run (before the run `before`) that read this part to its end."""
    for run in sorted(runs_in(folder), reverse=True):
        if before is not None and run >= before:
            continue
        try:
            reader = ArchiveReader(folder, run, part)
        except SourceError:
            continue
        if reader.is_finished:
            return reader
    return None


def finished_in(folder: Path) -> Iterator[ArchiveReader]:
    """Every part that is kept to its end, those of the last run first."""
    for run in reversed(runs_in(folder)):
        for index in sorted(run_folder(folder, run).glob("*.index")):
            try:
                reader = ArchiveReader(folder, run, int(index.stem))
            except (SourceError, ValueError):
                continue
            if reader.is_finished:
                yield reader


def runs_in(folder: Path) -> list[int]:
    """The runs of which something is kept, in their order."""
    if not folder.is_dir():
        return []
    return sorted(int(found[1]) for entry in folder.iterdir() if (found := _RUN.fullmatch(entry.name)))


def prune(folder: Path, keep_runs: int, *, needed: Collection[int] = ()) -> list[int]:
    """Remove what all but the last `keep_runs` runs and those that are `needed` kept; gives the runs that went."""
    runs = runs_in(folder)
    gone = [run for run in runs[: max(0, len(runs) - max(0, keep_runs))] if run not in needed]
    for run in gone:
        remove_run(folder, run)
    return gone


def remove_run(folder: Path, run: int) -> None:
    """What this run kept. Another process may do the same at the same time."""
    shutil.rmtree(run_folder(folder, run), ignore_errors=True)


class _Paths:
    def __init__(self, folder: Path, run: int, part: int) -> None:
        self.folder = run_folder(folder, run)
        self.blocks = self.folder / f"{part:08d}.blocks"
        self.index = self.folder / f"{part:08d}.index"
        self.meta = self.folder / f"{part:08d}.json"


@contextmanager
def _writing(paths: _Paths) -> Iterator[None]:
    """Raises ArchiveUnavailableError where the system refuses."""
    try:
        yield
    except OSError as error:
        raise ArchiveUnavailableError(
            f"the archive cannot be written: {error.strerror or error}",
            place=Place(source=str(paths.folder)),
            hint="is its disk full or read-only? The run goes on with the next `jobpipe run`",
        ) from error


def run_folder(folder: Path, run: int) -> Path:
    return folder / f"run-{run:08d}"


def _open_alone(path: Path) -> BinaryIO:
    """A file that a killed process left, to go on with; of one that another process has open yet, which was overtaken
    while it slept, a copy that takes its place."""
    file = path.open("r+b", buffering=0)
    if _is_alone(file):
        return file
    file.close()
    copy = path.with_name(f"{path.name}.new")
    shutil.copyfile(path, copy)
    copy.replace(path)
    return _open_alone(path)


def _is_alone(file: BinaryIO) -> bool:
    """Whether no other process writes it; none takes this for alone until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system that knows no locks
        return True
    return True


def _write_all(file: BinaryIO, data: bytes) -> None:
    """An unbuffered file may take less than it is given (a full disk takes none: OSError)."""
    view = memoryview(data)
    while len(view):
        view = view[file.write(view) :]
