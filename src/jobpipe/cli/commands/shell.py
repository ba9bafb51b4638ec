"""`jobpipe shell`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.cli.shell_names import Names
    from jobpipe.runs.previewing_again import PreviewAgain


@click.command(
    "shell",
    epilog=examples(
        "jobpipe shell acme",
        """jobpipe shell acme -c 'select("employer/name")'""",
        """jobpipe shell acme -c 'found("salary")' --records 1000""",
    ),
)
@click.argument("name", shell_complete=complete_imports)
@click.option("--records", "count", type=click.IntRange(1, 100_000), default=100, show_default=True, metavar="N")
@click.option("--file", "instead", metavar="F", help="Read this file instead of the source.")
@click.option("--from", "place", type=click.Choice(["archive", "source"]), default="archive", show_default=True)
@click.option("-c", "expression", metavar="PYTHON", help="Print what this gives, and end.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    count: int,
    instead: str | None,
    place: str,
    expression: str | None,
    as_json: bool,
) -> None:
    """Open what the source of import NAME gave, to try the paths of a definition on it.

    Read are the first records as the last run kept them, else the source; nothing is written. In Python (IPython where
    it is installed) there are `records`, `record`, `select("path")`, `found("path")`, `posting()`, `trace("field")` and
    `document`.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.shell_names import Names
    from jobpipe.runs.previewing_again import PreviewAgain

    again = PreviewAgain(
        open_project(context).root,
        name,
        instead=Path(instead) if instead else None,
        first=1,
        count=count,
        from_archive=place == "archive",
        keeps_documents=True,
    )
    names = Names(again)
    if expression is None:
        _converse(names, _banner(name, again, names))
    else:
        _print(_value_of(expression, names), as_json=as_json)


def _value_of(expression: str, names: Names) -> Any:
    """Raises UsageError where it cannot be read, or fails."""
    from jobpipe.errors import JobpipeError, UsageError

    try:
        return eval(compile(expression, "-c", "eval"), names)
    except JobpipeError:
        raise
    except Exception as error:  # whatever Python says of what a person wrote
        raise UsageError(f"-c {expression!r}: {type(error).__name__}: {error}") from error


def _print(value: Any, *, as_json: bool) -> None:
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.shell_names import shown_lines
    from jobpipe.errors import UsageError

    if not as_json:
        for line in shown_lines(value):
            click.echo(line)
        return
    plain = [_plain(item) for item in value] if isinstance(value, list) else _plain(value)
    try:
        print_json(plain)
    except TypeError as error:
        raise UsageError(f"-c gave {type(value).__name__}, which is no JSON", hint="leave --json away") from error


def _plain(value: Any) -> Any:
    from jobpipe.cli.shell_names import Record

    # A text of the shell's own is one that prints otherwise.
    return value.value if isinstance(value, Record) else str(value) if isinstance(value, str) else value


def _banner(name: str, again: PreviewAgain, names: Names) -> str:
    from jobpipe.cli.shell_names import HELP

    place = "as the last run kept it" if again.is_kept else "as the source gave it now"
    return f"{name}: {len(names['records'])} records, {place}\n\n{HELP.format(count=len(names['records']))}\n"


def _converse(names: Names, banner: str) -> None:
    from importlib.util import find_spec

    if find_spec("IPython") is not None:
        _in_ipython(names, banner)
    else:
        _in_python(names, banner)


def _in_python(names: Names, banner: str) -> None:
    import code
    import contextlib
    import sys

    from jobpipe.cli.errors import print_error
    from jobpipe.errors import JobpipeError

    class Console(code.InteractiveConsole):
        def showtraceback(self) -> None:
            error = sys.exc_info()[1]
            if isinstance(error, JobpipeError):
                print_error(error)
            else:
                super().showtraceback()

    with contextlib.suppress(ImportError):
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    Console(names).interact(banner, exitmsg="")


def _in_ipython(names: Names, banner: str) -> None:
    from IPython.terminal.embed import InteractiveShellEmbed

    from jobpipe.cli.errors import print_error
    from jobpipe.errors import JobpipeError

    def tell(shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
        print_error(error)

    shell = InteractiveShellEmbed(banner1=banner, exit_msg="", user_ns=names)
    shell.confirm_exit = False
    shell.set_custom_exc((JobpipeError,), tell)
    shell()
