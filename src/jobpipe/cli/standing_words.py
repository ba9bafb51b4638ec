"""What `pause`, `resume` and `remove` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jobpipe.runs.pausing import Decided

postings_option = click.option(
    "--postings",
    type=click.Choice(["keep", "expire"]),
    required=True,
    help="What becomes of its live postings: there is no default.",
)
reason_option = click.option("--reason", default="", help="Why, for whoever asks later.")


def show_decided(name: str, decided: Decided, *, as_json: bool) -> None:
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.standing import in_words

    decision, ended = decided.decision, decided.ended
    if as_json:
        print_json(_document(name, decided))
        return
    if decision.standing == "resumed":
        click.echo(f"{name} runs again, from now on")
        return
    click.echo(f"{name} is {in_words(decision)}")
    if ended is not None:
        click.echo(f"  {ended.expired:,} postings expired in run {ended.run}")
    else:
        click.echo("  its postings stay as they are; those past their own day still end")


def _document(name: str, decided: Decided) -> dict[str, Any]:
    decision, ended = decided.decision, decided.ended
    return {
        "import": name,
        "standing": decision.standing,
        "at": decision.at.isoformat(),
        "by": decision.by,
        "reason": decision.reason,
        "until": decision.until.isoformat() if decision.until else None,
        "postings": decision.postings or None,
        "expired": ended.expired if ended else 0,
        "run": ended.run if ended else None,
    }
