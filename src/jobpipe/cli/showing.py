"""The interface for commands that serve it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jobpipe.runs.workspace import Workspace


def interface_of(workspace: Workspace) -> Any:
    """An ASGI application. Raises UsageError where its packages are missing."""
    from jobpipe.errors import UsageError

    try:
        from jobpipe.web.application import interface

        return interface(workspace)
    except ImportError as error:
        raise UsageError(f"the interface needs {error.name}", hint="pip install 'job-pipe[web]'") from error


def has_interface() -> bool:
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("a2wsgi", "whitenoise", "django_htmx", "pyotp"))


def say_where(url: str) -> None:
    from jobpipe.web.making_accounts import is_first, welcome_code

    # Not logged: logs are kept, and the code lets whoever reads it in.
    click.echo(
        f"make the first account: {url}/welcome?code={welcome_code()}" if is_first() else f"open {url}/", err=True
    )
