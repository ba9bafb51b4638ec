"""What all models of a definition share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, validate_default=False)


def several(value: Any) -> Any:
    """One where several are allowed."""
    return value if isinstance(value, (list, tuple)) else [value]


Paths = Annotated[list[str], BeforeValidator(several)]
