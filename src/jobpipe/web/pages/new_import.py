"""A new import: from a name, a client and a place to a draft of its definition."""

from __future__ import annotations

import contextlib
import itertools
import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from jobpipe.definition.faults import InvalidFileError
from jobpipe.drafting.draft import Draft
from jobpipe.errors import JobpipeError, Place, UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.definition_files import may_write_definitions
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, notes
from jobpipe.web.bounded import TookTooLongError, within
from jobpipe.web.drafts import draft_of, save_draft
from jobpipe.web.first_definition import Asked, at_its_place, first_draft, in_words, tried, with_records
from jobpipe.web.import_settings import known_clients
from jobpipe.web.login_words import WAYS, LoginError, login_of, sealed_names
from jobpipe.web.pages.definitions import PATIENCE
from jobpipe.web.project import workspace
from jobpipe.web.proposals import Proposal, is_as_proposed, proposal_of
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page

_WORDS = ("name", "client", "feed", "login", "user", "secret", "header")
# Seconds that a page waits for a test.
_PATIENCE_OF_TEST = 15.0
_MOST_UPLOADED = 50 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# The address of this page.
_TAKEN = "new"


@page("imports/new/", needs=Right.DEFINE, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """From a name, a client and a place to a draft, whose questions are answered next; or a test of the place."""
    given = {name: request.POST.get(name, "").strip() for name in _WORDS}
    if request.method != "POST":
        return _form(request, {})
    if request.POST.get("do") == "test":
        return _test(request, given)
    wrong = _wrong_with_new(request, given)
    if wrong:
        return _form(request, given, wrong=wrong, status=400)
    uploaded = ""
    try:
        uploaded = _uploaded(request, given["name"])
        asked = _asked(given, uploaded or given["feed"])
        draft = within(PATIENCE, lambda: first_draft(workspace().project, asked))
    except JobpipeError as error:
        if uploaded:
            (workspace().project.root / uploaded).unlink(missing_ok=True)
        return _form(request, given, wrong=_in_its_place(error), status=400)
    return _begun(request, asked, draft)


def _test(request: Request, given: dict[str, str]) -> HttpResponse:
    """Whether the address answers, before anything is drafted."""
    if not given["feed"]:
        return _form(request, given, wrong={"feed": "Give an address to test: a file needs none."}, status=400)
    try:
        asked = _asked({**given, "name": "new-import"}, given["feed"])
        trial = within(_PATIENCE_OF_TEST, lambda: tried(workspace().project, asked))
    except JobpipeError as error:
        return _form(request, given, wrong=_in_its_place(error), status=400)
    return _form(request, given, trial=trial)


def _in_its_place(error: JobpipeError) -> dict[str, str]:
    """By the field that it stands beside."""
    if isinstance(error, LoginError):
        return {"login": str(error)}
    if isinstance(error, TookTooLongError):
        return {"feed": f"The source is too slow: {error.message} without an end."}
    if isinstance(error, InvalidFileError):
        first = error.faults[0]
        return {"feed": redact(first.message + (f" ({first.hint})" if first.hint else ""))}
    return {"feed": redact(str(error))}


def _form(request: Request, given: dict[str, str], *, status: int = 200, **more: object) -> HttpResponse:
    context: dict[str, object] = {
        "asked": given,
        "may_write": may_write_definitions(workspace().project),
        "ways": WAYS,
        "sealed": sealed_names(),
        "clients": known_clients(),
        **more,
    }
    return notes.show(request, "import_new.html", context, status=status)


def _asked(given: dict[str, str], feed: str) -> Asked:
    """Raises LoginError."""
    feed = at_its_place(workspace().project, feed)
    return Asked(name=given["name"], client=given["client"], feed=feed, login=login_of(given))


def _begun(request: Request, asked: Asked, draft: Draft) -> HttpResponse:
    project = workspace().project
    if not draft.records:
        # Pages are read once more, by the definition: without their records it goes on as well.
        with contextlib.suppress(TookTooLongError):
            draft = within(PATIENCE, lambda: with_records(project, draft))
    proposal = Proposal(draft=draft)
    save_draft(project, asked.name, request.account, proposal.text, proposal)
    audit.note(request, "definition.begin", f"import {asked.name}", feed=redact(asked.feed))
    return notes.done(request, in_words(draft), f"/imports/{asked.name}/definition/answers")


def _wrong_with_new(request: Request, asked: dict[str, str]) -> dict[str, str]:
    wrong = {}
    name = asked["name"]
    if not _NAME.fullmatch(name) or name == _TAKEN:
        wrong["name"] = "A name has letters, digits, dots and dashes, and begins with a letter or a digit."
    elif name in workspace().project.imports() or Import.objects.filter(name=name).exists():
        wrong["name"] = f"There is an import {name} already."
    elif _has_answers(request, name):
        wrong["name"] = f"You have answered questions about {name} already: go on there, or discard that draft."
        wrong["draft"] = f"/imports/{name}/definition/answers"
    if not asked["feed"] and "file" not in request.FILES:
        wrong["feed"] = "Give the address of a feed, or a file."
    return wrong


def _has_answers(request: Request, name: str) -> bool:
    """Something would be lost with another draft of this name."""
    row = draft_of(name, request.account)
    proposal = proposal_of(row) if row is not None else None
    return row is not None and (proposal is None or bool(proposal.said) or not is_as_proposed(row, proposal))


def _uploaded(request: HttpRequest, name: str) -> str:
    """Where it lies now, from the project's folder; "" = none was given. Raises UsageError."""
    given = request.FILES.get("file")
    if given is None:
        return ""
    if given.size is None or given.size > _MOST_UPLOADED:
        raise UsageError(f"a file has at most {_MOST_UPLOADED // 1024**2} MB", hint="give the address of larger ones")
    ending = "".join(part for part in Path(str(given.name)).suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", part))
    place = _free_place(name, ending or ".feed")
    file = workspace().project.root / place
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("xb") as kept:
            for piece in given.chunks():
                kept.write(piece)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", place=Place(source=place)) from error
    return place


def _free_place(name: str, ending: str) -> str:
    """What lies there already may be another import's."""
    root = workspace().project.root
    numbered = (f"feeds/{name}{f'-{number}' if number > 1 else ''}{ending}" for number in itertools.count(1))
    return next(place for place in numbered if not (root / place).exists())
