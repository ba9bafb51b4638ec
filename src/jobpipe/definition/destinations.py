"""`destinations/*.yaml`: where postings go, which of them, in which form, and what is agreed with whoever takes them.

    destination: partner
    to: {file: "sftp://drop.example.org/in/jobs.xml.gz", auth: {basic: "${DROP_USER}:${DROP_PASSWORD}"}}
    format: indeed
    select: {countries: [FR, BE], where: "posting.contract != 'internship'"}
    rules:
      - set title = posting.title|truncate(length=75) when posting.title|length > 75
    limit: 10000

A posting goes where its import's `deliver` names and the selection agrees.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from jobpipe.definition.base import Model, several
from jobpipe.definition.targets import Target, target_of

_PERCENT = re.compile(r"(\d{1,3})\s*%")
Names = Annotated[list[str], BeforeValidator(several)]


def _share(value: Any) -> Any:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    return int(found[1]) / 100 if found else value


class Select(Model):
    """Which postings go there; empty = all that their imports name it for."""

    imports: Names = Field(default=[], description="Only of these imports.")
    clients: Names = Field(default=[], description="Only of these clients.")
    countries: Names = Field(default=[], description="Only with a place in one of them (ISO 3166-1 alpha-2).")
    categories: Names = Field(
        default=[], description="Only with one of these codes; `ISCO-08:2512` names the taxonomy too."
    )
    where: str = Field(default="", description="Only where this expression over `posting` is true.")


class DestinationDefinition(Model):
    destination: str = Field(min_length=1, max_length=100, description="Its name: that of its file.")
    to: Annotated[Target, BeforeValidator(target_of)] = Field(description="How it is reached: one way out.")
    format: str = Field(
        default="", description="Of files and bodies: `jobpipe export --help` lists them; jsonl when absent."
    )
    template: dict[str, Any] = Field(
        default={}, description="format: template: how one posting, and all around it, is written."
    )
    options: dict[str, str] = Field(
        default={},
        description="What a format asks for itself: publisher, publisher_url, waive (rules).",
    )
    select: Select = Field(default=Select(), description="Which postings go there.")
    rules: Annotated[list[str], BeforeValidator(several)] = Field(
        default=[], description="What is done to a posting for this destination alone: rules as those of overrides."
    )
    fields: dict[str, str] = Field(
        default={},
        description="jsonl, csv, xlsx and bodies: the destination's name of a field -> the field here (company.name).",
    )
    require: Names = Field(
        default=[], description="Fields without which it would refuse a posting, besides its format's."
    )
    limit: int | None = Field(default=None, ge=1, description="The most postings that it takes.")
    priority: Names = Field(
        default=[],
        description="Which come first where there are more: expressions, true before false, high before low.",
    )
    guard: Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)] = Field(
        default=0.3, description="Of a file: where more than this share would vanish at once, a person is asked."
    )
    batch: int = Field(default=100, ge=1, le=10_000, description="Changes in one request.")
    paused: bool = Field(default=False, description="Nothing is sent; what changes meanwhile is sent afterwards, net.")

    @field_validator("select", mode="after")
    @classmethod
    def _upper(cls, select: Select) -> Select:
        return select.model_copy(update={"countries": [country.upper() for country in select.countries]})

    @model_validator(mode="after")
    def _agrees(self) -> DestinationDefinition:
        if self.template and self.format not in ("", "template"):
            raise ValueError("`template` is for `format: template`")
        return self

    @property
    def kind(self) -> Literal["snapshot", "changes"]:
        return self.to.kind
