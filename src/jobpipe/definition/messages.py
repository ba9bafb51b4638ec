"""What the models refuse, said for a person: what was written, what was expected, the nearest valid name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from jobpipe.definition.connectors import connector_names
from jobpipe.definition.faults import Fault
from jobpipe.definition.models import RULE_WORDS
from jobpipe.definition.spots import spot_of, value_at
from jobpipe.definition.yaml import Document, Path
from jobpipe.posting import FIELD_NAMES, NESTED

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping (name: value)",
    "model_type": "a mapping (name: value)",
}
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
_MISSING = {
    "import": "its name, that of its file: `import: acme`",
    "destination": "its name, that of its file: `destination: partner`",
    "to": "how it is reached: `to: {file: out/jobs.xml}`",
    "source": "where the records come from: `source: {feed: https://example.org/jobs.xml}`",
    "posting": "how a posting is made of a record: `posting: {title: path}`",
}
_A_RULE = "a path, a list (a path, then steps) or a mapping (from, then, …)"
# What stands here may be a login: it is not repeated.
_LOGINS = (("source", "auth"), ("source", "headers"), ("to", "auth"), ("to", "headers"), ("to", "secret"))


def faults_of(errors: Iterable[Any], document: Document, blocks: Mapping[Path, type[BaseModel]]) -> list[Fault]:
    """pydantic's errors (`ValidationError.errors()`), each at its place in the text."""
    faults: dict[Any, Fault] = {}
    for error in errors:
        fault = _fault_of(error, document, blocks)
        # Each type of a union complains: the first is enough.
        is_of_union = _without_types(tuple(error["loc"]), document) != tuple(error["loc"])
        faults.setdefault(fault.spot if is_of_union else fault, fault)
    return list(faults.values())


def _fault_of(error: Any, document: Document, blocks: Mapping[Path, type[BaseModel]]) -> Fault:
    loc: Path = tuple(error["loc"])
    kind: str = error["type"]
    given = error.get("input")
    context = error.get("ctx") or {}
    if kind == "missing":
        return Fault(spot_of(document, loc[:-1]), f"`{loc[-1]}` is missing", _MISSING.get(str(loc[-1]), ""), "JP1003")
    if kind == "extra_forbidden":
        return _unknown_word(loc, document, blocks)
    if kind == "twice":
        return Fault(spot_of(document, (*loc, context["at"]), of_key=True), str(error["msg"]), "keep one of them")
    loc = _without_types(loc, document)
    spot = spot_of(document, loc)
    if given is None and kind in _TYPES:
        return Fault(
            spot_of(document, loc, of_key=True),
            f"`{_name_of(loc)}` has no value",
            f"expected {_wanted(loc, kind)}",
            "JP1005",
        )
    if kind == "literal_error":
        return _not_one_of(spot_of(document, loc), given, context["expected"])
    if kind in _TYPES:
        if _is_rule(loc, kind):
            return Fault(spot, f"{_shown(given)} is no rule for `{_name_of(loc)}`", f"a rule is {_A_RULE}", "JP1005")
        shown = "what stands here" if loc[:2] in _LOGINS else _shown(given)
        return Fault(spot, f"{shown} is not {_wanted(loc, kind)}", _quoting(kind, given, loc), "JP1005")
    if bound := next((word for word in _BOUNDS if word in context), ""):
        return Fault(
            spot,
            f"{_shown(given)} is out of range",
            f"`{_name_of(loc)}` is {_BOUNDS[bound]} {context[bound]:g}",
            "JP1005",
        )
    if kind == "string_pattern_mismatch":
        return Fault(
            spot, f"{_shown(given)} is no name", "a name has letters, digits, dots, dashes and underscores", "JP1005"
        )
    return Fault(spot, str(error["msg"]).removeprefix("Value error, "), context.get("hint", ""))


def unknown_fields(document: Document) -> list[Fault]:
    """Fields and parts that no posting has: told beside what else is wrong, all at once."""
    rules = value_at(document.value, ("posting",))
    if not isinstance(rules, dict):
        return []
    faults = []
    for written, rule in rules.items():
        field, _, part = str(written).partition(".")
        parts = [part] if part else list(rule) if isinstance(rule, dict) and not rule.keys() & RULE_WORDS else []
        if field not in FIELD_NAMES:
            hint = nearest(field, FIELD_NAMES) or f"what the schema does not have goes under extra: {{{field}: …}}"
            spot = spot_of(document, ("posting", written), of_key=True)
            faults.append(Fault(spot, f"a posting has no field {field!r}", hint, "JP1004"))
        elif field in NESTED:
            known = NESTED[field][0].__struct_fields__
            faults += [
                Fault(
                    spot_of(document, ("posting", field, "parts", one)),
                    f"{field} has no part {one!r}",
                    nearest(one, known) or f"its parts: {', '.join(known)}",
                    "JP1004",
                )
                for one in parts
                if one not in known
            ]
    return faults


def nearest(name: Any, known: Iterable[str]) -> str:
    """A hint that names the nearest valid name, whatever its case; "" = none is near."""
    by_lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(str(name).lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean `{by_lower[found[0]]}`?" if found else ""


def _unknown_word(loc: Path, document: Document, blocks: Mapping[Path, type[BaseModel]]) -> Fault:
    spot = spot_of(document, loc, of_key=True)
    word = str(loc[-1])
    model = _model_at(blocks, loc[:-1])
    if model is None:
        field = str(loc[1]) if len(loc) > 1 else ""
        if field in NESTED and word in NESTED[field][0].__struct_fields__:
            return Fault(
                spot, f"unknown word `{word}`", f"beside other words it goes under `parts: {{{word}: …}}`", "JP1004"
            )
        known = sorted(RULE_WORDS)
        near = nearest(word, (*known, *NESTED[field][0].__struct_fields__) if field in NESTED else known)
        return Fault(spot, f"unknown word `{word}`", near or f"known here: {', '.join(known)}", "JP1004")
    known = [info.alias or name for name, info in model.model_fields.items()]
    if loc[:-1] == ("source",):
        known += connector_names()
    return Fault(spot, f"unknown word `{word}`", nearest(word, known) or f"known here: {', '.join(known)}", "JP1004")


def _model_at(blocks: Mapping[Path, type[BaseModel]], at: Path) -> type[BaseModel] | None:
    """`*` in a block's path stands for a name that whoever wrote the file has given."""
    for path, model in blocks.items():
        if len(path) == len(at) and all(word in ("*", given) for word, given in zip(path, at, strict=True)):
            return model
    return None


def _not_one_of(spot: Any, given: Any, expected: str) -> Fault:
    allowed = expected.replace("'", "").replace(" or ", ", ").split(", ")
    return Fault(spot, f"{_shown(given)} is not one of {', '.join(allowed)}", nearest(given, allowed), "JP1005")


def _without_types(loc: Path, document: Document) -> Path:
    """pydantic ends the path of a union's errors with the name of the type that it tried."""
    types = ("str", "int", "float", "bool", "dict[str,any]", "dict[str,Any]")
    return loc[:-1] if loc and loc[-1] in types and not _is_written(loc, document) else loc


def _is_written(loc: Path, document: Document) -> bool:
    return value_at(document.value, loc) is not None


def _wanted(loc: Path, kind: str) -> str:
    return _A_RULE if _is_rule(loc, kind) else _TYPES[kind]


def _is_rule(loc: Path, kind: str) -> bool:
    return kind == "model_type" and loc[:1] == ("posting",) and (len(loc) == 2 or loc[-2] == "parts")


def _name_of(loc: Path) -> str:
    return next((str(step) for step in reversed(loc) if isinstance(step, str)), "")


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, (dict, list)) else "a mapping" if isinstance(value, dict) else "a list"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _quoting(kind: str, value: Any, loc: Path) -> str:
    if kind == "string_type" and isinstance(value, (int, float, bool)) and loc[:2] not in _LOGINS:
        return f'put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    if kind == "list_type" and isinstance(value, str):
        return f"write [{value}]" if len(value) <= 40 else "put it in brackets"
    if loc == ("source",) and isinstance(value, str):
        return f"write source: {{feed: {value}}}"
    return ""
