"""`jobpipe steps`"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_steps
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.transform.steps.step import Example, Parameter, Step


@click.command("steps", epilog=examples("jobpipe steps", "jobpipe steps date"))
@click.argument("name", shell_complete=complete_steps, required=False)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the steps of a definition, or explain the step NAME."""
    from jobpipe.cli.printing import print_json
    from jobpipe.errors import UsageError
    from jobpipe.transform.problems import nearest
    from jobpipe.transform.steps.registry import steps

    known = steps()
    if name is not None and name not in known:
        raise UsageError(f"there is no step {name!r}", hint=nearest(name, known) or "`jobpipe steps` lists them")
    if as_json:
        print_json(_as_document(known[name]) if name else [_as_document(step) for step in known.values()])
    elif name:
        _explain(known[name])
    else:
        _list(known)


def group_of(step: Step) -> str:
    """What a step is about: the module that it stands in."""
    return step.factory.__module__.rpartition(".")[2]


def _as_document(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "group": group_of(step),
        "version": step.version,
        "takes": step.takes,
        "summary": step.summary,
        "description": step.description,
        "table": f"step:{step.name}" if step.meanings is not None else None,
        "parameters": [
            {
                "name": one.name,
                "type": one.type,
                "description": one.description,
                "required": one.is_required,
                "default": one.default,
                "choices": list(one.choices),
            }
            for one in step.parameters
        ],
        "examples": [{"call": one.call, "given": one.given, "result": one.result} for one in step.examples],
    }


# For people ------------------------------------------------------------------------------------------


def _list(known: Mapping[str, Step]) -> None:
    from jobpipe.cli.printing import console, plain_table, plain_text

    groups: dict[str, list[Step]] = {}
    for step in known.values():
        groups.setdefault(group_of(step), []).append(step)
    table = plain_table()
    table.add_column()
    for number, (group, members) in enumerate(sorted(groups.items())):
        if number:
            table.add_row()
        table.add_row(f"[bold]{group}[/]", "")
        for step in members:
            table.add_row(f"  [cyan]{step.name}[/]", plain_text(step.summary))
    out = console()
    out.print(table)
    out.print("\n[dim]`jobpipe steps NAME` explains one, with its parameters and examples.[/]")


def _explain(step: Step) -> None:
    from rich.padding import Padding

    from jobpipe.cli.printing import console, plain_text

    out = console()
    out.print(f"[bold cyan]{step.name}[/]  [dim]{group_of(step)}[/]")
    for paragraph in (step.summary, *step.description.split("\n\n")):
        if paragraph.strip():
            out.print(Padding(plain_text(" ".join(paragraph.split())), (1, 0, 0, 2)), soft_wrap=False)
    if step.meanings is not None:
        about = f"Its table step:{step.name} (mappings/step-{step.name}.csv) may say: {step.meanings.allowed}."
        out.print(Padding(plain_text(about), (1, 0, 0, 2)), soft_wrap=False)
    if step.parameters:
        out.print("\n[bold]parameters[/]" + (" [dim](the first may be given bare)[/]" if step.parameters else ""))
        out.print(_parameters(step.parameters))
    if step.examples:
        out.print("\n[bold]examples[/]")
        out.print(_examples(step.examples))


def _parameters(parameters: tuple[Parameter, ...]) -> Any:
    from jobpipe.cli.printing import plain_table, plain_text

    table = plain_table()
    table.add_column(max_width=28)
    table.add_column()
    for one in parameters:
        about = plain_text(one.description)
        if one.is_required:
            about.append(" Required.", style="yellow")
        elif one.default is not None:
            about.append(f" Default: {_shown(one.default)}.", style="dim")
        table.add_row(f"  [cyan]{one.name}[/]", plain_text(one.type), about)
    return table


def _examples(examples: tuple[Example, ...]) -> Any:
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(4):
        table.add_column(overflow="fold")
    for one in examples:
        table.add_row("  " + _escaped(one.call), _escaped(_shown(one.given)), "[dim]→[/]", _escaped(_shown(one.result)))
    return table


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _shown(value: Any) -> str:
    import json

    if value is None:
        return "nothing"
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f'"{_visible(value)}"'


def _visible(text: str) -> str:
    """With its line breaks and what is invisible in it."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
