"""A new import: from a name, a client and a place to a draft of its definition."""

from __future__ import annotations

import re
from pathlib import Path

from django.http import HttpRequest, HttpResponse

from jobpipe.drafting.draft import Draft
from jobpipe.drafting.writing import definition_text
from jobpipe.errors import JobpipeError, Place, UsageError
from jobpipe.ledger.models import Import
from jobpipe.runs.definition_files import may_write_definitions
from jobpipe.safety.secrets import redact
from jobpipe.web import audit, notes
from jobpipe.web.bounded import within
from jobpipe.web.drafts import save_draft
from jobpipe.web.first_definition import first_draft, in_words
from jobpipe.web.pages.definitions import PATIENCE
from jobpipe.web.project import workspace
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page

_MOST_UPLOADED = 50 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# The address of this page.
_TAKEN = "new"


@page("imports/new/", needs=Right.DEFINE, methods=("GET", "POST"))
def new(request: Request) -> HttpResponse:
    """From a name, a client and a place to a draft, with a preview of what is there."""
    asked = {name: request.POST.get(name, "").strip() for name in ("name", "client", "feed")}
    if request.method != "POST":
        return notes.show(request, "import_new.html", {"may_write": may_write_definitions(workspace().project)})
    wrong = _wrong_with_new(request, asked)
    if not wrong:
        try:
            feed = _uploaded(request, asked["name"]) or asked["feed"]
            draft = within(PATIENCE, lambda: _first(asked, feed))
        except JobpipeError as error:
            wrong["feed"] = redact(str(error))
    if wrong:
        return notes.show(request, "import_new.html", {"asked": asked, "wrong": wrong}, status=400)
    save_draft(workspace().project, asked["name"], request.account, definition_text(draft))
    audit.note(request, "definition.begin", f"import {asked['name']}", feed=redact(feed))
    return notes.done(request, in_words(draft), f"/imports/{asked['name']}/definition/draft?show=preview")


def _first(asked: dict[str, str], feed: str) -> Draft:
    return first_draft(workspace().project, asked["name"], asked["client"], feed)


def _wrong_with_new(request: Request, asked: dict[str, str]) -> dict[str, str]:
    wrong = {}
    name = asked["name"]
    if not _NAME.fullmatch(name) or name == _TAKEN:
        wrong["name"] = "A name has letters, digits, dots and dashes, and begins with a letter or a digit."
    elif name in workspace().project.imports() or Import.objects.filter(name=name).exists():
        wrong["name"] = f"There is an import {name} already."
    if not asked["feed"] and "file" not in request.FILES:
        wrong["feed"] = "Give the address of a feed, or a file."
    return wrong


def _uploaded(request: HttpRequest, name: str) -> str:
    """Where it lies now, from the project's folder; "" = none was given. Raises UsageError."""
    given = request.FILES.get("file")
    if given is None:
        return ""
    if given.size is None or given.size > _MOST_UPLOADED:
        raise UsageError(f"a file has at most {_MOST_UPLOADED // 1024**2} MB", hint="give the address of larger ones")
    ending = "".join(part for part in Path(str(given.name)).suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", part))
    place = f"feeds/{name}{ending or '.feed'}"
    file = workspace().project.root / place
    try:
        file.parent.mkdir(exist_ok=True)
        with file.open("xb") as kept:
            for piece in given.chunks():
                kept.write(piece)
    except FileExistsError as error:
        raise UsageError("there is such a file already", place=Place(source=place)) from error
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", place=Place(source=place)) from error
    return place
