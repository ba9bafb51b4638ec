"""`jobpipe config`"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.definition.origins import Setting

# Of every command: its option, its variable, what holds otherwise.
_COMMON = (
    ("progress", "JOBPIPE_PROGRESS", "a bar in a terminal, else log"),
    ("color", "NO_COLOR", "in a terminal"),
    ("log_format", "JOBPIPE_LOG", "text"),
)


@click.group("config")
def command() -> None:
    """Show the settings of a project, and where each came from.

    An option goes before a variable of the environment, that before jobpipe.yaml, and that before the default.
    """


@command.command(
    "show",
    epilog=examples(
        "jobpipe config show --origin", "jobpipe config show --changed --json", "JOBPIPE_WORKERS=2 jobpipe config show"
    ),
)
@click.option("--origin", is_flag=True, help="Where each came from: an option, a variable, jobpipe.yaml:LINE, default.")
@click.option("--changed", is_flag=True, help="Only those that something says; no defaults.")
@json_option
@click.pass_context
def show(context: click.Context, origin: bool, changed: bool, as_json: bool) -> None:
    """Show each setting with its value; secrets are masked."""
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json, print_rows
    from jobpipe.definition.origins import DEFAULT, settings_of

    project = open_project(context)
    found = [_folder(context, str(project.root)), *_common(context), *settings_of(project, os.environ)]
    if changed:
        found = [one for one in found if one.origin != DEFAULT]
    if as_json:
        print_json([{"setting": one.name, "value": one.value, "origin": one.origin} for one in found])
        return
    rows = [(one.name, _said(one.value), one.origin) for one in found]
    if origin:
        print_rows(("setting", "value", "from"), rows, wraps=True, whole=("setting", "from"))
    else:
        print_rows(("setting", "value"), [row[:2] for row in rows], wraps=True, whole=("setting",))


def _folder(context: click.Context, root: str) -> Setting:
    from jobpipe.definition.origins import Setting

    origin = "-C" if context.find_root().obj else "the nearest folder with jobpipe.yaml"
    if not context.find_root().obj and os.environ.get("JOBPIPE_PROJECT"):
        origin = "JOBPIPE_PROJECT"
    return Setting("project", root, origin)


def _common(context: click.Context) -> list[Setting]:
    from jobpipe.definition.origins import DEFAULT, Setting

    made = []
    for name, variable, otherwise in _COMMON:
        option = "--" + name.replace("_", "-")
        given = context.find_root().params.get(name)
        if given:
            made.append(Setting(option, given, option))
        elif said := os.environ.get(variable):
            made.append(Setting(option, "never" if variable == "NO_COLOR" else said, variable))
        else:
            made.append(Setting(option, otherwise, DEFAULT))
    return made


def _said(value: Any) -> str:
    import json

    if value is None or value in ("", [], {}):
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
