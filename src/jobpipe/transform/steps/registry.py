"""All steps by name: what they are, and the functions that a definition's calls become.

To add a step is to add a function to one of the modules below, or a module to the list.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from jobpipe.definition.models import StepCall
from jobpipe.errors import DefinitionError
from jobpipe.transform.problems import Path, nearest
from jobpipe.transform.steps.step import Parameter, Run, Step, declared
from jobpipe.transform.steps.values import plain_text
from jobpipe.transform.workbench import Workbench

_MODULES = (
    "text",
    "titles",
    "patterns",
    "lists",
    "values",
    "markup",
    "dates",
    "salary",
    "vocabularies",
    "levels",
    "languages",
    "language_detection",
    "countries",
    "places",
    "coordinates",
    "hooks",
)


class StepError(DefinitionError):
    """A call of a step that cannot work; `path` leads from the call to what is wrong in it."""

    code = "JP1007"

    def __init__(self, message: str, path: Path = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.path = path


@cache
def steps() -> Mapping[str, Step]:
    """Every step, by name in alphabetical order."""
    for module in _MODULES:
        importlib.import_module(f"jobpipe.transform.steps.{module}")
    return MappingProxyType(dict(sorted(declared.items())))


def build(call: StepCall, bench: Workbench) -> Run:
    """The function that a call stands for. None stays None, and of a list each item is treated, unless the step
    takes lists or nothing too.

    Raises StepError: unknown step or parameter, a value of the wrong type, a parameter that is missing.  The
    function raises RecordError(reason="step").
    """
    step = steps().get(call.name)
    if step is None:
        hint = nearest(call.name, steps()) or "`jobpipe steps` lists them"
        raise StepError(f"there is no step {call.name!r}", hint=hint)
    given = _arguments(step, call)
    if step.needs_bench:
        given["bench"] = bench
    try:
        run = step.factory(**given)
    except DefinitionError as error:
        first = ("params", step.parameters[0].name) if call.argument is None and step.parameters else ("argument",)
        raise StepError(error.message, getattr(error, "path", first), error.hint) from error
    return _APPLIED[step.takes](run, step.name)


def parameters_schema(step: Step) -> dict[str, Any]:
    """JSON Schema of what may follow the step's name: its named parameters, or the first one bare."""
    named: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: one.schema() for one in step.parameters},
        "required": [one.name for one in step.parameters if one.is_required],
        "additionalProperties": False,
    }
    if not step.parameters:
        return {"type": "null"}
    return {"anyOf": [named, step.parameters[0].schema()]}


# The parameters --------------------------------------------------------------------------------------


def _arguments(step: Step, call: StepCall) -> dict[str, Any]:
    known = {one.name: one for one in step.parameters}
    if call.argument is not None:
        return {_keyword(step, _bare(step, call.argument, known)): call.argument}
    if _is_first_parameter(step, call.params, known):
        first = step.parameters[0]
        _check(step, first, call.params, ("params",))
        return {_keyword(step, first.name): call.params}
    given = {}
    for name, value in call.params.items():
        if name not in known:
            hint = nearest(name, known) or (f"it has {', '.join(known)}" if known else "it has none")
            raise StepError(f"the step `{step.name}` has no parameter {name!r}", ("params", name), hint)
        _check(step, known[name], value, ("params", name))
        given[_keyword(step, name)] = value
    _check_complete(step, call.params)
    return given


def _is_first_parameter(step: Step, params: Mapping[str, Any], known: Mapping[str, Parameter]) -> bool:
    """Whether a mapping is itself the first parameter, {replace: {a: b}}: no key of it is a parameter, or nearly."""
    return bool(params) and step.takes_mapping and not any(name in known or nearest(name, known) for name in params)


def _bare(step: Step, argument: Any, known: Mapping[str, Parameter]) -> str:
    if not step.parameters:
        raise StepError(f"the step `{step.name}` has no parameters", ("argument",), f"write {step.name}")
    first = step.parameters[0]
    _check(step, first, argument, ("argument",))
    _check_complete(step, {first.name: argument})
    return first.name


def _check_complete(step: Step, given: Mapping[str, Any]) -> None:
    for one in step.parameters:
        if one.is_required and one.name not in given:
            example = step.examples[0].call if step.examples else ""
            raise StepError(f"the step `{step.name}` needs `{one.name}` ({one.type})", (), f"such as {example}")


def _check(step: Step, parameter: Parameter, value: Any, path: Path) -> None:
    if parameter.is_valid(value):
        return
    hint = nearest(str(value), map(str, parameter.choices)) if parameter.choices else ""
    example = next((one.call for one in step.examples if parameter.name in one.call), "")
    raise StepError(
        f"`{parameter.name}` of the step `{step.name}` is {parameter.type}, not {value!r}",
        path,
        hint or (f"such as {example}" if example else ""),
    )


def _keyword(step: Step, name: str) -> str:
    """The argument of the factory: `with` and `from` are written with a line below."""
    return name if name in step.keywords else f"{name}_"


# How a step is applied -------------------------------------------------------------------------------


def _to_each_text(run: Run, name: str) -> Run:
    def apply(value: Any) -> Any:
        if type(value) is str:
            return run(value)
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            return [made for item in value if item is not None and (made := run(plain_text(item, name))) is not None]
        return run(plain_text(value, name))

    return apply


def _to_each_value(run: Run, name: str) -> Run:
    def apply(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            return [made for item in value if item is not None and (made := run(item)) is not None]
        return run(value)

    return apply


def _to_list(run: Run, name: str) -> Run:
    def apply(value: Any) -> Any:
        if value is None:
            return None
        return run(list(value) if isinstance(value, (list, tuple)) else [value])

    return apply


def _to_anything(run: Run, name: str) -> Run:
    return run


_APPLIED: dict[str, Callable[[Run, str], Run]] = {
    "text": _to_each_text,
    "value": _to_each_value,
    "list": _to_list,
    "anything": _to_anything,
}
