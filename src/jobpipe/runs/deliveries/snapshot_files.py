"""The files of a snapshot, written here first: in flat memory, however many postings there are."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest
from itertools import chain, islice
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar

import msgspec

from jobpipe.definition.targets import FileTarget, ServedTarget
from jobpipe.destinations.formats.format import Setting
from jobpipe.destinations.ways.way import Ready
from jobpipe.documents.store import StateRow
from jobpipe.ledger.models import Import
from jobpipe.posting import JobPosting
from jobpipe.runs.deliveries.snapshot_contents import Contents, contents_of
from jobpipe.runs.deliveries.wanting import Wanting, live_postings_of, stored_postings_of

_BUFFER = 64 * 1024
# That are written at once.
_LINES = 16
# A posting, or its JSON.
_One = TypeVar("_One")
_Writer = Callable[[Iterator[_One]], Iterator[bytes]]


@dataclass(slots=True)
class Written:
    # With `snapshot_contents` beside the files.
    folder: Path
    postings: int = 0
    # The feed, or the index of its pages, first.
    files: list[Ready] = field(default_factory=list)


def write_files(wanting: Wanting, feeding: list[Import], folder: Path) -> Written:
    """All postings that go to the destination, into `folder`, which is empty."""
    written = Written(folder)
    target = wanting.definition.to
    assert isinstance(target, FileTarget | ServedTarget)
    name = file_name(target)
    with contents_of(folder) as contents:
        if wanting.takes_all_as_stored:
            stored = _counted(_stored(wanting, feeding), written, contents)
            written.files = _write(stored, _as_lines, folder / name, target.page, written)
        else:
            chosen = _chosen(wanting, feeding)
            setting = _setting(wanting, feeding, chosen)
            postings = _counted(_all(wanting, feeding, chosen), written, contents)
            written.files = _write(
                postings, lambda some: wanting.output.write(some, setting), folder / name, target.page, written
            )
    _keep(written, folder)
    return written


def _write(
    postings: Iterator[_One], writer: _Writer[_One], path: Path, page: int | None, written: Written
) -> list[Ready]:
    """The feed, or the index of its pages first."""
    if page is None:
        return [_write_pieces(writer(postings), path)]
    return _write_pages(postings, writer, path, page, written)


def _write_pages(
    postings: Iterator[_One], writer: _Writer[_One], path: Path, size: int, written: Written
) -> list[Ready]:
    """The index, and `jobs-1.xml`, `jobs-2.xml` …; one page at least."""
    stem, _, suffix = path.name.partition(".")
    pages: list[Ready] = []
    first = next(postings, None)
    while first is not None or not pages:
        page: Iterator[_One] = chain([first], islice(postings, size - 1)) if first is not None else iter(())
        pages.append(_write_pieces(writer(page), path.with_name(f"{stem}-{len(pages) + 1}.{suffix}")))
        first = next(postings, None)
    return [_write_index(pages, written.postings, path.with_name(f"{stem}.json")), *pages]


# What was made is found again ----------------------------------------------------------------------

_KEPT = "made.msgpack"


def _keep(written: Written, folder: Path) -> None:
    """Beside the files, so that another process can publish them."""
    document = {
        "postings": written.postings,
        "files": [[one.name, one.size, one.digest] for one in written.files],
    }
    (folder / _KEPT).write_bytes(msgspec.msgpack.encode(document))


def read_back(folder: Path) -> Written | None:
    """What `write_files` made there; None = not all of it is there."""
    try:
        document = msgspec.msgpack.decode((folder / _KEPT).read_bytes(), strict=False)
        files = [
            Ready(name=name, path=folder / name, size=size, digest=digest) for name, size, digest in document["files"]
        ]
        if any(one.path.stat().st_size != one.size for one in files):
            return None
    except (OSError, msgspec.DecodeError):
        return None
    return Written(folder, postings=document["postings"], files=files)


def file_name(target: FileTarget | ServedTarget) -> str:
    return PurePosixPath((target.file if isinstance(target, FileTarget) else target.served).partition("?")[0]).name


def _setting(wanting: Wanting, feeding: list[Import], chosen: dict[int, set[int]] | None) -> Setting:
    definition = wanting.definition
    expected = None
    if wanting.output.states_total:
        expected = sum(1 for _ in _all(wanting, feeding, chosen))
        # They are counted when the file is written.
        wanting.forget_held_back()
    return Setting(
        options=definition.options, expected=expected, fields=definition.fields, template=definition.template
    )


# Which postings -------------------------------------------------------------------------------------


def _all(
    wanting: Wanting, feeding: list[Import], chosen: dict[int, set[int]] | None
) -> Iterator[tuple[Import, StateRow, JobPosting]]:
    """Shaped, without those that would be refused."""
    for owner in feeding:
        only = None if chosen is None else chosen.get(owner.pk, set())
        for state, posting in live_postings_of(wanting.documents, owner):
            if only is not None and state.row not in only:
                continue
            shaped = wanting.passed(owner, state.key, posting)
            if shaped is not None:
                yield owner, state, shaped


def _chosen(wanting: Wanting, feeding: list[Import]) -> dict[int, set[int]] | None:
    """Import -> rows, of the first by priority; None = there is no limit, or fewer than it."""
    limit = wanting.definition.limit
    if limit is None:
        return None
    ordered = (
        (wanting.shaper.priority(posting), place, owner.pk, state.row)
        for place, (owner, state, posting) in enumerate(_all(wanting, feeding, None))
    )
    found: dict[int, set[int]] = {}
    for _, _, import_id, row in nsmallest(limit, ordered):
        found.setdefault(import_id, set()).add(row)
    wanting.forget_held_back()
    return found


def _stored(wanting: Wanting, feeding: list[Import]) -> Iterator[tuple[Import, StateRow, bytes]]:
    """As they are stored: JSON."""
    for owner in feeding:
        for state, body in stored_postings_of(wanting.documents, owner):
            yield owner, state, body


def _as_lines(bodies: Iterable[bytes]) -> Iterator[bytes]:
    left = iter(bodies)
    while some := list(islice(left, _LINES)):
        yield b"\n".join(some) + b"\n"


def _counted(found: Iterable[tuple[Import, StateRow, _One]], written: Written, contents: Contents) -> Iterator[_One]:
    for owner, state, posting in found:
        written.postings += 1
        contents.add(owner.pk, state)
        yield posting


# Files ----------------------------------------------------------------------------------------------


class _Measured:
    """What is written, counted and digested on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self.size += len(piece)
        self.digest.update(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()


def _write_pieces(pieces: Iterable[bytes], path: Path) -> Ready:
    with path.open("wb", buffering=_BUFFER) as file:
        measured = _Measured(file)
        # Without a time in it, so that equal contents are equal files.
        opened = (
            gzip.GzipFile(fileobj=measured, mode="wb", compresslevel=6, mtime=0, filename="")
            if path.suffix == ".gz"
            else contextlib.nullcontext(measured)
        )
        with opened as sink:
            for piece in pieces:
                sink.write(piece)
    return Ready(name=path.name, path=path, size=measured.size, digest=measured.digest.hexdigest())


def _write_index(pages: list[Ready], postings: int, path: Path) -> Ready:
    document = {
        "postings": postings,
        "pages": [{"file": page.name, "size": page.size, "sha256": page.digest} for page in pages],
    }
    return _write_pieces([json.dumps(document, indent=2).encode() + b"\n"], path)
