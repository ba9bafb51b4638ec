"""Reading workbooks as records."""

from __future__ import annotations

import datetime
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest

from jobpipe.errors import LimitExceededError, SourceError
from jobpipe.sources.formats.csv.reader import CsvReader
from jobpipe.sources.formats.xlsx.splitter import WorkbookSplitter
from jobpipe.sources.record import Ending, FormatSettings, RawRecord

Split = tuple[list[RawRecord], Ending]
TABLE = [["id", "titre", "lieu"], [1, "Soudeur", "Metz"], [2, "Maçon", "Nancy"]]


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row, start=1):
                sheet.cell(number, column, value)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def split(data: bytes, size: int = 65_536, **words: Any) -> Split:
    splitter = WorkbookSplitter(FormatSettings(**words), "feed.xlsx")
    for start in range(0, len(data), size):
        assert splitter.feed(data[start : start + size]) == []
    return splitter.close()


def rows(found: Split) -> list[Any]:
    return [json.loads(record.raw) for record in found[0]]


def test_each_row_below_the_header_is_a_record() -> None:
    data = workbook(Offres=TABLE)
    for size in (1, 1000):
        records, ending = split(data, size)
        assert rows((records, ending)) == TABLE[1:]
        assert records[0].context.columns == ("id", "titre", "lieu")
        assert [record.offset for record in records] == [2, 3]
        assert ending.complete


def test_the_reader_reads_what_the_splitter_gives() -> None:
    (record, _), _ = split(workbook(Offres=TABLE))
    reader = CsvReader()
    assert reader.values("Titre")(reader.read(record.raw, record.context).root) == ["Soudeur"]


def test_whole_numbers_are_whole_and_text_stays_text() -> None:
    table = [["a", "b", "c", "d", "e"], [75001, "00123", 1.5, True, -3.0]]
    (record,), _ = split(workbook(Offres=table))
    assert record.raw == b'[75001,"00123",1.5,true,-3]'


def test_dates_and_times_are_written_as_iso_8601() -> None:
    moment = datetime.datetime(2024, 5, 1, 8, 30)
    table = [["a", "b", "c"], [moment, moment.date(), moment.time()]]
    assert rows(split(workbook(Offres=table))) == [["2024-05-01T08:30:00", "2024-05-01", "08:30:00"]]


def test_empty_cells_and_errors_are_nothing() -> None:
    data = workbook(Offres=[["a", "b", "c", "d"], [1, None, "#DIV/0!", ""]])
    assert rows(split(data)) == [[1, None, None, None]]


def test_blank_rows_are_left_out_and_rows_keep_their_number() -> None:
    table = [[], TABLE[0], [None, "  "], TABLE[1], [], [], TABLE[2]]
    records, _ = split(workbook(Offres=table))
    assert [record.offset for record in records] == [4, 7]


def test_a_title_above_the_header_is_no_header() -> None:
    table = [["Nos offres du 1er mai"], [], ["Exemple SA"], *TABLE]
    found = split(workbook(Offres=table))
    assert (found[0][0].context.columns, rows(found)) == (("id", "titre", "lieu"), TABLE[1:])


def test_a_table_of_one_column_begins_at_its_first_row() -> None:
    assert rows(split(workbook(Offres=[["titre"], ["Soudeur"], ["Maçon"]]))) == [["Soudeur"], ["Maçon"]]


def test_rows_that_are_no_data_are_left_out_by_the_settings() -> None:
    table = [["Page", 1, 2, 3], ["x", "y"], *TABLE, ["# note"], [], ["Total", 2]]
    found = split(workbook(Offres=table), skip_rows=2, skip_last_rows=1, comment="#")
    assert [row[:3] for row in rows(found)] == TABLE[1:]


def test_without_a_header_the_columns_are_numbered_or_named() -> None:
    data = workbook(Offres=TABLE[1:])
    assert split(data, header=False)[0][0].context.columns == ("column_1", "column_2", "column_3")
    records, _ = split(data, header=False, columns=("id", "titre", "lieu"))
    assert (len(records), records[0].context.columns) == (2, ("id", "titre", "lieu"))


def test_the_first_sheet_that_holds_a_table_is_read() -> None:
    data = workbook(Vide=[], Lisezmoi=[["Bonjour"], ["Voici nos offres"]], Offres=TABLE)
    assert rows(split(data)) == TABLE[1:]


def test_a_sheet_is_chosen_by_its_name() -> None:
    data = workbook(Offres=TABLE, Archives=[["id", "titre"], [9, "Ancien"]])
    assert rows(split(data, sheet="archives")) == [[9, "Ancien"]]


def test_a_sheet_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(SourceError, match=r"'Jobs'.*Offres, Archives"):
        split(workbook(Offres=TABLE, Archives=TABLE), sheet="Jobs")


def test_a_header_alone_is_complete_and_has_no_record() -> None:
    records, ending = split(workbook(Offres=TABLE[:1]))
    assert (records, ending.complete) == ([], True)


@pytest.mark.parametrize("keep", [10, 1000, 3000, -1])
def test_a_workbook_that_is_cut_off_is_an_error_that_says_so(keep: int) -> None:
    with pytest.raises(SourceError, match="not a workbook that can be read"):
        split(workbook(Offres=TABLE)[:keep])


def test_damage_within_is_an_error_and_no_crash() -> None:
    data = bytearray(workbook(Offres=TABLE * 50))
    for place in range(200, len(data) - 400, 97):
        data[place] ^= 0xFF
    with pytest.raises(SourceError):
        split(bytes(data))


def test_what_is_no_workbook_is_an_error() -> None:
    with pytest.raises(SourceError, match="not a workbook"):
        split(b"id;titre\n1;a\n")


def test_an_empty_file_is_not_complete() -> None:
    records, ending = split(b"")
    assert (records, ending.complete) == ([], False)


def test_a_cell_far_away_does_not_fill_the_memory() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook(Offres=TABLE)))
    book["Offres"]["XFD1048576"] = "x"
    data = io.BytesIO()
    book.save(data)
    with pytest.raises(LimitExceededError, match="row 1,048,576 and column 16,384"):
        split(data.getvalue())


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    data = io.BytesIO(workbook(Offres=TABLE))
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/a.bin", "w") as part:
        for _ in range(1001):
            part.write(bytes(1024 * 1024))
    with pytest.raises(LimitExceededError, match="unpacks to more than"):
        split(data.getvalue())


def test_a_row_that_is_too_large_is_named() -> None:
    with pytest.raises(LimitExceededError, match="row 3 is larger than"):
        split(workbook(Offres=[*TABLE[:2], [2, "x" * 20_000, ""]]), max_record_bytes=10_000)


def test_a_stream_that_is_too_large_to_be_read_whole_is_refused() -> None:
    splitter = WorkbookSplitter(FormatSettings(), "feed.xlsx")
    with pytest.raises(LimitExceededError, match="read whole"):
        for _ in range(101):
            splitter.feed(bytes(1024 * 1024))
