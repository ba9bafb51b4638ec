"""A plan: what a change would do, and applying it."""

from __future__ import annotations

from django.http import HttpResponse

from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Plan, PlanState
from jobpipe.runs.plans.apart import apply_apart, is_small, last_words
from jobpipe.runs.plans.applying import apply_plan, change_of
from jobpipe.runs.plans.basis import basis_of, refuse_stale
from jobpipe.runs.plans.document import document_of
from jobpipe.runs.plans.making import Working
from jobpipe.runs.preparing import prepare
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import OUTCOMES
from jobpipe.runs.starting import StopRequest
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, notes
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page
from jobpipe.web.run_charts import account_bar, look_of_outcome
from jobpipe.web.states import plan_badge

_KINDS = {
    "reprocess": "the stored records under another definition",
    "mappings": "the stored records whose labels would mean something else",
    "source": "what the last runs read of the source, read anew",
}
_LISTS = ("new", "filtered", "closed", "expired")


@page("plans/<int:plan>/", needs=Right.SEE)
def show(request: Request, plan: int) -> HttpResponse:
    return _show(request, plan)


def _show(request: Request, number: int, *, status: int = 200, error: str = "") -> HttpResponse:
    plan = Plan.objects.select_related("import_row").get(pk=number)
    document = document_of(plan)
    account = document["account"]
    read = account.get("read", 0)
    is_open = document["state"] in (PlanState.OPEN, PlanState.APPLYING)
    context: dict[str, object] = {
        "plan": plan,
        "document": document,
        "badge": plan_badge(document["state"]),
        "about": _KINDS[plan.kind],
        "lines": [
            (word, account.get(word, 0), account_bar(account.get(word, 0), read, look_of_outcome(word)))
            for word in OUTCOMES
        ],
        "lists": [(word, document["samples"][word]) for word in _LISTS if document["samples"].get(word)],
        "may_apply": request.viewer.may(Right.DEFINE) and is_open and not plan.partial,
        "goes": document["state"] == PlanState.APPLYING,
        "error": error,
        "said": last_words(workspace(), plan.import_row.name) if plan.state != PlanState.APPLIED else "",
    }
    return notes.show(request, "plan.html", context, status=status)


@page("plans/<int:plan>/apply", needs=Right.DEFINE, methods=("POST",))
def apply(request: Request, plan: int) -> HttpResponse:
    """At once where few postings are stored, else by a process of its own. A stale one is refused."""
    one = Plan.objects.select_related("import_row").get(pk=plan)
    owner, by = one.import_row, request.viewer.name
    try:
        if is_small(workspace(), owner.pk):
            report = apply_plan(workspace(), plan, by=by, working=Working(Progress(), StopRequest(), 0))
            audit.note(request, "plan.apply", f"import {owner.name}", plan=plan, run=report.run)
            return notes.done(request, f"Plan {plan} is applied.", f"/runs/{report.run}/")
        refuse_stale(one, basis_of(workspace(), owner, prepare(workspace(), owner.name, change_of(one))))
    except JobpipeError as error:
        return _show(request, plan, status=409, error=redact(str(error)))
    apply_apart(workspace(), one, by=by)
    audit.note(request, "plan.apply", f"import {owner.name}", plan=plan)
    return notes.done(request, f"Plan {plan} is being applied.", f"/plans/{plan}/")
