"""A file of `destinations/`: read and checked, with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from jobpipe.definition.destinations import DestinationDefinition, Select
from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.loading import parse_yaml, read_text, validate
from jobpipe.definition.targets import TARGETS

_BLOCKS: Mapping[tuple[str | int, ...], type[BaseModel]] = {
    (): DestinationDefinition,
    ("select",): Select,
    **{("to", word): model for word, model in TARGETS.items()},
}


def read_destination(path: Path, name: str) -> DestinationDefinition:
    """Raises DefinitionError with file, line and column."""
    shown = f"destinations/{path.name}"
    text = read_text(path, shown)
    document = parse_yaml(text, shown)
    definition = validate(DestinationDefinition, document, text, shown, _BLOCKS)
    if definition.destination != name:
        message = f"the destination is named {definition.destination!r} and its file {path.name}"
        fault = Fault(document.values[("destination",)], message, f"write `destination: {name}`, or rename the file")
        raise InvalidFileError(shown, text, [fault])
    return definition
