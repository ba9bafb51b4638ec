"""`jobpipe new`"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.drafting.draft import Draft

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@click.command(
    "new",
    epilog=examples(
        "jobpipe new acme https://example.org/jobs.xml",
        "jobpipe new acme feeds/jobs.csv --client Acme --yes",
        "jobpipe new acme https://jobs.lever.co/acme",
    ),
)
@click.argument("name")
@click.argument("location", metavar="URL|FILE")
@click.option("--client", default="", metavar="NAME", help="The company whose postings these are.")
@click.option("--yes", "is_quick", is_flag=True, help="Ask nothing: what is not sure is left out, with a question.")
@click.option("--force", is_flag=True, help="In the place of an import of this name.")
@json_option
@click.pass_context
def command(
    context: click.Context, name: str, location: str, client: str, is_quick: bool, force: bool, as_json: bool
) -> None:
    """Write the definition of import NAME by looking at what is at a URL or in a file.

    Finds the kind of source, its format and its records, and which part of a record is which field: by names in
    twelve languages, by values and by statistics over the first 300 records; other imports of the project teach it.
    Each choice has a confidence and a reason. What is not sure enough is asked for, or left out with a comment.

    Writes imports/NAME.yaml, keeps what it proposed in drafts/NAME.yaml, records a fixture with a test in tests/NAME,
    and ends with a preview. The address of a careers page of a known service is enough.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json
    from jobpipe.drafting.drafting import Order, as_document, draft_source
    from jobpipe.drafting.learning import keep_proposal, lessons_of
    from jobpipe.drafting.writing import definition_text

    project = open_project(context)
    file = _file_of(project, name, force=force)
    written, opened = _place(project, location)
    draft = draft_source(
        Order(name=name, location=written, client=client, lessons=lessons_of(project, but=name)), opened
    )
    if not as_json:
        draft = _explained(draft, asks=not is_quick and sys.stdin.isatty())
    text = definition_text(draft)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    keep_proposal(project, name, text)
    shown = f"imports/{file.name}"
    if as_json:
        print_json({**as_document(draft, text, shown), "fixture": _recorded(project, name)[0]})
        return
    _tell(project, name, shown, draft)


def _file_of(project: Project, name: str, *, force: bool) -> Path:
    from jobpipe.definition.project import IMPORT_NAME
    from jobpipe.errors import Place, UsageError

    if not IMPORT_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of an import", hint="letters, digits, points, hyphens and underscores")
    file = project.root / "imports" / f"{name}.yaml"
    if file.exists() and not force:
        place = Place(source=f"imports/{name}.yaml")
        raise UsageError("there is an import of this name", place=place, hint="--force writes it anew")
    return file


def _place(project: Project, location: str) -> tuple[str, str]:
    """As the definition has it, and as it is opened now."""
    from jobpipe.errors import Place, UsageError

    if _URL.match(location):
        return location, location
    if re.match(r"www\.[^/\s]+\.\S+|[\w-]+(?:\.[\w-]+)+/\S*", location) and not Path(location).exists():
        return f"https://{location}", f"https://{location}"
    path = Path(location).expanduser().resolve()
    if not path.is_file():
        raise UsageError("there is no such file", place=Place(source=location), hint="a URL begins with https://")
    if path.is_relative_to(project.root):
        return str(path.relative_to(project.root)), str(path)
    return str(path), str(path)


def _explained(draft: Draft, *, asks: bool) -> Draft:
    from jobpipe.cli.draft_dialogue import with_answers
    from jobpipe.cli.draft_table import print_draft

    print_draft(draft)
    return with_answers(draft, sys.stdin, sys.stdout) if asks and draft.questions else draft


def _tell(project: Project, name: str, shown: str, draft: Draft) -> None:
    from rich.markup import escape

    from jobpipe.cli.preview_table import print_preview
    from jobpipe.cli.printing import console
    from jobpipe.errors import JobpipeError
    from jobpipe.runs.previewing import preview

    out = console()
    left = len(draft.questions)
    out.print(
        f"\nwrote [bold]{shown}[/]" + (f", with {left} {'question' if left == 1 else 'questions'}" if left else "")
    )
    kept, trouble = _recorded(project, name)
    if kept:
        out.print(f"recorded [bold]{kept['folder']}[/]: look at expected.json; `jobpipe test {name}` checks it")
    else:
        out.print(f"[yellow]no fixture yet:[/] {escape(trouble)}\n`jobpipe record {name}` makes one")
    out.print()
    try:
        print_preview(preview(project, name, count=1))
    except JobpipeError as error:
        out.print(f"[yellow]no preview yet:[/] {escape(str(error))}\nedit {shown}, then `jobpipe preview {name}`")


def _recorded(project: Project, name: str) -> tuple[dict[str, Any] | None, str]:
    """What was recorded, or why nothing was."""
    from jobpipe.errors import JobpipeError
    from jobpipe.runs.fixtures import record

    try:
        return record(project, name).as_dict(), ""
    except JobpipeError as error:
        return None, str(error)
