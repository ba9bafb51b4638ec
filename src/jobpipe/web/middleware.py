"""What every request goes through."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse

from jobpipe.errors import JobpipeError
from jobpipe.web import sessions
from jobpipe.web.api.answers import PREFIX
from jobpipe.web.rights import viewer_of
from jobpipe.web.routes import Request

Answer = Callable[[HttpRequest], HttpResponse]
_HEADERS = {
    # No script, style or font but our own, nothing inline, and no page of others around ours.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


# Bytes of a request: of whoever is logged in or has a token, and of others, who give a name and a password at most.
LARGEST, LARGEST_OF_STRANGERS = 64 * 1024 * 1024, 64 * 1024


# What Django makes an answer of by itself.
_ANSWERED = (Http404, PermissionDenied, BadRequest, SuspiciousOperation)


class SecurityHeaders:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        # What is behind a login stays in no cache.
        response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


class Troubles:
    """What goes wrong is a page with words; a traceback goes to the log."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from jobpipe.web.pages.errors import out_of_reach, wrong
        from jobpipe.web.troubles import passing_trouble, tell_developers

        if (trouble := passing_trouble(error)) is not None:
            return out_of_reach(request, trouble)
        if isinstance(error, JobpipeError):
            return wrong(request, error)
        if not isinstance(error, _ANSWERED):
            tell_developers(error)
        return None


class LoggedIn:
    """`request.account` is who is at the keyboard, `request.viewer` whose rights count."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from jobpipe.web.pages.errors import out_of_reach
        from jobpipe.web.troubles import passing_trouble

        try:
            _know(request)
        except (DatabaseError, InterfaceError) as error:
            # What is raised here comes past no `process_exception`.
            if (trouble := passing_trouble(error)) is None:
                raise
            return out_of_reach(request, trouble)
        return self._answer(request)


def _know(request: HttpRequest) -> None:
    session = sessions.of_request(request)
    if session is not None and session.account is not None:
        logged_in = cast(Request, request)
        logged_in.logged_in = session
        logged_in.account = session.account
        logged_in.viewer = viewer_of(session.account, as_client=session.data.get(sessions.AS_CLIENT, ""))


class Sizes:
    """What is too large, or names what nothing is called, is refused before any of it is read. To come after
    `LoggedIn`."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        from jobpipe.web.pages.errors import cannot, too_large

        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            # No ledger stores it, and PostgreSQL fails where it is asked for.
            return cannot(request)
        # Of a token the API looks before it reads; to a page one says nothing.
        has_token = request.path_info.startswith(PREFIX) and request.headers.get("Authorization")
        is_known = getattr(request, "viewer", None) is not None or has_token
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > (LARGEST if is_known else LARGEST_OF_STRANGERS):
            return too_large(request)
        return self._answer(request)
