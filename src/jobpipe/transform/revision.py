"""The revision: a number that stands for all that decides what is made of a record, besides its bytes.

It seeds the digests of records, so that a record read under another revision is never taken for known.
Comments and the order of keys in the YAML, schedules, owners and expiry rules are not in it; nor is what mapping
tables say: each state row remembers the labels it was made with, and a changed table touches those rows only
(`jobpipe.runs.mappings.remapping`).
"""

from __future__ import annotations

from typing import Any

import msgspec
import xxhash

from jobpipe.definition.models import Definition
from jobpipe.definition.overrides import NO_OVERRIDES, Overrides, contents_of
from jobpipe.transform.steps.registry import steps
from jobpipe.transform.tables import rules_of

# Raise it when the transformation itself makes something else of the same record and definition.
TRANSFORM_VERSION = 3

_SOURCE_PARTS = ("record", "format", "encoding", "csv", "ignore", "closed")
_DEFINITION_PARTS = ("posting", "keep", "key", "require")
_canonical = msgspec.json.Encoder(order="sorted").encode


def revision_of(definition: Definition, *, hooks_source: str | None, overrides: Overrides = NO_OVERRIDES) -> int:
    """64 bits, unsigned; the same in every process and on every machine."""
    whole = definition.model_dump(mode="json", by_alias=True)
    # The order of the fields counts: a step may look at what was made before it.
    posting = [(field, _without_taxonomy(rule)) for field, rule in whole["posting"].items()]
    uses_hooks = any(name == "python" for name in steps_used(definition))
    content: dict[str, Any] = {
        "transform": TRANSFORM_VERSION,
        "source": {part: whole["source"][part] for part in _SOURCE_PARTS},
        "definition": {part: whole[part] for part in _DEFINITION_PARTS} | {"posting": posting},
        "steps": {name: _version_of(name) for name in steps_used(definition)},
        "hooks": hooks_source if uses_hooks else None,
    }
    if overrides.rules:
        content["overrides"] = contents_of(overrides)
    return int(xxhash.xxh3_64_intdigest(_canonical(content)))


def _without_taxonomy(rule: dict[str, Any]) -> dict[str, Any]:
    """Whose codes a table has is part of what the table says."""
    parts = {name: _without_taxonomy(part) for name, part in rule["parts"].items()}
    return {word: said for word, said in rule.items() if word != "taxonomy"} | {"parts": parts}


def steps_used(definition: Definition) -> list[str]:
    """The names of the steps that make a posting, those of the description's last station included."""
    used = {"sanitize_html", "html_to_text", "text_to_html"} if "description" in definition.posting else set()
    for _, rule in rules_of(definition):
        used.update(call.name for call in (*rule.each, *rule.then))
        if isinstance(rule.map, str):
            used.add(rule.map)
    return sorted(used & steps().keys())


def _version_of(name: str) -> Any:
    return steps()[name].version
