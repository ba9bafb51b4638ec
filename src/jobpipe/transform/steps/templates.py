"""MiniJinja templates for the step `template`: safe for text that nobody trusts, as `keep` is.

Only plain values go in, the template's length and its work are bounded, and what is not there is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minijinja import Environment, TemplateError

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.posting import FIELD_NAMES
from jobpipe.transform.problems import nearest

MAX_CHARACTERS = 64_000
# A condition of the machine for each instruction; a template of some lines needs some hundreds.
FUEL = 100_000
MAX_RESULT = 1_000_000
_NAME = "template"

Render = Callable[[Any, Mapping[str, Any]], str | None]


def compile_template(text: str) -> Render:
    """A function of (value, posting): the text, None where something that is named is not there.

    Raises DefinitionError: too long, wrong syntax, a variable or field that there is not.
    """
    if len(text) > MAX_CHARACTERS:
        raise DefinitionError(f"a template of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}")
    environment = Environment(undefined_behavior="strict", fuel=FUEL, auto_escape_callback=lambda name: False)
    environment.finalizer = _finish
    try:
        environment.add_template(_NAME, text)
    except TemplateError as error:
        raise DefinitionError(f"not a template: {error.detail or error}") from error
    _check_names(environment, text)

    def render(value: Any, posting: Mapping[str, Any]) -> str | None:
        try:
            made = environment.render_template(_NAME, value=value, posting=posting)
        except _NotThereError:
            return None
        except TemplateError as error:
            if error.kind == "UndefinedError" or isinstance(error.__cause__, _NotThereError):
                return None
            raise RecordError(f"the template cannot be filled: {error.detail or error}", reason="step") from error
        if len(made) > MAX_RESULT:
            raise RecordError(f"the template makes more than {MAX_RESULT:,} characters", reason="step")
        return made.strip() or None

    return render


class _NotThereError(Exception):
    """A template prints something that is not there."""


def _finish(value: Any) -> Any:
    """What is printed; a top-level name that is missing comes as None even where missing is an error."""
    if value is None:
        raise _NotThereError
    return NotImplemented


def _check_names(environment: Environment, text: str) -> None:
    for variable in sorted(environment.undeclared_variables_in_str(text, nested=True)):
        root, _, rest = variable.partition(".")
        field = rest.partition(".")[0].partition("[")[0]
        if root not in ("value", "posting") and root not in environment.globals:
            hint = f"posting.{root}" if root in FIELD_NAMES else "the names are `value` and `posting`"
            raise DefinitionError(f"the template uses {root!r}, which is not known here", hint=hint)
        if root == "posting" and field and field not in FIELD_NAMES:
            raise DefinitionError(f"a posting has no field {field!r}", hint=nearest(field, FIELD_NAMES))
