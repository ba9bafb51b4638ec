"""A house's own functions: the text of `hooks.py`, run in a module of its own."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from jobpipe.errors import DefinitionError
from jobpipe.transform.problems import nearest

Hook = Callable[..., Any]


def hook_finder(source: str | None) -> Callable[[str], Hook]:
    """Gives what finds a function by "hooks:name"; the text runs at the first look-up.

    Raises DefinitionError, from the look-up, where there is no such function or the text does not run.
    Hooks are for a house's developers: they are code, and run with all that the process may do.
    """
    loaded: dict[str, Any] = {}

    def find(reference: str) -> Hook:
        module, _, name = reference.rpartition(":")
        if module not in ("", "hooks"):
            raise DefinitionError(f"{reference!r}: hooks are functions of hooks.py", hint=f"write hooks:{name}")
        if source is None:
            raise DefinitionError(f"{reference!r}: the project folder has no hooks.py")
        if not loaded:
            loaded.update(_run(source))
        found = loaded.get(name)
        if not callable(found) or name.startswith("_"):
            known = [key for key, value in loaded.items() if callable(value) and not key.startswith("_")]
            raise DefinitionError(f"hooks.py has no function {name!r}", hint=nearest(name, known))
        return found  # type: ignore[no-any-return]

    return find


def _run(source: str) -> dict[str, Any]:
    module = types.ModuleType("hooks")
    try:
        exec(compile(source, "hooks.py", "exec"), module.__dict__)
    except SyntaxError as error:
        raise DefinitionError(f"hooks.py, line {error.lineno}: {error.msg}") from error
    except Exception as error:
        line = _line_of(error)
        raise DefinitionError(f"hooks.py{f', line {line}' if line else ''}: {type(error).__name__}: {error}") from error
    return vars(module)


def _line_of(error: Exception) -> int:
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "hooks.py":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
