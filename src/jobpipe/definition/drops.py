"""Files that somebody drops: which of them are read, and what becomes of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from jobpipe.definition.base import Model


class FileOptions(Model):
    take: Literal["all", "newest"] = Field(
        default="all",
        description="Of the files that a pattern matches: all, by name, or the newest.",
    )
    quiet: float = Field(
        default=0.0,
        ge=0,
        description="Seconds that a file must not have changed for: one that is still being written is left alone.",
    )
    afterwards: Literal["keep", "delete", "move"] = Field(
        default="keep", description="What becomes of the files that were read, when the run has succeeded."
    )
    move_to: str | None = Field(default=None, description="The folder that they are moved to: done/.")
    sender: str | None = Field(default=None, description="imap://: only mails from this address.")
    subject: str | None = Field(default=None, description="imap://: only mails whose subject contains this.")

    @model_validator(mode="after")
    def _move_has_a_folder(self) -> FileOptions:
        if (self.afterwards == "move") != (self.move_to is not None):
            raise ValueError("`afterwards: move` and `move_to: folder` belong together")
        return self
