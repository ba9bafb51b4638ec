"""How groups of near-duplicates and decisions over them look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from jobpipe.cli.printing import console, plain_table, plain_text, print_json, print_rows
from jobpipe.documents.body import unpack

if TYPE_CHECKING:
    from jobpipe.ledger.models import NearDuplicateDecision
    from jobpipe.runs.near_duplicates.following import Followed
    from jobpipe.runs.near_duplicates.groups import Group, GroupedPosting
    from jobpipe.runs.workspace import Workspace

# What a person compares first.
_FIELDS = ("title", "company", "locations", "contract", "working_time", "salary", "apply_url", "url", "posted_at")
_BEGINNING = 300


def print_group(group: Group) -> None:
    from rich.markup import escape

    out = console()
    out.print(f"[bold]{group.number}[/]  {escape(group.postings[0].row.title)}  [dim]{escape(group.client)}[/]")
    table = plain_table()
    table.add_column()
    for one in group.postings:
        table.add_row(plain_text(f"    {one.name}/{one.row.key}"), _state(one))
    out.print(table)
    out.print(f"    [dim]{escape(group.reason)}[/]")


def _state(one: GroupedPosting) -> str:
    chosen = " [dim](decided)[/]" if one.is_chosen else ""
    return f"[green]delivered[/]{chosen}" if one.is_delivered else "[yellow]hidden[/]"


def group_details(workspace: Workspace, group: Group) -> dict[str, Any]:
    """The document of `show --json`: the group's, with what each posting says and each pair's reason."""
    details = group.as_dict()
    for document, one in zip(details["postings"], group.postings, strict=True):
        frame = workspace.documents.body(*one.member)
        said = msgspec.json.decode(unpack(frame).posting or b"{}") if frame is not None else {}
        document["posting"] = {name: said[name] for name in _FIELDS if name in said}
        document["text"] = str(said.get("description_text", ""))[:_BEGINNING]
    names = {one.member: f"{one.name}/{one.row.key}" for one in group.postings}
    details["pairs"] = [
        {
            "number": pair.pk,
            "between": [names[pair.one_import_id, pair.one_row], names[pair.other_import_id, pair.other_row]],  # type: ignore[index]
            "reason": pair.reason,
            "similarity": pair.similarity,
        }
        for pair in group.pairs
    ]
    return details


def print_group_details(details: dict[str, Any]) -> None:
    from rich.markup import escape

    out = console()
    out.print(f"[bold]group {details['number']}[/] of {escape(details['client'])}")
    for pair in details["pairs"]:
        out.print(f"  {escape(' and '.join(pair['between']))}: {escape(pair['reason'])}")
    for one in details["postings"]:
        state = "[green]delivered[/]" if one["state"] == "delivered" else "[yellow]hidden[/]"
        out.print(f"\n[bold]{escape(one['import'])}/{escape(one['key'])}[/]  {state}")
        table = plain_table()
        table.add_column()
        for name, value in {**one["posting"], "text": " ".join(one["text"].split())}.items():
            if value:
                table.add_row(f"  [dim]{name}[/]", plain_text(_shown(value)))
        out.print(table)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(map(_shown, value))
    return ", ".join(str(said) for said in value.values()) if isinstance(value, dict) else str(value)


def decision_document(decision: NearDuplicateDecision) -> dict[str, Any]:
    return {
        "number": decision.pk,
        "at": decision.at.isoformat(),
        "by": decision.by,
        "client": decision.client,
        "kind": decision.kind,
        "postings": [{name: one[name] for name in ("name", "key", "title")} for one in decision.postings],
        "undoes": decision.undoes_id,
    }


def print_decisions(found: Sequence[NearDuplicateDecision]) -> None:
    headings = ("number", "when (UTC)", "by", "client", "decision")
    rows = ((str(one.pk), f"{one.at:%Y-%m-%d %H:%M}", one.by, one.client, _words_of(one)) for one in found)
    print_rows(headings, rows, nothing="nothing was decided yet")


def _words_of(decision: NearDuplicateDecision) -> str:
    first, *others = (f"{one['name']}/{one['key']}" for one in decision.postings)
    if decision.kind == "undo":
        return f"undoes {decision.undoes_id}"
    if decision.kind == "keep":
        return f"keep {first}, hide {', '.join(others)}"
    return f"{first} is another job than {', '.join(others)}"


def print_decided(decision: NearDuplicateDecision, done: Followed, *, as_json: bool) -> None:
    if as_json:
        print_json({**decision_document(decision), "hidden": done.hidden, "released": done.released})
        return
    out = console()
    out.print(plain_text(f"decision {decision.pk}: {_words_of(decision)}"))
    out.print(plain_text(f"  {done.hidden:,} hidden, {done.released:,} delivered again"))
