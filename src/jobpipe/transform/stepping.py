"""Steps as the compiler uses them: nothing stays nothing, and of a list each item is treated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobpipe.definition.models import StepCall
from jobpipe.transform.steps.registry import build
from jobpipe.transform.workbench import Workbench

Run = Callable[[Any], Any]


def build_step(call: StepCall, bench: Workbench) -> Run:
    """Raises DefinitionError (with `path` relative to the call) where the step or its parameters are wrong."""
    return build(call, bench)
