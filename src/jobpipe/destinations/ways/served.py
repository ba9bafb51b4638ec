"""A feed that `jobpipe serve` hands out: files in a folder of the state (see `jobpipe.destinations.published`)."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import msgspec

from jobpipe.destinations.published import LIST, Published, PublishedFile, content_path, read_published
from jobpipe.destinations.ways.local_file import CHUNK
from jobpipe.destinations.ways.snapshots import with_sound_names
from jobpipe.destinations.ways.way import NotReachedError, Ready
from jobpipe.destinations.writing import write_whole
from jobpipe.errors import JobpipeError, Place

# By the end of a name; what may be compressed, and what is compressed already.
_TEXTS = {
    ".xml": "application/xml",
    ".rss": "application/rss+xml",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".csv": "text/csv; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
_OTHERS = {
    ".gz": "application/gzip",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNKNOWN = "application/octet-stream"
# Bytes, below which a compressed twin is not worth its file.
_WORTH = 1_000
# Half of the time that the usual 6 takes, for a twin that is a sixth larger.
_LEVEL = 2


class ServedWay:
    def __init__(self, folder: Path, name: str) -> None:
        """`folder`: where `jobpipe serve` looks for what the destination of this name has published."""
        self._folder = folder
        self._name = name

    def publish(self, files: Sequence[Ready]) -> str:
        place = Place(source=f"destinations/{self._name}.yaml")
        with_sound_names(files, place)
        with _errors(place):
            self._folder.mkdir(parents=True, exist_ok=True)
            before = self._before()
            published = Published(
                files=[self._put(file, before) for file in files], at=datetime.now(UTC).isoformat(timespec="seconds")
            )
            document = msgspec.json.format(msgspec.json.encode(published), indent=2)
            write_whole([document, b"\n"], self._folder / LIST)
        self._remove_others({one.sha256 for one in (*before.files, *published.files)})
        return f"/feeds/{self._name}/{files[0].name}"

    def close(self) -> None:
        pass

    def _before(self) -> Published:
        try:
            return read_published(self._folder) or Published()
        except JobpipeError:
            return Published()  # a damaged list is written anew

    def _put(self, file: Ready, before: Published) -> PublishedFile:
        former = before.file(file.name)
        suffix = PurePosixPath(file.name).suffix.lower()
        goal = content_path(self._folder, file.digest)
        if not _is_there(goal, file.size):
            _link(file.path, goal)
        gzip_size = self._put_twin(file, goal) if suffix in _TEXTS and file.size >= _WORTH else 0
        return PublishedFile(
            name=file.name,
            size=file.size,
            gzip_size=gzip_size,
            sha256=file.digest,
            media_type=_TEXTS.get(suffix) or _OTHERS.get(suffix, _UNKNOWN),
            modified=former.modified
            if former is not None and former.sha256 == file.digest
            else int(datetime.now(UTC).timestamp()),
        )

    def _put_twin(self, file: Ready, plain: Path) -> int:
        """Its size."""
        twin = content_path(self._folder, file.digest, is_gzip=True)
        if not twin.exists():
            passing = twin.with_name(f".{twin.name}.part")
            with plain.open("rb") as read, passing.open("wb") as raw:
                # Without a time in it, so that equal contents are equal files.
                with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0, filename="") as packed:
                    shutil.copyfileobj(read, packed, CHUNK)
                raw.flush()
                os.fsync(raw.fileno())
            passing.replace(twin)
        return twin.stat().st_size

    def _remove_others(self, digests: set[str]) -> None:
        """What was published last stays for whoever has just read the former list; what is open stays readable."""
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path.name != LIST and path.name.removesuffix(".gz") not in digests:
                    path.unlink(missing_ok=True)


def _is_there(path: Path, size: int) -> bool:
    return path.exists() and path.stat().st_size == size


def _link(source: Path, goal: Path) -> None:
    """The file that was made is never written to again, so that it need not be copied."""
    passing = goal.with_name(f".{goal.name}.part")
    passing.unlink(missing_ok=True)
    try:
        os.link(source, passing)
    except OSError:
        # Another file system, or one without links.
        shutil.copyfile(source, passing)
    with passing.open("rb") as file:
        os.fsync(file.fileno())
    passing.replace(goal)


@contextmanager
def _errors(place: Place) -> Iterator[None]:
    """Nothing is handed out before the list is swapped: what fails before has surely not got through."""
    try:
        yield
    except OSError as error:
        raise NotReachedError(f"the feed cannot be written: {error.strerror or error}", place=place) from error
    except JobpipeError as error:
        raise NotReachedError(error.message, place=place, hint=error.hint) from error
