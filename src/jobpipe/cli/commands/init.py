"""`jobpipe init`"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import click

from jobpipe.cli.options import examples

# Each file of a new project, its template in the folder `starter`, and a word about it.
FILES = (
    ("jobpipe.yaml", "jobpipe.yaml", "settings"),
    ("imports/example.yaml", "imports/example.yaml", "an import that works at once"),
    ("feeds/example.xml", "feeds/example.xml", "what it reads"),
    ("mappings/contract.csv", "mappings/contract.csv", "a table from labels to codes"),
    ("taxonomies/functions.csv", "taxonomies/functions.csv", "a small taxonomy: yours replaces it"),
    ("hooks.py", "hooks.py.txt", "the project's own functions"),
    (".gitignore", "gitignore.txt", "keeps the state out of the repository"),
)


@click.command("init", epilog=examples("jobpipe init my-jobs", "jobpipe init . --force"))
@click.argument("folder", metavar="DIR")
@click.option("--force", is_flag=True, help="Also in a folder that holds files; none of them is written over.")
def command(folder: str, force: bool) -> None:
    """Make a project folder in DIR, with one import that works at once."""
    from jobpipe.errors import Place, UsageError

    root = Path(folder)
    if root.exists() and not root.is_dir():
        raise UsageError("there is a file of this name", place=Place(source=folder))
    if root.is_dir() and any(root.iterdir()) and not force:
        raise UsageError(
            "the folder is not empty",
            place=Place(source=folder),
            hint="--force adds what is missing, and changes nothing",
        )
    try:
        written = [(name, about, _write(root / name, text)) for name, text, about in _contents()]
    except OSError as error:
        place = Place(source=str(error.filename or folder))
        raise UsageError(f"cannot be written: {error.strerror}", place=place) from error
    _tell(folder, written)


def _contents() -> Iterator[tuple[str, str, str]]:
    import json

    from jobpipe.cli.deciding_person import who
    from jobpipe.runs.definition_schema import SCHEMA_FILE, schema_text

    starter = resources.files("jobpipe.cli") / "starter"
    for name, template, about in FILES:
        text = starter.joinpath(template).read_text(encoding="utf-8")
        yield name, text.replace("operator: NAME", f"operator: {json.dumps(who(''), ensure_ascii=False)}"), about
    yield SCHEMA_FILE, schema_text(), "by which editors complete and check; `jobpipe schema` prints today's"


def _write(path: Path, text: str) -> bool:
    """False where there is such a file already: it stays as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    return True


def _tell(folder: str, written: list[tuple[str, str, bool]]) -> None:
    import shlex

    click.echo(f"made {folder}")
    width = max(len(name) for name, _, _ in written)
    for name, about, is_new in written:
        click.echo(f"  {name:<{width}}  {about if is_new else 'kept as it was'}")
    click.echo("next:")
    if folder != ".":
        click.echo(f"  cd {shlex.quote(folder)}")
    for line, about in (
        ("jobpipe preview example", "a few records beside the postings made of them"),
        ("jobpipe run example", "all of them, kept and accounted for"),
        ("jobpipe postings example", "what there is now"),
    ):
        click.echo(f"  {line:<26}# {about}")
