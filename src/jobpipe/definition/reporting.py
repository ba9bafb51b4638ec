"""What publishers are told of their own feed: in which language, by mail to whom, and when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal, TypeVar, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from jobpipe.definition.base import Model, several

Language = Literal["en", "fr", "de", "nl"]
LANGUAGES: tuple[str, ...] = get_args(Language)
When = Literal["refused", "always", "weekly", "never"]

# Whoever sends decides whether it exists; what matters here is that it is one address and nothing else.
_MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_Value = TypeVar("_Value")


def check_mail(text: str) -> str:
    if not _MAIL.fullmatch(text) or not text.isprintable() or len(text) > 254:
        raise ValueError(f"{text!r} is no mail address")
    return text


Mail = Annotated[str, AfterValidator(check_mail)]


class ReportSettings(Model):
    """What is not said here is as the client's settings say, then the house's."""

    language: Language | None = Field(default=None, description="Of the publisher: en, fr, de, nl. Absent: en.")
    to: Annotated[list[Mail], BeforeValidator(several)] = Field(
        default=[], description="Mail addresses that get the report. Absent: nobody; `jobpipe report` writes it."
    )
    when: When | None = Field(
        default=None,
        description="After each run with refused records (refused), after each (always), once a week (weekly), never. "
        "Absent: refused.",
    )


class ReportWishes(Model):
    """The same, with nothing left open."""

    language: Language = "en"
    to: tuple[str, ...] = ()
    when: When = "refused"


def wishes_of(layers: Iterable[ReportSettings]) -> ReportWishes:
    """The narrowest layer first."""
    said = list(layers)
    return ReportWishes(
        language=_first((one.language for one in said), "en"),
        to=_first((tuple(one.to) or None for one in said), ()),
        when=_first((one.when for one in said), "refused"),
    )


def _first(values: Iterable[_Value | None], otherwise: _Value) -> _Value:
    return next((value for value in values if value is not None), otherwise)
