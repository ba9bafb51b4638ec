"""What a definition says, in its normal form.

A person may write a field as a path, as a list (a path followed by steps) or as a mapping; validators
bring the three to one `FieldRule`, so that nothing downstream knows of the short forms.  Positions in
the file are not kept here: `jobpipe.definition.loading` keeps them by path.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from jobpipe.posting import NESTED

RULE_WORDS = frozenset({"from", "value", "for", "parts", "join", "split", "each", "map", "unmapped", "then", "default"})


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, validate_default=False)


class StepCall(Model):
    """One step with what it is given."""

    name: str
    # Named parameters.
    params: dict[str, Any] = {}
    # A bare argument (`{replace: x}`, `{python: "hooks:fix"}`): the step's first parameter; None = none given.
    argument: Any = None


def _one_step(value: Any) -> Any:
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and len(value) == 1:
        ((name, given),) = value.items()
        if isinstance(given, dict):
            return {"name": name, "params": given}
        return {"name": name, "argument": given}
    if isinstance(value, dict) and "name" in value:
        return value
    raise ValueError("a step is a name (clean), or a name with its parameters ({date: {order: DMY}})")


def _steps(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [item if isinstance(item, StepCall) else _one_step(item) for item in value]
    return [value if isinstance(value, StepCall) else _one_step(value)]


def _paths(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _rule(value: Any) -> Any:
    """Bring the short forms of a field to the full one."""
    if isinstance(value, FieldRule):
        return value
    if isinstance(value, str):
        return {"from": [value]}
    if isinstance(value, (list, tuple)):
        if not value or not isinstance(value[0], str):
            raise ValueError("a list is a path followed by steps: [intitule, clean]")
        return {"from": [value[0]], "then": list(value[1:])}
    if isinstance(value, dict) and not (value.keys() & RULE_WORDS):
        return {"parts": value}
    return value


Steps = Annotated[list[StepCall], BeforeValidator(_steps)]
Paths = Annotated[list[str], BeforeValidator(_paths)]


class FieldRule(Model):
    """How one field of the posting is made, in this order: for, from, join (or the first value), split,
    each, map, then, default."""

    # Paths; with `join` all their values are joined, without it the first non-empty one counts (all
    # of them for a field that is a list).
    from_: Paths = Field(default=[], alias="from")
    # A constant, instead of a path.
    value: Any = None
    # Makes one item of a list field for each node found here; the paths of `parts` start from it.
    for_: str | None = Field(default=None, alias="for")
    # The parts of a nested field: {city: lieu/ville, country: {value: FR}}.
    parts: dict[str, Rule] = {}
    join: str | None = None
    split: str | None = None
    # Steps on each item of a list.
    each: Steps = []
    # A mapping table of the project folder, or one written in place.
    map: str | dict[str, Any] | None = None
    # What becomes of a label that the table does not have.
    unmapped: Literal["keep", "default", "reject"] = "keep"
    # Steps on the value.
    then: Steps = []
    default: Any = None


Rule = Annotated[FieldRule, BeforeValidator(_rule)]
FieldRule.model_rebuild()


class Auth(Model):
    # user:password
    basic: str | None = None
    bearer: str | None = None


class CsvOptions(Model):
    delimiter: str | None = None
    quote: str | None = None
    header: bool = True
    columns: list[str] = []
    skip_rows: int = Field(default=0, ge=0)
    skip_last_rows: int = Field(default=0, ge=0)
    comment: str | None = None
    sheet: str | None = None


class LimitOptions(Model):
    """Sizes are bytes, or text with a unit: 500MB."""

    download: int | str | None = None
    unpacked: int | str | None = None
    record: int | str | None = None
    # How many times larger than its compressed form an input may become.
    ratio: int | None = None


class Source(Model):
    # One file: a URL, a path or a glob.
    feed: str | None = None
    # Several files, read one after the other.
    parts: list[str] = []
    # Absence of a part says nothing, where parts come and go.
    parts_come_and_go: bool = False
    auth: Auth | None = None
    headers: dict[str, str] = {}
    format: Literal["xml", "json", "ndjson", "csv", "xlsx", "rss"] | None = None
    record: str | None = None
    encoding: str | None = None
    holds: Literal["all", "changes"] = "all"
    # Path of the source's own total.
    total: str | None = None
    # Paths left out of a record's digest.
    ignore: list[str] = []
    # An expression over `record` and `posting` by which the source says that a posting is over.
    closed: str | None = None
    csv: CsvOptions = CsvOptions()
    limits: LimitOptions = LimitOptions()
    # Seconds without a byte.
    timeout: float = Field(default=60.0, gt=0)

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if bool(self.feed) == bool(self.parts):
            raise ValueError("a source has either `feed` (one file) or `parts` (several)")
        return self

    @property
    def locations(self) -> list[str]:
        return [self.feed] if self.feed else list(self.parts)


class Expire(Model):
    # The share of the live postings that may go in one run, in percent.
    guard: float = 30.0
    # After how many complete runs without it a posting expires.
    misses: int = Field(default=1, ge=1)

    @field_validator("guard", mode="before")
    @classmethod
    def _percent(cls, value: Any) -> Any:
        if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)):
            return float(found[1])
        return value


class Definition(Model):
    """One import, as its file describes it."""

    import_: str = Field(alias="import", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    client: str = ""
    source: Source
    # Cron expression.
    schedule: str | None = None
    posting: dict[str, Rule]
    # Only postings for which this expression is true are kept; the others are filtered.
    keep: str | None = None
    # The fields that identify a posting; empty = reference, else url, else title + company + place.
    key: Paths = []
    # Fields without which a record is rejected, besides title.
    require: Paths = []
    expire: Expire = Expire()
    owners: dict[str, str] = {}
    deliver: list[str] = []

    @field_validator("posting", mode="before")
    @classmethod
    def _dotted(cls, value: Any) -> Any:
        """`company.name: x` is the part `name` of `company`."""
        if not isinstance(value, dict):
            return value
        made: dict[str, Any] = {}
        for name, rule in value.items():
            field, _, part = str(name).partition(".")
            if not part:
                made[field] = rule
            elif field not in NESTED and field != "extra":
                made[name] = rule
            else:
                made.setdefault(field, {})
                if not isinstance(made[field], dict) or made[field].keys() & RULE_WORDS:
                    raise ValueError(f"{field} is given twice: as a whole and as {name}")
                made[field] = {**made[field], part: rule}
        return made
