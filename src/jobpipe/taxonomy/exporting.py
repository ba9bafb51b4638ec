"""A taxonomy as a CSV file that loads as what it was: a column a language, several values in a cell on lines of it.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which loading takes away again.
"""

from __future__ import annotations

import csv
import io
import re

from jobpipe.taxonomy.taxonomies import Category, Taxonomy

_FORMULA = re.compile(r"'*[=+\-@]")


def write_csv(taxonomy: Taxonomy) -> str:
    categories = list(taxonomy.categories.values())
    names = sorted({(not term.preferred, term.language) for one in categories for term in one.terms})
    columns = ["code", *(_column(is_synonym, language) for is_synonym, language in names), "parent"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for one in categories:
        cells = [_cell(one, is_synonym, language) for is_synonym, language in names]
        # No parent anywhere would be read as none said: a code is its own where it is at the top.
        writer.writerow(map(_safe, [one.code, *cells, "\n".join(one.parents) or one.code]))
    return out.getvalue()


def _column(is_synonym: bool, language: str) -> str:
    return "_".join(part for part in ("synonyms" if is_synonym else "label", language) if part)


def _cell(one: Category, is_synonym: bool, language: str) -> str:
    texts = [term.text for term in one.terms if term.preferred != is_synonym and term.language == language]
    if is_synonym and len(texts) == 1 and re.search(r"[|;]", texts[0]):
        # Said twice, on two lines: so what is in it is not taken for what parts it.
        texts *= 2
    return "\n".join(texts)


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
