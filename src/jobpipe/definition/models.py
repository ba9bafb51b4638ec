"""What a definition says, in its normal form.

A person may write a field as a path, as a list (a path followed by steps) or as a mapping; validators
bring the three to one `FieldRule`, so that nothing downstream knows of the short forms.  Positions in
the file are not kept here: `jobpipe.definition.loading` keeps them by path.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from jobpipe.definition.base import Model, Paths, several
from jobpipe.definition.reporting import ReportSettings
from jobpipe.definition.roles import Role
from jobpipe.definition.schedules import Seconds, check_schedule, check_zone
from jobpipe.definition.source import Source
from jobpipe.posting import NESTED

RULE_WORDS = frozenset({"from", "value", "for", "parts", "join", "split", "each", "map", "unmapped", "then", "default"})


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


class CodesOf(Model):
    """Which taxonomy the codes of a table are of."""

    name: str = Field(min_length=1, description="Of the taxonomy: `jobpipe taxonomy list` has it.")
    language: str | None = Field(
        default=None,
        pattern="^[a-z]{2}$",
        description="Postings carry the code's name in it too, as `category[].name`: fr. Absent: the code alone.",
    )


def _codes_of(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


Steps = Annotated[list[Annotated[StepCall, BeforeValidator(_one_step)]], BeforeValidator(several)]


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
    # No rule's word for itself: {taxonomy: path} are the parts of a category.
    taxonomy: Annotated[CodesOf | None, BeforeValidator(_codes_of)] = Field(
        default=None, description="Of a category with `map`: which taxonomy the table's codes are of."
    )
    then: Steps = Field(default=[], description="Steps on the value.")
    default: Any = Field(default=None, description="The value where there is none.")


Rule = Annotated[FieldRule, BeforeValidator(_rule)]
FieldRule.model_rebuild()


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
    tags: Annotated[list[str], BeforeValidator(several)] = Field(
        default=[], description="Words by which several imports are chosen together: `jobpipe run tag:nightly`."
    )
    source: Source = Field(description="Where the records come from.")
    schedule: Annotated[str, AfterValidator(check_schedule)] | None = Field(
        default=None, description="When it runs by itself: a cron expression, @daily and the like, or every 4h."
    )
    zone: Annotated[str, AfterValidator(check_zone)] | None = Field(
        default=None, description="The time zone of `schedule`, as Europe/Paris. Absent: the project's, else UTC."
    )
    grace: Seconds | None = Field(
        default=None,
        gt=0,
        description="How long after it was due a run may end before the import is late: 30m, 4h. "
        "Absent: a quarter of the time between two runs, 15 minutes at least and 6 hours at most.",
    )
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
    owners: dict[Role, str] = Field(
        default={}, description="Who holds which role for it: source, mapping, delivery, developer, operator."
    )
    report: ReportSettings = Field(
        default=ReportSettings(), description="What its publisher is told of what was refused."
    )
    deliver: Paths = Field(default=[], description="The destinations that get these postings.")

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
