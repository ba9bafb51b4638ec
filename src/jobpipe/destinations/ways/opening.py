"""From `to:` of a destination to its way out: secrets put in, paths counted from the project's folder.

Nothing is connected yet, and the library of a way is imported only when the way is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from jobpipe.definition.base import Model
from jobpipe.definition.secret_values import resolve_target
from jobpipe.definition.targets import FileTarget, ServedTarget, SqlTarget, Target
from jobpipe.destinations.published import feed_folder
from jobpipe.destinations.ways.way import ChangesWay, SnapshotWay
from jobpipe.errors import DefinitionError, Place, SourceError
from jobpipe.sources.transports import scheme_of

# By the name of the target's model: what is called with the target and the destination's name.
_CHANGES = {
    "HttpTarget": "jobpipe.destinations.ways.http:HttpWay",
    "WebhookTarget": "jobpipe.destinations.ways.webhook:WebhookWay",
    "RabbitTarget": "jobpipe.destinations.ways.rabbitmq:RabbitWay",
    "MongoTarget": "jobpipe.destinations.ways.mongo:MongoWay",
    "SearchTarget": "jobpipe.destinations.ways.search:SearchWay",
    "SqlTarget": "jobpipe.destinations.ways.postgresql:PostgresWay",
}
# By its scheme, where a model stands for several ways.
_SQL = {
    "sqlite": "jobpipe.destinations.ways.sqlite:SqliteWay",
}
# By the scheme of the file.
_SNAPSHOTS = {
    "file": "jobpipe.destinations.ways.local_file:LocalFileWay",
    "sftp": "jobpipe.destinations.ways.sftp:SftpWay",
    "ftp": "jobpipe.destinations.ways.ftp:FtpWay",
    "ftps": "jobpipe.destinations.ways.ftp:FtpWay",
    "s3": "jobpipe.destinations.ways.s3:S3Way",
}
_SERVED = "jobpipe.destinations.ways.served:ServedWay"

_SQLITE = "sqlite:///"

_Target = TypeVar("_Target", bound=Model)


def changes_way(target: Target, name: str, *, environ: Mapping[str, str], root: Path) -> ChangesWay:
    """`name`: of the destination; `root`: the project's folder.

    Raises DefinitionError: a secret is not set, a package is missing, an address is none.
    """
    kind = type(target).__name__
    if kind not in _CHANGES:
        raise DefinitionError("takes files, not changes", place=Place(source=f"destinations/{name}.yaml"))
    ready = _ready(target, name, environ, root)
    path = _CHANGES[kind]
    if isinstance(ready, SqlTarget):
        path = _SQL.get(scheme_of(ready.sql), path)
    made: ChangesWay = _of(path)(ready, name)
    return made


def snapshot_way(
    target: Target, name: str, *, environ: Mapping[str, str], root: Path, state: Path | None = None
) -> SnapshotWay:
    """As `changes_way`. `state`: the project's folder of state; `.jobpipe` of `root` when absent."""
    if isinstance(target, ServedTarget):
        served: SnapshotWay = _of(_SERVED)(feed_folder(state or root / ".jobpipe", name), name)
        return served
    if not isinstance(target, FileTarget):
        raise DefinitionError("takes changes, not files", place=Place(source=f"destinations/{name}.yaml"))
    ready = _ready(target, name, environ, root)
    try:
        made: SnapshotWay = _of(_SNAPSHOTS[scheme_of(ready.file)])(ready)
    except SourceError as error:
        raise DefinitionError(error.message, place=error.place, hint=error.hint.replace("source.", "to.")) from error
    return made


def _of(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _ready(target: _Target, name: str, environ: Mapping[str, str], root: Path) -> _Target:
    try:
        return _with_paths(resolve_target(target, environ), root)
    except DefinitionError as error:
        if error.place.source:
            raise
        raise DefinitionError(
            error.message, place=Place(source=f"destinations/{name}.yaml"), hint=error.hint
        ) from error


def _with_paths(target: _Target, root: Path) -> _Target:
    changed: dict[str, Any] = {}
    if isinstance(target, FileTarget) and scheme_of(target.file) == "file":
        changed["file"] = _path(target.file.removeprefix("file://"), root)
    if isinstance(target, SqlTarget) and target.sql.startswith(_SQLITE):
        changed["sql"] = _SQLITE + _path(target.sql.removeprefix(_SQLITE), root)
    auth = getattr(target, "auth", None)
    if auth is not None:
        named = {word: getattr(auth, word) for word in ("private_key", "known_hosts") if getattr(auth, word)}
        changed["auth"] = auth.model_copy(update={word: _path(path, root) for word, path in named.items()})
    return target.model_copy(update=changed)


def _path(text: str, root: Path) -> str:
    return str(root / Path(text).expanduser())
