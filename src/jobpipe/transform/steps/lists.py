"""Steps between one value and several. Nothing and a list of nothing are the same."""

from __future__ import annotations

from typing import Annotated, Any

from jobpipe.errors import DefinitionError
from jobpipe.transform.plain_values import is_empty
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.values import plain_text

_MANY = ["Java", "Python", "Java", "Go"]


@step(
    "split",
    takes="list",
    summary="Cuts a text into several at a separator.",
    examples=[
        Example('{split: ","}', "Java, Python , ,Go", ["Java", "Python", "Go"]),
        Example('{split: {separator: " - ", maximum: 2}}', "Paris - Lyon - Nice", ["Paris", "Lyon - Nice"]),
        Example('{split: [",", "/"]}', "Java/Go, Rust", ["Java", "Go", "Rust"]),
    ],
)
def split(
    separator: Annotated[str | list[str], "The separator, or several."],
    maximum: Annotated[int, "The most pieces; the last holds the rest. 0 = any number."] = 0,
) -> Run:
    """White space around the pieces goes, and so do empty pieces. The pieces of several texts make one list."""
    separators = [separator] if isinstance(separator, str) else separator
    if not separators or not all(separators):
        raise DefinitionError("cannot split at an empty text")
    if maximum < 0:
        raise DefinitionError(f"`maximum` is 0 or more, not {maximum}")

    def pieces(text: str) -> list[str]:
        for other in separators[1:]:
            text = text.replace(other, separators[0])
        return text.split(separators[0], maximum - 1 if maximum else -1)

    def run(values: list[Any]) -> list[str] | None:
        texts = (plain_text(one, "split") for one in values if one is not None)
        return [piece for text in texts for one in pieces(text) if (piece := one.strip())] or None

    return run


@step(
    "join",
    takes="list",
    summary="Makes one text of several.",
    examples=[Example('{join: ", "}', ["Java", None, "Go"], "Java, Go"), Example("join", ["Java", "Go"], "Java Go")],
)
def join(separator: Annotated[str, "What stands between them."] = " ") -> Run:
    """What is empty is left out."""

    def run(values: list[Any]) -> str | None:
        return separator.join(plain_text(one, "join") for one in values if not is_empty(one)) or None

    return run


@step(
    "first",
    takes="list",
    summary="Takes the first value that is there.",
    examples=[Example("first", ["", "b", "c"], "b")],
)
def first() -> Run:
    return lambda values: next((one for one in values if not is_empty(one)), None)


@step(
    "last", takes="list", summary="Takes the last value that is there.", examples=[Example("last", ["a", "b", ""], "b")]
)
def last() -> Run:
    return lambda values: next((one for one in reversed(values) if not is_empty(one)), None)


@step(
    "nth",
    takes="list",
    summary="Takes the value at a place.",
    examples=[
        Example("{nth: 2}", _MANY, "Python"),
        Example("{nth: -1}", _MANY, "Go"),
        Example("{nth: 9}", _MANY, None),
    ],
)
def nth(number: Annotated[int, "Its place: 1 is the first, -1 the last."]) -> Run:
    if number == 0:
        raise DefinitionError("`number` counts from 1; -1 is the last")
    index = number - 1 if number > 0 else number

    def run(values: list[Any]) -> Any:
        return values[index] if -len(values) <= index < len(values) else None

    return run


@step(
    "slice",
    takes="list",
    summary="Takes some of the values, by their places.",
    examples=[
        Example("{slice: {to: 2}}", _MANY, ["Java", "Python"]),
        Example("{slice: {from: 3}}", _MANY, ["Java", "Go"]),
    ],
)
def slice_(
    from_: Annotated[int, "The place of the first: 1 is the first of all."] = 1,
    to: Annotated[int | None, "The place of the last; by default to the end."] = None,
) -> Run:
    if from_ < 1 or (to is not None and to < from_):
        raise DefinitionError("places count from 1, and `to` is not before `from`")
    return lambda values: values[from_ - 1 : to] or None


@step(
    "unique",
    takes="list",
    summary="Keeps each value once, in order.",
    examples=[
        Example("unique", _MANY, ["Java", "Python", "Go"]),
        Example("unique", ["java", "Java "], ["java"]),
        Example("{unique: {ignore_case: false}}", ["java", "Java"], ["java", "Java"]),
    ],
)
def unique(ignore_case: Annotated[bool, "Whether texts that differ in case or blanks are the same."] = True) -> Run:
    def same(value: Any) -> Any:
        if isinstance(value, str):
            return " ".join(value.split()).casefold() if ignore_case else value
        return repr(value)

    def run(values: list[Any]) -> list[Any] | None:
        kept: dict[Any, Any] = {}
        for one in values:
            if not is_empty(one):
                kept.setdefault(same(one), one)
        return list(kept.values()) or None

    return run


@step(
    "sort",
    takes="list",
    summary="Puts texts in alphabetical order, numbers by size.",
    examples=[Example("sort", ["Go", "ada"], ["ada", "Go"]), Example("{sort: true}", [1, 3, 2], [3, 2, 1])],
)
def sort(descending: Annotated[bool, "The last or largest first."] = False) -> Run:
    def order(value: Any) -> tuple[bool, float, str]:
        is_number = isinstance(value, (int, float))
        return not is_number, value if is_number else 0.0, str(value).casefold()

    return lambda values: sorted((one for one in values if one is not None), key=order, reverse=descending) or None


@step(
    "count", takes="list", summary="Counts the values that are there.", examples=[Example("count", ["a", "", "b"], 2)]
)
def count() -> Run:
    return lambda values: sum(not is_empty(one) for one in values)
