"""The jump box: from a few letters to the page that is meant."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from jobpipe.web.finding import MOST_CHARACTERS, findings, meant
from jobpipe.web.notes import show
from jobpipe.web.rights import Right
from jobpipe.web.routes import Request, page


@page("find", needs=Right.SEE, name="find")
def find(request: Request) -> HttpResponse:
    """`?q=`: leads there where it is clear what is meant; a list otherwise, and while one types."""
    text = request.GET.get("q", "").strip()[:MOST_CHARACTERS]
    found = findings(request.viewer, text)
    is_typed = bool(request.headers.get("HX-Request"))
    one = None if is_typed else meant(found)
    if one is not None:
        return HttpResponseRedirect(one.address)
    context: dict[str, object] = {
        "q": text,
        "jump_to": text,
        "found": found,
        "postings": f"/postings/?{urlencode({'q': text})}",
    }
    return show(request, "_found.html" if is_typed else "find.html", context)
