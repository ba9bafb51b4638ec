"""The JSON Schema of definitions with all steps that there are, as text."""

from __future__ import annotations

import json

from jobpipe.definition.schema import definition_schema
from jobpipe.transform.steps.registry import parameters_schema, steps

# The file that `jobpipe init` writes, and that the first line of a definition names.
SCHEMA_FILE = "definition.schema.json"


def schema_text() -> str:
    declared = {name: {"description": step.summary, **parameters_schema(step)} for name, step in steps().items()}
    return json.dumps(definition_schema(declared), indent=2, ensure_ascii=False) + "\n"
