"""How far a definition reaches that is written in a browser: files of the project, and secrets that are meant for it.

What goes further is for those who write the project's own files: what such a file names, a draft of the same import
may name as well.  A variable of the environment is bound to where the file has it, so that no draft sends it
elsewhere.  See docs/decisions/0007-what-a-draft-may-name.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from urllib.parse import unquote

from jobpipe.definition.loading import InvalidDefinitionError, LoadedDefinition
from jobpipe.definition.project import Project
from jobpipe.definition.secret_values import texts_of
from jobpipe.definition.settings import is_among
from jobpipe.definition.source import Source
from jobpipe.definition.yaml import Path
from jobpipe.errors import DefinitionError, JobpipeError
from jobpipe.ledger.models import Secret
from jobpipe.runs.secret_values import environ_of
from jobpipe.safety.secrets import MissingVariableError, expand, is_variable_name, name_of_variable, variables_in
from jobpipe.sources.transports import scheme_of
from jobpipe.transform.problems import Problem

# Of job-pipe itself: its key, its servers.
_OWN = "JOBPIPE_"
# Words of `source` that say where something is asked for.
_PLACES = frozenset({"feed", "parts", "url", "start", "sitemaps", "wsdl", "address", "endpoint", "move_to"})
# Blocks that decide to whom a request goes, or is shown: a header `Host`, a name of a parameter.
_WITH_PLACES = frozenset({"auth", "headers"})
# Of a site: they name code, and what that writes.
_CODE = ("spider", "project", "settings")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s\"'<>]*")
_PLAIN_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^/?#\s\\@]+)(?:[/?#][^\s\\]*)?")


def refuse_beyond_reach(project: Project, loaded: LoadedDefinition) -> None:
    """Raises InvalidFileError with each place that is out of reach."""
    problems = problems_of_reach(project, loaded)
    if problems:
        raise loaded.errors_of(problems)


def problems_of_reach(project: Project, loaded: LoadedDefinition) -> list[Problem]:
    source = loaded.definition.source
    before = _source_of_file(project, loaded.definition.import_)
    return [
        *_strange_files(project, source, before),
        *_strange_code(source, before),
        *_strange_variables(project, source, before),
    ]


def _source_of_file(project: Project, name: str) -> Source | None:
    """None = there is no file yet, or nothing of it can be read."""
    try:
        return project.load(name).definition.source
    except InvalidDefinitionError as error:
        return error.sound.definition.source if error.sound is not None else None
    except JobpipeError:
        return None


# Files and code --------------------------------------------------------------------------------------


def _strange_files(project: Project, source: Source, before: Source | None) -> Iterator[Problem]:
    known = {place for _, place in _places_of(before)} if before is not None else set()
    for path, place in _places_of(source):
        if place not in known and not _is_open_to_all(project, place):
            hint = "put it into the project's folder, or let somebody write this definition there"
            yield Problem(path, f"{place} is no file of the project", hint)


def _places_of(source: Source) -> Iterator[tuple[Path, str]]:
    """All that may name a file."""
    if source.feed:
        yield ("source", "feed"), source.feed
    for number, part in enumerate(source.parts):
        yield ("source", "parts", number), part
    if source.soap is not None:
        yield ("source", "soap", "wsdl"), source.soap.wsdl
    for word in ("private_key", "known_hosts"):
        if place := getattr(source.auth, word, None):
            yield ("source", "auth", word), place
    if source.files.move_to is not None:
        yield ("source", "files", "move_to"), source.files.move_to


def _is_open_to_all(project: Project, place: str) -> bool:
    try:
        # What a variable stands for may be a file too.
        place = expand(place, environ_of(project))
    except MissingVariableError:
        return scheme_of(place) != "file"
    if scheme_of(place) != "file":
        return True
    path = FilePath(project.resolve(unquote(re.sub(r"^file:(//[^/]*)?", "", place)))).resolve()
    return path.is_relative_to(project.root) and not path.is_relative_to(project.state_dir.resolve())


def _strange_code(source: Source, before: Source | None) -> Iterator[Problem]:
    if source.site is None:
        return
    own = before.site if before is not None else None
    for word in _CODE:
        value = getattr(source.site, word)
        if value and value != getattr(own, word, None):
            hint = "let somebody write it into the definition's file"
            yield Problem(("source", "site", word), f"`{word}` names code, which no draft brings", hint)


# Variables -------------------------------------------------------------------------------------------


def _strange_variables(project: Project, source: Source, before: Source | None) -> list[Problem]:
    asked = [
        (path, text, variable, name_of_variable(variable))
        for path, text in texts_of(source)
        for variable in variables_in(text)
    ]
    bound = _not_open(project, {name for _, _, _, name in asked if is_variable_name(name)})
    if not bound:
        return []
    there = {text for _, text in texts_of(before)} if before is not None else set()
    environ = environ_of(project)
    stays = before is not None and _places_asked(source, environ) <= _places_asked(before, environ)
    named = {name_of_variable(variable) for text in there for variable in variables_in(text)}
    return [
        _refused(path, text, variable, name, is_named=name in named)
        for path, text, variable, name in asked
        if name in bound and (name.upper().startswith(_OWN) or text not in there or not stays)
    ]


def _not_open(project: Project, names: set[str]) -> set[str]:
    """Those that are neither sealed nor allowed to all."""
    if not names:
        return names
    own = {name for name in names if name.upper().startswith(_OWN)}
    left = {name for name in names - own if not is_among(name, project.settings.open_variables)}
    return own | (left - set(Secret.objects.filter(name__in=left).values_list("name", flat=True)))


def _refused(path: Path, text: str, variable: str, name: str, *, is_named: bool) -> Problem:
    start = text.index(variable)
    span = (start, start + len(variable))
    if name.upper().startswith(_OWN):
        return Problem(path, f"{name} is job-pipe's own: no draft asks for it", "seal another", span, code="JP1014")
    if is_named:
        message = f"{name} is for the hosts, the login and the words that the file has: this draft has others"
    else:
        message = f"{name} is no sealed secret, and the file of this import does not ask for it"
    hint = f"jobpipe secrets set {name}, or open_variables: [{name}] in jobpipe.yaml"
    return Problem(path, message, hint, span, code="JP1014")


def _places_asked(source: Source, environ: Mapping[str, str]) -> frozenset[str]:
    """To whom its requests go, with the variables in place: hosts where they can be told, else whole texts."""
    found: set[str] = set()
    for path, text in texts_of(source):
        text = _put_in(text, environ)
        words = {word for word in path if isinstance(word, str)}
        if words & _WITH_PLACES:
            found.add(text)
        elif words & _PLACES:
            plain = _PLAIN_ADDRESS.fullmatch(text)
            found.add(plain[1].lower() if plain else text)
        found.update(origin.lower() for origin in _ORIGIN.findall(text))
    return frozenset(found)


def _put_in(text: str, environ: Mapping[str, str]) -> str:
    try:
        return expand(text, environ)
    except DefinitionError:
        return text
