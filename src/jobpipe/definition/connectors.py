"""Connectors: `source: {greenhouse: acme}` is a whole import.

A connector is one file of `jobpipe/sources/connectors`: a definition without its name, in which `<board>` stands for
what the import gives.  What the import says itself goes before what the connector says.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jobpipe.definition.source import PLACES
from jobpipe.definition.yaml import Path, read_yaml
from jobpipe.errors import DefinitionError

_FOLDER = "jobpipe.sources.connectors"
_PARAMETER = re.compile(r"<(\w+)>")
_OPTIONAL = "optional; "
# What an import may say of its source beside the connector, and the connector of the import.
_MERGED = ("posting", "expire")


class ConnectorError(DefinitionError):
    """A connector that is not given what it needs, at a path of the definition."""

    code = "JP1011"

    def __init__(self, path: Path, message: str, hint: str = "", *, of_key: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.path = path
        # It is the word itself that is wrong, not what it is given.
        self.of_key = of_key


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a connector takes."""

    name: str
    about: str
    is_needed: bool
    # What it is where the import does not say; None = what names it is left out.
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Connector:
    name: str
    # Whose service it is, for people.
    about: str
    documentation: str
    # What people should know before they use it; "" = nothing.
    note: str
    # `recorded`: tested on a real answer; `documentation`: on one made after the service's documentation.
    tested_on: str
    # The first is what a bare value means.
    takes: Mapping[str, Parameter]
    definition: Mapping[str, Any]

    def schema(self) -> dict[str, Any]:
        """JSON Schema of what may follow its name."""
        texts = {
            one.name: {"type": ["string", "integer"], "description": one.about, "pattern": r"\S"}
            for one in self.takes.values()
        }
        named = {
            "type": "object",
            "properties": texts,
            "required": self.needed,
            "additionalProperties": False,
        }
        bare = next(iter(texts.values()))
        return {"description": self.about, "anyOf": [bare, named] if len(self.needed) <= 1 else [named]}

    def given(self, value: Any) -> dict[str, str]:
        """The parameters by name. Raises ConnectorError."""
        here: Path = ("source", self.name)
        if not isinstance(value, dict):
            if len(self.needed) > 1:
                raise ConnectorError(here, f"{self.name} needs {' and '.join(self.needed)}", self._hint())
            value = {next(iter(self.takes)): value}
        for name, text in value.items():
            if name not in self.takes:
                near = difflib.get_close_matches(str(name), self.takes, n=1)
                hint = f"did you mean `{near[0]}`?" if near else f"it takes {', '.join(self.takes)}"
                raise ConnectorError((*here, str(name)), f"{self.name} takes no `{name}`", hint, of_key=True)
            if not isinstance(text, (str, int)) or isinstance(text, bool) or not str(text).strip():
                raise ConnectorError((*here, str(name)), f"`{name}` is a text", self._hint())
        if missing := [name for name in self.needed if name not in value]:
            about = self.takes[missing[0]].about
            raise ConnectorError(here, f"{self.name} needs `{missing[0]}`: {about}", self._hint())
        defaults = {one.name: one.default for one in self.takes.values() if one.default is not None}
        return defaults | {name: str(text).strip() for name, text in value.items()}

    @property
    def needed(self) -> list[str]:
        return [one.name for one in self.takes.values() if one.is_needed]

    @property
    def example(self) -> str:
        needed = self.needed
        if len(needed) == 1:
            return f"source: {{{self.name}: {needed[0]}}}"
        return f"source: {{{self.name}: {{{', '.join(f'{name}: …' for name in needed)}}}}}"

    def _hint(self) -> str:
        return f"write {self.example}"


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
        note=content.pop("note", ""),
        tested_on=content.pop("tested_on"),
        takes={word: _parameter(word, said) for word, said in content.pop("takes").items()},
        definition=content,
    )


def _parameter(name: str, said: str | Mapping[str, str]) -> Parameter:
    """Written as a text, which begins with "optional; " where it may be absent, or as {about: …, default: …}."""
    if isinstance(said, str):
        about = said.removeprefix(_OPTIONAL)
        return Parameter(name, about, is_needed=about == said)
    return Parameter(name, said["about"], is_needed=False, default=said["default"])


def expand(value: dict[str, Any]) -> dict[str, Any]:
    """A definition as it was written, with what the connector that it names brings. Raises ConnectorError."""
    source = value.get("source")
    if not isinstance(source, dict):
        return value
    named = [name for name in source if name in connector_names()]
    if not named:
        return _with_posting_of_site(value, source)
    used = connector(named[0])
    places = [word for word in source if word in (*named, *(set(PLACES) - used.definition["source"].keys()))]
    if len(places) > 1:
        first, second = places[:2]
        message = f"a source has one place, not both `{first}` and `{second}`"
        raise ConnectorError(("source", second), message, of_key=True)
    given = used.given(source[named[0]])
    brought = _filled(used.definition, given, frozenset(used.takes.keys() - given.keys()))
    own = {word: said for word, said in source.items() if word != named[0]}
    made = {**brought, **value, "source": _merged(brought["source"], own)}
    for block in _MERGED:
        if isinstance(brought.get(block), dict) and isinstance(value.get(block, {}), dict):
            made[block] = _merged_fields(brought[block], value.get(block, {}))
    return made


def _with_posting_of_site(value: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    """Pages that say JobPosting need no `posting`; what the import says of one goes before."""
    site = source.get("site")
    pages = site if site is not None else source if source.get("format") == "html" else None
    own = value.get("posting", {})
    if not isinstance(pages, dict) or not isinstance(own, dict):
        return value
    if "posting" in value and any(pages.get(word) for word in ("fields", "spider", "record")):
        return value
    return {**value, "posting": _merged_fields(_posting_of_site(), own)}


@cache
def _posting_of_site() -> dict[str, Any]:
    text = (resources.files("jobpipe.sources.site") / "job_posting.yaml").read_text(encoding="utf-8")
    made: dict[str, Any] = read_yaml(text).value
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


def _filled(value: Any, given: Mapping[str, str], absent: frozenset[str]) -> Any:
    """With the parameters in place; what is one that is absent is left out, and what would hold nothing else."""
    if isinstance(value, str):
        return _PARAMETER.sub(lambda found: given.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: _filled(one, given, absent) for name, one in value.items() if not _lacks(one, absent)}
    if isinstance(value, list):
        return [_filled(one, given, absent) for one in value if not _lacks(one, absent)]
    return value


def _lacks(value: Any, absent: frozenset[str]) -> bool:
    if isinstance(value, dict) and value:
        return all(_lacks(one, absent) for one in value.values())
    return isinstance(value, str) and (found := _PARAMETER.fullmatch(value)) is not None and found[1] in absent
