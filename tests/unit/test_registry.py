"""The registry of steps: each is documented by its declaration, and a wrong call is told where and why."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml
from stepping import built, made, new_bench

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.transform.steps.registry import parameters_schema, steps
from jobpipe.transform.steps.step import Example, Step

ALL = list(steps().values())
EXAMPLES = [(step, example) for step in ALL for example in step.examples]


@pytest.mark.parametrize("step", ALL, ids=lambda step: step.name)
def test_every_step_and_parameter_is_described(step: Step) -> None:
    assert step.summary.endswith(".") and "\n" not in step.summary
    assert step.version >= 1
    assert all(parameter.description and parameter.type for parameter in step.parameters)
    assert step.examples or step.name == "python"
    # A parameter that is required stands first, so that it can be given bare.
    assert [one.is_required for one in step.parameters] == sorted(
        (one.is_required for one in step.parameters), reverse=True
    )


@pytest.mark.parametrize(("step", "example"), EXAMPLES, ids=[f"{step.name}-{one.call}" for step, one in EXAMPLES])
def test_every_example_is_true(step: Step, example: Example) -> None:
    assert made(example.call, example.given, posting=example.posting) == example.result


@pytest.mark.parametrize(("step", "example"), EXAMPLES, ids=[f"{step.name}-{one.call}" for step, one in EXAMPLES])
def test_the_schema_of_a_step_accepts_its_examples(step: Step, example: Example) -> None:
    call = yaml.safe_load(example.call)
    schema = parameters_schema(step)
    json.dumps(schema)
    if isinstance(call, dict):
        jsonschema.validate(call[step.name], schema)


@pytest.mark.parametrize("step", ALL, ids=lambda step: step.name)
def test_nothing_stays_nothing_unless_a_step_says_otherwise(step: Step) -> None:
    if step.takes == "anything" or not step.examples:
        return
    assert made(step.examples[0].call, None, tables={}) is None


def test_of_a_list_each_item_is_treated_and_nothing_left_out() -> None:
    assert made("clean", [" a ", None, "  ", "b"]) == ["a", "b"]
    assert made(r"{regex: '\d+'}", ["a1", "b", "2"]) == ["1", "2"]


def test_numbers_and_booleans_reach_a_text_step_as_a_person_writes_them() -> None:
    assert made("trim", [7, 2.0, 2.5, True]) == ["7", "2", "2.5", "true"]


def test_an_object_is_no_text() -> None:
    with pytest.raises(RecordError) as caught:
        made("upper", {"city": "Lyon"})
    assert caught.value.reason == "step" and "pick" in caught.value.hint


@pytest.mark.parametrize(
    ("call", "path", "said"),
    [
        ("claen", (), "clean"),
        ("{date: {ordre: DMY}}", ("params", "ordre"), "order"),
        ("{date: {order: YDM}}", ("params", "order"), "DMY"),
        ("{date: YDM}", ("argument",), "one of DMY, MDY, YMD"),
        ("{date: {zone: Europe/Pari}}", ("params", "zone"), "Europe/Paris"),
        ("{date: {relative: perhaps}}", ("params", "relative"), "true or false"),
        ("{date: {languages: francais}}", ("params", "languages"), "ISO 639-1"),
        ("{truncate: ten}", ("argument",), "whole number"),
        ("{truncate: {length: true}}", ("params", "length"), "whole number"),
        ("truncate", (), "needs `length`"),
        ("{upper: x}", ("argument",), "no parameters"),
        ("{upper: {x: 1}}", ("params", "x"), "it has none"),
        ("{regex: '('}", ("params", "pattern"), "not a regular expression"),
        ("{salary: EURO}", ("params", "currency"), "ISO 4217"),
        ("{place: {country: Atlantis}}", ("params", "country"), "no country"),
        ("{lookup: colours}", ("argument",), "no mapping table 'colours'"),
        ("{first_of: titel}", ("argument",), "title"),
        ("{template: '{{ posting.titel }}'}", ("argument",), "title"),
        ("{template: '{{ title }}'}", ("argument",), "posting.title"),
        ("{template: '{% for %}'}", ("argument",), "not a template"),
        ("{replace: {with: x}}", (), "needs `find`"),
        ("{replace: {fnd: a, with: b}}", ("params", "fnd"), "find"),
        ("{replace: {fnd: a}}", ("params", "fnd"), "find"),
        ("{replace: {a: 1}}", ("params",), "text or mapping"),
        ("{split: ''}", ("argument",), "empty text"),
        ("{python: hooks:absent}", ("argument",), "hooks.py"),
    ],
)
def test_a_wrong_call_is_told_where_and_what_is_allowed(call: str, path: tuple[str, ...], said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        built(call)
    assert caught.value.path == path  # type: ignore[attr-defined]
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_mapping_may_be_the_first_parameter_itself() -> None:
    assert made("{replace: {Dev: Développeur, Ing: Ingénieur}}", "Dev, Ing") == "Développeur, Ingénieur"
    assert made("{lookup: {CDI: permanent}}", "CDI") == "permanent"
    assert made("{lookup: colours}", "Rouge", tables={"colours": {"rouge": "red"}}) == "red"


HOOKS = """
def shout(text):
    return text.upper()

def at_company(text, posting):
    return f"{text} ({posting['company']['name']})"

def only_number(text):
    return None if not text.isdigit() else int(text)

def count(values):
    return len(values or [])
"""


@pytest.mark.parametrize(
    ("call", "given", "result"),
    [
        ('{python: "hooks:shout"}', "dev", "DEV"),
        ('{python: "hooks:shout"}', ["a", None, "b"], ["A", "B"]),
        ('{python: "hooks:shout"}', None, None),
        ('{python: "hooks:at_company"}', "dev", "dev (Exemple)"),
        ('{python: "hooks:only_number"}', ["1", "x"], [1]),
        ('{python: {hook: "hooks:count", whole: true}}', ["a", "b"], 2),
        ('{python: {hook: "hooks:count", whole: true}}', None, 0),
    ],
)
def test_a_hook_gets_the_value_and_the_posting_if_it_asks(call: str, given: Any, result: Any) -> None:
    assert made(call, given, posting={"company": {"name": "Exemple"}}, hooks=HOOKS) == result


def test_a_hook_that_fails_costs_a_record_with_its_reason() -> None:
    with pytest.raises(RecordError) as caught:
        made('{python: "hooks:shout"}', 7, hooks=HOOKS)
    assert caught.value.reason == "hook"
    assert "hooks:shout failed on 7: AttributeError" in caught.value.message


def test_labels_that_a_step_does_not_know_are_listed() -> None:
    bench = new_bench()
    assert built("contract", bench)("Selon profil") is None
    assert bench.unmapped == [("step:contract", "Selon profil")]
    with pytest.raises(RecordError) as caught:
        made("{contract: reject}", "Selon profil")
    assert caught.value.reason == "unmapped"
