"""Which imports are meant: by name, by pattern (`acme-*`), by client (`client:acme`), by tag (`tag:nightly`), by where
they read (`source:feeds/*`, `source:site`).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator

from jobpipe.definition.project import Project
from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.safety.secrets import redact
from jobpipe.sources.asking import shown_place, way_of

_MAGIC = frozenset("*?[")
_WORDS = ("client", "tag", "source")


def select(project: Project, selectors: Iterable[str], *, excluded: Iterable[str] = ()) -> list[str]:
    """The names that the selectors mean, in their order, each once; no selectors = all imports.

    Raises UsageError where a selector means nothing, or nothing is left.
    """
    choice = _Choice(project)
    given = list(selectors)
    chosen = dict.fromkeys(name for selector in given for name in choice.named(selector)) if given else choice.known
    without = {name for selector in excluded for name in choice.named(selector)}
    left = [name for name in chosen if name not in without]
    if not left:
        raise UsageError("no import is left to run", hint=choice.what_there_is())
    return left


class _Choice:
    """The imports of a project, and their definitions where a selector asks for them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.known = project.imports()
        self._words: list[tuple[str, str, str]] | None = None

    def named(self, selector: str) -> list[str]:
        """Raises UsageError where it means no import."""
        word, _, value = selector.partition(":")
        if value and word in _WORDS:
            found = [name for name, kind, said in self._said() if kind == word and fnmatch.fnmatchcase(said, value)]
        elif _MAGIC.intersection(selector):
            found = [name for name in self.known if fnmatch.fnmatchcase(name, selector)]
        elif selector in self.known:
            found = [selector]
        else:
            # Says which name is near.
            try:
                self._project.load(selector)
            except UsageError as error:
                raise UsageError(error.message, place=error.place, hint=error.hint) from error
            found = []
        if not found:
            raise UsageError(f"{selector} means no import", hint=self.what_there_is())
        return list(dict.fromkeys(found))

    def what_there_is(self) -> str:
        """Names, clients and tags: a few of each."""
        said = self._said()
        parts = [_some("", self.known)]
        parts += [_some(f"{word}:", sorted({value for _, kind, value in said if kind == word})) for word in _WORDS[:2]]
        return "there is " + ("; ".join(part for part in parts if part) or "none yet: jobpipe init")

    def _said(self) -> list[tuple[str, str, str]]:
        """(import, `client`, `tag` or `source`, what it says); an invalid definition says nothing."""
        if self._words is None:
            self._words = list(self._read())
        return self._words

    def _read(self) -> Iterator[tuple[str, str, str]]:
        for name in self.known:
            try:
                definition = self._project.load(name).definition
            except DefinitionError:
                continue
            if definition.client:
                yield name, "client", definition.client
            for tag in definition.tags:
                yield name, "tag", tag
            for place in places_of(definition.source):
                yield name, "source", place


def places_of(source: Source) -> Iterator[str]:
    """The kind of a source, and where it reads, without secrets."""
    way = way_of(source) or ("push" if source.push else "feed")
    yield way
    if way == "feed":
        yield from map(redact, source.locations)
    elif way != "push":
        yield shown_place(source)


def _some(prefix: str, values: list[str]) -> str:
    return ", ".join(prefix + value for value in values[:8]) + (" …" if len(values) > 8 else "")
