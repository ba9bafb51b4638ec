"""Paths into one JSON record: `company.name`, `locations[0].city`, `locations[*].city`, `"a key"."b.c"`.

A name that meets a list goes on in each of its items, and a list at the end of a path gives its items, so
that `locations.city` and `locations[*].city` are the same.  `.` (or `$`) is the record itself.
"""

from __future__ import annotations

import re
from typing import Any

from jobpipe.sources.formats.reading import PathError

# A key, a position (negative = from the end), or None for every item.
Token = str | int | None
MAX_PATH_CHARACTERS = 1000
_TOKEN = re.compile(
    r"\[\s*(?P<position>-?\d{1,9})\s*\]|(?P<every>\[\s*\*?\s*\])"
    r"|(?P<dot>\.?)(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<star>\*)|(?P<name>[^.\[\]\"*]+))"
    r"|\[(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')\]"
)


def parse_path(path: str) -> tuple[Token, ...]:
    """Raises PathError; () is the record itself."""
    rest = path.strip()
    if not rest:
        raise PathError("an empty path", hint="`.` is the record itself")
    if len(rest) > MAX_PATH_CHARACTERS:
        raise PathError(f"a path of {len(rest):,} characters; the limit is {MAX_PATH_CHARACTERS:,}")
    rest = re.sub(r"^\$(?=$|[.\[])", "", rest)
    if rest in ("", "."):
        return ()
    rest = rest.removeprefix(".")
    tokens: list[Token] = []
    position = 0
    while position < len(rest):
        found = _TOKEN.match(rest, position)
        if found is None or (found["dot"] is not None and bool(found["dot"]) != (position > 0)):
            raise PathError(
                f"cannot read the path {path!r} at {rest[position:]!r}",
                hint='paths are company.name, locations[0].city, a[*].b, "a key".b; any JMESPath as jmespath:…',
            )
        tokens.append(_token_of(found))
        position = found.end()
    return tuple(tokens)


def _token_of(found: re.Match[str]) -> Token:
    if found["position"] is not None:
        return int(found["position"])
    if found["every"] is not None or found["star"] is not None:
        return None
    if found["name"] is not None:
        return found["name"].strip()
    if found["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", found["quoted"])
    return found["double"] if found["double"] is not None else found["single"]


def follow(value: Any, tokens: tuple[Token, ...]) -> list[Any]:
    """What lies at a path, in order; a list at its end is not taken apart."""
    found = [value]
    for token in tokens:
        found = [below for one in found for below in _below(one, token)]
    return found


def _below(value: Any, token: Token) -> list[Any]:
    if isinstance(value, list):
        if token is None:
            return value
        if isinstance(token, int):
            return value[token : token + 1 or None]
        return [below for item in value for below in _below(item, token)]
    if isinstance(value, dict):
        if token is None:
            return list(value.values())
        return [value[token]] if token in value else []
    return []


def remove(value: Any, tokens: tuple[Token, ...]) -> None:
    """Take what lies at a path out of the value, in place; an item of a list becomes null."""
    *above, last = tokens
    for parent in follow(value, tuple(above)):
        _remove_from(parent, last)


def _remove_from(parent: Any, token: Token) -> None:
    if isinstance(parent, dict):
        if token is None:
            parent.clear()
        elif isinstance(token, str):
            parent.pop(token, None)
    elif isinstance(parent, list):
        if isinstance(token, str):
            for item in parent:
                _remove_from(item, token)
        elif token is None:
            parent.clear()
        elif -len(parent) <= token < len(parent):
            parent[token] = None
