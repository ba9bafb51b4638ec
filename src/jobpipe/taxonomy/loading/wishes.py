"""What a person says of the files of a taxonomy; what is not said is found out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    name: str
    # ISO 639-1; "" = the file's.
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    code: str = ""
    # In the order in which they are names to show; several of one language: the first that is there.
    labels: tuple[Column, ...] = ()
    # A column without a name = none.
    synonyms: tuple[Column, ...] = ()
    # "" = none; None = found out.
    parent: str | None = None
    # Of a JSON object: the name of what is below it.
    children: str = ""
    # One for all files, or one a file.
    languages: tuple[str, ...] = ()
    # Between several values in one cell; "" = found out.
    separator: str = ""
    encoding: str = ""
    # auto: where no file says what is above a code and most codes begin with another one; yes, no.
    prefixes: str = "auto"
