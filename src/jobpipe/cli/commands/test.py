"""`jobpipe test`"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import json_option

if TYPE_CHECKING:
    from jobpipe.runs.fixtures import Checked

_STYLES = {"head": "bold", "record": "", "-": "red", "+": "green", "more": "dim"}
_MARKS = {"head": "", "record": "  ", "-": "    - ", "+": "    + ", "more": "    "}


@click.command("test")
@click.argument("names", shell_complete=complete_imports, nargs=-1, metavar="[NAME]...")
@click.option("--approve", is_flag=True, help="What differs is what is expected from now on; it is shown.")
@click.option("--strict", is_flag=True, help="An import without a fixture is a failure.")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML, too.")
@json_option
@click.pass_context
def command(
    context: click.Context, names: tuple[str, ...], approve: bool, strict: bool, junit: str | None, as_json: bool
) -> int:
    """Make the postings of recorded answers again, and say field by field what is not as expected.

    NAME is an import, a pattern (`acme-*`), client:NAME or tag:NAME; all imports when none is given. The answers are
    those in tests/NAME (`jobpipe record`): no source is asked and no ledger is touched, so that no secret is needed.
    What people decided in the ledger does not count: the files of the project alone do.

    Exit code 1 when a posting differs or a test cannot be made.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.fixtures import check
    from jobpipe.runs.selecting import select

    project = open_project(context)
    checked: list[Checked] = []
    for name in select(project, names):
        one = check(project, name, approve=approve)
        checked.append(one)
        if not as_json:
            _print(one)
    if not as_json:
        _print_without([one for one in checked if one.state == "without"], strict=strict)
    if junit:
        _write_junit(Path(junit), checked, strict=strict)
    has_failed = any(one.state in ("differs", "error") or (strict and one.state == "without") for one in checked)
    if as_json:
        print_json({"ok": not has_failed, "imports": [one.as_dict() for one in checked]})
    elif len(checked) > 1:
        _print_sum(checked)
    return RUN_FAILED if has_failed else DONE


def _print(one: Checked) -> None:
    from rich.markup import escape

    from jobpipe.cli.difference_lines import difference_lines
    from jobpipe.cli.printing import console

    out = console()
    name = f"[bold]{escape(one.name)}[/]"
    match one.state:
        case "without":
            return
        case "error":
            out.print(f"[red]error[/]    {name}")
            _print_error(one)
            return
    records = f"{one.records:,} record{'s' if one.records != 1 else ''}"
    if one.state == "passed" and not one.approved:
        out.print(f"[green]passed[/]   {name}  [dim]{records}, {one.seconds:.2f} s[/]")
        return
    word = "[green]approved[/]" if one.approved else "[red]differs[/] "
    count = len(one.differences)
    out.print(f"{word} {name}  [dim]{count:,} of {records} not as recorded on {one.recorded}[/]")
    for kind, line in difference_lines(one.differences, one.records, out.width - 8):
        style = _STYLES[kind]
        text = escape(f"  {_MARKS[kind]}{line}")
        out.print(f"[{style}]{text}[/]" if style else text)
    if not one.approved:
        out.print(f"  [dim]if that is right:[/] jobpipe test {escape(one.name)} --approve")


def _print_without(found: list[Checked], *, strict: bool) -> None:
    from rich.markup import escape

    from jobpipe.cli.printing import console

    if found:
        names = escape(", ".join(one.name for one in found))
        style = "red" if strict else "yellow"
        said = f"[{style}]without a fixture[/]  {names}  [dim](jobpipe record NAME)[/]"
        console().print(said, soft_wrap=False)


def _print_error(one: Checked) -> None:
    from rich.markup import escape

    from jobpipe.cli.errors import text_of
    from jobpipe.cli.printing import console

    if one.error is not None:
        for line in text_of(one.error).splitlines():
            console().print(f"  {escape(line)}", soft_wrap=False)


def _print_sum(checked: list[Checked]) -> None:
    from jobpipe.cli.printing import console

    states = Counter("approved" if one.approved else one.state for one in checked)
    words = {"without": "without a fixture", "error": "could not be tried", "differs": "different"}
    said = ", ".join(f"{count:,} {words.get(state, state)}" for state, count in states.most_common())
    seconds = sum(one.seconds for one in checked)
    console().print(f"[bold]{len(checked):,} imports[/]: {said}  [dim]{seconds:.1f} s[/]")


def _write_junit(path: Path, checked: list[Checked], *, strict: bool) -> None:
    from jobpipe.cli.difference_lines import plain_lines
    from jobpipe.cli.errors import text_of
    from jobpipe.runs.fixtures.junit import junit_xml

    said = [plain_lines(one.differences, one.records) if one.error is None else text_of(one.error) for one in checked]
    path.write_text(junit_xml(checked, said, strict=strict), encoding="utf-8")
