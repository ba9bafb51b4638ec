"""How taxonomies look in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from jobpipe.cli.printing import console, plain_text, print_json
from jobpipe.ledger.models import TaxonomyChange, TaxonomyVersion
from jobpipe.runs.taxonomies.in_force import Overview, unknown_code
from jobpipe.runs.taxonomies.releases import Release
from jobpipe.taxonomy.searching import below, search
from jobpipe.taxonomy.taxonomies import Category, Taxonomy


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What of a taxonomy is asked for."""

    # "" = what is at the top.
    code: str
    search: str
    language: str
    limit: int
    as_json: bool


def print_loaded(release: Release, notices: Sequence[str], *, as_json: bool) -> None:
    version = release.version
    if as_json:
        print_json(
            {
                "taxonomy": version.name,
                "version": version.number,
                "label": version.label,
                "codes": version.codes,
                "labels": version.labels,
                "in_force": release.is_in_force,
                "new": release.is_new,
                "base": version.base,
                "read": list(notices),
            }
        )
        return
    out = console()
    for notice in notices:
        out.print(plain_text(f"  {notice}"), style="dim")
    what = f"{version.name}: version {version.number}, {version.codes:,} codes, {version.labels:,} labels"
    if release.is_in_force:
        out.print(
            plain_text(f"{what}, in force" if release.is_new else f"{what}, is in force already: nothing changes")
        )
    else:
        waits = "waits" if release.is_new else "waits already"
        out.print(plain_text(f"{what}, {waits}: jobpipe taxonomy plan {version.name}"))


def print_taxonomies(found: Sequence[Overview], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "taxonomy": one.name,
                    "in_force": one.in_force or None,
                    "label": one.label,
                    "codes": one.codes,
                    "labels": one.labels,
                    "waiting": one.waiting or None,
                    "at": one.at.isoformat() if one.at else None,
                    "by": one.by,
                }
                for one in found
            ]
        )
        return
    if not found:
        click.echo("no taxonomy yet: jobpipe taxonomy load NAME FILE", err=True)
        return
    rows = [
        (
            one.name,
            " ".join(part for part in (one.in_force or "none", one.label) if part),
            f"{one.codes:,}",
            f"{one.labels:,}",
            f"{one.at:%Y-%m-%d}" if one.at else "",
            one.by,
            f"version {one.waiting}" if one.waiting else "",
        )
        for one in found
    ]
    print_table(("taxonomy", "in force", "codes", "labels", "loaded", "by", "waiting"), rows, right=(2, 3))


def print_taxonomy(taxonomy: Taxonomy, shown: Shown) -> None:
    if shown.code:
        _print_category(taxonomy, shown)
        return
    found = search(taxonomy, shown.search, limit=shown.limit) if shown.search else below(taxonomy, "")
    if shown.as_json:
        some = found if shown.search else list(taxonomy.categories.values())
        print_json({**_about(taxonomy), "categories": [category_document(one) for one in some]})
        return
    out = console()
    version = f" {taxonomy.version}" if taxonomy.version else ""
    out.print(plain_text(f"{taxonomy.name}{version}: {len(taxonomy.categories):,} codes, {taxonomy.labels:,} labels"))
    if not found:
        out.print(plain_text(f"  nothing is like {shown.search!r}"))
        return
    _print_codes(taxonomy, found[: shown.limit], shown.language)
    if len(found) > shown.limit:
        out.print(plain_text(f"  … and {len(found) - shown.limit:,} more (--limit)"), style="dim")


def print_history(found: Sequence[TaxonomyChange], versions: Sequence[TaxonomyVersion], *, as_json: bool) -> None:
    by_number = {one.number: one for one in versions}
    if as_json:
        print_json([_change_document(one, by_number) for one in found])
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M}",
            one.by,
            one.action.replace("_", " "),
            " ".join(part for part in (str(number), by_number[number].label) if part)
            if (number := one.version or one.after) in by_number
            else "",
            f"{_shown_version(one.before)} → {_shown_version(one.after)}" if one.before != one.after else "",
            f"{by_number[number].codes:,} codes" if number in by_number else "",
        )
        for one in found
    ]
    if rows:
        print_table(("when (UTC)", "by", "what", "version", "in force", ""), rows)
    else:
        click.echo("only its file was ever in force", err=True)


def _shown_version(number: int) -> str:
    return str(number) if number else "-"


def _change_document(one: TaxonomyChange, versions: Mapping[int, TaxonomyVersion]) -> dict[str, Any]:
    version = versions.get(one.version or one.after)
    return {
        "at": one.at.isoformat(),
        "by": one.by,
        "action": one.action,
        "before": one.before,
        "after": one.after,
        "version": version.number if version is not None else None,
        "label": version.label if version is not None else "",
        "files": version.files if version is not None else [],
        "moved": one.moved or None,
    }


def category_document(one: Category) -> dict[str, Any]:
    return {
        "code": one.code,
        "labels": [{"text": term.text, "language": term.language, "preferred": term.preferred} for term in one.terms],
        "parents": list(one.parents),
    }


def _about(taxonomy: Taxonomy) -> dict[str, Any]:
    return {"taxonomy": taxonomy.name, "version": taxonomy.version, "codes": len(taxonomy.categories)}


def category_of(taxonomy: Taxonomy, code: str) -> Category:
    """Raises UsageError that names the nearest codes."""
    found = taxonomy.categories.get(code)
    if found is None:
        raise unknown_code(taxonomy, code)
    return found


def _print_category(taxonomy: Taxonomy, shown: Shown) -> None:
    one = category_of(taxonomy, shown.code)
    under = below(taxonomy, one.code)
    if shown.as_json:
        print_json({**_about(taxonomy), **category_document(one), "children": [child.code for child in under]})
        return
    out = console()
    out.print(plain_text(f"{one.code}  {one.label(shown.language)}"), style="bold")
    for term in [term for term in one.terms if term.text != one.label(shown.language)][: shown.limit]:
        what = "" if term.preferred else "  (synonym)"
        out.print(plain_text(f"  {term.language or '  '}  {term.text}{what}"))
    if len(one.terms) > shown.limit:
        out.print(plain_text(f"  … {len(one.terms):,} labels (--limit)"), style="dim")
    for title, some in (("above", [taxonomy.categories[code] for code in one.parents]), ("below", under)):
        if some:
            out.print(title, style="dim")
            _print_codes(taxonomy, some[: shown.limit], shown.language)


def _print_codes(taxonomy: Taxonomy, some: Sequence[Category], language: str) -> None:
    counts: dict[str, int] = {}
    for one in taxonomy.categories.values():
        for parent in one.parents:
            counts[parent] = counts.get(parent, 0) + 1
    rows = [
        (one.code, one.label(language), f"{counts[one.code]:,} below" if counts.get(one.code) else "") for one in some
    ]
    print_table((), rows)


def print_table(headings: Sequence[str], rows: Sequence[tuple[str, ...]], *, right: Sequence[int] = ()) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False, show_header=bool(headings), padding=(0, 2, 0, 0))
    for number in range(len(rows[0])):
        heading = headings[number] if headings else ""
        table.add_column(heading, justify="right" if number in right else "left", no_wrap=number == 0)
    for row in rows:
        table.add_row(*map(plain_text, row))
    console().print(table)
