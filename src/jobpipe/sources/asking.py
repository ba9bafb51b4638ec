"""Sources that are asked instead of fetched: which transport holds the conversation."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jobpipe.definition.source import Source
from jobpipe.safety.secrets import redact
from jobpipe.sources.kept_answers import KeptAnswers
from jobpipe.sources.site.process import HeadStart
from jobpipe.sources.transports.transport import Transport

_ASKING = {
    "api": "jobpipe.sources.api.conversation:ApiConversation",
    "site": "jobpipe.sources.site.crawl:Crawl",
    "soap": "jobpipe.sources.soap.conversation:SoapConversation",
}


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last complete run knows of the pages of a site."""

    # When it began; None = there is none that this one may build on: every page is read.
    since: datetime | None = None
    # The pages on which live postings were found.
    pages: Callable[[], Iterable[str]] = field(default=tuple)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a conversation takes place."""

    # The project's folder: relative paths count from there.
    root: Path
    memory: Memory = Memory()
    # At most so many records are wanted (a preview); None = all.
    enough: int | None = None
    # Where answers may be kept and taken from instead of asking again (a preview); None = nowhere.
    cache: Path | None = None
    # What answers instead of the source, which is not asked then; None = nothing does.
    kept: KeptAnswers | None = None
    # The process of a crawl, where it was started before the crawl was known.
    head_start: HeadStart = field(default_factory=HeadStart)


def way_of(source: Source) -> str:
    """api, site or soap; "" = the source is files."""
    return next((way for way in _ASKING if getattr(source, way) is not None), "")


def shown_place(source: Source) -> str:
    """What is asked, without secrets, for people."""
    if source.api is not None:
        return redact(source.api.url)
    if source.soap is not None:
        return redact(source.soap.wsdl)
    if source.site is not None:
        site = source.site
        first = [*site.start, *site.sitemaps, *([site.form.url] if site.form else []), site.spider or ""]
        return redact(first[0])
    raise ValueError("the source is files")


def conversation_with(source: Source, surroundings: Surroundings) -> Transport:
    """Its stream is answers in frames (`jobpipe.sources.answers`). `source` has its secrets in place.

    Each is a class that takes the source and its surroundings; imported when it is needed.  Raises DefinitionError
    where something that it needs is not installed.
    """
    module, _, name = _ASKING[way_of(source)].partition(":")
    transport: Transport = getattr(importlib.import_module(module), name)(source, surroundings)
    return transport
