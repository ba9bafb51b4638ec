"""Reading one row of a CSV file or of a workbook."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.errors import RecordError
from jobpipe.sources.formats.csv.reader import CsvReader
from jobpipe.sources.formats.readers import ignoring
from jobpipe.sources.formats.reading import PathError
from jobpipe.sources.record import Context, CsvDialect

COLUMNS = ("Référence", "Job Title", "Lieu")
SEMICOLON = Context(kind="csv", columns=COLUMNS, dialect=CsvDialect(delimiter=";"))


def values(raw: bytes, path: str, context: Context = SEMICOLON) -> list[Any]:
    reader = CsvReader()
    return reader.values(path)(reader.read(raw, context).root)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Référence", ["R1"]),
        ("reference", ["R1"]),
        ("job_title", ['Soudeur; TIG\n"pro"']),
        ("JOBTITLE", ['Soudeur; TIG\n"pro"']),
        ("#3", ["Metz"]),
        ("column_3", ["Metz"]),
        ("#9", []),
        ("Salaire", []),
    ],
)
def test_a_column_is_found_by_its_name_or_number(path: str, found: list[str]) -> None:
    assert values(b'R1;"Soudeur; TIG\n""pro""";Metz\r\n', path) == found


def test_a_name_that_could_be_two_columns_is_neither() -> None:
    context = Context(kind="csv", columns=("Ville", "ville", "Pays"), dialect=CsvDialect())
    assert values(b"a,b,c", "ville", context) == ["b"]
    assert values(b"a,b,c", "VILLE", context) == []


def test_a_missing_column_is_told_with_the_nearest_ones() -> None:
    told = CsvReader().missing_columns(SEMICOLON, ["reference", "Job Titel", "Salaire", "feed:x", "#2"])
    assert told == [
        "the file has no column 'Job Titel'; nearest: Job Title",
        "the file has no column 'Salaire'; it has: Référence, Job Title, Lieu",
    ]


def test_a_reordered_header_is_another_context_for_the_same_reader() -> None:
    reader = CsvReader()
    read = reader.values("Lieu")
    turned = Context(kind="csv", columns=COLUMNS[::-1], dialect=CsvDialect(delimiter=";"))
    assert read(reader.read(b"R1;T;Metz", SEMICOLON).root) == ["Metz"]
    assert read(reader.read(b"Metz;T;R1", turned).root) == ["Metz"]


@pytest.mark.parametrize("raw", [b'R1;"Soudeur;Metz', b"R1", b"R1;T;Metz;more", b"R1;T;Metz\nR2;T;Lyon"])
def test_a_row_that_was_broken_is_malformed(raw: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        values(raw, "Lieu")
    assert caught.value.reason == "malformed"


def test_cells_left_out_at_the_end_are_mended() -> None:
    reading = CsvReader().read(b"R1;Soudeur", SEMICOLON)
    assert reading.repaired
    assert CsvReader().as_value(reading.root) == {"Référence": "R1", "Job Title": "Soudeur"}


def test_empty_cells_too_many_are_no_harm() -> None:
    assert not CsvReader().read(b"R1;Soudeur;Metz;;", SEMICOLON).repaired


def test_a_long_cell_is_read() -> None:
    text = "x" * 300_000
    assert values(f"R1;T;{text}".encode(), "Lieu") == [text]


def test_bytes_that_are_not_of_the_encoding_are_read_as_cp1252() -> None:
    reading = CsvReader().read(b"R1;caf\xe9;Metz", SEMICOLON)
    assert reading.repaired
    assert reading.root.cells[1] == "café"


def test_a_row_of_a_workbook_keeps_its_types() -> None:
    context = Context(kind="csv", columns=("a", "b", "c"))
    reader = CsvReader()
    root = reader.read(json.dumps([1, "x", None]).encode(), context).root
    assert [reader.values(name)(root) for name in "abc"] == [[1], ["x"], []]


def test_ignored_columns_do_not_count_for_the_digest() -> None:
    view = ignoring("csv", ["lieu"])
    assert view(b"R1;T;Metz", SEMICOLON) == view(b"R1;T;Lyon", SEMICOLON) != view(b"R2;T;Metz", SEMICOLON)


def test_a_rule_cannot_start_from_a_column() -> None:
    with pytest.raises(PathError):
        CsvReader().nodes("Lieu")


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\r\x00")),
        min_size=3,
        max_size=3,
    )
)
def test_any_row_that_is_written_is_read_back(cells: list[str]) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", quoting=csv.QUOTE_ALL).writerow(cells)
    assert CsvReader().read(stream.getvalue().encode(), SEMICOLON).root.cells == cells
