"""A parameter that there is not is a mistake of whoever asks, and said: `?improt=apec` must not list all imports."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, get_type_hints

from ninja.params import models

from jobpipe.web.api.answers import RefusedError
from jobpipe.web.api.bearer import ApiRequest


def only_known_parameters(operation: Callable[..., Any]) -> Callable[..., Any]:
    known = sorted(_parameters_of(operation))

    @wraps(operation)
    def checked(request: ApiRequest, *given: Any, **named: Any) -> Any:
        if unknown := [name for name in request.GET if name not in known]:
            hint = f"there is {', '.join(known)}" if known else "there is none here"
            raise RefusedError(422, f"there is no parameter {unknown[0][:100]!r}", hint)
        return operation(request, *given, **named)

    return checked


def _parameters_of(operation: Callable[..., Any]) -> Iterator[str]:
    """As they are written in an address, after its question mark: those that may be left away."""
    hints = get_type_hints(operation, include_extras=True)
    for name, one in inspect.signature(operation).parameters.items():
        said = next((it for it in getattr(hints[name], "__metadata__", ()) if isinstance(it, models.Param)), None)
        if one.default is not inspect.Parameter.empty and not isinstance(said, models.Header):
            yield (said.alias if said is not None else None) or name
