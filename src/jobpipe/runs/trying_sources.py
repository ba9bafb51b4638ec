"""Whether a source answers, before anything is drafted from it: in words, what is there or what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobpipe.definition.project import Project
from jobpipe.drafting.columns import local_name
from jobpipe.drafting.sampling import Sample, read_sample
from jobpipe.errors import SourceError
from jobpipe.runs.previewing import prepare_to_look
from jobpipe.runs.source_reading import request_for
from jobpipe.safety.limits import show_size
from jobpipe.safety.secrets import redact
from jobpipe.sources.formats.html_page import WebPageError
from jobpipe.sources.record import FormatSettings
from jobpipe.sources.streaming import open_stream
from jobpipe.sources.transports import scheme_of
from jobpipe.sources.transports.http import HttpTransport
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Arrival, Request

# Bytes that are read at most.
_MOST = 1024 * 1024
# A person waits.
_PATIENCE = Patience(attempts=1)
_LOG_IN = "choose below how to log in there, with the names of sealed secrets"

# What the system says of connections, in words of people.
_PLAIN = (
    (
        ("Name or service not known", "No address associated", "name resolution"),
        "no host has this name",
        "look for a slip of the pen in the address",
    ),
    (
        ("All connection attempts failed", "Connection refused"),
        "nobody answers at this host and port",
        "compare both with what the publisher gave; is it up, and does a firewall let this machine through?",
    ),
    (("unreachable", "No route to host"), "no way leads there from this machine", "ask who looks after its network"),
)


@dataclass(frozen=True, slots=True)
class Trial:
    answers: bool
    # What is there, or what is wrong; then what to do about it.
    said: str
    hint: str = ""


def try_source(project: Project, name: str, definition: tuple[str, str]) -> Trial:
    """The first location of a definition. Raises DefinitionError where it is not valid."""
    preparation, _ = prepare_to_look(project, name, definition)
    request = request_for(preparation, project.resolve(preparation.resolved.source.locations[0]))
    try:
        return _tried(request)
    except WebPageError as error:
        title = error.message.partition(": ")[2]
        words = f"A web page answers{f': {title}' if title else ''}."
        return Trial(True, words, "It is looked at as a careers page: for its list of jobs, its feed, its postings.")
    except SourceError as error:
        return _trouble(error, has_login=bool(request.auth or request.headers))


def _tried(request: Request) -> Trial:
    transport = HttpTransport(patience=_PATIENCE) if scheme_of(request.location) in ("http", "https") else None
    with open_stream(request, transport) as stream:
        arrival = stream.arrival
        found = Sample(arrival.shown, arrival.name, arrival.charset)
        beginning = list(_beginning(iter(stream)))
        if not any(beginning):
            return Trial(False, "It answers, but with nothing: not one byte.", "Is the export made at another time?")
        try:
            read_sample(found, iter(beginning), FormatSettings())
        except WebPageError:
            raise
        except SourceError as error:
            if not found.compression:
                return Trial(False, f"It answers, but with nothing that can be read: {error.message}.", error.hint)
    return Trial(True, _what_is_there(found, arrival))


def _beginning(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        yield chunk
        size += len(chunk)
        if size >= _MOST:
            return


def _what_is_there(found: Sample, arrival: Arrival) -> str:
    size = f" of {show_size(arrival.length)}" if arrival.length else ""
    packed = f" ({found.compression})" if found.compression else ""
    if not found.records:
        return f"It answers with a file{size}{packed}."
    named = f", records called {local_name(found.roots[0].element)}" if found.kind == "xml" and found.roots else ""
    return f"It answers with {found.format.upper()}{packed}{size}{named}."


def _trouble(error: SourceError, *, has_login: bool) -> Trial:
    said, hint = redact(error.message), error.hint
    status = getattr(error, "status", 0)
    if status == 401 and not has_login:
        hint = _LOG_IN
    elif status in (401, 403) and has_login:
        hint = "compare the secrets with what the publisher gave: `jobpipe secrets set` sets one anew"
    for systems, plain, advice in _PLAIN:
        if any(one in said for one in systems):
            said, hint = f"cannot be reached: {plain}", advice
    return Trial(False, f"It {said}." if said[:1].islower() else f"{said}.", hint)
