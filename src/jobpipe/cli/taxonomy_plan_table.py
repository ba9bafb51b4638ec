"""How a release of a taxonomy looks before it is applied, and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobpipe.cli.made_again import exit_code_of, made_again_document, print_made_again
from jobpipe.cli.printing import console, plain_text, print_json
from jobpipe.cli.taking_effect import TakingEffect
from jobpipe.cli.taxonomy_lists import print_table
from jobpipe.errors import JobpipeError
from jobpipe.runs.mappings.remapping import Remapped
from jobpipe.runs.taxonomies.applying import Applied, RolledBack
from jobpipe.runs.taxonomies.planning import KINDS, Effect, ReleasePlan, orphan_document
from jobpipe.runs.taxonomies.uses import MappingUse

Done = Mapping[str, Remapped | JobpipeError | None]
_SHOWN_CODES = 6
_SHOWN_ORPHANS = 20


def print_plan(plan: ReleasePlan, *, limit: int, as_json: bool) -> None:
    if as_json:
        print_json(plan.as_dict())
        return
    out = console()
    on = f"version {plan.on}" if plan.on else "the file"
    label = f" ({plan.label})" if plan.label else ""
    out.print(plain_text(f"{plan.name}: version {plan.number}{label} on {on}"), style="bold")
    out.print(plain_text(f"{plan.codes_before:,} codes → {plan.codes_after:,} codes"))
    if plan.differences.is_empty:
        out.print("nothing changes")
        return
    kinds = [kind for kind in KINDS if plan.of_kind(kind)]
    rows = [
        (
            _WORDS.get(kind, kind),
            f"{len(plan.of_kind(kind)):,}",
            f"{plan.mappings_by_kind.get(kind, 0):,}",
            f"{plan.postings_by_kind.get(kind, 0):,}",
        )
        for kind in kinds
    ]
    print_table(("", "codes", "mappings", "live postings"), rows, right=(1, 2, 3))
    for kind in kinds:
        _print_kind(plan.of_kind(kind), limit)
    _print_orphans(plan.orphans, plan, is_applied=False)
    out.print(plain_text(f"jobpipe taxonomy apply {plan.name}" + ("" if _is_on_base(plan) else f" --on {plan.on}")))


_WORDS = {"synonyms": "other names"}


def _is_on_base(plan: ReleasePlan) -> bool:
    return plan.on == plan.base


def _print_kind(effects: Sequence[Effect], limit: int) -> None:
    """Those first that most has."""
    if not limit:
        return
    out = console()
    ordered = sorted(effects, key=lambda one: -(one.mappings + one.file_rows + one.postings))
    kind = effects[0].kind
    out.print()
    out.print(plain_text(_WORDS.get(kind, kind)), style="bold")
    rows = [(one.code, _said(one), f"{one.mappings + one.file_rows:,}", f"{one.postings:,}") for one in ordered[:limit]]
    print_table(("code", "", "mappings", "postings"), rows, right=(2, 3))
    if len(effects) > limit:
        out.print(plain_text(f"… and {len(effects) - limit:,} more (--limit)"), style="dim")


def _said(one: Effect) -> str:
    codes = ", ".join(one.codes[:_SHOWN_CODES]) + (" …" if len(one.codes) > _SHOWN_CODES else "")
    if one.kind == "renamed":
        return f"{one.label} → {one.after}"
    if one.kind == "merged":
        return f"{one.label} ← {codes}"
    if one.kind == "moved":
        return f"{one.label}: below {codes or 'nothing'}"
    return f"{one.label} → {codes}" if codes else one.label


def _print_orphans(orphans: Sequence[MappingUse], plan: ReleasePlan, *, is_applied: bool) -> None:
    if not orphans:
        return
    out = console()
    out.print()
    labels = "label is" if len(orphans) == 1 else "labels are"
    out.print(plain_text(f"{len(orphans):,} {labels} mapped to codes that are not in it"), style="yellow")
    rows = [
        (
            one.table,
            f"{one.scope} {one.owner}".strip(),
            one.label,
            one.code + (f" → {target}" if (target := plan.differences.recoded.get(one.code)) else ""),
        )
        for one in orphans[:_SHOWN_ORPHANS]
    ]
    print_table(("table", "for", "label", "code"), rows)
    if len(orphans) > _SHOWN_ORPHANS:
        out.print(plain_text(f"… and {len(orphans) - _SHOWN_ORPHANS:,} more (--json)"), style="dim")
    if not is_applied and any(one.code in plan.differences.recoded and one.entry is not None for one in orphans):
        out.print("  --move-mappings takes those with → along; files are edited by developers", style="dim")


def print_applied_release(done: Applied, made: Done, how: TakingEffect) -> int:
    """The exit code."""
    if how.as_json:
        print_json(
            {
                "taxonomy": done.plan.name,
                "before": done.change.before,
                "after": done.change.after,
                "mappings_moved": done.moved,
                "orphans": [orphan_document(one, done.plan.differences) for one in done.orphans],
                **made_again_document(done.names, made),
            }
        )
        return exit_code_of(made)
    out = console()
    out.print(plain_text(f"{done.plan.name}: version {done.change.after} is in force"))
    if done.moved:
        out.print(plain_text(f"  {_mappings(done.moved)} went along (jobpipe map history)"))
    print_made_again(done.names, made, is_now=how.now)
    _print_orphans(done.orphans, done.plan, is_applied=True)
    return exit_code_of(made)


def _mappings(count: int) -> str:
    return "1 mapping" if count == 1 else f"{count:,} mappings"


def print_rolled_back(done: RolledBack, made: Done, how: TakingEffect) -> int:
    """The exit code."""
    change = done.change
    if how.as_json:
        print_json(
            {
                "taxonomy": change.name,
                "before": change.before,
                "after": change.after,
                "mappings_moved": done.moved,
                "mappings_left": done.why_not,
                **made_again_document(done.names, made),
            }
        )
        return exit_code_of(made)
    out = console()
    now = f"version {change.after}" if change.after else "its file"
    out.print(plain_text(f"{change.name}: {now} is in force again"))
    if done.moved:
        out.print(plain_text(f"  {_mappings(done.moved)} came back"))
    if done.why_not:
        out.print(plain_text(f"  the mappings that went along are left as they are: {done.why_not}"), style="yellow")
    print_made_again(done.names, made, is_now=how.now)
    return exit_code_of(made)
