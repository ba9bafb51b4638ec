"""What a step is: its declaration, from which its documentation, its checks and its errors are made.

A step is a factory: a function of the step's parameters that gives a function of a value.

    @step("truncate", summary="…", examples=[Example("{truncate: 9}", "a long text", "a long…")])
    def truncate(length: Annotated[int, "The most characters that stay."]) -> Run: …

A parameter named `bench` gets the workbench; it is no parameter to those who write definitions.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter

Run = Callable[[Any], Any]
Factory = TypeVar("Factory", bound=Callable[..., Run])

# What a step is given: each text (other plain values become text), each value as it is, a whole list at once
# (a single value as a list of one), or whatever there is, nothing included.
Takes = Literal["text", "value", "list", "anything"]

# The day from which the words of an example count.
EXAMPLE_DAY = "2026-03-10"


@dataclass(frozen=True, slots=True)
class Example:
    """What a step makes of a value; a test runs every example."""

    # The step as a definition calls it, YAML.
    call: str
    given: Any
    result: Any
    # The fields of the posting that were made before.
    posting: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    name: str
    annotation: Any
    description: str
    is_required: bool
    # None where it is required, and where its absence means something of its own.
    default: Any = None

    @property
    def type(self) -> str:
        """Its type, in words."""
        return _in_words(self.annotation)

    @property
    def choices(self) -> tuple[Any, ...]:
        """The only values that are allowed; () = any of the type."""
        return tuple(
            choice
            for one in _alternatives(self.annotation)
            if typing.get_origin(one) is Literal
            for choice in typing.get_args(one)
        )

    def is_valid(self, value: Any) -> bool:
        from pydantic import ValidationError

        try:
            self._adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    def schema(self) -> dict[str, Any]:
        """Its JSON Schema."""
        made = {**self._adapter.json_schema(), "description": self.description}
        return made if self.is_required or self.default is None else {**made, "default": self.default}

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.annotation, config=ConfigDict(strict=True))


@dataclass(frozen=True, slots=True)
class Meanings:
    """What a house may say that a wording means, in the table of a step (`jobpipe.transform.step_tables`)."""

    # The value as the step makes it, of what the table says. Raises ValueError where the step makes no such value.
    read: Callable[[Any], Any]
    # What is allowed, for a person.
    allowed: str
    # All values, where they are few enough to choose from; () = they are not.
    choices: tuple[str, ...] = ()


def one_of(values: Collection[str], called: str = "") -> Meanings:
    """Exactly these values; `called` says which they are where they are too many to be listed."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in values:
            raise ValueError(value)
        return value

    return Meanings(read, called or ", ".join(values), () if called else tuple(values))


@dataclass(frozen=True)
class Step:
    name: str
    # Raise it when the step makes something else of the same value: records it was used on are made again.
    version: int
    summary: str
    # What the summary does not say; may be empty.
    description: str
    # In their order; a bare argument is the first.
    parameters: tuple[Parameter, ...]
    examples: tuple[Example, ...]
    takes: Takes
    factory: Callable[..., Run]
    # The factory's own names: `with` is `with_` there.
    keywords: frozenset[str]
    # What its table may say; None = it has no table.
    meanings: Meanings | None = None

    @property
    def needs_bench(self) -> bool:
        return "bench" in self.keywords

    @property
    def takes_mapping(self) -> bool:
        """Whether its first parameter may be a mapping: {replace: {a: b}}."""
        return bool(self.parameters) and any(
            typing.get_origin(one) is dict for one in _alternatives(self.parameters[0].annotation)
        )


# Filled by the decorator as the modules are imported; read through `registry.steps`.
declared: dict[str, Step] = {}


def step(
    name: str,
    *,
    summary: str,
    examples: Sequence[Example],
    takes: Takes = "text",
    version: int = 1,
    meanings: Meanings | None = None,
) -> Callable[[Factory], Factory]:
    """Declare a step. The factory's docstring describes it, its annotations and defaults are the parameters."""

    def declare(factory: Factory) -> Factory:
        if name in declared:
            raise ValueError(f"two steps are named {name!r}")
        signature = inspect.signature(factory)
        hints = typing.get_type_hints(factory, include_extras=True)
        declared[name] = Step(
            name=name,
            version=version,
            summary=summary,
            description=inspect.getdoc(factory) or "",
            parameters=tuple(
                _parameter(one, hints[one.name]) for one in signature.parameters.values() if one.name != "bench"
            ),
            examples=tuple(examples),
            takes=takes,
            factory=factory,
            keywords=frozenset(signature.parameters),
            meanings=meanings,
        )
        return factory

    return declare


def _parameter(parameter: inspect.Parameter, hint: Any) -> Parameter:
    annotation, description = hint.__origin__, hint.__metadata__[0]
    is_required = parameter.default is inspect.Parameter.empty
    default = None if is_required else parameter.default
    return Parameter(parameter.name.rstrip("_"), annotation, description, is_required, default)


# Types in words --------------------------------------------------------------------------------------

_WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    dict: "mapping",
    list: "list",
    Any: "anything",
}


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, None left out."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [one for one in typing.get_args(annotation) if one is not type(None)]
    return [annotation]


def _in_words(annotation: Any) -> str:
    return " or ".join(_one_in_words(one) for one in _alternatives(annotation))


def _one_in_words(annotation: Any) -> str:
    origin = typing.get_origin(annotation)
    if origin is Literal:
        return "one of " + ", ".join(map(str, typing.get_args(annotation)))
    if origin is list:
        return f"list of {_in_words(typing.get_args(annotation)[0])}"
    return _WORDS.get(origin or annotation, str(annotation))
