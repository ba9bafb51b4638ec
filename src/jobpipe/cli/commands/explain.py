"""`jobpipe explain`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_codes
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.runs.explaining_codes import Explanation


@click.command("explain", epilog=examples("jobpipe explain JP1004", "jobpipe explain source-held", "jobpipe explain"))
@click.argument("what", required=False, metavar="[CODE|KIND]", shell_complete=complete_codes)
@json_option
def command(what: str | None, as_json: bool) -> None:
    """Say what the code of an error (JP1004) or a kind of incident (source-held) means, and what to do.

    Without one all are listed. A code never changes its meaning.
    """
    from jobpipe.cli.printing import print_json, print_rows
    from jobpipe.runs.explaining_codes import all_explained, explained

    if what is not None:
        one = explained(what)
        print_json(one.as_dict()) if as_json else _print(one)
    elif as_json:
        print_json([each.as_dict() for each in all_explained()])
    else:
        rows = [(each.code, each.kind, each.title) for each in all_explained()]
        print_rows(("code", "kind of incident", "what it is"), rows, wraps=True, whole=("code", "kind of incident"))


def _print(one: Explanation) -> None:
    from rich.padding import Padding

    from jobpipe.cli.printing import console, plain_text

    out = console()
    kind = f"  {one.kind}" if one.kind else ""
    out.print(plain_text(f"{one.code}{kind}  {one.title}"), style="bold", soft_wrap=False)
    for heading, text in (("", one.meaning), ("for example", one.example), ("what to do", one.advice), *one.facts):
        if text and heading:
            out.print(f"[dim]{heading}[/]")
        if text:
            out.print(Padding(plain_text(text), (0, 0, 0, 2)), soft_wrap=False)
