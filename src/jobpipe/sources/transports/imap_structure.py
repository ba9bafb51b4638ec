"""What a mail is made of, from a server's BODYSTRUCTURE (RFC 3501, section 7.4.2): nothing else of it is fetched."""

from __future__ import annotations

import email.header
import email.utils
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# A mail with more parts, or deeper ones, is an attack.
MOST_PARTS = 1_000
DEEPEST = 30

_TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|\{(\d+)\+?\}\r?\n?|([^\s()"{]+))', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Attachment:
    # 1, 2.1 …
    section: str
    name: str
    # base64, quoted-printable, 7bit …
    encoding: str
    # As it is encoded.
    size: int


def attachments_of(structure: bytes) -> list[Attachment]:
    """The parts that have a file's name. Raises ValueError where the structure is none."""
    return [found for found in _leaves(parsed(structure), "", 0) if found.name][:MOST_PARTS]


def joined(answer: Sequence[Any]) -> bytes:
    """An answer of imaplib as one text: a literal comes apart from its line."""
    pieces: list[bytes] = []
    for item in answer:
        if isinstance(item, tuple):
            line, literal = item
            pieces += [line, b"\n", literal]
        elif item is not None:
            pieces.append(item)
    return b"".join(pieces)


def parsed(text: bytes) -> Any:
    """Nested lists of bytes, None for NIL, of the first value in a text."""
    stack: list[list[Any]] = [[]]
    at = 0
    while found := _TOKEN.match(text, at):
        at = found.end()
        opening, closing, quoted, literal, atom = found.groups()
        if opening:
            if len(stack) > DEEPEST:
                raise ValueError("too deep")
            stack.append([])
        elif closing:
            if len(stack) == 1:
                raise ValueError("a bracket too many")
            done = stack.pop()
            stack[-1].append(done)
        elif quoted is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL))
        elif literal is not None:
            stack[-1].append(text[at : at + int(literal)])
            at += int(literal)
        else:
            stack[-1].append(None if atom.upper() == b"NIL" else atom)
        if len(stack) == 1:
            return stack[0][0]
    raise ValueError("cut short")


def _leaves(part: Any, section: str, depth: int) -> Iterator[Attachment]:
    if not isinstance(part, list) or not part:
        raise ValueError("no part")
    if isinstance(part[0], list):
        for number, inner in enumerate((inner for inner in part if isinstance(inner, list)), 1):
            if number <= _count(part):
                yield from _leaves(inner, f"{section}.{number}".lstrip("."), depth + 1)
        return
    if len(part) < 7:
        raise ValueError("a part without its seven words")
    yield Attachment(section or "1", _name_of(part), _text(part[5]).lower(), int(part[6] or 0))


def _count(part: list[Any]) -> int:
    """The parts of a multipart stand before its subtype."""
    return next((number for number, inner in enumerate(part) if not isinstance(inner, list)), len(part))


def _name_of(part: list[Any]) -> str:
    """Of the disposition, else of the type."""
    for item in part[7:]:
        if isinstance(item, list) and len(item) == 2 and isinstance(item[1], list) and isinstance(item[0], bytes):
            name = _parameter(item[1], "filename")
            if name:
                return name
    return _parameter(part[2], "name")


def _parameter(pairs: Any, name: str) -> str:
    """Decoded; also where it is cut in pieces (RFC 2231)."""
    if not isinstance(pairs, list):
        return ""
    given = {_text(key).lower(): _text(value) for key, value in zip(pairs[::2], pairs[1::2], strict=False)}
    if name in given:
        return _without_folders(str(email.header.make_header(email.header.decode_header(given[name]))))
    pieces = sorted((key for key in given if key.startswith(f"{name}*")), key=_number)
    if not pieces:
        return ""
    whole = "".join(given[key] for key in pieces)
    if pieces[0].endswith("*") and whole.count("'") >= 2:
        whole = email.utils.collapse_rfc2231_value(_triple(whole))
    return _without_folders(whole)


def _triple(text: str) -> tuple[str | None, str | None, str]:
    """Character set, language, and what is written in them."""
    charset, language, quoted = text.split("'", 2)
    return charset or None, language or None, urllib.parse.unquote(quoted, encoding="latin-1")


def _number(key: str) -> int:
    digits = "".join(letter for letter in key.partition("*")[2] if letter.isdecimal())
    return int(digits or 0)


def _without_folders(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].strip()


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
