"""{page}, {offset}, {last}, {size} and {cursor} in what is sent: where the reading is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jobpipe.definition.services import PLACEHOLDERS, Paging, is_graphql

_PLACEHOLDER = re.compile(r"\{(" + "|".join(sorted(PLACEHOLDERS)) + r")\}")


@dataclass(frozen=True, slots=True)
class Position:
    """Where the reading of a list is: what its next request asks for."""

    page: int = 1
    # Records before it.
    offset: int = 0
    # As the answer before gave it; None = the first page.
    cursor: Any = None
    # The URL of the next page, where answers give it; "" = it is made of the definition's.
    url: str = ""

    def values(self, paging: Paging | None) -> dict[str, Any]:
        size = paging.size if paging is not None else None
        last = self.offset + size - 1 if size is not None else None
        return {"page": self.page, "offset": self.offset, "last": last, "size": size, "cursor": self.cursor}


def filled(value: Any, values: dict[str, Any]) -> Any:
    """A value with its placeholders filled in, however deep they lie.

    One that is a placeholder and nothing else becomes the value itself: a number stays one, and the first cursor
    is null.  Other names in braces stay as they are.
    """
    if isinstance(value, str):
        if alone := _PLACEHOLDER.fullmatch(value):
            return values[alone[1]]
        return _PLACEHOLDER.sub(lambda found: _text(values[found[1]]), value)
    if isinstance(value, dict):
        return {name: filled(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    return value


def filled_url(url: str, values: dict[str, Any]) -> str:
    return _PLACEHOLDER.sub(lambda found: quote(_text(values[found[1]]), safe=""), url)


def filled_body(body: Any, values: dict[str, Any]) -> Any:
    """In the text of a GraphQL query braces are its own: what moves goes into its variables."""
    if is_graphql(body):
        return {name: item if name == "query" else filled(item, values) for name, item in body.items()}
    return filled(body, values)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
