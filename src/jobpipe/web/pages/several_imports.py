"""What is done to several imports of the list together: each by itself, so that one that is refused keeps no other."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse

from jobpipe.errors import JobpipeError, UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.pausing import decide, refusal_of, resume
from jobpipe.runs.requesting import request_run
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, notes
from jobpipe.web.pause_forms import pause_form
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right, may_see_import
from jobpipe.web.routes import Request, page

# Imports of one request, and refusals that are told of with their reason.
_MOST, _TOLD = 200, 10


@page("imports/run", needs=Right.RUN, methods=("POST",))
def run_several(request: Request) -> HttpResponse:
    """Those ticked; one that waits or runs already is not asked for twice."""

    def run(name: str) -> None:
        owner = Import.objects.filter(name=name).first()
        if owner is not None and (why := refusal_of(owner)):
            raise UsageError(why)
        asked = request_run(workspace().project, name)
        audit.note(request, "import.run", f"import {name}", run=asked.run)
        if asked.was_there:
            raise UsageError(f"run {asked.run} waits or goes already")

    return _each(request, run, "asked to run")


@page("imports/pause", needs=Right.PAUSE, methods=("POST",))
def pause_several(request: Request) -> HttpResponse:
    """Those ticked, with one reason and one end for all."""
    form = pause_form(request)
    wish = form.wish
    if wish is None:
        return notes.done(request, f"Nothing is paused. {' '.join(form.wrong.values())}", "/imports/")

    def pause(name: str) -> None:
        decide(workspace(), name, wish)
        audit.note(request, "import.pause", f"import {name}", **form.asked)

    return _each(request, pause, "paused")


@page("imports/resume", needs=Right.PAUSE, methods=("POST",))
def resume_several(request: Request) -> HttpResponse:
    """Those ticked; one that does not rest is refused."""

    def resume_it(name: str) -> None:
        resume(workspace(), name, request.viewer.name)
        audit.note(request, "import.resume", f"import {name}")

    return _each(request, resume_it, "resumed")


def _ticked(request: Request) -> list[str]:
    return list(dict.fromkeys(request.POST.getlist("import")))[:_MOST]


def _each(request: Request, act: Callable[[str], None], done: str) -> HttpResponse:
    names = _ticked(request)
    refused: list[str] = []
    for name in names:
        try:
            # What may not be seen is not there.
            if not may_see_import(request.viewer, name):
                raise UsageError("there is no such import")
            act(name)
        except JobpipeError as error:
            why = redact(error.message)
            refused.append(why if why.startswith(name) else f"{name}: {why}")
    return notes.done(request, _summary(len(names), refused, done), "/imports/")


def _summary(ticked: int, refused: list[str], done: str) -> str:
    """2 of 3 imports are paused. Refused: acme: why"""
    if not ticked:
        return "Nothing was ticked."
    number = ticked - len(refused)
    words = f"{number} of {ticked} imports {'is' if number == 1 else 'are'} {done}."
    if refused:
        more = f"; and {len(refused) - _TOLD} more" if len(refused) > _TOLD else ""
        words += f" Refused: {'; '.join(refused[:_TOLD])}{more}."
    return words
