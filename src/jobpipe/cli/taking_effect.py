"""What commands have in common whose decisions make stored postings again: at once, or by the next runs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from jobpipe.errors import JobpipeError
    from jobpipe.runs.mappings.remapping import Remapped
    from jobpipe.runs.workspace import Workspace


@dataclass(frozen=True, slots=True)
class TakingEffect:
    """Who decides, and what happens at once."""

    by: str
    now: bool
    as_json: bool
    quiet: bool


def taking_effect(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command gets these options as `how`."""

    @functools.wraps(command)
    def with_how(*args: Any, by: str, now: bool, as_json: bool, quiet: bool, **given: Any) -> Any:
        return command(*args, how=TakingEffect(who(by), now, as_json, quiet), **given)

    text = "Make the postings that it touches again now, or leave that to the next run."
    at_once = click.option("--apply/--later", "now", default=True, help=text)
    wrapped: Callable[..., Any] = with_how
    for option in (quiet_option, json_option, at_once, by_option):
        wrapped = option(wrapped)
    return wrapped


def made_again(
    workspace: Workspace, names: Sequence[str], how: TakingEffect
) -> Mapping[str, Remapped | JobpipeError | None]:
    """The postings of these imports that the decision touches, made again if that is to be now."""
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.mappings.scopes import apply_now
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    if not how.now:
        return {}
    progress = Progress() if how.quiet or how.as_json else progress_for(sys.stderr)
    return apply_now(workspace, names, progress=progress, stop=StopRequest())
