"""Each setting of a project with its value, and where that came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobpipe.definition.environment import VARIABLES
from jobpipe.definition.loading import parse_yaml, read_text
from jobpipe.definition.project import SETTINGS_FILE, Project
from jobpipe.definition.yaml import Document
from jobpipe.safety.secrets import MASK, is_secret_name, redact

DEFAULT = "default"
# What stands there is a login as a whole.
_LOGINS = ("apprise", "webhook")


@dataclass(frozen=True, slots=True)
class Setting:
    # As words of jobpipe.yaml: hosts.per_host.
    name: str
    # Without secrets.
    value: Any
    # jobpipe.yaml:3, JOBPIPE_WORKERS, --progress, default
    origin: str


def settings_of(project: Project, environ: Mapping[str, str]) -> list[Setting]:
    document = parse_yaml(read_text(project.root / SETTINGS_FILE, SETTINGS_FILE), SETTINGS_FILE)
    values = project.settings.model_dump(mode="json", by_alias=True)
    return [
        Setting(".".join(path), _shown(path, value), _origin(path, document, environ))
        for path, value in _flat(values, ())
    ]


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _flat(part, (*path, str(name)))
    else:
        yield path, value


def _origin(path: tuple[str, ...], document: Document, environ: Mapping[str, str]) -> str:
    variable = VARIABLES.get(path, "")
    if environ.get(variable):
        return variable
    # A short form may stand for several settings: the block that was written, then.
    for length in range(len(path), 0, -1):
        if path[:length] in document.values:
            is_whole = length == len(path) or not isinstance(_at(document.value, path[:length]), dict)
            return f"{SETTINGS_FILE}:{document.values[path[:length]].line}" if is_whole else DEFAULT
    return DEFAULT


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for word in path:
        value = value[word]
    return value


def _shown(path: tuple[str, ...], value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(path, one) for one in value]
    if not isinstance(value, str) or not value:
        return value
    if is_secret_name(path[-1]) or path[-1] in _LOGINS:
        return value if value.startswith("${") and value.endswith("}") else MASK
    return redact(value)
