"""Which encoding a document is in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.sources.formats.encodings import codec_of, detect_encoding, is_ascii_by_byte


def detect(head: bytes, **words: str | None) -> tuple[str, int, str]:
    said: dict[str, Any] = {"declared": None, "in_document": None, "transport": None, **words}
    found = detect_encoding(head, **said)
    return found.codec, found.bom, found.by


_FRENCH = "<a>Élève à 10 €, été</a>"


@pytest.mark.parametrize(
    ("head", "words", "found"),
    [
        (_FRENCH.encode(), {}, ("utf-8", 0, "utf-8")),
        (_FRENCH.encode("cp1252"), {}, ("cp1252", 0, "cp1252")),
        (_FRENCH.encode("utf-8-sig"), {}, ("utf-8", 3, "bom")),
        (_FRENCH.encode("utf-16"), {}, ("utf-16-le", 2, "bom")),
        (_FRENCH.encode("utf-16-be"), {}, ("utf-16-be", 0, "zero bytes")),
        (_FRENCH.encode("utf-32-le"), {}, ("utf-32-le", 0, "zero bytes")),
        (_FRENCH.encode("iso8859-15"), {"in_document": "ISO-8859-15"}, ("iso8859-15", 0, "document")),
        (_FRENCH.encode("cp1252"), {"transport": "latin-1"}, ("cp1252", 0, "transport")),
        (_FRENCH.encode("cp1252"), {"in_document": "windows-1252", "transport": "utf-8"}, ("cp1252", 0, "document")),
        (_FRENCH.encode("cp858"), {"declared": "cp858", "in_document": "utf-8"}, ("cp858", 0, "definition")),
        (b"<a>ascii</a>", {"in_document": "us-ascii"}, ("utf-8", 0, "utf-8")),
        (b"", {}, ("utf-8", 0, "utf-8")),
    ],
)
def test_who_says_it_first_is_believed(head: bytes, words: dict[str, str], found: tuple[str, int, str]) -> None:
    assert detect(head, **words) == found


@pytest.mark.parametrize(
    ("head", "words", "codec"),
    [
        (_FRENCH.encode(), {"in_document": "utf-16"}, "utf-8"),
        (_FRENCH.encode("cp1252"), {"in_document": "utf-16"}, "cp1252"),
        (_FRENCH.encode(), {"declared": "utf-16"}, "utf-8"),
        (_FRENCH.encode("utf-16"), {"declared": "cp1252"}, "utf-16-le"),
        (_FRENCH.encode("utf-16-be"), {"declared": "utf-16"}, "utf-16-be"),
        (_FRENCH.encode(), {"transport": "iso-8859-1"}, "utf-8"),
    ],
)
def test_a_word_that_the_bytes_contradict_is_passed_over(head: bytes, words: dict[str, str], codec: str) -> None:
    assert detect(head, **words)[0] == codec


@given(st.text(max_size=30))
def test_no_name_of_an_encoding_is_too_strange(name: str) -> None:
    assert detect(b"<a/>", declared=name, in_document=name, transport=name)[0]


@pytest.mark.parametrize("name", ["rot13", "base64", "zip", "idna", "undefined", "x-unknown", "", "a\x00b"])
def test_what_is_no_encoding_of_text_means_nothing(name: str) -> None:
    assert codec_of(name) == ""


def test_utf8_with_a_few_wrong_bytes_stays_utf8() -> None:
    assert detect(_FRENCH.encode() + b"\x92" + _FRENCH.encode())[0] == "utf-8"


def test_a_character_cut_by_the_end_of_the_head_is_no_wrong_byte() -> None:
    assert detect(b"<a>" + "é".encode()[:1])[0] == "utf-8"


@pytest.mark.parametrize(
    ("codec", "text"),
    [("cp1251", "Привет мир, как дела сегодня вечером "), ("cp932", "こんにちは世界、仕事の募集です。")],
)
def test_text_that_cannot_be_cp1252_is_guessed(codec: str, text: str) -> None:
    assert detect((text * 20).encode(codec)) == (codec, 0, "chardet")


def test_only_encodings_without_surprises_are_cut_by_bytes() -> None:
    assert all(map(is_ascii_by_byte, ["utf-8", "cp1252", "iso8859-15", "koi8-r", "euc_jp"]))
    assert not any(map(is_ascii_by_byte, ["utf-16-le", "utf-7", "cp932", "gb18030", "cp037", "iso2022_jp"]))
