"""The rules that clients may write (`keep`, `closed`): MiniJinja expressions over `posting` and `record`.

Safe for text that nobody trusts: only plain dicts, lists, texts and numbers go in; the length is capped
before it is parsed (a very long expression can overflow the parser's stack), work is bounded by fuel, regular
expressions by time.  The schema's fields are all there, None (or an empty list) where the posting says nothing;
a name below them that is missing is an error, not false.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from minijinja import Environment, TemplateError

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.posting import FIELD_NAMES, LIST_FIELDS, NESTED
from jobpipe.transform.expression_words import WordError, check_words
from jobpipe.transform.problems import nearest

MAX_CHARACTERS = 4_000
# Instructions of MiniJinja's machine: a rule of a line needs some tens.
FUEL = 100_000
# Seconds for one regular expression on one text.
REGEX_SECONDS = 0.2
MAX_REGEX_TEXT = 1_000_000
NAMES = frozenset({"posting", "record"})

# Evaluates one expression; whether it is true.
Condition = Callable[[Mapping[str, Any], Any], bool]


class ExpressionError(DefinitionError):
    """An expression that cannot be used; `path` is empty."""

    code = "JP1009"

    path: tuple[str | int, ...] = ()

    def __init__(self, message: str, *, hint: str = "", span: tuple[int, int] = (0, 0)) -> None:
        """`span`: the characters that are meant (start, end); (0, 0) = all of them."""
        super().__init__(message, hint=hint)
        self.span = span


def compile_condition(text: str, name: str) -> Condition:
    """A function of (posting, record); raises RecordError(reason="rule") where a record breaks the rule.

    `name` is the definition's word for it (`keep`).  Raises ExpressionError.
    """
    check_expression(text)
    environment = _new_environment()
    # What is one expression to the parser cannot close the tag around it.
    environment.add_template(name, f"{{% if ({text}\n) %}}1{{% endif %}}")
    render = environment.render_template

    def is_true(posting: Mapping[str, Any], record: Any) -> bool:
        try:
            return bool(render(name, posting=posting, record=record))
        except TemplateError as error:
            message = f"the rule `{text}` cannot be applied: {_detail(error)}"
            hint = "ask first whether it is there: posting.salary and …" if error.kind == "UndefinedError" else ""
            raise RecordError(message, reason="rule", field=name, hint=hint) from error
        except Exception as error:
            raise RecordError(f"the rule `{text}` cannot be applied: {error}", reason="rule", field=name) from error

    return is_true


def compile_value(text: str, name: str) -> Callable[[Mapping[str, Any]], Any]:
    """A function of a posting that gives what the expression says: plain values.

    Raises ExpressionError; the function raises RecordError(reason="rule") where a posting breaks the expression.
    """
    check_expression(text)
    if uses_record(text):
        raise ExpressionError(f"`{text}` uses 'record', which is not known here", hint="the variable is `posting`")
    environment = _new_environment()
    environment.add_template(name, f"{{{{ ({text}\n)|tojson }}}}")
    render = environment.render_template

    def value_of(posting: Mapping[str, Any]) -> Any:
        try:
            return json.loads(render(name, posting=posting))
        except TemplateError as error:
            message = f"the expression `{text}` cannot be applied: {_detail(error)}"
            hint = "ask first whether it is there: posting.salary and …" if error.kind == "UndefinedError" else ""
            raise RecordError(message, reason="rule", field=name, hint=hint) from error
        except Exception as error:  # from a filter of ours, or no plain value
            raise RecordError(
                f"the expression `{text}` cannot be applied: {error}", reason="rule", field=name
            ) from error

    return value_of


def uses_record(text: str) -> bool:
    return "record" in _variables(text)


def uses_posting(text: str) -> bool:
    return "posting" in _variables(text)


def check_expression(text: str) -> None:
    """Raises ExpressionError: syntax, unknown variables, fields and filters, and whatever fuel does not bound."""
    if len(text) > MAX_CHARACTERS:
        raise ExpressionError(f"an expression of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}")
    if not text.strip():
        raise ExpressionError("an empty expression")
    try:
        # First: what is tried below may cost nothing.
        check_words(text, NAMES)
    except WordError as error:
        span = (error.start, error.end)
        raise ExpressionError(f"`{text}`: {error.message}", hint=error.hint, span=span) from error
    environment = _new_environment()
    try:
        environment.eval_expr(text, posting=EMPTY_POSTING, record={})
    except TemplateError as error:
        if error.kind == "SyntaxError":
            raise ExpressionError(f"not an expression: `{text}`: {_detail(error)}") from error
    except Exception as error:  # from a filter of ours: a regular expression that is none
        raise ExpressionError(f"not an expression: `{text}`: {error}") from error
    known_functions = set(environment.globals)
    for variable in _all_variables(text):
        root, _, rest = variable.partition(".")
        if root not in NAMES | known_functions and not _is_function(environment, root):
            raise ExpressionError(
                f"`{text}` uses {root!r}, which is not known here",
                hint=f"posting.{root}" if root in FIELD_NAMES else "the variables are `posting` and `record`",
            )
        field = rest.partition(".")[0]
        if root == "posting" and field and field not in FIELD_NAMES:
            raise ExpressionError(f"`{text}`: a posting has no field {field!r}", hint=nearest(field, FIELD_NAMES))
    for sign, name in _names_applied(text):
        _check_applied(environment, text, sign, name)
    _check_comparisons(text)


def _all_variables(text: str) -> list[str]:
    """With what is asked of them; raises ExpressionError."""
    try:
        return sorted(_variables(text, nested=True))
    except TemplateError as error:
        # Evaluated alone, an expression ends without a word where a text in quotes is followed by § or the like.
        raise ExpressionError(f"not an expression: `{text}`: {_detail(error)}") from error


def _variables(text: str, *, nested: bool = False) -> set[str]:
    return set(_new_environment().undeclared_variables_in_str(f"{{{{ ({text}\n) }}}}", nested=nested))


_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_APPLIED = re.compile(r"(\||\bis\s+not\b|\bis\b)\s*([A-Za-z_]\w*)")


def _names_applied(text: str) -> list[tuple[str, str]]:
    """The filters and tests of an expression."""
    return [("|" if sign == "|" else "is", name) for sign, name in _APPLIED.findall(_STRING.sub("''", text))]


def _check_applied(environment: Environment, text: str, sign: str, name: str) -> None:
    if name in ("not", "none", "true", "false") and sign == "is":
        return
    try:
        environment.eval_expr(f"'' {sign} {name}")
    except TemplateError as error:
        if error.kind in ("UnknownFilter", "UnknownTest"):
            what = "filter" if sign == "|" else "test"
            raise ExpressionError(f"`{text}`: there is no {what} {name!r}", hint=nearest(name, _OWN_FILTERS)) from error
    except Exception:
        return  # it is there, and wants more than this


_LESS = re.compile(r"((?:posting|record)(?:\.\w+|\[[^\]]*\])+)\s*<|>=?\s*((?:posting|record)(?:\.\w+|\[[^\]]*\])+)")


def _check_comparisons(text: str) -> None:
    """Nothing is less than every number, so that `posting.salary.min < 9` would be true without a salary."""
    plain = _STRING.sub("''", text)
    for left, right in _LESS.findall(plain):
        value = left or right
        if len(re.findall(rf"{re.escape(value)}(?![\w.\[])", plain)) < 2:
            raise ExpressionError(
                f"`{text}` would also be true where there is no {value}", hint=f"write `{value} and …` before it"
            )


def _is_function(environment: Environment, name: str) -> bool:
    try:
        environment.eval_expr(f"{name} is defined") or environment.eval_expr(f"{name}()")
    except TemplateError as error:
        return error.kind not in ("UnknownFunction", "UndefinedError")
    return environment.eval_expr(f"{name} is defined") is True


def _detail(error: TemplateError) -> str:
    return str(error.detail or str(error).splitlines()[0])


def _new_environment() -> Environment:
    environment = Environment(undefined_behavior="strict", fuel=FUEL, auto_escape_callback=lambda name: False)
    for name, function in _OWN_FILTERS.items():
        environment.add_filter(name, function)
    return environment


# Regular expressions ---------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def pattern_of(pattern: str, ignore_case: bool) -> Any:
    import regex

    return regex.compile(pattern[:MAX_CHARACTERS], regex.IGNORECASE if ignore_case else 0)


def _apply(method: str, text: Any, pattern: Any, ignore_case: bool, *more: Any) -> Any:
    if text is None:
        return None
    if not isinstance(pattern, str):
        raise ValueError("a regular expression is text")
    try:
        return getattr(pattern_of(pattern, ignore_case), method)(
            *more, str(text)[:MAX_REGEX_TEXT], timeout=REGEX_SECONDS
        )
    except TimeoutError:
        raise ValueError(f"the regular expression {pattern!r} took more than {REGEX_SECONDS} s") from None
    except Exception as error:
        raise ValueError(f"the regular expression {pattern!r}: {error}") from None


def regex_search(text: Any, pattern: Any, ignore_case: Any = False) -> bool:
    """Whether the pattern is found anywhere in the text."""
    return _apply("search", text, pattern, bool(ignore_case)) is not None


def regex_match(text: Any, pattern: Any, ignore_case: Any = False) -> bool:
    """Whether the whole text is of the pattern."""
    return _apply("fullmatch", text, pattern, bool(ignore_case)) is not None


def regex_replace(text: Any, pattern: Any, replacement: Any = "", ignore_case: Any = False) -> Any:
    """The text with what the pattern finds replaced."""
    return _apply("sub", text, pattern, bool(ignore_case), str(replacement)[:MAX_CHARACTERS])


_OWN_FILTERS: dict[str, Callable[..., Any]] = {
    "regex_search": regex_search,
    "regex_match": regex_match,
    "regex_replace": regex_replace,
}


# The posting as a rule sees it -----------------------------------------------------------------------

_EMPTY_PARTS = {field: dict.fromkeys(struct.__struct_fields__) for field, (struct, _) in NESTED.items()}
EMPTY_POSTING: dict[str, Any] = {name: [] if name in LIST_FIELDS else None for name in FIELD_NAMES} | {"extra": {}}


def posting_for_rules(posting: Mapping[str, Any]) -> dict[str, Any]:
    """The posting with every field of the schema: None (or an empty list) where it says nothing."""
    made: dict[str, Any] = {**EMPTY_POSTING, **posting}
    for field, empty in _EMPTY_PARTS.items():
        value = made[field]
        if isinstance(value, list):
            made[field] = [empty | item for item in value]
        elif value is not None:
            made[field] = empty | value
    return made
