"""A file of `destinations/`: read and checked, with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from jobpipe.definition.destinations import DestinationDefinition, Select
from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.loading import parse_yaml, read_text, validate
from jobpipe.definition.logins import ApiKey, Auth, OAuth2, StoreKey
from jobpipe.definition.targets import TARGETS, way_of
from jobpipe.definition.yaml import Document
from jobpipe.definition.yaml import Path as Spots

_BLOCKS: dict[Spots, type[BaseModel]] = {
    (): DestinationDefinition,
    ("select",): Select,
    ("to", "auth"): Auth,
    ("to", "auth", "key"): ApiKey,
    ("to", "auth", "oauth2"): OAuth2,
    ("to", "auth", "store"): StoreKey,
}


def read_destination(path: Path, name: str) -> DestinationDefinition:
    """Raises DefinitionError with file, line and column."""
    shown = f"destinations/{path.name}"
    text = read_text(path, shown)
    document = parse_yaml(text, shown)
    definition = validate(DestinationDefinition, document, text, shown, _blocks_of(document))
    if definition.destination != name:
        message = f"the destination is named {definition.destination!r} and its file {path.name}"
        fault = Fault(document.values[("destination",)], message, f"write `destination: {name}`, or rename the file")
        raise InvalidFileError(shown, text, [fault])
    return definition


def _blocks_of(document: Document) -> dict[Spots, type[BaseModel]]:
    """What words there are depends on the way out that the file names."""
    to = document.value.get("to") if isinstance(document.value, dict) else None
    way = way_of(to)
    return {**_BLOCKS, ("to",): TARGETS[way]} if way else _BLOCKS
