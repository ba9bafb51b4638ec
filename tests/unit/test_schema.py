"""The JSON Schema of definitions agrees with the models, and with what people write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jobpipe.definition.field_descriptions import FIELDS, PARTS
from jobpipe.definition.models import FieldRule
from jobpipe.definition.yaml import read_yaml
from jobpipe.posting import FIELD_NAMES, NESTED
from jobpipe.runs.definition_schema import schema_text
from jobpipe.transform.steps.registry import steps

ROOT = Path(__file__).parent.parent.parent
HEAD = "import: acme\nsource:\n  feed: feed.xml\n"
WRITTEN = sorted((ROOT / "src/jobpipe/cli/starter/imports").glob("*.yaml"))
WRITTEN += sorted((ROOT / "demo/project/imports").glob("*.yaml"))


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(schema_text())
    return made


def errors_of(schema: dict[str, Any], text: str) -> list[str]:
    return [error.json_path for error in Draft202012Validator(schema).iter_errors(read_yaml(text).value)]


def test_it_is_a_schema_of_its_draft(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_definitions_that_are_written_pass(schema: dict[str, Any], path: Path) -> None:
    assert errors_of(schema, path.read_text()) == []


@pytest.mark.parametrize(
    "rules",
    [
        "title: t",
        "title: [t, clean, {truncate: {length: 3}}, {truncate: 3}]",
        "title: {from: [a, b], join: ' ', then: clean}",
        "title: {from: a, then: [clean, upper], default: x}",
        "company.name: [n, clean]",
        "company: {name: n, url: {value: 'https://example.org'}}",
        "company: {from: c, parts: {id: i}}",
        "locations: {for: lieux/lieu, parts: {city: ville}}",
        "skills: {from: s, split: ',', each: clean}",
        "category: {from: c, map: {a: b}, unmapped: reject}",
        "category: {from: c, map: functions, taxonomy: house}",
        "category: {from: c, map: functions, taxonomy: {name: house, language: fr}}",
        "category: {code: c, taxonomy: {value: house}}",
        "extra: {rhythm: r, shift: {value: 3}}",
        "extra.rhythm: [r, clean]",
        "contract: {value: permanent}",
    ],
)
def test_every_form_of_a_rule_passes(schema: dict[str, Any], rules: str) -> None:
    assert errors_of(schema, f"{HEAD}posting:\n  {rules}\n") == []


@pytest.mark.parametrize("expire", ["{guard: 30%}", "{guard: 12.5, misses: 2}"])
def test_a_share_is_a_number_or_percent(schema: dict[str, Any], expire: str) -> None:
    assert errors_of(schema, f"{HEAD}posting: {{title: t}}\nkey: url\nrequire: [url]\nexpire: {expire}\n") == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (HEAD + "  recod: x\nposting: {title: t}\n", "$.source"),
        (HEAD + "  format: XML\nposting: {title: t}\n", "$.source.format"),
        (HEAD + "  limits: {ratio: 0}\nposting: {title: t}\n", "$.source.limits.ratio"),
        (HEAD + "posting: {descripton: d}\n", "$.posting"),
        (HEAD + "posting: {title: {from: t, thn: clean}}\n", "$.posting.title"),
        (HEAD + "posting: {title: {from: t, then: claen}}\n", "$.posting.title"),
        (HEAD + "posting: {title: [t, {truncate: {lenght: 3}}]}\n", "$.posting.title"),
        (HEAD + "posting: {company: {naem: n}}\n", "$.posting.company"),
        (HEAD + "posting: {title: 5}\n", "$.posting.title"),
        (HEAD + "posting: {company.naem: n}\n", "$.posting"),
        (HEAD + "posting: {title: t}\nexpire: {guard: viel}\n", "$.expire.guard"),
        ("import: acme\nsource: {}\nposting: {title: t}\n", "$.source"),
        ("import: acme\nposting: {title: t}\n", "$"),
    ],
)
def test_mistakes_are_found_where_they_are(schema: dict[str, Any], text: str, place: str) -> None:
    assert errors_of(schema, text) == [place]


def test_every_field_and_part_of_a_posting_is_described() -> None:
    assert tuple(FIELDS) == FIELD_NAMES
    assert {name: tuple(parts) for name, parts in PARTS.items()} == {
        name: struct.__struct_fields__ for name, (struct, _) in NESTED.items()
    }


def named_properties(schema: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        for name, one in schema.get("properties", {}).items():
            yield f"{path}.{name}", one
        for name, one in schema.items():
            if name not in ("if", "else"):  # conditions on words that are explained where they are
                yield from named_properties(one, f"{path}.{name}")
    elif isinstance(schema, list):
        for one in schema:
            yield from named_properties(one, path)


def test_every_word_is_explained(schema: dict[str, Any]) -> None:
    silent = [path for path, one in named_properties(schema) if not one.get("description")]
    assert silent == []


def test_every_step_and_every_word_of_a_rule_is_offered(schema: dict[str, Any]) -> None:
    names, called = schema["$defs"]["step"]["anyOf"]
    assert names["enum"] == list(called["properties"]) == list(steps())
    full = next(one for one in schema["$defs"]["rule_of_company"]["anyOf"] if "from" in one.get("properties", {}))
    assert set(full["properties"]) == {field.alias or name for name, field in FieldRule.model_fields.items()}


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    references = {part.split('"')[0] for part in json.dumps(schema).split('"$ref": "#/$defs/')[1:]}
    assert references <= set(schema["$defs"])
