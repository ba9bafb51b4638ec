"""Steps with regular expressions, which are bounded in time: a pattern that explodes costs a record, not a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.transform.steps.step import Example, Run, step

# Seconds for one pattern on one text.
SECONDS = 0.2
MAX_PATTERN = 4_000


@step(
    "regex",
    summary="Takes out of a text what a regular expression finds.",
    examples=[
        Example(r"{regex: '\d{5}'}", "69003 Lyon", "69003"),
        Example(r"{regex: {pattern: '(\d+) postes?', group: 1}}", "Avec 12 postes", "12"),
        Example(r"{regex: '\d{5}'}", "Lyon", None),
        Example(r"{regex: {pattern: '[A-Z]\d', all: true}}", "A1, B2", ["A1", "B2"]),
    ],
)
def regex(
    pattern: Annotated[str, "The regular expression, in the syntax of Python's package regex."],
    group: Annotated[int | str | None, "The group to take; by default the first, else all that is found."] = None,
    ignore_case: Annotated[bool, "Whether small and capital letters are the same."] = False,
    all_: Annotated[bool, "Gives a list of everything that is found instead of the first."] = False,
) -> Run:
    """Nothing where nothing is found. A pattern may take 0.2 s on one text."""
    compiled = compile_pattern(pattern, ignore_case)
    wanted = (1 if compiled.groups else 0) if group is None else group
    if wanted not in compiled.groupindex and not (isinstance(wanted, int) and 0 <= wanted <= compiled.groups):
        raise DefinitionError(f"the regular expression has no group {group!r}: {pattern}")

    def first(text: str) -> str | None:
        found = bounded(pattern, lambda: compiled.search(text, timeout=SECONDS))
        return (found[wanted] or None) if found else None

    def every(text: str) -> list[str]:
        found: list[str] = bounded(pattern, lambda: [one[wanted] for one in compiled.finditer(text, timeout=SECONDS)])
        return [one for one in found if one]

    return every if all_ else first


@step(
    "regex_replace",
    summary="Replaces what a regular expression finds.",
    examples=[
        Example(r"{regex_replace: {pattern: '\s*\(.*?\)', with: ''}}", "Comptable (urgent)", "Comptable"),
        Example(r"{regex_replace: {pattern: '(\d+)k', with: '\1 000'}}", "30k", "30 000"),
    ],
)
def regex_replace(
    pattern: Annotated[str, "The regular expression."],
    with_: Annotated[str, r"What replaces it; \1 stands for the first group."] = "",
    ignore_case: Annotated[bool, "Whether small and capital letters are the same."] = False,
) -> Run:
    compiled = compile_pattern(pattern, ignore_case)
    try:
        compiled.sub(with_, "")
    except Exception as error:
        raise _at("with", f"not a replacement: {with_!r}: {error}") from error

    def run(text: str) -> str | None:
        return bounded(pattern, lambda: compiled.sub(with_, text, timeout=SECONDS)) or None

    return run


def compile_pattern(pattern: str, ignore_case: bool) -> Any:
    """Raises DefinitionError where it is no regular expression."""
    import regex as package

    if len(pattern) > MAX_PATTERN:
        raise DefinitionError(f"a regular expression of {len(pattern):,} characters; the limit is {MAX_PATTERN:,}")
    try:
        return package.compile(pattern, package.IGNORECASE if ignore_case else 0)
    except package.error as error:
        raise _at("pattern", f"not a regular expression: {pattern!r}: {error}") from error


def bounded(pattern: str, search: Callable[[], Any]) -> Any:
    """What the search gives. Raises RecordError where it takes longer than it may, or finds itself in trouble."""
    try:
        return search()
    except TimeoutError:
        message = f"the regular expression {pattern!r} took more than {SECONDS} s"
    except (IndexError, MemoryError, RecursionError) as error:
        message = f"the regular expression {pattern!r}: {error}"
    raise RecordError(message, reason="step", hint="a simpler one will not: avoid repetitions within repetitions")


def _at(parameter: str, message: str) -> DefinitionError:
    error = DefinitionError(message)
    error.path = ("params", parameter)  # type: ignore[attr-defined]
    return error
