"""`jobpipe check`"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.main import DONE, WRONG_USE
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.definition.models import Definition
    from jobpipe.definition.project import Project
    from jobpipe.errors import DefinitionError


@click.command("check", epilog=examples("jobpipe check", "jobpipe check acme --json"))
@click.argument("names", shell_complete=complete_imports, nargs=-1, metavar="[NAME]...")
@json_option
@click.pass_context
def command(context: click.Context, names: tuple[str, ...], as_json: bool) -> int:
    """Check definitions, mapping tables, taxonomies and hooks without reading a source; all imports when none is named.

    Exit code 2 when anything is invalid. Variables that are not set here are warnings.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json

    project = open_project(context)
    chosen = list(dict.fromkeys(names)) or project.imports()
    shared = _checked_files(project)
    checked = [_check(project, name, are_files_sound=not shared) for name in chosen]
    is_ok = not shared and all(one["ok"] for one in checked)
    if as_json:
        problems = [problem for error in shared for problem in _problems(error)]
        print_json({"ok": is_ok, "problems": problems, "imports": [_without_texts(one) for one in checked]})
    else:
        _print(shared, checked)
        if not names:
            _tell_who_has_the_rest(project)
    return DONE if is_ok else WRONG_USE


def _tell_who_has_the_rest(project: Project) -> None:
    from jobpipe.definition.roles import FALLBACK, LAST_ROLE

    if project.imports() and not project.settings.owners.get(LAST_ROLE):
        click.echo(
            f"nobody holds the role {LAST_ROLE}: incidents that nobody else has are for {FALLBACK!r}"
            f" (jobpipe.yaml: `owners: {{{LAST_ROLE}: NAME}}`)",
            err=True,
        )


def _checked_files(project: Project) -> list[DefinitionError]:
    """What is wrong with the files that all imports share."""
    from jobpipe.errors import DefinitionError
    from jobpipe.runs.checking import check_hooks
    from jobpipe.runs.taxonomies.code_checking import check_files

    wrong = []
    checks: tuple[Callable[[], object], ...] = (
        project.tables,
        lambda: check_hooks(project),
        lambda: check_files(project),
    )
    for check in checks:
        try:
            check()
        except DefinitionError as error:
            wrong.append(error)
    return wrong


def _check(project: Project, name: str, *, are_files_sound: bool) -> dict[str, Any]:
    """Without sound tables and hooks only the words of a definition can be checked."""
    from jobpipe.errors import DefinitionError
    from jobpipe.runs.checking import load_checked, warnings_of

    document: dict[str, Any] = {"import": name, "file": f"imports/{name}.yaml", "ok": True}
    error: DefinitionError | None = None
    warning = None
    try:
        loaded = load_checked(project, name) if are_files_sound else project.load(name)
        warning = warnings_of(project, loaded, _environ(project))
        document["fields"] = list(loaded.definition.posting)
        document["schedule"] = _schedule_of(project, loaded.definition)
    except DefinitionError as trouble:
        error = trouble
        document["ok"] = False
    return {
        **document,
        "problems": _problems(error),
        "warnings": _problems(warning),
        "error": error,
        "warning": warning,
    }


def _environ(project: Project) -> Mapping[str, str]:
    """With the sealed secrets, where there is a ledger: checking makes none."""
    from jobpipe.runs.secret_values import environ_of
    from jobpipe.runs.taxonomies.code_checking import open_if_there

    return environ_of(project) if open_if_there(project) else os.environ


def _schedule_of(project: Project, definition: Definition) -> dict[str, Any] | None:
    from datetime import UTC, datetime

    from jobpipe.runs.scheduling.written import written_of

    schedule = written_of(project, definition).schedule
    if schedule is None:
        return None
    due = schedule.next_after(datetime.now(UTC))
    return {"text": schedule.text, "zone": schedule.zone, "words": schedule.words(), "next": due.isoformat()}


def _problems(error: DefinitionError | None) -> list[dict[str, Any]]:
    from jobpipe.definition.faults import InvalidFileError

    if error is None:
        return []
    if isinstance(error, InvalidFileError):
        return error.as_documents()
    place = error.place
    where = {"file": place.source, "line": place.line, "column": place.column}
    return [{**where, "message": error.message, "hint": error.hint, "code": error.code}]


def _without_texts(checked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in checked.items() if name not in ("error", "warning")}


def _print(shared: list[DefinitionError], checked: list[dict[str, Any]]) -> None:
    """What is right on stdout, what is not on stderr, as everywhere."""
    from jobpipe.cli.errors import print_error

    for error in shared:
        print_error(error)
    for one in checked:
        sys.stdout.flush()
        if one["error"] is not None:
            print_error(one["error"])
            continue
        click.echo(f"ok  {one['file']}  ({len(one['fields'])} fields)")
        if schedule := one["schedule"]:
            click.echo(f"    {schedule['words']}; next {schedule['next'][:16].replace('T', ' ')} UTC")
        if one["warning"] is not None:
            sys.stdout.flush()
            print_error(one["warning"], word="warning")
    if not checked:
        click.echo("no imports yet: an import is a file imports/NAME.yaml", err=True)
