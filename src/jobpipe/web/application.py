"""The interface as an ASGI application: pages on threads, files of its own, beside health addresses and feeds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from jobpipe.runs.workspace import Workspace
from jobpipe.web import project

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Requests that are worked on at the same time.
THREADS = 16
_STATIC = "/static/"


def interface(workspace: Workspace) -> Application:
    """To be called once a process, whose ledger is open."""
    from a2wsgi import WSGIMiddleware
    from django.core.handlers.wsgi import WSGIHandler

    from jobpipe.web.settings import configure

    configure(workspace.project)
    project.show(workspace)
    made: Application = WSGIMiddleware(_with_files(WSGIHandler()), workers=THREADS)  # type: ignore[assignment]
    return made


def _with_files(handler: Any) -> Any:
    """Our own style and script, and htmx as its package brings it: nothing comes from elsewhere."""
    from whitenoise import WhiteNoise

    serving = WhiteNoise(handler, max_age=3600, add_headers_function=_as_they_say)
    serving.add_files(str(Path(str(files("jobpipe.web").joinpath("static")))), prefix=_STATIC)
    serving.add_files(str(Path(str(files("django_htmx").joinpath("static/django_htmx")))), prefix=f"{_STATIC}htmx/")
    return serving


def _as_they_say(headers: Any, path: str, url: str) -> None:
    """No browser guesses what a file is."""
    headers["X-Content-Type-Options"] = "nosniff"


def mounted(interface: Application, beside: Application, paths: tuple[str, ...]) -> Application:
    """What begins with one of `paths` is answered by `beside`, all else by the interface."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or str(scope["path"]).startswith(paths):
            await beside(scope, receive, send)
        else:
            await interface(scope, receive, send)

    return answer
