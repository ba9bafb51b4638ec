"""Secrets: where they come from (the environment, `sealed`) and where they never go (anything that a person sees)."""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

from jobpipe.errors import DefinitionError

MASK = "***"

# Shorter values ("fr", "1") stand in too many places that are no secret.
SHORTEST_SECRET = 4

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# What stands between the scheme and the last @ of the authority.
_USER = re.compile(r"(?<=://)[^/?#\s]*@")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:(?P<login>[^/?#\s@]*)@)?[^/?#\s@]*(?P<rest>[/?#]\S*)?")
_SECRET_WORDS = (
    r"token|secret|passw|passphrase|pwd|signature|credential|session|jwt|bearer|hmac|username|authorization"
    r"|(?:^|[_.-]|api|access|app|feed|client|auth|private|user)key(?:$|[_.-]?id$)"
    r"|^(?:pass|pw|pin|sig|sid|code|hash|login|user|auth)$|^auth[_.-]"
)
_SECRET_PARAMETER = re.compile(_SECRET_WORDS, re.IGNORECASE)
_PARAMETER = re.compile(r"([?&;#])([^=&;#\s?]+)=([^&;#\s\"'<>]*)")


class MissingVariableError(DefinitionError):
    """A definition asks for an environment variable that is not set."""

    code = "JP1010"


def expand(text: str, environ: Mapping[str, str], redactor: Redactor | None = None) -> str:
    """`${NAME}` becomes the variable's value, `${NAME:-default}` the default where NAME is unset or empty.

    The values go to `redactor`, so that nothing printed later shows them; defaults are written in the
    definition and are no secret. Raises DefinitionError naming a variable that is missing.
    """

    def value_of(found: re.Match[str]) -> str:
        name, has_default, default = found[1].partition(":-")
        if not _NAME.fullmatch(name):
            raise DefinitionError(f"{found[0]} names no environment variable", hint="write ${NAME} or ${NAME:-default}")
        value = environ.get(name, "")
        if value or (name in environ and not has_default):
            if redactor is not None and not _is_plain_place(value):
                redactor.add(value)
            return value
        if has_default:
            return default
        raise MissingVariableError(
            f"the environment variable {name} is not set",
            hint=f"set it, seal it (jobpipe secrets set {name}), or give a default: ${{{name}:-…}}",
        )

    return _VARIABLE.sub(value_of, text)


def _is_plain_place(value: str) -> bool:
    """A folder or file of this machine, or an address on it: to hide it would only hide where an error is."""
    if value.startswith(("http://127.0.0.1", "http://localhost")):
        return redact(value) == value
    return value.startswith(("/", "./", "../", "~/")) and Path(value).expanduser().exists()


def is_variable_name(name: str) -> bool:
    """Whether `${NAME}` can ask for it."""
    return _NAME.fullmatch(name) is not None


def variables_in(text: str) -> list[str]:
    """The environment variables that a text asks for, as written: `${NAME:-default}`."""
    return [found[0] for found in _VARIABLE.finditer(text)]


def name_of_variable(variable: str) -> str:
    """Of one as it is written: `${NAME:-default}`."""
    return variable[2:-1].partition(":-")[0]


def is_secret_name(name: str) -> bool:
    """Whether a header or a parameter of this name holds a secret, as far as its name says."""
    return _SECRET_PARAMETER.search(name) is not None or name.lower() == "cookie"


def redact(location: str) -> str:
    """A location (or a text that holds some) without its login, without the query parameters that are secrets, and
    without what the process's redactor knows."""
    return process_redactor.clean(location)


def _without_logins(location: str) -> str:
    if "://" in location:
        location = _USER.sub(f"{MASK}@", location)
    if "=" in location:
        location = _PARAMETER.sub(_mask_parameter, location)
    return location


def _mask_parameter(found: re.Match[str]) -> str:
    mark, name, value = found.groups()
    return f"{mark}{name}={MASK}" if value and _SECRET_PARAMETER.search(name) else found[0]


class Redactor:
    """Knows the secret values of a process and takes them out of any text, in the shapes that they travel in."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._shapes: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Values of fewer than 4 characters are not kept: masking them would spoil every text.

        Of a URL all is a secret but its scheme and its host, which a person needs to know what failed.
        """
        secret = secret.strip()
        if found := _URL.fullmatch(secret):
            secret = found["rest"] or ""
            if found["login"]:
                self._keep(found["login"])
        self._keep(secret)

    def _keep(self, secret: str) -> None:
        if len(secret) < SHORTEST_SECRET:
            return
        self._shapes.update(_shapes_of(secret))
        # The longest first: a secret may hold another one.
        ordered = sorted(self._shapes, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(shape) for shape in ordered))

    def clean(self, text: str) -> str:
        """The text with every known secret, every login in a URL and every secret query parameter masked."""
        return _without_logins(self.clean_values(text))

    def clean_values(self, text: str) -> str:
        """The text with every known secret masked, and nothing else."""
        return self._pattern.sub(MASK, text) if self._pattern is not None else text

    def __repr__(self) -> str:
        return f"Redactor({len(self._shapes)} shapes)"


# What this process must never show: fed where secrets are put into a definition, asked by `redact`.
process_redactor = Redactor()


class RedactingFilter(logging.Filter):
    """Cleans every log record on its way out; belongs on handlers, so that libraries' records pass it too."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._redactor.clean(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        if record.exc_text:
            record.exc_text = self._redactor.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redactor.clean(record.stack_info)
        return True


def _shapes_of(secret: str) -> set[str]:
    shapes = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    }
    # In a login header the secret is a part of what is encoded (user:password), so it may begin at
    # any of three places of a group of three bytes; the characters at its edges mix with neighbours.
    raw = secret.encode()
    for lead in range(3):
        encoded = base64.b64encode(bytes(lead) + raw).rstrip(b"=").decode()
        first = (0, 2, 3)[lead]
        last = len(encoded) - (1 if (lead + len(raw)) % 3 else 0)
        inner = encoded[first:last]
        if len(inner) >= 2 * SHORTEST_SECRET:
            shapes.update((inner, inner.replace("+", "-").replace("/", "_")))
    whole = base64.b64encode(raw).decode()
    shapes.update((whole, base64.urlsafe_b64encode(raw).decode()))
    return {shape for shape in shapes if len(shape) >= SHORTEST_SECRET}
