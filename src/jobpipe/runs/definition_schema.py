"""The JSON Schema of definitions with all steps that there are."""

from __future__ import annotations

import json
from typing import Any

from jobpipe.definition.schema import definition_schema
from jobpipe.transform.steps.registry import parameters_schema, steps

# The file that `jobpipe init` writes, and that the first line of a definition names.
SCHEMA_FILE = "definition.schema.json"


def whole_schema() -> dict[str, Any]:
    declared = {name: {"description": step.summary, **parameters_schema(step)} for name, step in steps().items()}
    return definition_schema(declared)


def schema_text() -> str:
    return json.dumps(whole_schema(), indent=2, ensure_ascii=False) + "\n"
