"""What goes wrong, in words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobpipe.errors import JobpipeError
from jobpipe.ledger.unavailable import Trouble
from jobpipe.safety.secrets import redact


def _message(request: HttpRequest, status: int, heading: str, words: str, hint: str = "") -> HttpResponse:
    return render(request, "message.html", {"heading": heading, "words": words, "hint": hint}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = "There is no such page, or it is not yours to see."
    return _message(request, 404, "Not there", words)


def refused(request: HttpRequest) -> HttpResponse:
    words = "Your account may see this and not do it: whoever is an admin can change that."
    return _message(request, 403, "Not allowed", words)


def too_large(request: HttpRequest) -> HttpResponse:
    return _message(request, 413, "Too large", "That is more than can be taken at once: nothing of it was read.")


def failed(request: HttpRequest) -> HttpResponse:
    return _message(request, 500, "job-pipe itself failed", "It is in the log, and an incident for its developers.")


def out_of_reach(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    if trouble is Trouble.BUSY:
        words = "Another process has been writing for a long time, and this was not done."
        response = _message(request, 503, "Busy for a moment", words, "Try again in a few seconds.")
        response["Retry-After"] = "10"
        return response
    words = "A store cannot be reached at the moment; nothing is lost."
    response = _message(request, 503, "Away for a moment", words, "Load the page again in a minute.")
    response["Retry-After"] = "60"
    return response


def wrong(request: HttpRequest, error: JobpipeError) -> HttpResponse:
    place = str(error.place) if error.place else ""
    words = redact(f"{place}: {error.message}" if place else error.message)
    return _message(request, 400, "That does not go", words, redact(error.hint))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = "The page was too old, or the request came from another site: nothing was done."
    return _message(request, 403, "Not done", words, "Load the page again and do it once more.")
