"""Which column of a table is the code, which ones are labels, synonyms and the parent: named, or found out.

What is not clear is not guessed: the error names the columns.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

from jobpipe.errors import DefinitionError, Place
from jobpipe.taxonomy.loading.column_names import (
    FIRST_CODES,
    PARENT,
    WEAK_LABEL,
    is_code,
    is_label,
    is_parent,
    is_synonym,
    language_of_column,
    subject_of,
    words_of,
)
from jobpipe.taxonomy.loading.table import Table
from jobpipe.taxonomy.loading.wishes import Column, Wishes

# Rows by which it is found out whether cells look like codes.
_ROWS = 500
# Names alone: more than one of them is a wide table.
_LEAST_LANGUAGES = 2
_LONGEST_CODE = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    code: str
    labels: tuple[Column, ...]
    synonyms: tuple[Column, ...] = ()
    parent: str = ""


def choose_columns(table: Table, wishes: Wishes) -> Columns:
    """Raises DefinitionError for a column that is not there, and where it is not clear which ones are meant."""
    named = [wishes.code, *(one.name for one in (*wishes.labels, *wishes.synonyms)), wishes.parent]
    found = {name: _column_named(table, name) for name in named if name}
    if len(table.columns) == 1:
        # A list of words is a taxonomy whose codes are the words.
        only = table.columns[0]
        return Columns(code=only, labels=(Column(name=only),))
    code = found.get(wishes.code, "") or _code(table, [found[one.name] for one in wishes.labels])
    labels = tuple(_with_language(replace(one, name=found[one.name])) for one in wishes.labels)
    synonyms = tuple(_with_language(replace(one, name=found[one.name])) for one in wishes.synonyms if one.name)
    others: list[str] = []
    if not labels:
        names, others = _labels(table, code, taken={one.name for one in synonyms})
        labels = tuple(_with_language(Column(name=one)) for one in names)
    if not wishes.synonyms:
        used = {code, *(one.name for one in labels)}
        names = [one for one in table.columns if one in others or (is_synonym(one) and one not in used)]
        synonyms = tuple(_with_language(Column(name=one)) for one in names)
    parent = _parent(table) if wishes.parent is None else found.get(wishes.parent, "")
    return Columns(code=code, labels=labels, synonyms=synonyms, parent=parent)


def _column_named(table: Table, name: str) -> str:
    """As it is written, else without regard to case."""
    if name in table.columns:
        return name
    alike = [one for one in table.columns if one.casefold() == name.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    near = difflib.get_close_matches(name, table.columns, n=1)
    hint = f"did you mean {near[0]}?" if near else f"its columns: {_listed(table.columns)}"
    raise DefinitionError(f"there is no column {name!r}", place=Place(source=table.shown), hint=hint)


# The code --------------------------------------------------------------------------------------------


def _code(table: Table, labels: list[str]) -> str:
    named = [one for one in table.columns if is_code(one) and one not in labels]
    for word in FIRST_CODES:
        alone = [one for one in named if one.casefold() == word]
        if len(alone) == 1:
            return alone[0]
    like_codes = [one for one in table.columns if one not in labels and _looks_like_codes(table, one)]
    candidates = _with_parent(table, named) or _with_label(table, named, labels) or named or like_codes
    if len(candidates) == 1:
        rivals = [one for one in like_codes if one not in candidates and not is_parent(one)]
        if not (_is_repeated(table, candidates[0]) and rivals and _is_many_sided(table)):
            return candidates[0]
        candidates = [*candidates, *rivals]
    raise _unclear(table, "the code", "--code", candidates)


def _with_parent(table: Table, candidates: list[str]) -> list[str]:
    """The code of `code_rome_parent` is `code_rome`."""
    above = [subject_of(one) - PARENT for one in table.columns if is_parent(one)]
    return [one for one in candidates if subject_of(one) and subject_of(one) in above]


def _with_label(table: Table, candidates: list[str], labels: list[str]) -> list[str]:
    """The code of `libelle_rome` is `code_rome`, where the table is about nothing else."""
    beside = [subject_of(one) for one in labels or [one for one in table.columns if is_label(one)]]
    paired = [one for one in candidates if subject_of(one) and subject_of(one) in beside]
    return [] if len(paired) == 1 and _is_repeated(table, paired[0]) and len(candidates) > 1 else paired


def _is_many_sided(table: Table) -> bool:
    """More than one column could be a label."""
    return sum(is_label(one) for one in table.columns) > 1


def _is_repeated(table: Table, column: str) -> bool:
    cells = list(itertools.islice(table.cells(column), _ROWS))
    return len(set(cells)) < len(cells)


def _looks_like_codes(table: Table, column: str) -> bool:
    """Short, without blanks, most with a digit in them."""
    cells = list(itertools.islice(table.cells(column), _ROWS))
    if not cells or any(len(one) > _LONGEST_CODE or " " in one for one in cells):
        return False
    return sum(any(map(str.isdigit, one)) for one in cells) >= 0.8 * len(cells) and len(set(cells)) > 1


# Labels ----------------------------------------------------------------------------------------------


def _labels(table: Table, code: str, *, taken: set[str]) -> tuple[list[str], list[str]]:
    """(labels, columns that are synonyms because they are no labels)."""
    free = [one for one in table.columns if one != code and one not in taken and not is_parent(one)]
    named = [one for one in free if is_label(one) and not _belongs_elsewhere(table, one, code)]
    strong = [one for one in named if not words_of(language_of_column(one)[0]) & WEAK_LABEL] or named
    likely = strong
    if len(strong) > 1 and (subject := subject_of(code)):
        strong = [one for one in strong if subject_of(one) == subject] or strong
    if _is_one_in_languages(strong):
        is_repeated = _is_repeated(table, code)
        return strong, [one for one in likely if is_repeated and one not in strong and not _is_fixed(table, code, one)]
    if len(strong) > 1 and _is_repeated(table, code):
        fixed = [one for one in strong if _is_fixed(table, code, one)]
        if _is_one_in_languages(fixed):
            return fixed, [one for one in strong if one not in fixed]
    wide = [one for one in free if not language_of_column(one)[0]]
    if not strong and len(wide) >= _LEAST_LANGUAGES:
        return wide, []
    if not strong:
        others = [one for one in free if not _belongs_elsewhere(table, one, code)]
        strong = [one for one in others if is_synonym(one)] if not _is_repeated(table, code) else []
        strong = strong or [one for one in others if not is_synonym(one)]
    if _is_one_in_languages(strong):
        return strong, []
    raise _unclear(table, "the label", "--label", strong)


def _belongs_elsewhere(table: Table, column: str, code: str) -> bool:
    """`libelle_rome` is the label of `code_rome`, not of `code_ogr`."""
    subject = subject_of(column)
    return bool(subject) and any(
        one != code and is_code(one) and subject_of(one) == subject != subject_of(code) for one in table.columns
    )


def _is_one_in_languages(columns: list[str]) -> bool:
    return bool(columns) and len({language_of_column(one)[0] for one in columns}) == 1


def _is_fixed(table: Table, code: str, column: str) -> bool:
    """Whether all rows of a code have the same cell there: what the code is called, and not one way to say it."""
    found: dict[str, str] = {}
    for row in table.rows:
        cell = row.cells.get(column, "")
        if cell and found.setdefault(row.cells.get(code, ""), cell) != cell:
            return False
    return True


def _parent(table: Table) -> str:
    found = [one for one in table.columns if is_parent(one)]
    return found[0] if len(found) == 1 else ""


def _with_language(column: Column) -> Column:
    return column if column.language else replace(column, language=language_of_column(column.name)[1])


def _unclear(table: Table, what: str, option: str, candidates: list[str]) -> DefinitionError:
    if candidates:
        message = f"it is not clear which column is {what}: {' or '.join(candidates)}"
    else:
        message = f"no column looks like {what}"
    hint = f"name it: {option} COLUMN; the columns (by the first row) are {_listed(table.columns)}"
    return DefinitionError(message, place=Place(source=table.shown, line=1), hint=hint)


def _listed(columns: Iterable[str]) -> str:
    names = list(columns)
    return ", ".join(names[:30]) + (f" and {len(names) - 30} more" if len(names) > 30 else "")
