"""What became of the imports that a decision touches: their postings made again now, or by their next runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from jobpipe.cli.printing import console, plain_text
from jobpipe.errors import JobpipeError
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.report import RunReport

# By the name of the import. None = nothing of it is touched; an error says why its next run does it.
MadeAgain = Mapping[str, RunReport | Remapped | JobpipeError | None]


def made_again_document(names: Sequence[str], done: MadeAgain) -> dict[str, Any]:
    """The runs that made postings again, and the imports whose next run does it."""
    waiting = [name for name in names if name not in done or isinstance(done[name], JobpipeError)]
    return {"reports": [one.as_dict() for one in _reports(done)], "later": waiting}


def print_made_again(
    names: Sequence[str],
    done: MadeAgain,
    *,
    is_now: bool,
    untouched: str = "no posting is touched",
    notices: Collection[str] = (),
) -> None:
    """`notices`: the kinds of those of the runs that are shown."""
    out = console()
    for name, one in done.items():
        report = _report(one)
        if isinstance(one, JobpipeError):
            out.print(plain_text(f"  {name}: its next run does it ({one.message})"))
        elif report is None:
            out.print(plain_text(f"  {name}: {untouched}"))
        else:
            out.print(plain_text(f"  {name}: {_account(report)} (run {report.run})"))
            for notice in report.notices:
                if notice.get("kind") in notices:
                    out.print(plain_text(f"    {notice['message']}"))
    if not is_now and names:
        out.print(plain_text(f"  later, by the next run of {', '.join(names)}"))


def exit_code_of(done: MadeAgain) -> int:
    from jobpipe.cli.commands.run import exit_code

    return exit_code(_reports(done), strict=False)


def _account(report: RunReport) -> str:
    made = ", ".join(f"{count:,} {word}" for word, count in report.account.items() if count and word != "read")
    return f"{report.account['read']:,} postings made again" + (f": {made}" if made else "")


def _reports(done: MadeAgain) -> list[RunReport]:
    return [report for one in done.values() if (report := _report(one)) is not None]


def _report(one: RunReport | Remapped | JobpipeError | None) -> RunReport | None:
    if isinstance(one, Remapped):
        return one.report
    return one if isinstance(one, RunReport) else None
