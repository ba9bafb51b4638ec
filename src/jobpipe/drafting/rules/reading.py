"""How a column is read in a rule: its path alone, or with the steps that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jobpipe.drafting.columns import Column


def rule_of(column: Column, *steps: Any, path: str = "") -> Any:
    """As a person would write it: a path, or a list of a path and steps. `path`: instead of the column's own."""
    all_steps = [*column.steps, *steps]
    if len(all_steps) > 1 and all_steps[-1] == "clean" == all_steps[-2]:
        all_steps.pop()
    return [path or column.path, *all_steps] if all_steps else path or column.path


def long_rule(column: Column, *steps: Any) -> dict[str, Any]:
    """As a mapping with `from` and `then`; there is a step at least."""
    all_steps = [*column.steps, *steps]
    return {"from": column.path, "then": all_steps[0] if len(all_steps) == 1 else all_steps}


def paths_of(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column.path for column in columns))
