"""What is told of the postings that overrides leave out: how many by which."""

from __future__ import annotations

from jobpipe.definition.overrides import Overrides
from jobpipe.documents.store import Documents, Role, Status
from jobpipe.ledger.models import Run
from jobpipe.runs.notices import note

MAX_RULES_TOLD = 10
_MAX_RULE_SHOWN = 120


def note_left_out(run: Run, documents: Documents, overrides: Overrides) -> None:
    """Counted from what is stored: also those whose records were known and not read again."""
    if not overrides:
        return
    excluded = {
        reason: number
        for (role, status, reason), number in documents.counts(run.import_row_id).items()
        if role is Role.POSTING and status is Status.EXCLUDED
    }
    told = 0
    for rule in overrides.rules:
        number = excluded.get(f"override {rule.number}", 0)
        if number and told < MAX_RULES_TOLD:
            told += 1
            owner = f"{rule.scope} {rule.owner}".strip()
            text = rule.text if len(rule.text) <= _MAX_RULE_SHOWN else f"{rule.text[:_MAX_RULE_SHOWN]}…"
            note(run, "left out", f"{_postings(number)} by override #{rule.number} ({owner}): {text}")
    if number := excluded.get("person", 0):
        note(run, "left out", f"{_postings(number)} by a person: `jobpipe posting list`")


def _postings(number: int) -> str:
    return "1 posting" if number == 1 else f"{number:,} postings"
