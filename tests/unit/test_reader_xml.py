"""Reading one XML record: strictly, or mended where nothing is lost."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.errors import RecordError
from jobpipe.sources.formats.readers import ignoring
from jobpipe.sources.formats.xml.mending import mend
from jobpipe.sources.formats.xml.reader import XmlReader
from jobpipe.sources.record import Context

PLAIN = Context(kind="xml")


def read(raw: str | bytes, context: Context = PLAIN) -> Any:
    return XmlReader().read(raw.encode() if isinstance(raw, str) else raw, context)


def one(raw: str | bytes, path: str, context: Context = PLAIN) -> list[str]:
    return XmlReader().values(path)(read(raw, context).root)


def test_a_sound_record_is_not_called_repaired() -> None:
    reading = read("<o><t>Développeur &amp; co</t></o>")
    assert not reading.repaired
    assert XmlReader().values("t")(reading.root) == ["Développeur & co"]


def test_white_space_in_a_value_is_kept() -> None:
    assert one("<o><t>\n  a  </t></o>", "t") == ["\n  a  "]


def test_comments_and_instructions_are_no_part_of_a_value() -> None:
    assert one("<o><t>a<!-- x -->b<?y z?><![CDATA[<c>]]></t></o>", "t") == ["ab<c>"]


@pytest.mark.parametrize(
    ("inner", "value"),
    [
        ("Play&Plug", "Play&Plug"),
        ("R & D", "R & D"),
        ("caf&eacute;&nbsp;&hellip;", "café\u00a0…"),
        ("&unknown;", "&unknown;"),
        ("&#0;a&#x1F;b&#233;", "abé"),
        ("a\x00b\x08", "ab"),
        ("a < b", "a < b"),
        ("]]>", "]]>"),
        ("&#99999999;", "&#99999999;"),
        ("<br>x", "x"),
        ("<a href=https://example.org/x?a=1&b=2 nofollow>y</a>", "y"),
        ("<m:b>z</m:b>", "z"),
    ],
)
def test_what_a_strict_parser_refuses_is_mended_without_loss(inner: str, value: str) -> None:
    reading = read(f"<o><t>{inner}</t><u>after</u></o>")
    assert reading.repaired
    assert XmlReader().values("t")(reading.root) == [value]
    assert XmlReader().values("u")(reading.root) == ["after"]


def test_cdata_is_left_alone_by_mending() -> None:
    assert one("<o><t><![CDATA[a &amp; <br>]]></t><u>b & c</u></o>", "t") == ["a &amp; <br>"]


def test_the_attributes_of_a_mended_tag_are_all_there() -> None:
    raw = "<o><t a=1 b='2' c=\"3 & 4\" checked>x</t></o>"
    assert [one(raw, f"t/@{name}") for name in ("a", "b", "c", "checked")] == [["1"], ["2"], ["3 & 4"], [""]]


@pytest.mark.parametrize(
    "raw",
    [
        "<o><url>https://example.org><t>Soudeur</t></o>",  # an element that is never closed
        "<o><t>Soudeur</t>",  # cut short
        "<o><b><i>x</b></i></o>",  # crossed tags
        '<o a="1" a="2"/>',  # an attribute twice
        "<o/><o/>",
        "no markup",
        "",
    ],
)
def test_what_could_be_read_in_two_ways_is_malformed(raw: str) -> None:
    with pytest.raises(RecordError) as caught:
        read(raw)
    assert caught.value.reason == "malformed"


def test_a_malformed_record_names_its_line() -> None:
    with pytest.raises(RecordError, match=r"mismatch.*\(line 3 of the record\)"):
        read("<o>\n<t>\n</o>")


def test_bytes_that_are_not_of_the_encoding_are_read_as_cp1252() -> None:
    reading = read(b"<o><t>d\xe9j\xe0 caf\xc3\xa9 \x80</t></o>")
    assert reading.repaired
    assert XmlReader().values("t")(reading.root) == ["déjà café €"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16-le", "utf-16-be", "iso8859-15"])
def test_a_record_is_read_in_the_encoding_of_its_context(encoding: str) -> None:
    context = Context(kind="xml", encoding=encoding)
    assert one("<o><t>Ingénieur €</t></o>".encode(encoding), "t", context) == ["Ingénieur €"]


def test_prefixes_declared_above_the_record_are_known() -> None:
    context = Context(kind="xml", namespaces=(("", "urn:d"), ("m", "urn:m")))
    raw = '<m:o><t>a</t><m:t>b</m:t><x xmlns="urn:other">c</x></m:o>'
    assert not read(raw, context).repaired
    assert one(raw, "t", context) == ["a", "b"]
    assert one(raw, "m:t", context) == ["b"]
    assert one(raw, "x", context) == ["c"]
    assert one(raw, "xpath:m:t", context) == ["b"]


def test_entities_are_never_expanded() -> None:
    bomb = '<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><o><t>&b;</t></o>'
    with pytest.raises(RecordError):
        read(bomb, Context(kind="xml", namespaces=(("m", "urn:m"),)))
    try:
        values = one(bomb, "t")
    except RecordError:
        return
    assert "aaaaaaaaaa" not in "".join(values)


def test_a_file_is_never_read_through_an_entity(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("open sesame")
    raw = f'<!DOCTYPE o [<!ENTITY a SYSTEM "{secret.as_uri()}">]><o><t>&a;</t></o>'
    try:
        values = one(raw, "t")
    except RecordError:
        return
    assert "open sesame" not in "".join(values)


def test_markup_inside_an_element_is_given_as_html() -> None:
    raw = '<o><c><div xmlns="http://www.w3.org/1999/xhtml">a &lt; b<br/>c <x:b xmlns:x="urn:x">d</x:b></div></c></o>'
    assert one(raw, "c/html()") == ["<div>a &lt; b<br>c <b>d</b></div>"]


def test_escaped_markup_is_given_as_html_too() -> None:
    assert one("<o><c>&lt;p&gt;a&lt;/p&gt;</c></o>", "c/html()") == ["<p>a</p>"]


def test_values_of_the_feed_come_from_the_context() -> None:
    context = Context(kind="xml", feed=(("/source/publisher", ("Atelier Exemple",)),))
    assert one("<o/>", "/source/publisher", context) == ["Atelier Exemple"]
    assert one("<o/>", "feed:/source/publisher", context) == ["Atelier Exemple"]
    assert one("<o/>", "/source/other", context) == []


def test_the_whole_record_as_plain_values() -> None:
    raw = '<o id="1"><t>a</t><l>x</l><l k="v">y</l><e/></o>'
    value = XmlReader().as_value(read(raw).root)
    assert value == {"@id": "1", "t": "a", "l": ["x", {"@k": "v", "#text": "y"}], "e": ""}


def test_ignored_parts_do_not_count_for_the_digest() -> None:
    view = ignoring("xml", ["genere", "lien/@suivi"])
    monday = b'<o><genere>1</genere><t>a</t>\n<lien suivi="x" n="1">l</lien></o>'
    tuesday = b'<o><genere>2</genere><t>a</t>\n<lien suivi="y" n="1">l</lien></o>'
    other = b'<o><genere>1</genere><t>b</t>\n<lien suivi="x" n="1">l</lien></o>'
    assert view(monday, PLAIN) == view(tuesday, PLAIN) != view(other, PLAIN)


def test_a_record_that_cannot_be_read_counts_whole() -> None:
    assert ignoring("xml", ["t"])(b"<o><t>", PLAIN) == b"<o><t>"


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from("<>&;'\"] \n"))


@settings(max_examples=150)
@given(texts)
def test_any_text_that_is_escaped_is_read_back(text: str) -> None:
    assert one(f"<o><t>{escape(text)}</t></o>", "t") == [text]


@settings(max_examples=150)
@given(st.text(st.sampled_from("ab &;#x19é ")))
def test_any_text_with_bare_ampersands_is_read_as_a_browser_would_or_kept(text: str) -> None:
    (value,) = one(f"<o><t>{text}</t></o>", "t")
    # References aside, every character is still there.
    assert value == text or "&" in text


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("<>&/=\"'! ab-[]?CDATA:\x00"), max_size=60))
def test_a_mended_text_never_breaks_the_reader(text: str) -> None:
    try:
        read(f"<o>{text}</o>")
    except RecordError as error:
        assert error.reason == "malformed"


def test_mending_a_large_hostile_text_takes_linear_time() -> None:
    import time

    for piece in ("<![CDATA[", "<!--", '<a "', "<a b='", "&a", "<a " + "b " * 50):
        text = piece * (200_000 // len(piece))
        began = time.process_time()
        mend(text)
        assert time.process_time() - began < 3
