"""What is left of a definition without what the models refuse, so that the rest can be checked in one go."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from jobpipe.definition.models import Definition
from jobpipe.definition.source import PLACES
from jobpipe.definition.yaml import Path

# In the place of what cannot be left out; never read.
_STAND_INS: dict[str, Any] = {"import": "import", "source": {"feed": "feed"}}


def sound_part(value: Mapping[str, Any], refused: Iterable[Path]) -> Definition | None:
    """`value` as it was written, without the field or the word that each refused path leads into; None = too little
    is left."""
    left = copy.deepcopy(dict(value))
    for path in refused:
        if path[:1] == ("posting",) and len(path) > 1:
            _drop_field(left.get("posting"), str(path[1]))
        elif len(path) > 1 and isinstance(left.get(str(path[0])), dict):
            left[str(path[0])].pop(path[1], None)
        elif path:
            left.pop(str(path[0]), None)
    for name, stand_in in _STAND_INS.items():
        left.setdefault(name, stand_in)
    source = left["source"]
    if isinstance(source, dict) and sum(bool(source.get(place)) for place in PLACES) != 1:
        others = {word: value for word, value in source.items() if word not in PLACES}
        left["source"] = {**others, **_STAND_INS["source"]}
    try:
        return Definition.model_validate(left)
    except ValidationError:
        return None


def _drop_field(rules: Any, field: str) -> None:
    if isinstance(rules, dict):
        for written in [name for name in rules if str(name).partition(".")[0] == field]:
            del rules[written]
