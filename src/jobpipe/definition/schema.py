"""The JSON Schema of definitions (draft 2020-12), for editors: completion, explanations, and a first check.

What the models and the steps declare is said once, there; here are only the short forms that a person may write.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobpipe.definition.connectors import connector, connector_names
from jobpipe.definition.field_descriptions import FIELDS, PARTS
from jobpipe.definition.models import RULE_WORDS, Definition, FieldRule
from jobpipe.definition.source import PLACES
from jobpipe.posting import FIELD_NAMES, NESTED

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PATH = {"type": "string", "description": "The path of the value in a record."}
_STEPS = {"$ref": "#/$defs/steps"}
# The pages of a site may say by themselves what a posting is.
_NAMES_A_CONNECTOR = {"anyOf": [{"required": [name]} for name in (*connector_names(), "site")]}
_PATHS = {"anyOf": [_PATH, {"type": "array", "items": _PATH}]}

Schema = dict[str, Any]


def definition_schema(steps: Mapping[str, Mapping[str, Any]]) -> Schema:
    """`steps`: of each step its name and the JSON Schema, with a description, of what may follow the name."""
    whole = Definition.model_json_schema(by_alias=True)
    blocks = {name: _plain(block) for name, block in whole["$defs"].items() if name not in ("FieldRule", "StepCall")}
    properties = {name: _plain(one) for name, one in whole["properties"].items()}
    properties["posting"] = _posting(str(whole["properties"]["posting"]["description"]))
    for word in ("key", "require"):
        properties[word] = _one_or_several(properties[word])
    _add_connectors(blocks)
    guard = blocks["Expire"]["properties"]["guard"]
    percent = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%\s*$"}
    blocks["Expire"]["properties"]["guard"] = _either(guard, {"type": "number", "minimum": 0, "maximum": 100}, percent)
    return {
        "$schema": DRAFT,
        "title": "job-pipe definition",
        "description": "One import: where its records come from, and how a posting is made of each.",
        "type": "object",
        "required": [word for word in whole["required"] if word != "posting"],
        "if": {"properties": {"source": _NAMES_A_CONNECTOR}},
        "else": {"required": ["posting"]},
        "additionalProperties": False,
        "properties": properties,
        "$defs": {**blocks, **_rules(), "step": _step(steps), "steps": _several(), "inner_step": _inner_step()},
    }


def _add_connectors(blocks: dict[str, Schema]) -> None:
    """An import need not say what its connector brings, and may say a word of it alone: {api: {page: {size: 20}}}."""
    source = blocks["Source"]
    source["properties"] |= {name: connector(name).schema() for name in connector_names()}
    source["anyOf"] = [{"required": [place]} for place in (*PLACES, *connector_names())]
    needed = {name: {"required": blocks[name].pop("required")} for name in ("Api", "Paging", "Detail", "OAuth2")}
    page = {"page": needed["Paging"]}
    source["if"] = _NAMES_A_CONNECTOR
    source["else"] = {
        "properties": {
            "api": {**needed["Api"], "properties": {**page, "detail": needed["Detail"]}},
            "soap": {"properties": page},
            "auth": {"properties": {"oauth2": needed["OAuth2"]}},
        }
    }


# What pydantic gives ---------------------------------------------------------------------------------


def _plain(schema: Any) -> Any:
    """Without the generated titles, and without null: what is not given is not written."""
    if isinstance(schema, list):
        return [_plain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _plain(one) for name, one in schema.items() if name != "title" or isinstance(one, dict)}
    if made.get("default", 0) in (None, [], {}) or isinstance(made.get("default"), dict):
        del made["default"]
    given = [one for one in made.get("anyOf", []) if one != {"type": "null"}]
    if len(given) == 1:
        del made["anyOf"]
        made.update(given[0] | {name: value for name, value in made.items() if name == "description"})
    elif given:
        made["anyOf"] = given
    return made


def _one_or_several(schema: Schema) -> Schema:
    return _either(schema, schema["items"], {"type": "array", "items": schema["items"]})


def _either(schema: Schema, *forms: Schema) -> Schema:
    kept = {name: value for name, value in schema.items() if name in ("description", "default")}
    return {**kept, "anyOf": list(forms)}


# The posting -----------------------------------------------------------------------------------------


def _posting(description: str) -> Schema:
    dotted = {
        rf"^{field}\.({'|'.join(parts[0].__struct_fields__)})$": {"$ref": "#/$defs/rule"}
        for field, parts in NESTED.items()
    }
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "properties": {field: _field(field) for field in FIELD_NAMES},
        "patternProperties": {**dotted, r"^extra\..+$": {"$ref": "#/$defs/rule"}},
    }


def _field(field: str) -> Schema:
    named = field if field in NESTED or field == "extra" else ""
    return {"description": FIELDS[field], "$ref": f"#/$defs/rule{'_of_' + named if named else ''}"}


def _rules() -> dict[str, Schema]:
    """The rule of a plain field, and of each field that has parts."""
    made = {"rule": _rule(_full_rule(None), [])}
    for field, (struct, _) in NESTED.items():
        parts: Schema = {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                part: {"description": PARTS[field][part], "$ref": "#/$defs/rule"} for part in struct.__struct_fields__
            },
        }
        made[f"rule_of_{field}"] = _rule(_full_rule(parts), [parts])
    named: Schema = {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/rule"},
        "propertyNames": {"not": {"enum": sorted(RULE_WORDS)}},
    }
    made["rule_of_extra"] = _rule(_full_rule({**named, "propertyNames": True}), [named])
    return made


def _rule(full: Schema, parts: list[Schema]) -> Schema:
    """A path, a path followed by steps, a mapping that says it in full; or the parts of a nested field."""
    listed = {
        "type": "array",
        "description": "A path, followed by steps.",
        "minItems": 1,
        "prefixItems": [_PATH],
        "items": {"$ref": "#/$defs/inner_step"},
    }
    return {"anyOf": [_PATH, listed, full, *parts]}


def _full_rule(parts: Schema | None) -> Schema:
    properties: dict[str, Schema] = {}
    for name, one in FieldRule.model_json_schema(by_alias=True)["$defs"]["FieldRule"]["properties"].items():
        properties[name] = _plain(one)
    for word in ("each", "then"):
        properties[word] = {"description": properties[word]["description"], **_STEPS}
    properties["from"] = {"description": properties["from"]["description"], **_PATHS}
    properties["taxonomy"] = _either(properties["taxonomy"], {"type": "string"}, {"$ref": "#/$defs/CodesOf"})
    if parts is None:
        del properties["parts"]
    else:
        properties["parts"] = {"description": properties["parts"]["description"], **parts}
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": properties}


# The steps -------------------------------------------------------------------------------------------


def _step(steps: Mapping[str, Mapping[str, Any]]) -> Schema:
    names = {
        "type": "string",
        "enum": list(steps),
        # Not of the standard: what VS Code and the YAML language server show beside each.
        "enumDescriptions": [str(one.get("description", "")) for one in steps.values()],
    }
    called = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {name: dict(one) for name, one in steps.items()},
    }
    return {"description": "The name of a step, or its name with what it is given.", "anyOf": [names, called]}


def _several() -> Schema:
    return {"anyOf": [{"$ref": "#/$defs/step"}, {"type": "array", "items": {"$ref": "#/$defs/step"}}]}


def _inner_step() -> Schema:
    """A step after a path. Any text passes: an editor that knows only draft 7 takes the path for a step too."""
    return {"anyOf": [{"$ref": "#/$defs/step"}, {"type": "string"}]}
