"""What goes wrong, in words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jobpipe.errors import JobpipeError
from jobpipe.ledger.unavailable import Trouble
from jobpipe.runs.mappings.deciding import StaleDecisionError
from jobpipe.runs.overrides.deciding import StaleOverrideError
from jobpipe.safety.secrets import redact
from jobpipe.web.words import Words, is_for_clients, words_to


def _message(request: HttpRequest, status: int, heading: str, words: str, hint: str = "") -> HttpResponse:
    return render(request, "message.html", {"heading": heading, "words": words, "hint": hint}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    say = words_to(request)
    return _message(request, 404, say["error_not_there"], say["error_not_there_words"])


def refused(request: HttpRequest) -> HttpResponse:
    say = words_to(request)
    return _message(request, 403, say["error_not_allowed"], say["error_not_allowed_words"])


def too_large(request: HttpRequest) -> HttpResponse:
    say = words_to(request)
    return _message(request, 413, say["error_too_large"], say["error_too_large_words"])


def cannot(request: HttpRequest) -> HttpResponse:
    say = words_to(request)
    return _message(request, 400, say["error_cannot"], say["error_cannot_words"], say["error_cannot_hint"])


def failed(request: HttpRequest) -> HttpResponse:
    say = words_to(request)
    return _message(request, 500, say["error_failed"], say["error_failed_words"])


def out_of_reach(request: HttpRequest, trouble: Trouble) -> HttpResponse:
    say = words_to(request)
    if trouble is Trouble.BUSY:
        said, seconds = (say["error_busy"], say["error_busy_words"], say["error_busy_hint"]), 10
    else:
        said, seconds = (say["error_away"], say["error_away_words"], say["error_away_hint"]), 60
    response = _message(request, 503, *said)
    response["Retry-After"] = str(seconds)
    return response


def wrong(request: HttpRequest, error: JobpipeError) -> HttpResponse:
    """A client's people are told what kind of thing it is: the message itself names commands, tables and files."""
    if is_for_clients(request):
        return _message(request, 400, *_kind_in_words(words_to(request), error))
    place = str(error.place) if error.place else ""
    words = redact(f"{place}: {error.message}" if place else error.message)
    return _message(request, 400, "That does not go", words, redact(error.hint))


def _kind_in_words(say: Words, error: JobpipeError) -> tuple[str, str, str]:
    if isinstance(error, (StaleDecisionError, StaleOverrideError)):
        return say["error_changed"], say["error_changed_words"], say["error_changed_hint"]
    return say["error_cannot"], say["error_cannot_words"], say["error_cannot_hint"]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    say = words_to(request)
    return _message(request, 403, say["error_not_done"], say["error_old_page"], say["error_old_page_hint"])
