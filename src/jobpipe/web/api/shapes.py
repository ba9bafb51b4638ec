"""What the API takes and gives, as its description says it."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Path, Schema
from pydantic import ConfigDict, Field, field_validator

Moment = Annotated[str | None, Field(description="ISO 8601, UTC; null = not yet, or never.")]
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=200, description="Of an import.")]
Number = Annotated[int, Path(ge=1, lt=2**63)]


class Given(Schema):
    """A word too many is a mistake, not a wish that is passed over."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """PostgreSQL stores no text with it."""
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("a text cannot hold NUL")
        return value


class Problem(Schema):
    code: str = Field(description="A stable word: not_found, conflict, invalid …")
    message: str = Field(description="For a person.")
    hint: str = Field(description="What to do about it; may be empty.")


class Failure(Schema):
    error: Problem


# Every operation may end like this.
FAILURES: dict[Any, Any] = {frozenset({400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}): Failure}


def gives(shape: Any, status: int = 200) -> dict[Any, Any]:
    return {status: shape, **FAILURES}
