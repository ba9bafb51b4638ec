"""Cutting CSV files into rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from splitting import Split, split_in_pieces

from jobpipe.errors import LimitExceededError, RecordError, SourceError
from jobpipe.sources.formats.csv.reader import CsvReader
from jobpipe.sources.formats.csv.rows import MAX_OPEN_LINES
from jobpipe.sources.formats.csv.splitter import CsvSplitter
from jobpipe.sources.record import CsvDialect, Ending, FormatSettings, RawRecord

HEADER = ["id", "titre", "texte", "lieu"]
PLAIN = [[str(number), f"Offre {number}", "Un texte; assez", "Metz"] for number in range(50)]
ROWS = [[str(number), f"Offre {number}", "Un texte, long; assez", "Metz"] for number in range(50)]


def split(data: bytes, size: int = 0, *, name: str = "feed.csv", **words: Any) -> Split:
    return split_in_pieces(CsvSplitter(FormatSettings(**words), name), data, size or max(1, len(data)))


def cells(records: list[RawRecord]) -> list[list[Any]]:
    reader = CsvReader()
    return [reader.read(record.raw, record.context).root.cells for record in records]


def dump(rows: list[list[str]], **options: Any) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, **({"lineterminator": "\n"} | options)).writerows(rows)
    return text.getvalue().encode()


def plain(found: Split) -> Any:
    return [(record.raw, record.offset, record.flaw, record.context) for record in found[0]], found[1]


# The split law -----------------------------------------------------------------------------------------

cell = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x85\u2028"), max_size=8) | st.sampled_from(
    ['"', '""', 'a"b', "a,b", "a;b", "x\ny", "x\r\ny", "x\ry", "", " ", "é", '5" x', "\n\n"]
)
tables = st.lists(st.lists(cell, min_size=3, max_size=3), max_size=12)
sizes = st.sampled_from([1, 2, 3, 7, 64, 1000, 16_384, 65_536])


def parse(data: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))


def says_something(rows: Iterable[list[str]]) -> list[list[str]]:
    """Blank rows are left out by the splitter, and may be parsed as some."""
    return [row for row in rows if any(value.strip(' \t\r\n\x00,;|"') for value in row)]


@given(
    tables,
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    sizes,
    st.integers(0, 2),
)
@settings(max_examples=200, deadline=None)
def test_for_any_chunks_the_rows_are_those_of_a_parser(
    rows: list[list[str]], delimiter: str, line_end: str, quoting: int, size: int, repeat: int
) -> None:
    rows = rows * (1 + 60 * repeat)
    options: dict[str, Any] = {"delimiter": delimiter, "lineterminator": line_end, "quoting": quoting}
    data = dump([["id", "title", "text"], *rows], **options)
    records, ending = split(data, size, delimiter=delimiter, quote='"')
    assert says_something(parse(record.raw, delimiter)[0] for record in records) == says_something(
        parse(data, delimiter)[1:]
    )
    assert all(data[record.offset :].startswith(record.raw) for record in records)
    assert not any(record.flaw for record in records)
    assert ending.complete


@given(st.lists(st.sampled_from(['"', '""', ",", "a", "\n", "\r", '","', "b c", "é", '"\n']), max_size=60), sizes)
@settings(max_examples=200, deadline=None)
def test_for_any_chunks_a_damaged_file_is_cut_alike(pieces: list[str], size: int) -> None:
    data = b"id,title\n1,one\n" + "".join(pieces).encode()
    assert plain(split(data, size)) == plain(split(data))


@given(
    st.lists(
        st.lists(st.sampled_from(["Développeur", "Łódź", "a,b", 'dit "oui"', "x\ny", "日本"]), min_size=2, max_size=2)
    ),
    st.sampled_from(["utf-16", "utf-16-be", "utf-32-le", "utf-8-sig"]),
    sizes,
)
@example([["Łódź", "Łódź"], ["日本", "日本"]], "utf-32-le", 1)
@settings(max_examples=60, deadline=None)
def test_in_any_encoding_the_rows_are_the_same(rows: list[list[str]], encoding: str, size: int) -> None:
    text = dump([["id", "title"], *rows]).decode()
    data = text.encode(encoding)
    records, ending = split(data, size)
    assert cells(records) == rows
    assert ending.complete
    for record, row in zip(records, rows, strict=True):
        start = data[record.offset :].decode("utf-16-le" if encoding == "utf-16" else encoding)
        assert start.lstrip('"').startswith(row[0][:3])


def test_a_large_file_in_one_byte_chunks_is_cut_like_one_in_large_chunks() -> None:
    data = dump([HEADER, *ROWS * 40], lineterminator="\r\n")
    assert plain(split(data, 1)) == plain(split(data, 65_536)) == plain(split(data))


# Dialect -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "\x1f"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_the_delimiter_is_the_one_with_which_the_rows_are_alike(delimiter: str, quoting: int) -> None:
    texts = ["Paris, France; 12:30 | a", "un, deux, trois", "", "a;b;c", "x\ty"]
    rows = [[str(number), texts[number % 5], "12,5", "https://example.org/a?b=1;c"] for number in range(30)]
    records, _ = split(dump([HEADER, *rows], delimiter=delimiter, quoting=quoting))
    assert records[0].context.dialect == CsvDialect(delimiter=delimiter)
    assert cells(records) == rows


def test_a_file_of_one_column_is_one_column() -> None:
    rows = [["Accueil, service client"], ["Achats"], ["Administration"]]
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        records, ending = split(dump([["domaine"], *rows], quoting=quoting))
        assert (cells(records), ending.complete) == (rows, True)


def test_a_comma_in_every_text_does_not_part_a_file_of_semicolons() -> None:
    data = "id;lieu\n" + "".join(f"{number};Metz, France\n" for number in range(20))
    assert cells(split(data.encode())[0])[0] == ["0", "Metz, France"]


def test_single_quotes_are_quotes_where_whole_cells_stand_in_them() -> None:
    data = b"'id';'titre'\n'1';'a;b'\n'2';'l''usine'\n"
    assert cells(split(data)[0]) == [["1", "a;b"], ["2", "l'usine"]]


def test_quotes_that_are_escaped_with_a_backslash_are_known() -> None:
    data = b'id,titre\n1,"dit \\"oui\\", puis\nnon"\n2,"b"\n'
    records, _ = split(data)
    assert records[0].context.dialect == CsvDialect(escape="\\")
    assert cells(records) == [["1", 'dit "oui", puis\nnon'], ["2", "b"]]


def test_the_line_that_excel_writes_names_the_delimiter() -> None:
    records, _ = split(b"sep=;\r\nid;titre, long\r\n1;a,b\r\n")
    assert (records[0].context.columns, cells(records)) == (("id", "titre, long"), [["1", "a,b"]])


def test_the_definition_decides() -> None:
    records, _ = split(b'id|titre\n1|"a\n', delimiter="|", quote="")
    assert cells(records) == [["1", '"a']]
    assert cells(split(b"id\ttitre\n1\ta,b\n", delimiter="\\t")[0]) == [["1", "a,b"]]


def test_a_delimiter_of_two_characters_is_refused() -> None:
    with pytest.raises(SourceError, match="one character"):
        split(b"a||b\n", delimiter="||")


# Columns -----------------------------------------------------------------------------------------------


def test_columns_without_a_name_are_called_by_their_number() -> None:
    records, _ = split(b"id;;titre;titre\n1;2;3;4\n")
    assert records[0].context.columns == ("id", "column_2", "titre", "titre")


def test_without_a_header_the_columns_are_numbered_or_named() -> None:
    data = b"1;Soudeur\n2;Macon\n"
    assert split(data, header=False)[0][0].context.columns == ("column_1", "column_2")
    records, _ = split(data, header=False, columns=("id", "titre"))
    assert (records[0].context.columns, len(records)) == (("id", "titre"), 2)


def test_names_of_the_definition_go_before_those_of_the_header() -> None:
    assert split(b"a;b;c\n1;2;3\n", columns=("id", "titre"))[0][0].context.columns == ("id", "titre", "c")


def test_rows_that_are_no_data_are_left_out() -> None:
    data = b'Export du 1er mai\n"guillemet ouvert\nid;titre\n# note "\n1;a\n\n;;\n2;b\n3;c\nTotal;3\nFin\n'
    for size in (0, 1):
        records, ending = split(data, size, skip_rows=2, skip_last_rows=2, comment="#")
        assert cells(records) == [["1", "a"], ["2", "b"], ["3", "c"]]
        assert ending.complete


def test_a_leading_blank_line_and_a_mark_are_skipped() -> None:
    records, _ = split("\ufeff\r\nid;titre\r\n1;é\r\n".encode())
    assert (records[0].context.columns, cells(records)) == (("id", "titre"), [["1", "é"]])


def test_a_file_in_cp1252_is_read_as_what_it_is() -> None:
    records, _ = split("id;intitulé\n1;Employé à l’accueil\n".encode("cp1252"))
    assert records[0].context.columns == ("id", "intitulé")
    assert cells(records) == [["1", "Employé à l’accueil"]]


# Quotes that are not closed ----------------------------------------------------------------------------


def test_an_unclosed_quote_costs_its_row_and_not_the_file() -> None:
    data = dump([HEADER, *PLAIN * 40])
    broken = data.replace(b"Offre 7,", b'"Offre 7,', 1)
    records, ending = split(broken, 500)
    assert len(records) == 2000
    assert [bool(record.flaw) for record in records].index(True) == 7
    assert sum(bool(record.flaw) for record in records) == 1
    assert ending.complete


def test_an_unclosed_quote_near_the_end_is_no_cut() -> None:
    data = dump([HEADER, *PLAIN]).replace(b"Offre 45,", b'"Offre 45,')
    records, ending = split(data)
    assert (len(records), ending.complete) == (50, True)
    assert records[45].flaw


def test_an_unclosed_quote_that_the_next_one_closes_costs_its_row() -> None:
    data = dump([HEADER, *ROWS]).replace(b"Offre 7,", b'"Offre 7,')
    records, _ = split(data)
    assert len(records) == 50
    assert cells(records[:7] + records[8:]) == ROWS[:7] + ROWS[8:]
    with pytest.raises(RecordError):
        cells(records[7:8])


def test_a_quote_within_a_cell_opens_nothing() -> None:
    data = b'id;titre\n1;tube 5" rond\n2;b\n'
    assert len(split(data)[0]) == 2


def test_a_cell_of_many_lines_is_one_cell() -> None:
    long = "\n".join("ligne" for _ in range(MAX_OPEN_LINES - 1))
    records, _ = split(dump([["id", "texte"], ["1", long], ["2", "b"]]), 100)
    assert cells(records) == [["1", long], ["2", "b"]]


def test_a_file_of_nothing_but_unclosed_quotes_ends() -> None:
    line = b'"",x,"y","z\n'
    records, _ = split(b"a,b,c,d\n" + line * 3000)
    assert len(records) >= 1000


# How the file ends -------------------------------------------------------------------------------------


def test_a_header_alone_is_complete() -> None:
    assert split(b"id;titre") == ([], Ending(complete=True))


def test_a_last_row_without_a_line_end_is_whole_when_it_has_all_cells() -> None:
    records, ending = split(b"id;titre;lieu\n1;a;b\n2;c;d")
    assert (len(records), ending.complete) == (2, True)


@pytest.mark.parametrize("end", [b"2;c", b'2;"c', b'2;"c;d\nx'])
def test_a_file_that_is_cut_off_says_so_and_keeps_its_whole_rows(end: bytes) -> None:
    for words in ({}, {"skip_last_rows": 1}):
        records, ending = split(b"id;titre;lieu\n1;a;b\n" + end, **words)
        assert cells(records) == [["1", "a", "b"]]
        assert not ending.complete
        assert "cut off in record 2, which begins at byte 20" in ending.why


def test_an_empty_file_is_not_complete() -> None:
    records, ending = split(b"\xef\xbb\xbf\r\n")
    assert (records, ending.complete) == ([], False)
    assert "empty" in ending.why


def test_a_row_with_too_few_cells_in_the_middle_is_a_record_for_the_reader() -> None:
    records, ending = split(b"id;titre;lieu;url\n1\n2;b;c;d\n")
    assert (len(records), ending.complete) == (2, True)
    with pytest.raises(RecordError):
        cells(records)


# Limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line_end", [b"\n", b""])
def test_a_row_that_is_too_large_is_named(line_end: bytes) -> None:
    data = b"id;titre\n1;a\n2;" + b"x" * 300_000 + line_end
    with pytest.raises(LimitExceededError, match=r"byte 13 .*200 KB") as caught:
        split(data, 1000, max_record_bytes=200 * 1024)
    assert caught.value.place.offset == 13


def test_a_row_as_large_as_the_limit_is_read() -> None:
    long = 'é"\n' * 300_000
    records, _ = split(dump([["id", "texte"], ["1", "x" * 9_000_000], ["2", "b"]]), 65_536)
    assert [len(record.raw) for record in records] == [9_000_002, 3]
    assert len(split(dump([["id", "texte"], ["1", long[:1000]], ["2", "b"]]))[0]) == 2
