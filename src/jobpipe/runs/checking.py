"""Everything that can be known of an import without reading its source: what is wrong, and what may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.definition.loading import InvalidDefinitionError, LoadedDefinition, PathProblem
from jobpipe.definition.models import Definition
from jobpipe.definition.project import Project
from jobpipe.definition.secret_values import literal_logins, problems_of_variables
from jobpipe.definition.yaml import Spot
from jobpipe.errors import DefinitionError
from jobpipe.runs.taxonomies.code_checking import problems_of_codes
from jobpipe.sources.transports import TRANSPORTS, scheme_of, transport_for
from jobpipe.transform.compile import check_definition
from jobpipe.transform.problems import Problem
from jobpipe.transform.tables import tables_of_decisions

Tables = Mapping[str, Mapping[str, Any]]


def load_checked(project: Project, name: str, instead: tuple[str, str] | None = None) -> LoadedDefinition:
    """The definition of an import that can run, as far as its files say.

    `instead`: another text in its place, and how people know that.  Raises UsageError where there is no such import,
    DefinitionError with all that is wrong otherwise.
    """
    hooks, tables = project.hooks_source(), project.tables()
    try:
        loaded = project.load(name) if instead is None else project.read(name, *instead)
    except InvalidDefinitionError as error:
        if error.sound is None:
            raise
        raise _with_more(error, _problems_of(error.sound, hooks, tables)) from error
    problems = _problems_of(loaded, hooks, tables)
    if problems:
        raise loaded.errors_of(problems)
    return loaded


def warnings_of(project: Project, loaded: LoadedDefinition, environ: Mapping[str, str]) -> InvalidFileError | None:
    """What does not make a definition invalid: variables that are not set here, logins in the file itself, codes that
    their taxonomy does not have, tables without a file."""
    missing = [one for one in problems_of_variables(loaded.definition, environ) if one.is_missing]
    literal = [
        Problem(path, "a login stands in the file itself", "write ${NAME}, and set NAME in the environment")
        for path in literal_logins(loaded.definition)
    ]
    found: list[PathProblem] = [
        *missing,
        *literal,
        *problems_of_codes(project, loaded),
        *_tables_without_file(project, loaded),
    ]
    return loaded.errors_of(found) if found else None


def _tables_without_file(project: Project, loaded: LoadedDefinition) -> list[Problem]:
    """No mistake, unless the name is one."""
    named = tables_of_decisions(loaded.definition, project.tables())
    return [
        Problem(
            _path_of(field, "map"),
            f"the table {name} has no file: it holds what people decide",
            f"`jobpipe map` fills it; mappings/{name}.csv would be its file",
            code="JP1008",
        )
        for field, name in named.items()
    ]


def _path_of(field: str, word: str) -> tuple[str, ...]:
    name, *parts = field.split(".")
    return ("posting", name, *(one for part in parts for one in ("parts", part)), word)


def check_hooks(project: Project) -> None:
    """Raises DefinitionError where hooks.py is no Python; it is not run."""
    source = project.hooks_source()
    if source is None:
        return
    try:
        compile(source, "hooks.py", "exec")
    except SyntaxError as error:
        spot = Spot(error.lineno or 1, error.offset or 1)
        raise InvalidFileError("hooks.py", source, [Fault(spot, f"not Python: {error.msg}")]) from error
    except ValueError as error:  # a null byte
        raise InvalidFileError("hooks.py", source, [Fault(Spot(1, 1), f"not Python: {error}")]) from error


def _problems_of(loaded: LoadedDefinition, hooks: str | None, tables: Tables) -> list[Problem]:
    definition = loaded.definition
    wrong = [
        Problem(one.path, one.message, one.hint, code=one.code)
        for one in problems_of_variables(definition, {})
        if not one.is_missing
    ]
    return [*wrong, *_wrong_places(loaded), *check_definition(definition, hooks_source=hooks, tables=tables)]


def _wrong_places(loaded: LoadedDefinition) -> list[Problem]:
    """Locations of a kind that nothing here can read."""
    source = loaded.definition.source
    problems = []
    for number, location in enumerate(source.locations):
        if location.startswith("${") or scheme_of(location) in TRANSPORTS:
            continue
        try:
            transport_for(location)
        except DefinitionError as error:
            path = ("source", "feed") if source.feed else ("source", "parts", number)
            problems.append(Problem(path, error.message, error.hint, code=error.code))
    return problems


def _with_more(error: InvalidDefinitionError, problems: list[Problem]) -> InvalidFileError:
    """What is wrong with the sound part beside what is wrong with the words; each spot is named once."""
    sound = error.sound
    assert sound is not None
    dropped = _fields_of(sound.document.value) - set(sound.definition.posting)
    honest = [one for one in problems if not _is_about(one, sound.definition, dropped)]
    if not honest:
        return error
    seen = {(fault.spot.line, fault.spot.column) for fault in error.faults}
    found = sound.errors_of(honest).faults
    more = [fault for fault in found if (fault.spot.line, fault.spot.column) not in seen]
    return InvalidFileError(error.shown, error.text, [*error.faults, *more])


def _fields_of(value: Any) -> set[str]:
    rules = value.get("posting") if isinstance(value, dict) else None
    return {str(name).partition(".")[0] for name in rules} if isinstance(rules, dict) else set()


def _is_about(problem: Problem, definition: Definition, dropped: set[str]) -> bool:
    """Whether a problem may be there only because a faulty field was left out."""
    if problem.path == ("posting",):
        return "title" in dropped
    named = {"key": definition.key, "require": definition.require}.get(str(problem.path[0]), [])
    number = problem.path[-1]
    return isinstance(number, int) and number < len(named) and named[number].partition(".")[0] in dropped
