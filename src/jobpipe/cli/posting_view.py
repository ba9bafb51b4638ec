"""One posting in a terminal: its state, its fields and where each came from; and what became of a decision over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobpipe.cli.override_lists import change_document
from jobpipe.cli.preview_table import shown_value
from jobpipe.cli.printing import console, plain_table, plain_text, print_json
from jobpipe.documents.store import StateRow, Status
from jobpipe.ledger.models import Import, Override, OverrideChange
from jobpipe.runs.finding_postings import FoundPosting, posting_of, traced
from jobpipe.runs.overrides.words import shown
from jobpipe.runs.report import RunReport
from jobpipe.runs.workspace import Workspace

_MAX_VALUE = 300


def posting_view(workspace: Workspace, found: FoundPosting) -> dict[str, Any]:
    """For scripts, and for `print_posting`."""
    decided = Override.objects.filter(scope="posting", owner=found.name, key=found.row.key, active=True).first()
    by = {trace.field: trace.by for trace in traced(workspace, found) if trace.by}
    return {
        "import": found.name,
        "key": found.row.key,
        "state": state_of(found.row),
        "first_seen": found.row.first_day,
        "revision": found.row.revision,
        "changed_in_run": found.row.changed_run,
        "decided": shown(decided.content) if decided is not None else "",
        "posting": posting_of(workspace, found),
        "by": by,
    }


def state_of(row: StateRow) -> str:
    return row.status.name.lower() + (f" ({row.reason})" if row.reason and row.status is not Status.LIVE else "")


def print_posting(view: Mapping[str, Any]) -> None:
    out = console()
    out.print(plain_text(f"{view['import']}  {view['key']}  {view['state']}, first seen {view['first_seen']}"))
    if view["decided"]:
        out.print(plain_text(f"  {view['decided']}"))
    table = plain_table()
    table.add_column(ratio=1, overflow="fold")
    table.add_column(style="dim", overflow="fold")
    for name, value in view["posting"].items():
        text = shown_value(value)
        text = text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}… ({len(text):,} characters)"
        table.add_row(name, plain_text(text), f"by {view['by'][name]}" if name in view["by"] else "")
    out.print(table, soft_wrap=False)


def print_settled(
    workspace: Workspace,
    changes: Sequence[OverrideChange],
    done: Mapping[str, RunReport | str | None],
    *,
    as_json: bool,
) -> None:
    states = [(change, _state_now(workspace, change.entry)) for change in changes]
    if as_json:
        document = [
            {**change_document(change), "state": state, "run": _run(done[change.entry.owner])}
            for change, state in states
        ]
        print_json(document)
        return
    out = console()
    if not changes:
        out.print("nothing changes")
    for change, state in states:
        entry = change.entry
        was, now = shown(change.before), shown(change.after)
        out.print(plain_text(f"#{entry.pk}  {entry.owner}  {entry.key}: {was}  →  {now}"))
        waits = done[entry.owner]
        if isinstance(waits, str):
            out.print(plain_text(f"  {state} now; the rest at the end of the run that has the import ({waits})"))
        else:
            out.print(plain_text(f"  {state}"))


def _run(report: RunReport | str | None) -> int:
    return report.run if isinstance(report, RunReport) else 0


def _state_now(workspace: Workspace, entry: Override) -> str:
    owner = Import.objects.filter(name=entry.owner).first()
    row = workspace.documents.postings_by_key(owner.pk, [entry.key]).get(entry.key) if owner is not None else None
    return state_of(row) if row is not None else "not there yet: it counts as soon as it comes"
