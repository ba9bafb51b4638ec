"""From the text of a definition to its model; what is wrong is told with line, column and the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from jobpipe.definition.connectors import ConnectorError, expand
from jobpipe.definition.drops import FileOptions
from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.logins import ApiKey, Auth, OAuth2, StoreKey
from jobpipe.definition.messages import faults_of, unknown_fields
from jobpipe.definition.models import Definition, Expire
from jobpipe.definition.reporting import ReportSettings
from jobpipe.definition.services import Api, Detail, Paging, Soap
from jobpipe.definition.sites import Form, Site
from jobpipe.definition.sound_part import sound_part
from jobpipe.definition.source import CsvOptions, LimitOptions, Source
from jobpipe.definition.spots import spot_of, within
from jobpipe.definition.yaml import Document, Path, Spot, YamlProblem, read_yaml
from jobpipe.errors import DefinitionError, Place

_Model = TypeVar("_Model", bound=BaseModel)
# The model of each block, by its path: what words there are.
_BLOCKS: dict[Path, type[BaseModel]] = {
    (): Definition,
    ("source",): Source,
    ("source", "api"): Api,
    ("source", "api", "page"): Paging,
    ("source", "api", "detail"): Detail,
    ("source", "auth"): Auth,
    ("source", "auth", "key"): ApiKey,
    ("source", "auth", "oauth2"): OAuth2,
    ("source", "auth", "store"): StoreKey,
    ("source", "files"): FileOptions,
    ("source", "site"): Site,
    ("source", "site", "form"): Form,
    ("source", "soap"): Soap,
    ("source", "soap", "page"): Paging,
    ("source", "csv"): CsvOptions,
    ("source", "limits"): LimitOptions,
    ("expire",): Expire,
    ("report",): ReportSettings,
}


class PathProblem(Protocol):
    """Something wrong at a path of the definition's normal form, in words."""

    @property
    def path(self) -> Path: ...
    @property
    def message(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def code(self) -> str:
        """See `jobpipe.error_codes`."""
        ...

    @property
    def span(self) -> tuple[int, int]:
        """Of the text there the characters that are meant; (0, 0) = all of it."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedDefinition:
    definition: Definition
    # As it was written.
    text: str
    # As people know it: imports/apec.yaml.
    shown: str
    document: Document

    def errors_of(self, problems: Iterable[PathProblem]) -> InvalidFileError:
        """All of them in one error, each at its place in the text."""
        faults = [Fault(self._spot_of(one), one.message, one.hint, one.code) for one in problems]
        return InvalidFileError(self.shown, self.text, list(dict.fromkeys(faults)))

    def _spot_of(self, problem: PathProblem) -> Spot:
        spot = spot_of(self.document, problem.path)
        return within(spot, self.document, self.text, problem.path, problem.span)


def load_definition(path: FilePath, shown: str) -> LoadedDefinition:
    """Raises DefinitionError: not readable, not YAML, or not a definition."""
    return parse_definition(read_text(path, shown), shown)


def parse_definition(text: str, shown: str) -> LoadedDefinition:
    """`shown` names the text in errors. Raises InvalidDefinitionError with everything that is wrong with it."""
    document = parse_yaml(text, shown)
    value = _expanded(document, text, shown)
    try:
        return LoadedDefinition(Definition.model_validate(value), text, shown, document)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    faults = faults_of(errors, document, _BLOCKS) + unknown_fields(document)
    left = sound_part(value, [tuple(one["loc"]) for one in errors])
    sound = LoadedDefinition(left, text, shown, document) if left is not None else None
    raise InvalidDefinitionError(shown, text, list(dict.fromkeys(faults)), sound)


def _expanded(document: Document, text: str, shown: str) -> dict[str, Any]:
    """What was written, with what the connector that it names brings."""
    value = _mapping_of(Definition, document, text, shown)
    try:
        return expand(value)
    except ConnectorError as error:
        fault = Fault(spot_of(document, error.path, of_key=error.of_key), error.message, error.hint, error.code)
        raise InvalidFileError(shown, text, [fault]) from error


class InvalidDefinitionError(InvalidFileError):
    """All that is wrong with the words of a definition; `sound` is what is left, to look for what else is wrong."""

    def __init__(self, shown: str, text: str, faults: Sequence[Fault], sound: LoadedDefinition | None) -> None:
        super().__init__(shown, text, faults)
        self.sound = sound


def read_text(path: FilePath, shown: str) -> str:
    """The text of a file that a person wrote. Raises DefinitionError where it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        place = Place(source=shown, line=line)
        raise DefinitionError("the file is not UTF-8", place=place, hint="save it as UTF-8") from error
    except OSError as error:
        raise DefinitionError(f"the file cannot be read: {error.strerror}", place=Place(source=shown)) from error


def parse_yaml(text: str, shown: str) -> Document:
    """Raises InvalidFileError."""
    try:
        return read_yaml(text)
    except YamlProblem as problem:
        raise InvalidFileError(shown, text, [Fault(problem.spot, problem.message, problem.hint, "JP1002")]) from problem


def validate(
    model: type[_Model], document: Document, text: str, shown: str, blocks: Mapping[Path, type[BaseModel]]
) -> _Model:
    """The model of a document; an empty one has no words. Raises InvalidFileError with everything that is wrong."""
    try:
        return model.model_validate(_mapping_of(model, document, text, shown))
    except ValidationError as error:
        faults = faults_of(error.errors(include_url=False), document, blocks)
        raise InvalidFileError(shown, text, faults) from error


def _mapping_of(model: type[BaseModel], document: Document, text: str, shown: str) -> dict[str, Any]:
    value = document.value if document.value is not None else {}
    if isinstance(value, dict):
        return value
    first = next(iter(model.model_fields.items()))
    hint = f"{first[1].alias or first[0]}: value"
    raise InvalidFileError(shown, text, [Fault(Spot(1, 1), "the file is a mapping: names and values", hint)])
