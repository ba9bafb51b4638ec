"""The answers to a draft: what only a person can say, what each field is made of, when it runs; with a preview."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from jobpipe.drafting.fields import ORDER
from jobpipe.errors import DefinitionError, JobpipeError
from jobpipe.ledger.models import DefinitionDraft
from jobpipe.runs.definition_files import may_write_definitions
from jobpipe.runs.previewing_drafts import preview_draft, preview_records
from jobpipe.runs.reach_of_drafts import refuse_beyond_reach
from jobpipe.safety.secrets import redact
from jobpipe.web import notes
from jobpipe.web.answer_forms import form_of
from jobpipe.web.bounded import within
from jobpipe.web.drafts import draft_of, is_overtaken, save_draft
from jobpipe.web.import_settings import known_clients, refuse_settings, settings_of
from jobpipe.web.pages.definitions import PATIENCE, discard, publish_draft, run_after_publishing
from jobpipe.web.project import workspace
from jobpipe.web.proposals import Proposal, is_as_proposed, proposal_of
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page


@page("imports/<str:import_name>/definition/answers", needs=Right.DEFINE, methods=("GET", "POST"))
def answers(request: Request, import_name: str) -> HttpResponse:
    """Each button takes the answers first, then does what it says."""
    row = draft_of(import_name, request.account)
    proposal = proposal_of(row) if row is not None else None
    if row is None or proposal is None:
        words = "There are no questions about it: it is written as text."
        return notes.done(request, words, f"/imports/{import_name}/definition/draft")
    does = request.POST.get("do", "save")
    if request.method != "POST":
        return _page(request, row, proposal)
    if does == "discard":
        return discard(request, row)
    if not is_as_proposed(row, proposal) and does != "again":
        return _page(request, row, proposal, status=409)
    said = proposal.with_said(request.POST.dict())
    try:
        refuse_settings(said.said, _people(request))
        row = save_draft(workspace().project, import_name, request.account, said.text, said)
    except JobpipeError as error:
        return _page(request, row, proposal, said=said.said, status=400, error=str(error))
    if does in ("publish", "publish_and_run"):
        return _publish(request, row, said, runs=does == "publish_and_run")
    return HttpResponseRedirect(_address(import_name, _opened(request)))


def _publish(request: Request, row: DefinitionDraft, proposal: Proposal, *, runs: bool) -> HttpResponse:
    try:
        answer = publish_draft(request, row)
    except JobpipeError as error:
        return _page(request, row, proposal, status=400, error=f"Not published: {redact(str(error))}")
    return run_after_publishing(request, row.import_name, answer) if runs else answer


def _opened(request: Request) -> str:
    """The field that somebody wants to change, or to add."""
    named = request.POST.get("change", "") or request.POST.get("add", "")
    return named if named in ORDER else ""


def _address(name: str, opened: str) -> str:
    query = f"?{urlencode({'change': opened})}#answer-{opened}" if opened else ""
    return f"/imports/{name}/definition/answers{query}"


def _people(request: Request) -> list[str]:
    return list(dict.fromkeys(filter(None, (request.viewer.person, *workspace().project.settings.people))))


def _page(
    request: Request,
    row: DefinitionDraft,
    proposal: Proposal,
    *,
    said: Mapping[str, str] | None = None,
    status: int = 200,
    error: str = "",
) -> HttpResponse:
    """`said`: what was sent and cannot be taken, which stays in its fields."""
    is_piece = bool(request.headers.get("HX-Request"))
    project, name = workspace().project, row.import_name
    opened = request.GET.get("change", "")
    people, now = _people(request), proposal.answered()
    context: dict[str, object] = {
        "name": name,
        "form": form_of(proposal.draft, proposal.said if said is None else said, now, opened),
        "source": now.source,
        "draft": now,
        "settings": settings_of(project, now, datetime.now(UTC)),
        "people": people,
        "clients": known_clients(),
        "is_edited": not is_as_proposed(row, proposal),
        "is_new": name not in project.imports(),
        "is_overtaken": is_overtaken(project, row),
        "may_write": may_write_definitions(project),
        "opened": opened,
        "error": error,
        "is_piece": is_piece,
        **_previewed(name, row.text, proposal),
    }
    return notes.show(request, "draft_answers.html", context, status=200 if is_piece else status)


def _previewed(name: str, text: str, proposal: Proposal) -> dict[str, Any]:
    """Of the records that it was drafted from; where none are kept, of the source."""
    shown = workspace()
    try:
        refuse_beyond_reach(shown.project, shown.project.read(name, text, f"imports/{name}.yaml"))
        if proposal.draft.records:
            made = preview_records(shown, name, text, proposal.draft.records)
        else:
            made = within(PATIENCE, lambda: preview_draft(shown, name, text))
    except DefinitionError as error:
        return {"preview_error": f"Nothing can be made of it yet: {redact(error.message)}"}
    except JobpipeError as error:
        return {"preview_error": redact(str(error))}
    return {"preview": made}
