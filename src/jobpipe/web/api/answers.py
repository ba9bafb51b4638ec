"""How the API says what goes wrong: one shape, whatever it is.

{"error": {"code": "not_found", "message": "…", "hint": "…"}}
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from jobpipe.errors import DefinitionError, JobpipeError, OutOfReachError
from jobpipe.ledger.unavailable import Trouble
from jobpipe.safety.secrets import redact
from jobpipe.web.troubles import passing_trouble, tell_developers

log = logging.getLogger("jobpipe.web")

PREFIX = "/api/"
# What each status is called.
_CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal_error",
    503: "unavailable",
}


class RefusedError(Exception):
    """The request cannot be answered, and why, for whoever asks."""

    def __init__(self, status: int, message: str, hint: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint
        self.headers = headers or {}


class CursorError(RefusedError):
    def __init__(self) -> None:
        super().__init__(400, "that is no cursor", "give back what `next` or `cursor` said, as it is")


def refused(status: int, message: str, hint: str = "", *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    error = {"code": _CODES.get(status, "error"), "message": redact(message), "hint": redact(hint)}
    return JsonResponse({"error": error}, status=status, headers=headers)


def say_errors(api: NinjaAPI) -> None:
    """What operations raise becomes an answer of the one shape."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        RefusedError: lambda _, error: refused(error.status, error.message, error.hint, headers=error.headers),
        AuthenticationError: lambda *_: not_authenticated(),
        HttpError: lambda _, error: refused(error.status_code, str(error)),
        ValidationError: lambda _, error: _invalid(error),
        Http404: lambda *_: refused(404, "there is no such thing, or it is not yours to see"),
        OutOfReachError: lambda _, error: _of_a_store(error),
        DatabaseError: lambda _, error: _of_a_store(error),
        InterfaceError: lambda _, error: _of_a_store(error),
        JobpipeError: _jobpipe_error,
        Exception: lambda _, error: _failed(error),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def not_authenticated() -> HttpResponse:
    hint = "Authorization: Bearer TOKEN; tokens are made on the account's page"
    return refused(401, "no token, or one that does not count", hint, headers={"WWW-Authenticate": "Bearer"})


def _invalid(error: ValidationError) -> HttpResponse:
    first = error.errors[0] if error.errors else {}
    # `body`, `payload`, …: where it stands, without the names of our arguments.
    where = ".".join(str(part) for part in first.get("loc", ())[-2:])
    message = f"{where}: {first.get('msg', 'is not valid')}"
    more = f"and {len(error.errors) - 1} more" if len(error.errors) > 1 else ""
    return refused(422, message, more or "the description is at /api/v1/openapi.json")


def _jobpipe_error(request: HttpRequest, error: JobpipeError) -> HttpResponse:
    """What cannot be done as things stand is a conflict."""
    place = str(error.place) if error.place and isinstance(error, DefinitionError) else ""
    message = f"{place}: {error.message}" if place else error.message
    return refused(400 if request.method == "GET" else 409, message, error.hint)


def _of_a_store(error: Exception) -> HttpResponse:
    trouble = passing_trouble(error)
    if trouble is None:
        return _failed(error)
    if trouble is Trouble.BUSY:
        words = "another process has been writing for a long time, and this was not done"
        return refused(503, words, "again in a few seconds", headers={"Retry-After": "10"})
    return refused(503, "a store cannot be reached", "again in a minute", headers={"Retry-After": "60"})


def _failed(error: Exception) -> HttpResponse:
    log.error("the API failed", exc_info=error)
    tell_developers(error)
    return refused(500, "job-pipe itself failed: it is in its log")


class OneShape:
    """What is answered before an operation is reached (no such address, another method, too large) has the shape too;
    nothing of a browser's is believed under this prefix."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self._answer(request)
        # Before anything looks at it: a cookie says nothing here.
        request.META.pop("HTTP_COOKIE", None)
        response = self._answer(request)
        if response.status_code >= 400 and not response.headers.get("Content-Type", "").startswith("application/json"):
            kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
            return refused(response.status_code, _MESSAGES.get(response.status_code, "that does not go"), headers=kept)
        return response


_MESSAGES = {
    404: "there is no such address",
    405: "not with this method",
    413: "that is too large",
    503: "a store cannot be reached at the moment",
}
