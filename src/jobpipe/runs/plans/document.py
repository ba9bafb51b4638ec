"""A plan as one document, for scripts and pages: its figures with what is known of the plan itself."""

from __future__ import annotations

from typing import Any

import msgspec

from jobpipe.ledger.models import Plan, PlanState
from jobpipe.runs.plans.basis import last_run
from jobpipe.runs.report import OUTCOMES

# A run or a decision has changed what it was made on.
STALE = "stale"


def document_of(plan: Plan) -> dict[str, Any]:
    """The document of `plan --json`."""
    figures: dict[str, Any] = msgspec.json.decode(plan.document)
    return {
        "plan": plan.pk,
        "import": plan.import_row.name,
        "kind": plan.kind,
        "state": state_of(plan),
        "made_at": plan.made_at.isoformat(),
        "made_by": plan.made_by,
        "definition": plan.shown,
        "decisions": len(plan.decisions),
        "applied_at": plan.applied_at.isoformat() if plan.applied_at else "",
        "applied_by": plan.applied_by,
        "run": plan.run_id,
        # How the run would end.
        "outcome": figures["state"],
        **{name: value for name, value in figures.items() if name != "state"},
    }


def nothing_document(name: str) -> dict[str, Any]:
    """The same where no stored posting would be made otherwise."""
    return {
        "plan": None,
        "import": name,
        "kind": None,
        "account": {"read": 0, **dict.fromkeys(OUTCOMES, 0)},
        "fields": [],
        "partial": False,
    }


def state_of(plan: Plan) -> str:
    """As far as it can be known at a glance: applying looks closer."""
    if plan.state != PlanState.OPEN:
        return str(plan.state)
    run = last_run(plan.import_row)
    return STALE if run is not None and run.pk != plan.basis.get("run") else str(plan.state)
