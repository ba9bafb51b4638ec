"""Puts the secrets of the environment into a source or a destination: for fetching and sending, never for keeping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from jobpipe.definition.base import Model
from jobpipe.definition.models import Definition
from jobpipe.definition.source import Source
from jobpipe.definition.yaml import Path
from jobpipe.errors import DefinitionError
from jobpipe.safety.secrets import MissingVariableError, expand, is_secret_name, process_redactor, variables_in

# What of `auth` nobody may see.
SECRETS: tuple[tuple[str, ...], ...] = (
    ("basic",),
    ("bearer",),
    ("key", "value"),
    ("oauth2", "client_secret"),
    ("store", "secret"),
    ("passphrase",),
)

_Target = TypeVar("_Target", bound=Model)


@dataclass(frozen=True, slots=True)
class VariableProblem:
    """A variable that cannot be put in, at a path of the definition."""

    path: Path
    message: str
    hint: str
    # Not set here; otherwise it is written wrongly.
    is_missing: bool
    span: tuple[int, int] = (0, 0)
    code: str = "JP1010"


class VariablesError(DefinitionError):
    """Variables that cannot be put in; `LoadedDefinition.errors_of(error.problems)` shows them in the text."""

    code = "JP1010"

    def __init__(self, problems: list[VariableProblem]) -> None:
        first = problems[0]
        where = ".".join(map(str, first.path))
        super().__init__(f"{where}: {first.message}", hint=first.hint)
        self.problems = problems


def resolve_secrets(definition: Definition, environ: Mapping[str, str]) -> Definition:
    """`${NAME}` and `${NAME:-default}` anywhere in `source` become the variable's value, which nothing that this
    process prints shows from then on.

    Raises VariablesError naming every variable that is missing and the place where it is asked for.
    """
    problems = problems_of_variables(definition, environ)
    if problems:
        raise VariablesError(problems)
    source = _resolved(_words_of(definition.source), environ)
    _keep_secret(source)
    return definition.model_copy(update={"source": Source.model_validate(source)})


def resolve_target(target: _Target, environ: Mapping[str, str]) -> _Target:
    """`to` of a destination with the secrets of the environment, which nothing that this process prints shows from
    then on. Raises DefinitionError where one is missing, or where what came of it is not valid."""
    given = _resolved(target.model_dump(by_alias=True, exclude_unset=True), environ)
    _keep_secret(given)
    for value in given.values():
        if isinstance(value, str) and (password := _password_in(value)):
            process_redactor.add(password)
    for word in ("secret", "password"):
        process_redactor.add(given.get(word, ""))
    try:
        return type(target).model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, ("to", *first["loc"])))
        raise DefinitionError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None


def _password_in(url: str) -> str:
    try:
        return unquote(urlsplit(url).password or "")
    except ValueError:
        return ""


def problems_of_variables(definition: Definition, environ: Mapping[str, str]) -> list[VariableProblem]:
    """What would keep `resolve_secrets` from its work; [] = nothing."""
    problems = []
    for path, text in texts_of(definition.source):
        if "${" in _without(variables_in(text), text):
            message, hint = "`${` is not closed", "write ${NAME} or ${NAME:-default}"
            problems.append(VariableProblem(path, message, hint, is_missing=False))
        for variable in variables_in(text):
            try:
                expand(variable, environ)
            except DefinitionError as error:
                is_missing = isinstance(error, MissingVariableError)
                problems.append(VariableProblem(path, error.message, error.hint, is_missing))
    return problems


def literal_logins(definition: Definition) -> list[Path]:
    """Where a login is written out instead of asked for by `${NAME}`."""
    source = definition.source
    found: list[Path] = []
    for path in SECRETS:
        value: Any = source.auth
        for word in path:
            value = getattr(value, word, None)
        if value and "${" not in value:
            found.append(("source", "auth", *path))
    for name, value in source.headers.items():
        if is_secret_name(name) and "${" not in value:
            found.append(("source", "headers", name))
    return found


def _without(variables: list[str], text: str) -> str:
    for variable in variables:
        text = text.replace(variable, "")
    return text


def _words_of(source: Source) -> dict[str, Any]:
    return source.model_dump(by_alias=True, exclude_unset=True)


def _resolved(value: Any, environ: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return expand(value, environ, process_redactor) if "${" in value else value
    if isinstance(value, dict):
        return {name: _resolved(item, environ) for name, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, environ) for item in value]
    return value


def _keep_secret(source: Mapping[str, Any]) -> None:
    """What is a secret by its place, wherever it came from."""
    for path in SECRETS:
        value: Any = source.get("auth")
        for word in path:
            value = value.get(word) if isinstance(value, Mapping) else None
        if value:
            process_redactor.add(value)
            if path == ("basic",):
                process_redactor.add(value.partition(":")[2])
    for name, value in (source.get("headers") or {}).items():
        if is_secret_name(name):
            process_redactor.add(value)
            process_redactor.add(value.rpartition(" ")[2])  # `Bearer` alone is none


def texts_of(source: Source) -> Iterator[tuple[Path, str]]:
    """Each text of `source`, as it is written, with its path: what may ask for variables."""
    return _texts(_words_of(source), ("source",))


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, (*path, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))
