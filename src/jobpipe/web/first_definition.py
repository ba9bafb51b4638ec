"""The first draft of an import: a place to read, and rules for the fields that its records name as we do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from jobpipe.definition.project import Project
from jobpipe.errors import SourceError
from jobpipe.posting import FIELD_NAMES, NESTED
from jobpipe.runs.previewing import Preview, preview
from jobpipe.web.drafts import refuse_other_files

# Of a first record, from which rules are made.
_DEPTH = 3
_TITLE = ("title", "jobtitle", "intitule", "titre", "name", "titel", "position")


def first_definition(project: Project, name: str, client: str, feed: str) -> str:
    """Its text. Raises SourceError where no record can be read there, DefinitionError for a place that is none."""
    text = _text(name, client, {"feed": feed}, {"title": "title"})
    refuse_other_files(project, project.read(name, text, f"imports/{name}.yaml"))
    made = preview(project, name, count=1, definition=(text, f"imports/{name}.yaml"))
    if not made.records:
        raise SourceError("no record was found there", hint=made.reading.why)
    return _text(name, client, {"feed": feed, "record": made.record}, _rules(made))


def _rules(made: Preview) -> dict[str, str]:
    """Paths of plain values by the fields that have their names; a posting needs a title."""
    (one,) = made.records
    separator = "/" if one.context.kind == "xml" else "."
    paths = dict(_leaves(one.record, "", separator, _DEPTH))
    by_name = {path.rpartition(separator)[2].lstrip("@").lower(): path for path in reversed(paths)}
    rules = {}
    for field in FIELD_NAMES:
        if field not in NESTED and field in by_name:
            rules[field] = by_name[field]
    if "reference" not in rules and "id" in by_name:
        rules["reference"] = by_name["id"]
    title = next((by_name[word] for word in _TITLE if word in by_name), next(iter(paths), "title"))
    return {**({"reference": rules.pop("reference")} if "reference" in rules else {}), "title": title, **rules}


def _leaves(value: Any, path: str, separator: str, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and depth:
        for name, item in value.items():
            below = path if name == "#text" else f"{path}{separator if path else ''}{name}"
            yield from _leaves(item, below, separator, depth - 1)
    elif path and not isinstance(value, (Mapping, list)):
        yield path, value


def _text(name: str, client: str, source: dict[str, str], posting: dict[str, str]) -> str:
    source = {word: value for word, value in source.items() if value}
    whole = {"import": name, **({"client": client} if client else {}), "source": source, "posting": posting}
    return str(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=1_000))
