"""Opening a document: its format by its bytes, and what is refused."""

from __future__ import annotations

import pytest
from splitting import Split, split_in_pieces

from jobpipe.errors import SourceError
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import Ending, FormatSettings


def split(document: bytes, name: str = "feed", chunk: int = 65_536, **others: object) -> Split:
    splitter = open_splitter(FormatSettings(**others), name)  # type: ignore[arg-type]
    return split_in_pieces(splitter, document, chunk)


_XML = b"<jobs><job><id>1</id><title>a</title></job></jobs>"
_JSON = b'{"jobs": [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}]}'
_LINES = b'{"id": 1, "title": "a"}\n{"id": 2, "title": "b"}\n'
_CSV = b"id;title\n1;a\n2;b\n"
_PAGE = b"<!-- x -->\n<!DOCTYPE HTML><html><head><title>Please\n log in &amp; wait</title></head><h1>Log <b>in</b></h1>"


@pytest.mark.parametrize("chunk", [1, 65_536])
@pytest.mark.parametrize(
    ("document", "name", "kind", "count"),
    [
        (_XML, "feed", "xml", 1),
        (_XML, "feed.csv", "xml", 1),
        (_XML, "feed.json", "xml", 1),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?>" + _XML, "feed", "xml", 1),
        (_XML.decode().encode("utf-16"), "feed", "xml", 1),
        (b"Notice: x\n" + b"<?xml version='1.0'?>" + _XML, "feed", "xml", 1),
        (_JSON, "feed", "json", 2),
        (_JSON, "feed.xml", "json", 2),
        (b"[]", "feed", "json", 0),
        (_LINES, "feed", "json", 2),
        (_CSV, "feed", "csv", 2),
        (_CSV, "feed.xml.csv", "csv", 2),
        (b'"id";"title"\n"1";"<b>a</b>"\n', "feed", "csv", 1),
        (b"[id],title\n1,a\n", "feed.csv", "csv", 1),
    ],
)
def test_the_bytes_show_the_format(document: bytes, name: str, kind: str, count: int, chunk: int) -> None:
    records, ending = split(document, name, chunk)
    assert [found.context.kind for found in records] == [kind] * count
    assert ending.complete


@pytest.mark.parametrize("chunk", [1, 65_536])
@pytest.mark.parametrize("declared", [None, "xml", "rss", "json", "ndjson", "csv"])
@pytest.mark.parametrize("codec", ["utf-8", "utf-16"])
def test_a_web_page_is_refused_by_its_title(declared: str | None, codec: str, chunk: int) -> None:
    page = _PAGE.decode().encode(codec)
    with pytest.raises(SourceError, match=r"HTML page.*'Please log in & wait'.*'Log in'"):
        split(page, "feed.xml", chunk, format=declared)


def test_html_inside_a_feed_is_no_page() -> None:
    assert len(split(b"<jobs><job><html>x</html><a>1</a></job></jobs>")[0]) == 1


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3 1 0 obj", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "PNG"),
        (bytes(range(256)) * 20, "binary"),
    ],
)
def test_a_binary_is_refused(document: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        split(document)


@pytest.mark.parametrize("document", [b"", b" \r\n\t ", b"\xef\xbb\xbf", b"\xff\xfe"])
@pytest.mark.parametrize("declared", [None, "xml", "json", "csv"])
def test_an_empty_document_is_incomplete(document: bytes, declared: str | None) -> None:
    records, ending = split(document, format=declared)
    assert not records
    assert ending == Ending(complete=False, why="the file is empty")


def test_a_format_that_does_not_exist_is_named() -> None:
    with pytest.raises(SourceError, match="'yaml'"):
        split(b"a: b", format="yaml")
