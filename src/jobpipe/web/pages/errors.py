"""What goes wrong, in words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobpipe.errors import JobpipeError
from jobpipe.ledger.unavailable import Trouble
from jobpipe.safety.secrets import redact
from jobpipe.web.words import words_to


def _message(request: HttpRequest, status: int, heading: str, words: str, hint: str = "") -> HttpResponse:
    return render(request, "message.html", {"heading": heading, "words": words, "hint": hint}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    words = words_to(request)["error_not_there_words"]
    return _message(request, 404, words_to(request)["error_not_there"], words)


def refused(request: HttpRequest) -> HttpResponse:
    words = words_to(request)["error_not_allowed_words"]
    return _message(request, 403, words_to(request)["error_not_allowed"], words)


def too_large(request: HttpRequest) -> HttpResponse:
    return _message(request, 413, "Too large", "That is more than can be taken at once: nothing of it was read.")


def failed(request: HttpRequest) -> HttpResponse:
    return _message(request, 500, words_to(request)["error_failed"], words_to(request)["error_failed_words"])


def out_of_reach(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    if trouble is Trouble.BUSY:
        words = words_to(request)["error_busy_words"]
        response = _message(request, 503, words_to(request)["error_busy"], words, words_to(request)["error_busy_hint"])
        response["Retry-After"] = "10"
        return response
    words = words_to(request)["error_away_words"]
    response = _message(request, 503, words_to(request)["error_away"], words, words_to(request)["error_away_hint"])
    response["Retry-After"] = "60"
    return response


def wrong(request: HttpRequest, error: JobpipeError) -> HttpResponse:
    place = str(error.place) if error.place else ""
    words = redact(f"{place}: {error.message}" if place else error.message)
    return _message(request, 400, "That does not go", words, redact(error.hint))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    words = "The page was too old, or the request came from another site: nothing was done."
    return _message(request, 403, "Not done", words, "Load the page again and do it once more.")
