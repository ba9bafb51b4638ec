"""Runs one step as a definition would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from jobpipe.definition.models import FieldRule
from jobpipe.transform.hooks import hook_finder
from jobpipe.transform.steps.registry import build
from jobpipe.transform.steps.step import EXAMPLE_DAY
from jobpipe.transform.workbench import Workbench


def new_bench(
    *, posting: Mapping[str, Any] | None = None, tables: Mapping[str, Mapping[str, Any]] | None = None, hooks: str = ""
) -> Workbench:
    bench = Workbench(tables=tables, hook=hook_finder(hooks or None))
    bench.begin(EXAMPLE_DAY)
    bench.posting = dict(posting or {})
    return bench


def built(call: str, bench: Workbench | None = None) -> Callable[[Any], Any]:
    """The function of a step, written as in YAML: `{split: ","}`."""
    (step,) = FieldRule.model_validate({"from": "x", "then": yaml.safe_load(call)}).then
    return build(step, bench or new_bench())


def made(call: str, value: Any, **bench: Any) -> Any:
    return built(call, new_bench(**bench))(value)
