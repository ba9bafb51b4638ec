"""What of a destination is handed out by `jobpipe serve`: a folder of files named by their contents, and a list.

    published.json      which names there are, and what each stands for: swapped in whole, last of all
    3f5a…               a file, named by the SHA-256 of its contents
    3f5a….gz            the same, compressed, where that is worth it

Whoever reads the list once has names, sizes and contents that belong together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from jobpipe.errors import JobpipeError, Place

LIST = "published.json"
# Of the state: a folder a destination.
FOLDER = "feeds"
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class PublishedFile(msgspec.Struct, kw_only=True, frozen=True):
    # What it is asked for by: `jobs.xml`.
    name: str
    # Bytes, and of the compressed twin; 0 = there is none.
    size: int
    gzip_size: int = 0
    sha256: Digest
    media_type: str
    # When this content came: seconds since 1970, UTC.
    modified: int


class Published(msgspec.Struct, kw_only=True, frozen=True):
    # The feed, or the index of its pages, first.
    files: list[PublishedFile] = []
    # ISO 8601, UTC.
    at: str = ""

    def file(self, name: str) -> PublishedFile | None:
        return next((one for one in self.files if one.name == name), None)


def feed_folder(state: Path, destination: str) -> Path:
    return state / FOLDER / destination


def content_path(folder: Path, digest: str, *, is_gzip: bool = False) -> Path:
    return folder / (f"{digest}.gz" if is_gzip else digest)


def read_published(folder: Path) -> Published | None:
    """None = nothing was published yet. Raises JobpipeError where the list is damaged."""
    try:
        return msgspec.json.decode((folder / LIST).read_bytes(), type=Published)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise JobpipeError(
            f"the list of published files is damaged: {error}",
            place=Place(source=str(folder / LIST)),
            hint="remove it and deliver again",
        ) from error
