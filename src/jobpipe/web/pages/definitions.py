"""A definition: its text, a draft of another one with what is wrong as it is written, its effect, and publishing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from jobpipe.definition.faults import without_logins
from jobpipe.errors import DefinitionError, JobpipeError, UsageError
from jobpipe.ledger.models import DefinitionDraft, Import, Plan
from jobpipe.runs.definition_files import may_write_definitions, patch_of
from jobpipe.runs.plans.apart import is_small, last_words, make_apart
from jobpipe.runs.plans.document import state_of
from jobpipe.runs.plans.making import Working, make_plan
from jobpipe.runs.preparing import Change
from jobpipe.runs.previewing_drafts import DraftPreview, preview_draft, preview_rejected
from jobpipe.runs.progress import Progress
from jobpipe.runs.reach_of_drafts import refuse_beyond_reach
from jobpipe.runs.starting import StopRequest
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, notes
from jobpipe.web.bounded import within
from jobpipe.web.completing import words_at
from jobpipe.web.drafts import (
    ChangedMeanwhileError,
    discard_draft,
    draft_of,
    is_overtaken,
    publish,
    rebase_draft,
    remarks_on,
    save_draft,
    text_of,
)
from jobpipe.web.pages.imports import ask_for_run, head, overview_or_404
from jobpipe.web.paging import number_in
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, visible_incidents
from jobpipe.web.routes import Request, page
from jobpipe.web.states import plan_badge

# Seconds that a page waits for a preview.
PATIENCE = 30.0


# Its text -------------------------------------------------------------------------------------------


@page("imports/<str:import_name>/definition/", needs=Right.SEE)
def show(request: Request, import_name: str) -> HttpResponse:
    one = overview_or_404(import_name)
    text = text_of(workspace().project, import_name)
    draft = draft_of(import_name, request.account) if request.viewer.may(Right.DEFINE) else None
    context: dict[str, object] = {
        **head(request, one, "definition"),
        "lines": [without_logins(line) for line in text.rstrip("\n").split("\n")] if text else [],
        "remarks": remarks_on(workspace().project, import_name, text) if text else [],
        "draft": draft,
        "plans": _plans(import_name),
    }
    return notes.show(request, "definition.html", context)


def _plans(name: str) -> list[tuple[Plan, SafeString]]:
    """With their states: of older ones nobody asks whether a run was made since."""
    found = Plan.objects.filter(import_row__name=name).select_related("import_row").defer("document", "definition")
    plans = list(found.order_by("-id")[:5])
    states = [state_of(plan) if place < 2 else str(plan.state) for place, plan in enumerate(plans)]
    return [(plan, plan_badge(state)) for plan, state in zip(plans, states, strict=True)]


# Its draft ------------------------------------------------------------------------------------------


@page("imports/<str:import_name>/definition/draft", needs=Right.DEFINE, methods=("GET", "POST"))
def draft(request: Request, import_name: str) -> HttpResponse:
    """Each button of the editor saves the draft first, then does what it says.

    `incident`: the one whose cause is to be mended; a preview begins with its records, and publishing leads back to it.
    """
    _expect(import_name, request)
    if request.method != "POST":
        found = draft_of(import_name, request.account)
        text = found.text if found is not None else text_of(workspace().project, import_name)
        return _editor(request, import_name, text, found, **_shown_first(request, import_name, text))
    text = request.POST.get("text", "")
    try:
        found = save_draft(workspace().project, import_name, request.account, text)
    except UsageError as error:
        return _editor(request, import_name, text, None, status=400, error=str(error))
    does = _DOES.get(request.POST.get("do", "save"), _save)
    return does(request, found)


def _shown_first(request: Request, name: str, text: str) -> dict[str, Any]:
    incident = _incident_of(request, name)
    if incident or request.GET.get("show") == "rejected":
        return _previewed(name, text, incident=incident)
    return _previewed(name, text) if request.GET.get("show") == "preview" else {}


def _incident_of(request: Request, name: str) -> int:
    """One of this import that may be seen; 0 = none is named."""
    number = number_in(request.POST.get("incident", "") or request.GET.get("incident", ""))
    if number is None:
        return 0
    return number if visible_incidents(request.viewer).filter(pk=number, import_name=name).exists() else 0


def _expect(name: str, request: Request) -> None:
    """Raises Http404 where there is neither a definition nor a draft of this name."""
    is_there = name in workspace().project.imports() or draft_of(name, request.account) is not None
    if not is_there and not Import.objects.filter(name=name).exists():
        raise Http404


def _editor(
    request: Request, name: str, text: str, found: DefinitionDraft | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    project = workspace().project
    file = text_of(project, name)
    context: dict[str, object] = {
        "name": name,
        "text": text,
        "draft": found,
        "is_new": not file,
        "remarks": remarks_on(project, name, text),
        "offer": words_at(text, text.count("\n") + 1, 1),
        "diff": patch_of(name, file, text),
        "is_overtaken": found is not None and is_overtaken(project, found),
        "may_write": may_write_definitions(project),
        "plans": _plans(name),
        "said": last_words(workspace(), name),
        "has_answers": found is not None and found.proposal is not None,
        "incident": _incident_of(request, name),
        **more,
    }
    return notes.show(request, "definition_draft.html", context, status=status)


def _save(request: Request, found: DefinitionDraft) -> HttpResponse:
    return notes.done(request, "The draft is saved.", _address(found))


def _address(found: DefinitionDraft) -> str:
    return f"/imports/{found.import_name}/definition/draft"


def _preview(request: Request, found: DefinitionDraft) -> HttpResponse:
    return _editor(request, found.import_name, found.text, found, **_previewed(found.import_name, found.text))


def _preview_rejected(request: Request, found: DefinitionDraft) -> HttpResponse:
    name = found.import_name
    previewed = _previewed(name, found.text, incident=_incident_of(request, name))
    return _editor(request, name, found.text, found, **previewed)


def _previewed(name: str, text: str, *, incident: int | None = None) -> dict[str, Any]:
    """What it makes of the first records; what stands against that, in words. `incident`: see `preview_rejected`."""

    def make() -> DraftPreview:
        if incident is None:
            return preview_draft(workspace(), name, text)
        return preview_rejected(workspace(), name, text, incident=incident)

    try:
        _refuse_beyond_reach(name, text)
        made: DraftPreview = within(PATIENCE, make)
    except DefinitionError:
        return {"preview_error": "The draft is not valid yet: see what is wrong with it."}
    except JobpipeError as error:
        return {"preview_error": redact(str(error))}
    return {"preview": made}


def _refuse_beyond_reach(name: str, text: str) -> None:
    """Raises DefinitionError, also where the text is no definition."""
    project = workspace().project
    refuse_beyond_reach(project, project.read(name, text, f"imports/{name}.yaml"))


def _plan(request: Request, found: DefinitionDraft) -> HttpResponse:
    name, by = found.import_name, request.viewer.name
    owner = Import.objects.filter(name=name).first()
    if owner is None or name not in workspace().project.imports():
        error = "Nothing is stored of it yet: publish it and let it run."
        return _editor(request, name, found.text, found, status=400, error=error)
    try:
        _refuse_beyond_reach(name, found.text)
        if not is_small(workspace(), owner.pk):
            make_apart(workspace(), name, found.text, by=by)
            return notes.done(request, "The plan is being made: it will be listed below.", _address(found))
        change = Change((found.text, f"the draft of {by}"))
        plan = make_plan(workspace(), name, change, by=by, working=Working(Progress(), StopRequest(), 0))
    except JobpipeError as error:
        return _editor(request, name, found.text, found, status=400, error=redact(str(error)))
    audit.note(request, "plan.make", f"import {name}", plan=plan.pk if plan else 0)
    if plan is None:
        return notes.done(request, "Nothing would change: no stored posting would be made otherwise.", _address(found))
    return HttpResponseRedirect(f"/plans/{plan.pk}/")


def _publish(request: Request, found: DefinitionDraft) -> HttpResponse:
    name, text = found.import_name, found.text
    try:
        return publish_draft(request, found)
    except ChangedMeanwhileError as error:
        return _editor(request, name, text, found, status=409, error=str(error), is_refused=True)
    except JobpipeError as error:
        return _editor(request, name, text, found, status=400, error=f"Not published: {redact(str(error))}")


def publish_draft(request: Request, found: DefinitionDraft) -> HttpResponse:
    """To where one goes on from there. Raises what `publish` raises."""
    name, text, is_new = found.import_name, found.text, found.import_name not in workspace().project.imports()
    before = text_of(workspace().project, name)
    publish(workspace().project, found)
    audit.note(request, "definition.publish", f"import {name}", diff=_without_logins(patch_of(name, before, text)))
    if incident := _incident_of(request, name):
        return notes.done(request, "Published: try its records again.", f"/incidents/{incident}/")
    words = f"{name} is published." if is_new else "Published: the next run goes by it."
    return notes.done(request, words, f"/imports/{name}/")


def _publish_and_run(request: Request, found: DefinitionDraft) -> HttpResponse:
    name = found.import_name
    answer = _publish(request, found)
    return answer if draft_of(name, request.account) is not None else run_after_publishing(request, name, answer)


def run_after_publishing(request: Request, name: str, answer: HttpResponse) -> HttpResponse:
    """A first run, as *Run now* asks for it; its page tells how it goes. `answer`: for whoever may not."""
    return ask_for_run(request, name) if request.viewer.may(Right.RUN) else answer


def _without_logins(text: str) -> str:
    return "\n".join(map(without_logins, text.split("\n")))[:20_000]


def _rebase(request: Request, found: DefinitionDraft) -> HttpResponse:
    """Whoever has seen what was written meanwhile."""
    rebase_draft(workspace().project, found)
    return notes.done(request, "The draft begins from the file as it is now, and would replace it.", _address(found))


def discard(request: Request, found: DefinitionDraft) -> HttpResponse:
    discard_draft(found.import_name, request.account)
    audit.note(request, "definition.discard", f"import {found.import_name}")
    is_there = found.import_name in workspace().project.imports()
    return notes.done(
        request, "The draft is gone.", f"/imports/{found.import_name}/definition/" if is_there else "/imports/"
    )


_DOES: dict[str, Callable[[Request, DefinitionDraft], HttpResponse]] = {
    "save": _save,
    "preview": _preview,
    "rejected": _preview_rejected,
    "plan": _plan,
    "publish": _publish,
    "publish_and_run": _publish_and_run,
    "rebase": _rebase,
    "discard": discard,
}


@page("imports/<str:import_name>/definition/check", needs=Right.DEFINE, methods=("POST",))
def check(request: Request, import_name: str) -> HttpResponse:
    """As one types: what is wrong, and which words may stand at the caret. Nothing is kept."""
    text = request.POST.get("text", "").replace("\r\n", "\n")[:200_000]
    line, column = (_number(request.POST.get(name, "")) for name in ("line", "column"))
    context = {"remarks": remarks_on(workspace().project, import_name, text), "offer": words_at(text, line, column)}
    return notes.show(request, "_definition_check.html", context)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 8 else 1


@page("imports/<str:import_name>/definition/patch", needs=Right.DEFINE)
def patch(request: Request, import_name: str) -> HttpResponse:
    """The draft as a patch, for where the folder cannot be written to from here."""
    _expect(import_name, request)
    found = draft_of(import_name, request.account)
    if found is None:
        words = "You have no draft of it that could be a patch."
        return notes.done(request, words, f"/imports/{import_name}/definition/draft")
    text = patch_of(import_name, text_of(workspace().project, import_name), found.text)
    response = HttpResponse(text, content_type="text/x-diff; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{import_name}.patch"'
    return response
