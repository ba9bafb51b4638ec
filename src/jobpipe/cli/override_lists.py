"""How rules and decisions over single postings look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobpipe.cli.made_again import exit_code_of, made_again_document, print_made_again
from jobpipe.cli.printing import console, plain_text, print_json, print_rows
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Override, OverrideChange
from jobpipe.runs.overrides.trying import Trial
from jobpipe.runs.overrides.words import cut, shown
from jobpipe.runs.report import RunReport


def rule_document(rule: Override) -> dict[str, Any]:
    said = rule.content
    return {
        "number": rule.pk,
        "scope": rule.scope,
        "owner": rule.owner,
        "rule": said["rule"],
        "name": said.get("name", ""),
        "note": said.get("note", ""),
        "enabled": said.get("enabled", True),
        "revision": rule.revision,
        "at": rule.changed_at.isoformat(),
        "by": rule.changed_by,
    }


def change_document(change: OverrideChange) -> dict[str, Any]:
    entry = change.entry
    return {
        "number": change.pk,
        "together": change.together,
        "at": change.at.isoformat(),
        "by": change.by,
        "override": entry.pk,
        "scope": entry.scope,
        "owner": entry.owner,
        "key": entry.key,
        "before": change.before,
        "after": change.after,
        "undoes": change.undoes_id,
    }


def posting_document(row: Override) -> dict[str, Any]:
    return {
        "number": row.pk,
        "import": row.owner,
        "key": row.key,
        **row.content,
        "revision": row.revision,
        "at": row.changed_at.isoformat(),
        "by": row.changed_by,
    }


def print_rules(rules: Sequence[Override]) -> None:
    rows = [
        (
            f"#{rule.pk}",
            f"{rule.scope} {rule.owner}".strip(),
            rule.content["rule"] + ("" if rule.content.get("enabled", True) else "  (disabled)"),
            rule.content.get("name", ""),
            rule.changed_by,
        )
        for rule in rules
    ]
    _print(("number", "for", "rule", "name", "by"), rows, nothing="there are no rules yet: jobpipe override add")


def print_changes(changes: Sequence[OverrideChange], *, nothing: str) -> None:
    rows = [
        (
            str(change.pk),
            f"{change.at:%Y-%m-%d %H:%M}",
            change.by,
            f"#{change.entry.pk} " + (change.entry.key or f"{change.entry.scope} {change.entry.owner}").strip(),
            shown(change.before),
            shown(change.after) + (f" (undoes {change.undoes_id})" if change.undoes_id else ""),
        )
        for change in changes
    ]
    _print(("change", "when (UTC)", "by", "about", "before", "after"), rows, nothing=nothing)


def print_postings(rows: Sequence[Override]) -> None:
    made = [(f"#{row.pk}", row.owner, row.key, shown(row.content), row.changed_by) for row in rows]
    _print(("number", "import", "key", "what", "by"), made, nothing="nobody has decided over a single posting")


def print_applied(
    changes: Sequence[OverrideChange],
    names: Sequence[str],
    done: Mapping[str, RunReport | JobpipeError | None],
    *,
    is_now: bool,
    as_json: bool,
) -> int:
    """What became of changed rules; the exit code."""
    if as_json:
        changed = [change_document(one) for one in changes]
        print_json({"changes": changed, **made_again_document(names, done)})
        return exit_code_of(done)
    out = console()
    if not changes:
        out.print("nothing changes")
        return 0
    for change in changes:
        out.print(plain_text(f"#{change.entry_id}  {shown(change.before)}  →  {shown(change.after)}"))
    untouched = "no stored posting is touched"
    print_made_again(names, done, is_now=is_now, untouched=untouched, notices=("left out", "override"))
    return exit_code_of(done)


def trial_document(trial: Trial) -> dict[str, Any]:
    return {
        "records": trial.records,
        "changed": trial.changed,
        "left_out": trial.left_out,
        "let_in": trial.let_in,
        "fields": dict(trial.fields),
        "faults": [
            {"rule": number, "records": count, "why": trial.why[number]} for number, count in trial.faults.items()
        ],
        "samples": [
            {"key": one.key, "field": one.field, "before": one.before, "after": one.after} for one in trial.samples
        ],
    }


def print_trial(trial: Trial) -> None:
    from jobpipe.cli.preview_table import shown_value

    out = console()
    fields = ", ".join(f"{name} in {count:,}" for name, count in trial.fields.most_common())
    out.print(
        plain_text(
            f"of {trial.records:,} stored postings {trial.changed:,} change: {trial.left_out:,} left out, "
            f"{trial.let_in:,} let in" + (f"; {fields}" if fields else "")
        )
    )
    for number, count in trial.faults.items():
        which = f"rule #{number}" if number else "the rule"
        out.print(plain_text(f"  {which} was passed over for {count:,} of them: {trial.why[number]}"))
    rows = [
        (one.key, one.field or "posting", cut(shown_value(one.before)), cut(shown_value(one.after)))
        for one in trial.samples
    ]
    if rows:
        _print(("key", "field", "before", "after"), rows)
    out.print(plain_text("nothing was written"))


def _print(headings: Sequence[str], rows: Sequence[tuple[str, ...]], *, nothing: str = "") -> None:
    print_rows(headings, rows, nothing=nothing, wraps=True, whole=("number", "change", "when (UTC)"))
