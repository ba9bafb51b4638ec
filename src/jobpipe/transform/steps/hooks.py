"""The step by which a house's own function takes part."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from jobpipe.errors import DefinitionError, JobpipeError, RecordError
from jobpipe.transform.plain_values import shown
from jobpipe.transform.steps.step import Run, step
from jobpipe.transform.workbench import Workbench


@step(
    "python",
    takes="anything",
    summary="Calls a function of the project's hooks.py with the value, and with the posting if it takes two.",
    examples=[],
)
def python(
    hook: Annotated[str, "The function: hooks:name."],
    bench: Workbench,
    whole: Annotated[bool, "Gives it all there is, a list or nothing too; else each value that is there."] = False,
) -> Run:
    """For the house's own developers: a hook is code, and runs with all that the process may do.

    `{python: "hooks:fix_title"}` calls `fix_title(value)`, or `fix_title(value, posting)` where the function has
    two parameters; `posting` is a dict of the fields made before. What it returns is the value; None is nothing.
    """
    if bench.hook is None:
        raise DefinitionError("hooks are not available here")
    function = bench.hook(hook)
    call = _with_posting(function, bench) if _takes_two(function) else function

    def run(value: Any) -> Any:
        try:
            return call(value)
        except JobpipeError:
            raise
        except Exception as error:
            message = f"{hook} failed on {shown(value)}: {type(error).__name__}: {error}"
            raise RecordError(message, reason="hook") from error

    return run if whole else _each(run)


def _each(run: Run) -> Run:
    def apply(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [made for item in value if item is not None and (made := run(item)) is not None]
        return None if value is None else run(value)

    return apply


def _with_posting(function: Callable[..., Any], bench: Workbench) -> Run:
    return lambda value: function(value, bench.posting)


def _takes_two(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [
        one
        for one in parameters
        if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) and one.default is one.empty
    ]
    return len(needed) >= 2
