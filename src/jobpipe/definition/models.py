"""What a definition says, in its normal form.

A person may write a field as a path, as a list (a path followed by steps) or as a mapping; validators
bring the three to one `FieldRule`, so that nothing downstream knows of the short forms.  Positions in
the file are not kept here: `jobpipe.definition.loading` keeps them by path.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from jobpipe.errors import DefinitionError
from jobpipe.posting import NESTED
from jobpipe.safety.limits import parse_size

RULE_WORDS = frozenset({"from", "value", "for", "parts", "join", "split", "each", "map", "unmapped", "then", "default"})


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True, validate_default=False)


class StepCall(Model):
    """One step with what it is given."""

    name: str = Field(description="Of the step.")
    params: dict[str, Any] = Field(default={}, description="Named parameters.")
    argument: Any = Field(
        default=None,
        description='A bare argument ({python: "hooks:fix"}): the step\'s first parameter; None = none given.',
    )


def _one_step(value: Any) -> Any:
    if isinstance(value, StepCall):
        return value
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


def _several(value: Any) -> Any:
    """One where several are allowed."""
    return value if isinstance(value, (list, tuple)) else [value]


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


Steps = Annotated[list[Annotated[StepCall, BeforeValidator(_one_step)]], BeforeValidator(_several)]
Paths = Annotated[list[str], BeforeValidator(_several)]


class FieldRule(Model):
    """How one field of the posting is made, in this order: for, from, join (or the first value), split,
    each, map, then, default."""

    from_: Paths = Field(
        default=[],
        alias="from",
        description="A path or several: with `join` all their values are joined, without it the first that is not "
        "empty counts (all of them for a field that is a list).",
    )
    value: Any = Field(default=None, description="A constant, instead of a path.")
    for_: str | None = Field(
        default=None,
        alias="for",
        description="One item of a list field for each node at this path; the paths of `parts` start there.",
    )
    parts: dict[str, Rule] = Field(
        default={}, description="The parts of a nested field: {city: lieu/ville, country: {value: FR}}."
    )
    join: str | None = Field(default=None, description="What stands between the values of several paths.")
    split: str | None = Field(default=None, description="Makes several values of one, at this text.")
    each: Steps = Field(default=[], description="Steps on each item of a list.")
    map: str | dict[str, Any] | None = Field(
        default=None, description="A mapping table of the folder mappings, or one written here: {CDI: permanent}."
    )
    unmapped: Literal["keep", "default", "reject"] = Field(
        default="keep", description="What becomes of a label that the table does not have."
    )
    then: Steps = Field(default=[], description="Steps on the value.")
    default: Any = Field(default=None, description="The value where there is none.")


Rule = Annotated[FieldRule, BeforeValidator(_rule)]
FieldRule.model_rebuild()


class Auth(Model):
    basic: str | None = Field(default=None, description="user:password, best as ${USER}:${PASSWORD}.")
    bearer: str | None = Field(default=None, description="A token, best as ${TOKEN}.")


class CsvOptions(Model):
    delimiter: str | None = Field(default=None, description="What stands between two cells; detected when absent.")
    quote: str | None = Field(default=None, description='What stands around a cell, usually `"`; detected when absent.')
    header: bool = Field(default=True, description="The first row names the columns.")
    columns: list[str] = Field(default=[], description="The names of the columns, where no header gives them.")
    skip_rows: int = Field(default=0, ge=0, description="Rows before the header that are not data.")
    skip_last_rows: int = Field(default=0, ge=0, description="Rows at the end that are not data (totals).")
    comment: str | None = Field(default=None, description="Lines that begin with this are not data.")
    sheet: str | None = Field(default=None, description="xlsx: the sheet; the first one with rows when absent.")


class LimitOptions(Model):
    """Sizes are bytes, or text with a unit: 500MB."""

    download: int | str | None = Field(default=None, description="The most that may come over the wire: 500MB.")
    unpacked: int | str | None = Field(default=None, description="The most that it may be after unpacking: 2GB.")
    record: int | str | None = Field(default=None, description="The most that one record may be: 16MB.")
    ratio: int | None = Field(
        default=None, ge=1, description="How many times larger than its compressed form an input may become."
    )

    @field_validator("download", "unpacked", "record")
    @classmethod
    def _is_a_size(cls, value: int | str | None) -> int | str | None:
        if value is not None:
            try:
                parse_size(value)
            except DefinitionError as error:
                # The message goes in by name: it may hold braces.
                raise PydanticCustomError("size", "{what}", {"what": error.message, "hint": error.hint}) from error
        return value


class Source(Model):
    feed: str | None = Field(default=None, description="One file: a URL, a path or a glob.")
    parts: list[str] = Field(default=[], description="Several files, read one after the other.")
    parts_come_and_go: bool = Field(
        default=False, description="The absence of a part says nothing: parts come and go. Otherwise it is a failure."
    )
    auth: Auth | None = Field(default=None, description="How to log in at the source.")
    headers: dict[str, str] = Field(default={}, description="HTTP headers that the source wants.")
    format: Literal["xml", "json", "ndjson", "csv", "xlsx", "rss"] | None = Field(
        default=None, description="The format of the file; detected when absent."
    )
    record: str | None = Field(
        default=None,
        description="Where the records are: a name (offre) or a path (/offers/offer, jobs[*]); detected when absent.",
    )
    encoding: str | None = Field(default=None, description="The character set, where the file does not say it right.")
    holds: Literal["all", "changes"] = Field(
        default="all",
        description="all: what is absent is gone. changes: absence says nothing.",
    )
    total: str | None = Field(default=None, description="The path of the source's own count of its postings.")
    ignore: list[str] = Field(
        default=[], description="Paths that do not count when a record is compared with yesterday's (tracking codes)."
    )
    closed: str | None = Field(
        default=None,
        description="An expression over `record` and `posting` by which the source says that a posting is over.",
    )
    csv: CsvOptions = Field(default=CsvOptions(), description="How a table is written.")
    limits: LimitOptions = Field(default=LimitOptions(), description="What is larger counts as hostile.")
    timeout: float = Field(default=60.0, gt=0, description="Seconds without a byte after which reading fails.")

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if self.feed and self.parts:
            raise ValueError("a source has `feed` (one file) or `parts` (several), not both")
        if not self.feed and not self.parts:
            raise ValueError("a source needs a place: `feed` (one file) or `parts` (several)")
        return self

    @property
    def locations(self) -> list[str]:
        return [self.feed] if self.feed else list(self.parts)


class Expire(Model):
    guard: float = Field(
        default=30.0, ge=0, le=100, description="The share of the live postings that may go in one run, in percent."
    )
    misses: int = Field(default=1, ge=1, description="After how many complete runs without it a posting expires.")

    @field_validator("guard", mode="before")
    @classmethod
    def _percent(cls, value: Any) -> Any:
        if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value)):
            return float(found[1])
        return value


class Definition(Model):
    """One import, as its file describes it."""

    import_: str = Field(
        alias="import", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="The import's name: that of its file."
    )
    client: str = Field(default="", description="The company whose postings these are.")
    source: Source = Field(description="Where the records come from.")
    schedule: str | None = Field(default=None, description="When it runs by itself: a cron expression.")
    posting: dict[str, Rule] = Field(description="How each field of a posting is made from a record.")
    keep: str | None = Field(
        default=None,
        description="Only postings for which this expression is true are kept; the others are filtered.",
    )
    key: Paths = Field(
        default=[],
        description="The fields that identify a posting. Absent: reference, else url, else title, company and place.",
    )
    require: Paths = Field(default=[], description="Fields without which a record is rejected, besides the title.")
    expire: Expire = Field(default=Expire(), description="When postings that are gone expire.")
    owners: dict[str, str] = Field(default={}, description="Who looks after which kind of incident.")
    deliver: list[str] = Field(default=[], description="The destinations that get these postings.")

    @field_validator("posting", mode="before")
    @classmethod
    def _dotted(cls, value: Any) -> Any:
        """`company.name: x` is the part `name` of `company`."""
        if not isinstance(value, dict):
            return value
        made: dict[str, Any] = {}
        for name, rule in value.items():
            field, _, part = str(name).partition(".")
            if part and field not in NESTED and field != "extra":
                made[name] = rule
            elif field not in made:
                made[field] = {part: rule} if part else rule
            else:
                made[field] = _both(str(name), made[field], {part: rule} if part else rule)
        return made


def _both(name: str, first: Any, second: Any) -> dict[str, Any]:
    """The parts of a field that is given in several places: each part once."""
    field = name.partition(".")[0]
    for rule in (first, second):
        if not isinstance(rule, dict) or rule.keys() & RULE_WORDS:
            raise PydanticCustomError(
                "twice", "{field} is given twice: as a whole and by its parts", {"at": name, "field": field}
            )
    if repeated := first.keys() & second.keys():
        raise PydanticCustomError("twice", "{field} is given twice", {"at": name, "field": f"{field}.{min(repeated)}"})
    return {**first, **second}
