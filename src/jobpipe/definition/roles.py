"""The roles that people have in a house: each kind of incident is for one of them."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["source", "mapping", "delivery", "developer", "operator"]

# Role -> what whoever holds it looks after.
ROLES: dict[Role, str] = {
    "source": "what publishers send: sources that cannot be reached, that shrink or change, records that are broken",
    "mapping": "labels without a meaning",
    "delivery": "destinations that refuse postings",
    "developer": "definitions, hooks, and faults of job-pipe itself",
    "operator": "machines, schedules, secrets; whatever nobody else holds",
}
assert tuple(ROLES) == get_args(Role)

# Whoever has what nobody holds.
LAST_ROLE: Role = "operator"
FALLBACK = "operator"
