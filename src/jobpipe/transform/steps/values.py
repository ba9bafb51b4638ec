"""Steps for values of any kind: constants and defaults, tables, templates, numbers, and parts of objects."""

from __future__ import annotations

import ast
import json as json_format
import math
import re
from functools import lru_cache
from typing import Annotated, Any, Literal

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.posting import FIELD_NAMES
from jobpipe.transform.plain_values import is_empty, shown
from jobpipe.transform.problems import nearest
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.tables import IN_A_STEP, not_in_table, recorded
from jobpipe.transform.workbench import Workbench

# A larger text is no small object that somebody put into a field.
_MAX_OBJECT_TEXT = 1_000_000


def plain_text(value: Any, name: str) -> str:
    """A plain value as a person writes it. Raises RecordError(reason="step") for an object or a list."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (dict, list, tuple)):
        raise RecordError(
            f"the step `{name}` takes text, not {'an object' if isinstance(value, dict) else 'a list'}",
            reason="step",
            hint="name the part that is meant in the path, or take it out with `pick`",
        )
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if isoformat is not None else str(value)


# Constants and defaults ------------------------------------------------------------------------------


@step(
    "constant",
    takes="anything",
    summary="Gives a value, whatever there was.",
    examples=[Example("{constant: FR}", None, "FR"), Example("{constant: FR}", "x", "FR")],
)
def constant(value: Annotated[Any, "The value."]) -> Run:
    return lambda ignored: value


@step(
    "default",
    takes="anything",
    summary="Gives a value where there is none.",
    examples=[Example("{default: CDI}", None, "CDI"), Example("{default: CDI}", "CDD", "CDD")],
)
def default(value: Annotated[Any, "The value."]) -> Run:
    return lambda given: value if is_empty(given) else given


@step(
    "first_of",
    takes="anything",
    summary="Takes a field of the posting, made before this one, where there is no value.",
    examples=[
        Example("{first_of: [url, apply_url]}", None, "https://example.org/1", {"apply_url": "https://example.org/1"}),
        Example("{first_of: company.name}", None, "Exemple", {"company": {"name": "Exemple"}}),
        Example("{first_of: url}", "https://example.org/2", "https://example.org/2"),
    ],
)
def first_of(
    fields: Annotated[str | list[str], "The fields, in the order in which they are tried."], bench: Workbench
) -> Run:
    """Fields are made in the order in which the definition has them."""
    paths = [fields.split(".")] if isinstance(fields, str) else [one.split(".") for one in fields]
    for path in paths:
        if path[0] not in FIELD_NAMES:
            raise DefinitionError(f"a posting has no field {path[0]!r}", hint=nearest(path[0], FIELD_NAMES))

    def run(given: Any) -> Any:
        if not is_empty(given):
            return given
        return next((found for path in paths if not is_empty(found := _at(bench.posting, path))), None)

    return run


# Tables and templates --------------------------------------------------------------------------------


@step(
    "lookup",
    summary="Replaces a label by what a mapping table has for it.",
    examples=[
        Example("{lookup: {table: {CDI: permanent, CDD: fixed_term}}}", "cdi", "permanent"),
        Example("{lookup: {table: {CDI: permanent}, unmapped: none}}", "Autre", None),
    ],
)
def lookup(
    table: Annotated[str | dict[str, Any], "A table of the folder mappings, or one written here."],
    bench: Workbench,
    unmapped: Annotated[
        Literal["keep", "none", "reject"], "What becomes of a label that the table does not have."
    ] = "keep",
) -> Run:
    """Case, accents, blanks and punctuation do not matter. Labels that are not in the table: `jobpipe unmapped`."""
    if isinstance(table, str) and table not in bench.tables:
        raise DefinitionError(f"there is no mapping table {table!r}", hint=nearest(table, bench.tables))
    name = table if isinstance(table, str) else IN_A_STEP
    find = recorded(bench.tables[table] if isinstance(table, str) else table, name, bench)

    def run(label: str) -> Any:
        label = label.strip()
        if not label:
            return None
        found = find(label)
        if found is not None:
            return found.value
        if unmapped == "reject":
            raise not_in_table(name, label)
        return label if unmapped == "keep" else None

    return run


@step(
    "template",
    takes="anything",
    summary="Makes a text of the value and of fields of the posting that were made before.",
    examples=[
        Example(
            '{template: "https://example.org/jobs/{{ posting.reference }}"}',
            None,
            "https://example.org/jobs/7",
            {"reference": "7"},
        ),
        Example(
            '{template: "{{ value | upper }} ({{ posting.company.name }})"}',
            "dev",
            "DEV (Exemple)",
            {"company": {"name": "Exemple"}},
        ),
        Example('{template: "https://example.org/{{ value }}"}', None, None),
    ],
)
def template(
    text: Annotated[str, "The template, MiniJinja: {{ value }} and {{ posting.title }} are replaced."],
    bench: Workbench,
) -> Run:
    """Nothing where something that the template names is not there; `{{ value or '' }}` allows that."""
    from jobpipe.transform.steps.templates import compile_template

    render = compile_template(text)
    return lambda value: render(value, bench.posting)


# Numbers, booleans, objects --------------------------------------------------------------------------

_NUMBER = re.compile(r"[-+−]?\d[\d\s.,'’\u00a0\u202f]*")


@step(
    "number",
    takes="value",
    summary="Reads the first number of a text, in any country's way of writing.",
    examples=[
        Example("number", "1 234,50 €", 1234.5),
        Example("number", "1,234.50", 1234.5),
        Example("number", "12 postes", 12),
        Example("number", "1.234", 1234),
        Example("{number: {decimal: '.'}}", "1.234", 1.234),
        Example("number", "aucun", None),
    ],
)
def number(
    decimal: Annotated[
        Literal[",", ".", "auto"], "The decimal sign; auto tells it from where the signs stand."
    ] = "auto",
) -> Run:
    """Whole numbers come out whole. Nothing where there is no number."""

    def run(value: Any) -> int | float | None:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        found = _NUMBER.search(plain_text(value, "number"))
        return _whole(read_number(found[0], decimal)) if found else None

    return run


@lru_cache(maxsize=4096)
def read_number(text: str, decimal: str = "auto") -> float:
    """A number as written: `text` holds digits, signs and separators only.

    A separator that stands once and is not followed by exactly three digits is the decimal sign; of two
    kinds it is the last.
    """
    text = re.sub(r"[\s'’\u00a0\u202f]", "", text).replace("−", "-").rstrip(".,")
    if decimal == "auto":
        decimal = _decimal_sign(text)
    other = "," if decimal == "." else "."
    return float(text.replace(other, "").replace(decimal, ".") if decimal else text.replace(",", "").replace(".", ""))


def _decimal_sign(text: str) -> str:
    """The decimal sign of a number without blanks; "" = it has none."""
    commas, points = text.count(","), text.count(".")
    if commas and points:
        last = "," if text.rfind(",") > text.rfind(".") else "."
        return last if text.count(last) == 1 else ""
    if commas + points != 1:
        return ""
    sign = "," if commas else "."
    before, _, after = text.partition(sign)
    return "" if len(after) == 3 and 1 <= len(before.lstrip("+-")) <= 3 and before.lstrip("+-") != "0" else sign


def _whole(value: float) -> int | float:
    return int(value) if value.is_integer() and math.isfinite(value) else value


_YES = frozenset(
    """
    yes y true t 1 on x oui o vrai ja j wahr waar si sí sì s sim sant sann tak
""".split()  # noqa: SIM905
)
_NO = frozenset(
    """
    no n false f 0 off non faux nein falsch nee onwaar nej nei não nao falso usant falsk nie
""".split()  # noqa: SIM905
)


@step(
    "boolean",
    takes="value",
    summary="Reads yes and no, in many languages.",
    examples=[
        Example("boolean", "Oui", True),
        Example("boolean", "nein", False),
        Example("boolean", 1, True),
    ],
)
def boolean() -> Run:
    def run(value: Any) -> bool:
        if isinstance(value, bool):
            return value
        word = plain_text(value, "boolean").strip().casefold()
        if word in _YES or word in _NO:
            return word in _YES
        raise RecordError(
            f"{shown(value)} is neither yes nor no", reason="step", hint="a `map` reads other words: {vacant: true}"
        )

    return run


@step(
    "json",
    takes="value",
    summary="Reads a text that holds a JSON value, or an object as Python prints it.",
    examples=[
        Example("json", '{"city": "Lyon"}', {"city": "Lyon"}),
        Example("json", "{'city': 'Lyon', 'remote': None}", {"city": "Lyon", "remote": None}),
    ],
)
def json() -> Run:
    def run(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if len(text) > _MAX_OBJECT_TEXT:
            raise RecordError(f"`json` reads texts of up to {_MAX_OBJECT_TEXT:,} characters", reason="step")
        try:
            return json_format.loads(text, strict=False)
        except (ValueError, RecursionError):
            return _python_literal(text)

    return run


def _python_literal(text: str) -> Any:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        value = Ellipsis
    if isinstance(value, (dict, list, tuple, str, int, float, bool, type(None))):
        return value
    raise RecordError(f"{shown(text)} is no JSON", reason="step")


@step(
    "pick",
    takes="value",
    summary="Takes a part out of an object.",
    examples=[
        Example("{pick: address.city}", {"address": {"city": "Lyon"}}, "Lyon"),
        Example("{pick: 'cities[0].name'}", {"cities": [{"name": "Lyon"}, {"name": "Nice"}]}, "Lyon"),
        Example("{pick: name}", {"id": 1}, None),
    ],
)
def pick(path: Annotated[str, "Names, with points between them; [0] is the first item of a list."]) -> Run:
    keys = [one for one in re.split(r"[.\[\]]+", path) if one]
    if not keys:
        raise DefinitionError("an empty path", hint="such as {pick: address.city}")
    return lambda value: _at(value, keys)


def _at(value: Any, keys: list[str]) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, (list, tuple)) and re.fullmatch(r"-?\d+", key):
            index = int(key)
            value = value[index] if -len(value) <= index < len(value) else None
        else:
            return None
    return value
