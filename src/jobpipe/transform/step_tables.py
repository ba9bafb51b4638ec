"""The tables of steps: what a house says that wordings mean, above the words that a step knows by itself.

The table of the step `contract` is `step:contract`, for decisions; its file is `mappings/step-contract.csv`.  It is
there as soon as a definition uses the step, whether or not there is a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobpipe.definition.models import Definition
from jobpipe.transform.revision import steps_used
from jobpipe.transform.steps.registry import steps
from jobpipe.transform.steps.step import Step
from jobpipe.transform.steps.wordings import file_of, table_of
from jobpipe.transform.tables import rules_of

_TABLE = table_of("")
_FILE = file_of("")


def step_tables(definition: Definition, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Those of the steps that a definition uses, as the files say them, by name."""
    used = [name for name in steps_used(definition) if steps()[name].meanings is not None]
    return {table_of(name): files.get(file_of(name), {}) for name in used}


def step_of(table: str) -> Step | None:
    """The step that a table is of; None = it is of none."""
    step = steps().get(table.removeprefix(_TABLE)) if table.startswith(_TABLE) else None
    return step if step is not None and step.meanings is not None else None


def step_of_file(name: str) -> Step | None:
    """The step that a file of `mappings/` is the table of, by its name without `.csv`."""
    return step_of(table_of(name.removeprefix(_FILE))) if name.startswith(_FILE) else None


def policies_of_step(definition: Definition, table: str) -> dict[str, str]:
    """By field that uses the step: what becomes of a wording that nobody knows."""
    step = step_of(table)
    found = {}
    for field, rule in rules_of(definition) if step is not None else ():
        for call in (*rule.each, *rule.then):
            if step is not None and call.name == step.name:
                found[field] = str(call.argument or call.params.get("unmapped") or "none")
        if step is not None and rule.map == step.name:
            found[field] = "none"
    return found
