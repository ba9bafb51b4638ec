"""The text of a definition or a destination for people who may read it and not use what it logs in with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobpipe.definition.loading import parse_yaml
from jobpipe.errors import JobpipeError
from jobpipe.safety.secrets import MASK, is_secret_name, redact, variables_in

_LOGIN = "auth"


def text_without_secrets(text: str, shown: str) -> str:
    """`***` for what is written there as it is; what a variable gives (`${NAME}`) is not in the text.

    "" where it cannot be told what in the text is a secret.
    """
    try:
        document = parse_yaml(text, shown)
    except JobpipeError:
        return ""
    # The longest first: one may be a part of another.
    for secret in sorted(set(_secrets(document.value, is_secret=False)), key=len, reverse=True):
        if secret not in text:
            # It was written with escapes, or over several lines.
            return ""
        text = text.replace(secret, MASK)
    return redact(text)


def _secrets(value: Any, *, is_secret: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _secrets(part, is_secret=is_secret or name == _LOGIN or is_secret_name(str(name)))
    elif isinstance(value, list):
        for part in value:
            yield from _secrets(part, is_secret=is_secret)
    elif is_secret and value not in (None, "") and not isinstance(value, bool):
        written = str(value)
        for variable in variables_in(written):
            written = written.replace(variable, "\n")
        yield from (piece for piece in written.split("\n") if piece.strip(" :"))
