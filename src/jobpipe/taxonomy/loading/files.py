"""One taxonomy from one file or several: CSV, JSON, XML, XLSX, SKOS, told apart by their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from jobpipe.errors import DefinitionError, Place, UsageError
from jobpipe.taxonomy.loading.building import Builder
from jobpipe.taxonomy.loading.column_names import LANGUAGES, language_of_column
from jobpipe.taxonomy.loading.columns import choose_columns
from jobpipe.taxonomy.loading.csv import read_csv
from jobpipe.taxonomy.loading.file_bytes import WORKBOOKS, read_bytes
from jobpipe.taxonomy.loading.rows import add_rows
from jobpipe.taxonomy.loading.table import Table
from jobpipe.taxonomy.loading.turtle import turtle_format
from jobpipe.taxonomy.loading.wishes import Wishes
from jobpipe.taxonomy.taxonomies import Taxonomy

_HEAD = 65_536
_BLANK = b" \t\r\n\x00\xef\xbb\xbf\xfe\xff"


class Loaded(NamedTuple):
    taxonomy: Taxonomy
    # How each file was read, in words.
    notices: list[str]


def load_files(name: str, paths: Sequence[Path], wishes: Wishes, *, version: str = "") -> Loaded:
    """What all files say together: each may have other codes, other languages, or both.

    Raises UsageError, DefinitionError and LimitExceededError, each with the file, the line where it is known, and what
    to do.
    """
    languages = _languages(paths, wishes)
    builder = Builder()
    notices: list[str] = []
    for path, language in zip(paths, languages, strict=True):
        notices += _add(builder, path, wishes, language)
    return Loaded(builder.build(name, version, prefixes=wishes.prefixes), notices)


def _languages(paths: Sequence[Path], wishes: Wishes) -> list[str]:
    """One a file."""
    unknown = [one for one in wishes.languages if one and one.casefold() not in LANGUAGES]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no language", hint="an ISO 639-1 code, such as fr or en")
    given = [one.casefold() for one in wishes.languages]
    if len(given) > 1 and len(given) != len(paths):
        raise UsageError(
            f"{len(given)} languages for {len(paths)} files", hint="name one for all files, or one for each, in order"
        )
    if given:
        return given if len(given) == len(paths) else given * len(paths)
    return [language_of_column(path.name.partition(".")[0])[1] for path in paths]


def _add(builder: Builder, path: Path, wishes: Wishes, language: str) -> list[str]:
    """How it was read."""
    shown = path.name
    data = read_bytes(path, shown)
    if _is_markup(data):
        from jobpipe.taxonomy.loading.skos import add_skos, is_skos

        if is_skos(data):
            wanted = tuple(one.casefold() for one in wishes.languages)
            add_skos(builder, data, shown, wanted)
            return [f"{shown}: SKOS"]
    if turtle_format(data[:_HEAD].lstrip(_BLANK)):
        from jobpipe.taxonomy.loading.turtle import add_turtle

        add_turtle(builder, data, shown, tuple(one.casefold() for one in wishes.languages))
        return [f"{shown}: SKOS"]
    table = _table(data, shown, wishes)
    if not table.rows:
        raise DefinitionError("the file has no rows", place=Place(source=shown), hint="a taxonomy has codes and labels")
    columns = choose_columns(table, wishes)
    add_rows(builder, table, columns, language=language, separator=wishes.separator)
    said = [f"code {columns.code}", f"label {_named(columns.labels, language)}"]
    if columns.synonyms:
        said.append(f"synonyms {_named(columns.synonyms, language)}")
    if columns.parent:
        said.append(f"parent {columns.parent}")
    return [f"{shown}: {', '.join(said)}", *table.notices]


def _named(columns: Sequence[object], language: str) -> str:
    shown = []
    for column in columns:
        of = getattr(column, "language", "") or language
        name = getattr(column, "name", "")
        shown.append(f"{name} ({of})" if of and of != name.casefold() else name)
    return ", ".join(shown[:6]) + (f" and {len(shown) - 6} more" if len(shown) > 6 else "")


def _table(data: bytes, shown: str, wishes: Wishes) -> Table:
    if data.startswith(WORKBOOKS) or _is_markup(data):
        from jobpipe.taxonomy.loading.records import read_records

        return read_records(data, shown, wishes.encoding, wishes.children)
    if _is_json(data, shown):
        from jobpipe.taxonomy.loading.json import read_json

        return read_json(data, shown, wishes.encoding, wishes.children)
    return read_csv(data, shown, wishes.encoding)


def _is_markup(data: bytes) -> bool:
    start = data[:4096].replace(b"\x00", b"").lstrip(_BLANK)
    return start.startswith(b"<") and not start.startswith(b"<http")


def _is_json(data: bytes, shown: str) -> bool:
    start = data[:4096].replace(b"\x00", b"").lstrip(_BLANK)
    return start.startswith((b"{", b"[")) or shown.lower().endswith((".json", ".jsonl", ".ndjson"))
