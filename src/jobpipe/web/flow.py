"""How many postings came and went in a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import IntegerField, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from jobpipe.ledger.models import Run


@dataclass(frozen=True, slots=True)
class Flow:
    new: int
    gone: int


def flows(runs: QuerySet[Run], times: Sequence[tuple[datetime, datetime]]) -> list[Flow]:
    """By the runs that ended in each of these times, of which the second moment is no more a part: one statement."""
    within = [Q(finished_at__gte=begin, finished_at__lt=end) for begin, end in times]
    new = Cast(KeyTextTransform("new", "account"), IntegerField())
    sums = {f"new_{number}": Sum(new, filter=in_time) for number, in_time in enumerate(within)}
    sums |= {f"gone_{number}": Sum("expired", filter=in_time) for number, in_time in enumerate(within)}
    in_any = Q()
    for in_time in within:
        in_any |= in_time
    found = runs.filter(in_any).aggregate(**sums)
    return [Flow(found[f"new_{number}"] or 0, found[f"gone_{number}"] or 0) for number in range(len(within))]
