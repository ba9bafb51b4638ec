"""After a decision: few postings are made again at once, many by the next run of their import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import RunState, ScheduledImport
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.mappings.scopes import apply_now as apply_mappings
from jobpipe.runs.overrides.scopes import apply_now as apply_rules
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.starting import StopRequest
from jobpipe.web.filters import duration
from jobpipe.web.project import workspace

# Postings that are made again within a request, in all.
FEW = 2_000


@dataclass(frozen=True, slots=True)
class Settled:
    # Stored records that were made again.
    made: int
    # The imports whose next run does it.
    later: Sequence[str]


def settle_mappings(names: Sequence[str], postings: int) -> Settled:
    """`postings`: that the decisions touch."""
    if postings > FEW:
        return Settled(0, names)
    return _settled(apply_mappings(workspace(), names, progress=Progress(), stop=StopRequest(), workers=0))


def settle_rules(names: Sequence[str], postings: int) -> Settled:
    """`postings`: of these imports, for all of them are made again."""
    if postings > FEW:
        return Settled(0, names)
    return _settled(apply_rules(workspace(), names, progress=Progress(), stop=StopRequest(), workers=0))


def _settled(done: Mapping[str, RunReport | Remapped | JobpipeError | None]) -> Settled:
    made = 0
    later = []
    for name, one in done.items():
        report = one.report if isinstance(one, Remapped) else one
        if isinstance(report, RunReport) and report.state != RunState.FAILED:
            made += report.account.get("read", 0)
        elif report is not None:
            later.append(name)
    return Settled(made, later)


def words_of(changes: int, settled: Settled) -> str:
    """For the staff."""
    if not changes:
        return "Nothing changes."
    said = [f"{changes:,} {'decision' if changes == 1 else 'decisions'} saved."]
    if settled.made:
        said.append(f"{settled.made:,} stored postings were made again.")
    if settled.later:
        said.append(f"The next run does it for {', '.join(map(_with_due, settled.later[:10]))}.")
    elif not settled.made:
        said.append("No stored posting is touched.")
    return " ".join(said)


def _with_due(name: str) -> str:
    row = ScheduledImport.objects.filter(import_row__name=name, next_due__isnull=False).first()
    if row is None or row.next_due is None:
        return f"{name} (no schedule: let it run)"
    from datetime import UTC, datetime

    seconds = (row.next_due - datetime.now(UTC)).total_seconds()
    return f"{name} (in {duration(max(seconds, 0))})"
