"""`jobpipe suggest`: for each label the codes of a taxonomy that it is likely to mean."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jobpipe.taxonomy.suggestions.suggestion import Suggestion

# Labels that are looked up at a time; the answers come as fast.
_BATCH = 512


@click.command("suggest")
@click.option("--taxonomy", "name", required=True, help="Whose codes are suggested: `jobpipe taxonomy list` has them.")
@click.option(
    "--labels", "file", default="-", metavar="FILE", help="One label a line; - is stdin, which is the default."
)
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 50), help="How many codes for a label.")
@click.option("--language", default="", help="Of the names that are shown (ISO 639-1).")
@click.option("--table", default="", help="Learn from the decisions of this mapping table alone; otherwise from all.")
@click.option("--client", default="", help="Whose labels these are: what was decided for this client counts more.")
@click.option(
    "--examples",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV file with the columns label,code to learn from besides.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document a label, on a line of its own.")
@click.option("--quiet", is_flag=True, help="Do not say what suggestions are made with.")
@click.pass_context
def command(
    context: click.Context,
    name: str,
    file: str,
    limit: int,
    language: str,
    table: str,
    client: str,
    examples: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Suggest codes for labels or bare job titles, offline: the likeliest first, with a confidence and the reason.

    Of 100 suggestions with the confidence 0.8, about 80 should be right. Lines come out in their order; an empty line
    gives no suggestion. Nothing is decided or stored: `jobpipe map` does that.
    """
    # Before numpy is loaded: more threads than this gain little, and take what others need.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.mappings.suggesting import read_examples, suggester_of_taxonomy
    from jobpipe.runs.taxonomies.in_force import in_force

    with open_workspace(context) as workspace:
        taxonomy = in_force(workspace.project, name)
        given = read_examples(examples, taxonomy) if examples else []
        suggester = suggester_of_taxonomy(workspace, taxonomy, client=client, table=table, examples=given)
        if not quiet:
            click.echo(f"suggested by {suggester.means.described}", err=True)
        write = _write_json if as_json else _write_text
        with _opened(file) as lines:
            number = 0
            while batch := list(islice(lines, _BATCH)):
                labels = [line.strip() for line in batch]
                wanted = list(dict.fromkeys(filter(None, labels)))
                found = dict(zip(wanted, suggester.suggest_all(wanted, limit=limit), strict=True))
                for label in labels:
                    number += 1
                    shown = [
                        one._replace(label=taxonomy.categories[one.code].label(language))
                        for one in found.get(label, ())
                    ]
                    write(number, label, shown)
                sys.stdout.flush()


@contextmanager
def _opened(file: str) -> Iterator[Iterator[str]]:
    """The lines of a file, or of stdin."""
    from jobpipe.errors import UsageError

    if file == "-":
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
        yield iter(sys.stdin)
        return
    try:
        labels = Path(file).open(encoding="utf-8-sig", errors="replace")  # noqa: SIM115 - the block below closes it
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="a file with one label a line") from error
    with labels:
        yield labels


def _write_json(number: int, label: str, found: list[Suggestion]) -> None:
    import msgspec

    suggestions: list[dict[str, Any]] = [
        {"code": one.code, "name": one.label, "confidence": one.confidence, "reason": one.reason} for one in found
    ]
    document = {"line": number, "label": label, "suggestions": suggestions}
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")


def _write_text(number: int, label: str, found: list[Suggestion]) -> None:
    from jobpipe.cli.printing import plain_text

    sys.stdout.write(f"{plain_text(label) or '(empty)'}\n")
    for one in found:
        sys.stdout.write(
            f"  {one.confidence:.2f}  {plain_text(one.code)}  {plain_text(one.label)}   {plain_text(one.reason)}\n"
        )
    if label and not found:
        sys.stdout.write("  nothing is like it\n")
