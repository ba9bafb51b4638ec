"""Sizes as people write them in files: bytes, or text with a unit."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from jobpipe.errors import DefinitionError
from jobpipe.safety.limits import parse_size


def check_size(value: int | str | None) -> int | str | None:
    if value is not None:
        try:
            parse_size(value)
        except DefinitionError as error:
            # The message goes in by name: it may hold braces.
            raise PydanticCustomError("size", "{what}", {"what": error.message, "hint": error.hint}) from error
    return value


Size = Annotated[int | str | None, AfterValidator(check_size)]
