"""Settings of jobpipe.yaml that the environment may say otherwise: those that differ from machine to machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from jobpipe.definition.settings import Settings
from jobpipe.errors import UsageError

# Setting, as words of jobpipe.yaml -> variable.
VARIABLES: Mapping[tuple[str, ...], str] = {
    ("workers",): "JOBPIPE_WORKERS",
    ("at_once",): "JOBPIPE_AT_ONCE",
    ("state",): "JOBPIPE_STATE",
    ("zone",): "JOBPIPE_ZONE",
    ("cluster", "ledger"): "JOBPIPE_CLUSTER_LEDGER",
    ("cluster", "documents"): "JOBPIPE_CLUSTER_DOCUMENTS",
    ("cluster", "broker"): "JOBPIPE_CLUSTER_BROKER",
}


def with_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Raises UsageError that names a variable whose value its setting does not take."""
    said = {path: variable for path, variable in VARIABLES.items() if environ.get(variable)}
    if not said:
        return settings
    document = settings.model_dump(by_alias=True, exclude_unset=True)
    for path, variable in said.items():
        _put(document, path, environ[variable])
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wrong = said.get(tuple(str(word) for word in first["loc"]), "")
        raise UsageError(f"{wrong}: {first['msg']}", hint="it goes before what jobpipe.yaml says") from error


def _put(document: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *above, name = path
    for word in above:
        document = document.setdefault(word, {})
    document[name] = value
