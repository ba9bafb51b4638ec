"""What a shell completes beside commands and options: names of this project. Silent where anything is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from jobpipe.definition.project import Project

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _of_project(names: Callable[[Project], list[str]]) -> Complete:
    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
        from jobpipe.definition.project import find_project
        from jobpipe.errors import JobpipeError

        folder = context.find_root().params.get("folder")
        try:
            found = names(find_project(Path(folder) if folder else None, os.environ))
        except (JobpipeError, OSError):
            return []
        return [name for name in found if name.startswith(begun)]

    return complete


def _selectors(project: Project) -> list[str]:
    from jobpipe.errors import DefinitionError

    words: dict[str, None] = {}
    for name in project.imports():
        try:
            definition = project.load(name).definition
        except DefinitionError:
            continue
        words |= dict.fromkeys([f"client:{definition.client}"] if definition.client else [])
        words |= dict.fromkeys(f"tag:{tag}" for tag in definition.tags)
    return [*project.imports(), *words]


def complete_codes(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from jobpipe.error_codes import CODES, CODES_OF_KINDS

    return [name for name in (*CODES, *CODES_OF_KINDS.values(), *CODES_OF_KINDS) if name.startswith(begun)]


def complete_steps(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from jobpipe.transform.steps.registry import steps

    return [name for name in steps() if name.startswith(begun)]


def complete_connectors(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from jobpipe.definition.connectors import connector_names

    return [name for name in connector_names() if name.startswith(begun)]


complete_imports = _of_project(lambda project: project.imports())
complete_destinations = _of_project(lambda project: project.destinations())
complete_selectors = _of_project(_selectors)
