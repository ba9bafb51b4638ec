"""What people and sources write as text: values for steps, labels, expressions, rules, definitions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import yaml

from fuzz.documents import FindingError
from jobpipe.definition.loading import parse_definition
from jobpipe.definition.models import FieldRule
from jobpipe.definition.overrides import Overrides, parse_rule
from jobpipe.errors import DefinitionError, RecordError
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.transform.compile import check_definition
from jobpipe.transform.expressions import compile_condition, posting_for_rules
from jobpipe.transform.override_checks import check_rule
from jobpipe.transform.overriding import Overrider
from jobpipe.transform.steps.registry import build
from jobpipe.transform.steps.step import EXAMPLE_DAY
from jobpipe.transform.workbench import Workbench

_POSTING = {
    "reference": "r1",
    "title": "Cook",
    "company": {"name": "Acme"},
    "description": "<p>Soup</p>",
    "locations": [{"text": "Lille", "country": "FR"}],
    "salary": {"min": 2000, "currency": "EUR"},
}


def steps(*calls: str) -> Callable[[bytes], None]:
    """Each takes any text: gives a value, or refuses the record with a reason."""
    bench = Workbench(tables={})
    built = []
    for call in calls:
        (step,) = FieldRule.model_validate({"from": "x", "then": yaml.safe_load(call)}).then
        built.append(build(step, bench))

    def check(data: bytes) -> None:
        text = data.decode("utf-8", "replace")
        for run in built:
            bench.begin(EXAMPLE_DAY)
            try:
                run(text)
            except RecordError:
                continue

    return check


def label(data: bytes) -> None:
    once = normalise_label(data.decode("utf-8", "replace"))
    if normalise_label(once) != once:
        raise FindingError(f"normalised twice, {once!r} is another")


def expression(data: bytes) -> None:
    try:
        is_true = compile_condition(data.decode("utf-8", "replace"), "keep")
    except DefinitionError:
        return
    with contextlib.suppress(RecordError):
        is_true(posting_for_rules(_POSTING), {"title": "Cook"})


def override(data: bytes) -> None:
    try:
        rule = parse_rule(data.decode("utf-8", "replace"), number=1)
        check_rule(rule)
    except DefinitionError:
        return
    posting = {**_POSTING, "company": {"name": "Acme"}, "locations": [{"text": "Lille"}], "salary": {"min": 2000}}
    Overrider(Overrides(rules=(rule,)), lambda value: value).apply(posting, "r1")


def definition(data: bytes) -> None:
    try:
        loaded = parse_definition(data.decode("utf-8", "replace"), "imports/acme.yaml")
    except DefinitionError:
        return
    check_definition(loaded.definition, hooks_source=None, tables={})
