"""Preflight: what a destination would refuse of a posting, found before it is sent."""

from __future__ import annotations

from functools import lru_cache

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.definition.roles import Role
from jobpipe.destinations.field_paths import required
from jobpipe.destinations.formats.format import OutputFormat, waived
from jobpipe.destinations.rules import Refusal
from jobpipe.posting import JobPosting

# Whose matter a field is that is not there; of all others it is the source's client's, who must send it.
_ROLES: dict[str, Role] = {"category": "mapping"}
_lacking = lru_cache(maxsize=256)(required)


def refusals_of(posting: JobPosting, definition: DestinationDefinition, output: OutputFormat) -> list[Refusal]:
    """By its format's rules and by the destination's own `require`. The posting is the shaped one.

    The option `waive` names rules that this partner does not hold to: `waive: indeed-region indeed-title-alone`.

    Raises DefinitionError for a `require` that names no field.
    """
    refusals = output.refusals(posting, definition.options)
    if refusals and "waive" in definition.options:
        spared = waived(definition.options)
        refusals = [refusal for refusal in refusals if refusal.rule not in spared]
    if not definition.require:
        return refusals
    named = {refusal.field for refusal in refusals}
    lacking = _lacking(tuple(definition.require))(posting)
    return refusals + [_required(field, definition) for field in lacking if field not in named]


def _required(field: str, definition: DestinationDefinition) -> Refusal:
    return Refusal(
        rule="required",
        field=field,
        message=f"the posting has no {field}, which {definition.destination} requires",
        role=_ROLES.get(field.partition(".")[0], "source"),
    )
