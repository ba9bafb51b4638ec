"""Connectors: `source: {greenhouse: acme}` is a whole import.

A connector is one file of `jobpipe/sources/connectors`: a definition without its name, in whose source `<board>` stands
for what the import gives.  What the import says itself goes before what the connector says.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jobpipe.definition.yaml import Path, read_yaml
from jobpipe.errors import DefinitionError

_FOLDER = "jobpipe.sources.connectors"
_PARAMETER = re.compile(r"<(\w+)>")
# What an import may say of its source beside the connector, and the connector of the import.
_MERGED = ("posting", "expire")


class ConnectorError(DefinitionError):
    """A connector that is not given what it needs, at a path of the definition."""

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


@dataclass(frozen=True, slots=True)
class Connector:
    name: str
    # Whose service it is, for people.
    about: str
    documentation: str
    # `recorded`: tested on a real answer; `documentation`: on one made after the service's documentation.
    tested_on: str
    # Name and what it is; the first is what a bare value means. One whose text begins with "optional" may be absent.
    takes: Mapping[str, str]
    definition: Mapping[str, Any]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of what may follow its name."""
        named = {
            "type": "object",
            "properties": {name: {"type": "string", "description": text} for name, text in self.takes.items()},
            "required": [name for name in self.takes if not self._is_optional(name)],
            "additionalProperties": False,
        }
        bare = {"type": "string", "description": next(iter(self.takes.values()))}
        return {"description": self.about, "anyOf": [bare, named] if len(self._needed()) <= 1 else [named]}

    def given(self, value: Any) -> dict[str, str]:
        """The parameters by name. Raises ConnectorError."""
        here: Path = ("source", self.name)
        if not isinstance(value, dict):
            if len(self._needed()) > 1:
                raise ConnectorError(here, f"{self.name} needs {' and '.join(self._needed())}", self._example())
            value = {next(iter(self.takes)): value}
        for name, text in value.items():
            if name not in self.takes:
                near = difflib.get_close_matches(str(name), self.takes, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"it takes {', '.join(self.takes)}"
                raise ConnectorError((*here, str(name)), f"{self.name} takes no `{name}`", hint)
            if not isinstance(text, (str, int)) or isinstance(text, bool) or not str(text).strip():
                raise ConnectorError((*here, str(name)), f"`{name}` is a text", self._example())
        if missing := [name for name in self._needed() if name not in value]:
            raise ConnectorError(here, f"{self.name} needs `{missing[0]}`: {self.takes[missing[0]]}", self._example())
        return {name: str(text).strip() for name, text in value.items()}

    def _needed(self) -> list[str]:
        return [name for name in self.takes if not self._is_optional(name)]

    def _is_optional(self, name: str) -> bool:
        return self.takes[name].startswith("optional")

    def _example(self) -> str:
        needed = self._needed()
        if len(needed) == 1:
            return f"write source: {{{self.name}: {needed[0]}}}"
        return f"write source: {{{self.name}: {{{', '.join(f'{name}: …' for name in needed)}}}}}"


@cache
def connector_names() -> list[str]:
    files = resources.files(_FOLDER)
    return sorted(file.name.removesuffix(".yaml") for file in files.iterdir() if file.name.endswith(".yaml"))


@cache
def connector(name: str) -> Connector:
    text = (resources.files(_FOLDER) / f"{name}.yaml").read_text(encoding="utf-8")
    content = read_yaml(text).value
    return Connector(
        name=name,
        about=content.pop("about"),
        documentation=content.pop("documentation"),
        tested_on=content.pop("tested_on"),
        takes=content.pop("takes"),
        definition=content,
    )


def expand(value: dict[str, Any]) -> dict[str, Any]:
    """A definition as it was written, with what the connector that it names brings. Raises ConnectorError."""
    source = value.get("source")
    if not isinstance(source, dict):
        return value
    named = [name for name in source if name in connector_names()]
    if not named:
        return value
    if len(named) > 1:
        raise ConnectorError(("source", named[1]), f"a source has one place, not both `{named[0]}` and `{named[1]}`")
    used = connector(named[0])
    brought = _filled(used.definition, used.given(source[named[0]]))
    own = {word: given for word, given in source.items() if word != named[0]}
    made = {**brought, **value, "source": _merged(brought["source"], own)}
    for block in _MERGED:
        if isinstance(brought.get(block), dict) and isinstance(value.get(block, {}), dict):
            made[block] = _merged_fields(brought[block], value.get(block, {}))
    return made


def _merged(first: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Blocks are merged word by word; everything else replaces what was there."""
    made = dict(first)
    for word, given in over.items():
        before = made.get(word)
        made[word] = _merged(before, given) if isinstance(before, dict) and isinstance(given, dict) else given
    return made


def _merged_fields(first: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A field that the import makes itself is none of the connector's any more, nor are its dotted parts."""
    own = {str(name).partition(".")[0] for name in over}
    return {name: rule for name, rule in first.items() if str(name).partition(".")[0] not in own} | dict(over)


def _filled(value: Any, given: Mapping[str, str]) -> Any:
    """With the parameters in place; what names one that is not given is left out."""
    if isinstance(value, str):
        return _PARAMETER.sub(lambda found: given.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _filled(one, given) for name, one in value.items() if not _lacks(one, given)}
    if isinstance(value, list):
        return [_filled(one, given) for one in value if not _lacks(one, given)]
    return value


def _lacks(value: Any, given: Mapping[str, str]) -> bool:
    return isinstance(value, str) and (found := _PARAMETER.fullmatch(value)) is not None and found[1] not in given
