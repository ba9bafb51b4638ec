"""Knows a feed's dialect by the paths of its records: those of a file here, or those that a connector reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jobpipe.definition.connectors import connector, connector_names, expand
from jobpipe.definition.models import Definition
from jobpipe.definition.yaml import read_yaml
from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import Hint

# What a dialect is worth beside the values, in logarithms of odds.
_ODDS = 3.6
# Of the paths of a connector this share must be there, and this many.
_SHARE, _LEAST = 0.6, 6
# Stands for what a connector must be given.
_ASKED = "asked-of-the-import"


@dataclass(frozen=True, slots=True)
class Dialect:
    name: str
    # Whose it is, for people.
    about: str
    # Paths without case that must all be there.
    needs: frozenset[str]
    # Role -> paths, the likeliest first.
    roles: Mapping[str, tuple[str, ...]]
    # Rules that are taken as they are, by field; {} = they are made of the roles.
    rules: Mapping[str, Any]

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(path for paths in self.roles.values() for path in paths)

    def hint(self, role: str, column: Column) -> Hint | None:
        if column.steps or plain_path(column.path) not in self.roles.get(role, ()):
            return None
        return Hint(_ODDS, f"{self.about} has it there")


def dialect_of(columns: list[Column], kind: str) -> Dialect | None:
    """None = none that is known. Of several the one that has most of its paths there."""
    there = {plain_path(column.path) for column in columns if not column.steps}
    found = [one for one in _dialects(kind) if one.needs <= there]
    found += [one for one in _of_connectors(kind) if _is_there(one, there)]
    return max(found, key=lambda one: (len(one.paths & there), bool(one.rules)), default=None)


def _is_there(one: Dialect, there: set[str]) -> bool:
    known = len(one.paths & there)
    return known >= _LEAST and known >= _SHARE * len(one.paths)


def plain_path(path: str) -> str:
    """As dialects are compared: without case, and without the signs of lists."""
    return path.casefold().replace("[*]", "")


@cache
def _dialects(kind: str) -> list[Dialect]:
    made = []
    for file in sorted(resources.files("jobpipe.drafting.dialects").iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".yaml"):
            continue
        content = read_yaml(file.read_text(encoding="utf-8")).value
        if content["kind"] == kind:
            roles = {
                role: tuple(plain_path(path) for path in _several(paths)) for role, paths in content["roles"].items()
            }
            needs = frozenset(plain_path(path) for path in _several(content["needs"]))
            made.append(Dialect(file.name.removesuffix(".yaml"), content["about"], needs, roles, {}))
    return made


def _several(paths: Any) -> list[str]:
    return paths if isinstance(paths, list) else str(paths).split()


@cache
def _of_connectors(kind: str) -> list[Dialect]:
    made = []
    for name in connector_names():
        used = connector(name)
        if (used.definition["source"].get("format") or "json") != kind:
            continue
        rules = _rules_of(name)
        definition = Definition.model_validate({"import": "x", "source": {"feed": "x"}, "posting": rules})
        roles: dict[str, tuple[str, ...]] = {}
        for field, rule in definition.posting.items():
            roles[field] = tuple(
                plain_path(path) for path in _paths(rule, "/" if kind == "xml" else ".") if "jmespath:" not in path
            )
        about = used.about.partition(",")[0]
        made.append(Dialect(name, about, frozenset(), {one: paths for one, paths in roles.items() if paths}, rules))
    return made


def _rules_of(name: str) -> dict[str, Any]:
    """Of a connector, but for those that need what only its import can say."""
    needed = dict.fromkeys(connector(name).needed, _ASKED)
    posting = expand({"source": {name: needed}})["posting"]
    return {field: rule for field, rule in posting.items() if _ASKED not in str(rule)}


def _paths(rule: Any, between: str) -> Iterator[str]:
    yield from rule.from_
    for part in rule.parts.values():
        for path in _paths(part, between):
            yield f"{rule.for_}{between}{path}" if rule.for_ and "jmespath:" not in rule.for_ else path
