"""Django's settings for the interface, laid over those of the ledger."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from jobpipe.definition.project import Project

HERE = Path(__file__).parent
_KEY_FILE = "web.key"


def configure(project: Project, *, hosts: list[str] | None = None) -> None:
    """To be called once a process, before the first request; the ledger is open."""
    values = {
        "SECRET_KEY": _secret_key(project.state_dir),
        "DEBUG": False,
        # Whatever name the house gives it: what a Host header may do here is in `middleware`.
        "ALLOWED_HOSTS": hosts or ["*"],
        "ROOT_URLCONF": "jobpipe.web.urls",
        "MIDDLEWARE": [
            "jobpipe.web.middleware.SecurityHeaders",
            "jobpipe.web.api.answers.OneShape",
            "jobpipe.web.middleware.Troubles",
            "django.middleware.csrf.CsrfViewMiddleware",
            "jobpipe.web.middleware.LoggedIn",
            "jobpipe.web.middleware.Sizes",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [str(HERE / "templates")],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.csrf",
                        "django.template.context_processors.request",
                        "jobpipe.web.context.everywhere",
                    ],
                    "builtins": ["jobpipe.web.filters"],
                },
            }
        ],
        "CSRF_COOKIE_NAME": "jobpipe_csrf",
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": _is_behind_proxy(),
        "CSRF_FAILURE_VIEW": "jobpipe.web.pages.errors.csrf_failure",
        "APPEND_SLASH": False,
        "USE_I18N": False,
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 10 * 1024 * 1024,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 10_000,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.PBKDF2PasswordHasher"],
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if _is_behind_proxy() else None,
    }
    for name, value in values.items():
        setattr(settings, name, value)


def _is_behind_proxy() -> bool:
    """Only a house that says so trusts what a proxy says of the connection."""
    return os.environ.get("JOBPIPE_BEHIND_PROXY", "") not in ("", "0")


def _secret_key(state: Path) -> str:
    """Made once a project, readable by its owner alone; in a cluster JOBPIPE_WEB_KEY gives all processes the same."""
    if given := os.environ.get("JOBPIPE_WEB_KEY", ""):
        return given
    path = state / _KEY_FILE
    if not path.exists():
        made = path.with_name(f".{_KEY_FILE}.{os.getpid()}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        # Of two processes that begin together the first one's counts.
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text()
