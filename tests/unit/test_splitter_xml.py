"""The XML splitter: its law (any chunks, equal to a conforming parser), and what broken documents become."""

from __future__ import annotations

import re
from xml.parsers import expat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from splitting import Split, split_in_pieces

from jobpipe.errors import LimitExceededError, SourceError
from jobpipe.sources.formats.xml.reader import XmlReader
from jobpipe.sources.formats.xml.splitter import XmlSplitter
from jobpipe.sources.record import FormatSettings

# Splitting ---------------------------------------------------------------------------------------------


def split(document: bytes | str, chunk: int = 65_536, record: str | None = "job", **others: object) -> Split:
    data = document.encode() if isinstance(document, str) else document
    splitter = XmlSplitter(FormatSettings(record=record, **others), "feed.xml")  # type: ignore[arg-type]
    return split_in_pieces(splitter, data, chunk)


def raws(document: bytes | str, chunk: int = 65_536, record: str | None = "job", **others: object) -> list[bytes]:
    return [found.raw for found in split(document, chunk, record, **others)[0]]


# What a conforming parser finds --------------------------------------------------------------------------

_START = re.compile(r"<[^\s/>]+(?:[^\"'>]|\"[^\"]*\"|'[^']*')*>")


class Oracle:
    """The outermost elements of one local name as expat finds them: (offset, end) in the document's bytes."""

    def __init__(self, document: bytes, name: str, codec: str) -> None:
        self.document, self.name, self.codec = document, name, codec
        self.found: list[tuple[int, int]] = []
        self.depth = self.inside = self.begun = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        # The root's end tag is there; and nothing is wrong anywhere.
        self.is_ended = False
        self.is_whole = True
        try:
            self.parser.Parse(document, True)
        except expat.ExpatError:
            self.is_whole = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if not self.inside and name.rpartition(":")[2] == self.name:
            self.inside, self.begun = self.depth, self.parser.CurrentByteIndex

    def end(self, name: str) -> None:
        if self.inside == self.depth:
            place = self.parser.CurrentByteIndex
            text = self.document[self.begun :].decode(self.codec, "ignore")
            tag = _START.match(text)
            assert tag is not None
            if not tag[0].endswith("/>"):
                rest = self.document[place:].decode(self.codec, "ignore")
                place += len(rest[: rest.index(">") + 1].encode(self.codec))
            self.found.append((self.begun, place))
            self.inside = 0
        self.depth -= 1
        self.is_ended = not self.depth


def as_read(document: bytes, codec: str, spans: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """(offset, bytes as the splitter gives them)."""
    given = [(begin, document[begin:end]) for begin, end in spans]
    return given if codec in ("utf-8", "cp1252") else [(place, raw.decode(codec).encode()) for place, raw in given]


# Documents -----------------------------------------------------------------------------------------------

# Every one of them looks like markup of a record where it stands.
_DECOYS = ["</job>", "<job>", "<job ", "<job/>", "</r>", "<jobs>", "é", "– ", "x", " ", "\n", "]]", "-", "?", "&amp;"]
_IN_SECTION = st.lists(st.sampled_from([*_DECOYS, "<!--", "-->", "<![CDATA[", "<?"]), max_size=5).map("".join)
_IN_COMMENT = st.lists(st.sampled_from([*_DECOYS, "<![CDATA[", "]]>", "<?x?>"]), max_size=5).map("".join)
_TEXT = st.lists(
    st.sampled_from(["é", "x", " ", "\n", "]]", "&lt;job&gt;", "/job>", "job", "'", '"', "&#233;"]), max_size=4
).map("".join)
_VALUE = st.sampled_from(["", ">", "/>", "a > b", "</job>".replace("<", "&lt;"), "'", "é", "/", "job"])
_NAMES = st.sampled_from(["job", "jobs", "jobtitle", "p:job", "title", "r", "o"])
_SPACE = st.sampled_from(["", " ", "\n", "\t"])


@st.composite
def attributes(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(["id", "p:x", "job", "r"]), unique=True, max_size=2))
    made = ""
    for name in names:
        value = draw(_VALUE)
        quote = '"' if "'" in value else draw(st.sampled_from("\"'"))
        made += f" {name}{draw(_SPACE)}={draw(_SPACE)}{quote}{value}{quote}"
    return made


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> str:
    kind = draw(st.integers(0, 9 if depth < 4 else 4))
    if kind == 0:
        return f"<![CDATA[{draw(_IN_SECTION).replace(']]>', '')}]]>"
    if kind == 1:
        return f"<!--{draw(_IN_COMMENT).replace('--', '').rstrip('-')} -->"
    if kind == 2:
        return f"<?pi {draw(_IN_COMMENT).replace('?>', '')} ?>"
    if kind <= 4:
        return draw(_TEXT).replace("]]>", "")
    return draw(elements(depth=depth))


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(_NAMES)
    tag = f"<{name}{draw(attributes())}{draw(_SPACE)}"
    if draw(st.integers(0, 5)) == 0:
        return f"{tag}/>"
    inside = "".join(draw(st.lists(nodes(depth=depth + 1), max_size=4)))
    return f"{tag}>{inside}</{name}{draw(_SPACE)}>"


@st.composite
def documents(draw: st.DrawFn) -> tuple[bytes, str]:
    codec = draw(st.sampled_from(["utf-8", "utf-8", "cp1252", "utf-16-le", "utf-16-be"]))
    prolog = (
        "" if codec == "utf-8" else f'<?xml version="1.0" encoding="{codec[:6].replace("cp1252", "windows-1252")}"?>'
    )
    prolog += draw(st.sampled_from(["", "\n", "<!-- <job> -->", "<?x <job>?>"]))
    prolog += draw(
        st.sampled_from(["", "<!DOCTYPE r>", "<!DOCTYPE r [<!-- ' ]> <job> --><!ELEMENT r ANY><?p \" ]>?>]>\n"])
    )
    inside = "".join(draw(st.lists(nodes(), max_size=8))).replace("]]>]]>", "]]>")
    after = draw(st.sampled_from(["", "\n", "<!-- </r> -->\n"]))
    text = f'{prolog}<r xmlns:p="urn:p">{inside}</r>{after}'
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")
    return mark + text.encode(codec), codec


@given(documents(), st.sampled_from([1, 2, 3, 7, 64, 65_536]))
@settings(max_examples=200, deadline=None)
def test_for_any_chunks_the_records_are_those_of_a_conforming_parser(document: tuple[bytes, str], chunk: int) -> None:
    data, codec = document
    oracle = Oracle(data, "job", codec)
    assert oracle.is_whole, data
    records, ending = split(data, chunk)
    assert [(found.offset, found.raw) for found in records] == as_read(data, codec, oracle.found)
    assert ending.complete, ending
    assert not [found for found in records if found.flaw]


@given(documents(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_document_cut_anywhere_gives_the_records_that_are_whole(
    document: tuple[bytes, str], data: st.DataObject
) -> None:
    whole, codec = document
    end = data.draw(st.integers(0, len(whole) - 1))
    everything = as_read(whole, codec, [span for span in Oracle(whole, "job", codec).found if span[1] <= end])
    try:
        records, ending = split(whole[:end], data.draw(st.sampled_from([1, 64, 65_536])))
    except SourceError:
        assert not everything
        return
    assert [(found.offset, found.raw) for found in records] == everything
    assert ending.complete == Oracle(whole[:end], "job", codec).is_ended
    if not ending.complete:
        assert "cut" in ending.why or "empty" in ending.why


@given(documents(), st.sampled_from(["/r/job", "r/job", "/r/o/job", "o/title", "p:job", "/r/p:job"]))
@settings(max_examples=100, deadline=None)
def test_a_path_gives_the_same_records_for_any_chunks(document: tuple[bytes, str], path: str) -> None:
    data, _ = document
    assert split(data, 1, path)[0] == split(data, 65_536, path)[0]


# Which element is a record --------------------------------------------------------------------------------


def test_a_name_matches_with_any_prefix_and_a_prefixed_one_only_with_its_own() -> None:
    document = '<r xmlns:a="urn:a"><job>1</job><a:job>2</a:job></r>'
    assert raws(document) == [b"<job>1</job>", b"<a:job>2</a:job>"]
    assert raws(document, record="a:job") == [b"<a:job>2</a:job>"]


def test_a_path_from_the_root_leaves_out_the_same_element_elsewhere() -> None:
    document = "<r><head><job>no</job></head><jobs><job>yes</job></jobs></r>"
    assert raws(document, record="/r/jobs/job") == [b"<job>yes</job>"]
    assert raws(document, record="jobs/job") == [b"<job>yes</job>"]
    assert raws(document, record="/r/job") == []


def test_an_element_of_the_same_name_inside_a_record_belongs_to_it() -> None:
    document = "<r><job><job>a</job><job/></job><job>b</job></r>"
    assert raws(document) == [b"<job><job>a</job><job/></job>", b"<job>b</job>"]


def test_a_single_record_may_be_the_root() -> None:
    records, ending = split("<?xml version='1.0'?><job><title>x</title></job>\n")
    assert [found.raw for found in records] == [b"<job><title>x</title></job>"]
    assert ending.complete


@pytest.mark.parametrize(
    ("document", "record", "count"),
    [
        ("<source><publisher>Exemple</publisher><job><title>a</title><url>u</url></job></source>", b"<job>", 1),
        ("<jobs><job><title>a</title><items><item><a/></item><item><a/></item></items></job></jobs>", b"<job>", 1),
        ("<rss><channel><title>t</title><item><title>a</title><link>l</link></item></channel></rss>", b"<item>", 1),
        ("<feed><title>t</title><entry><title>a</title><id>1</id></entry></feed>", b"<entry>", 1),
        ("<E><Header><a>1</a><b>2</b></E:x></Header><B><Opening><t>1</t><u>2</u></Opening></B></E>", b"<Opening>", 1),
        ("<l><anzeige><titel>a</titel><ort><plz>1</plz><x>2</x></ort></anzeige></l>", b"<anzeige>", 1),
        ("<x><meta><a>1</a></meta><ding><a>1</a><b>2</b></ding><ding><a>1</a><b>2</b></ding></x>", b"<ding>", 2),
        ("<d><w><thing><a>1</a><b>2</b><c>3</c><d>4</d></thing></w></d>", b"<thing>", 1),
        ("<listing><job><a>1</a></job><job><a>2</a></job></listing>", b"<job>", 2),
        ('<jobs><job id="1" title="a"/><job id="2" title="b"/></jobs>', b"<job ", 2),
        ("<jobs><job>https://example.org/1</job><job>https://example.org/2</job></jobs>", b"<job>", 2),
        ("<c><fr><job><a>1</a></job></fr><de><job><a>2</a></job></de></c>", b"<job>", 2),
        ("<vacancies><vacancy><position>x</position><ad>y</ad></vacancy></vacancies>", b"<vacancy>", 1),
    ],
)
def test_the_element_of_the_records_is_found(document: str, record: bytes, count: int) -> None:
    found = raws(document, record=None)
    assert len(found) == count
    assert all(raw.startswith(record) for raw in found)


@pytest.mark.parametrize(
    "document",
    [
        "<jobs/>",
        "<jobs></jobs>",
        "<source><publisher>Exemple</publisher><publisherurl>u</publisherurl><lastBuildDate>d</lastBuildDate></source>",
        "<rss><channel><title>t</title><link>l</link><description>d</description><language>fr</language></channel></rss>",
    ],
)
def test_a_feed_without_a_posting_is_complete_and_has_no_record(document: str) -> None:
    records, ending = split(document, record=None)
    assert not records
    assert ending.complete


# What stands around the records -----------------------------------------------------------------------------


def test_namespaces_declared_above_a_record_are_in_its_context_and_shared() -> None:
    document = '<r xmlns="urn:r" xmlns:a="urn:a"><in xmlns:a="urn:b"><job/><job/></in><job xmlns:c="urn:c"/></r>'
    records, _ = split(document)
    assert records[0].context.namespaces == (("", "urn:r"), ("a", "urn:b"))
    assert records[0].context is records[1].context
    assert records[2].context.namespaces == (("", "urn:r"), ("a", "urn:a"))


@pytest.mark.parametrize("chunk", [1, 65_536])
def test_feed_level_values_are_in_the_context_as_they_stood_before_the_record(chunk: int) -> None:
    document = (
        '<source count="2"><publisher>Exemple &amp; <![CDATA[<fils>]]></publisher><job/>'
        "<city>Lyon</city><job/><city>Nice</city></source>"
    )
    paths = ("/source/publisher", "/source/@count", "/source/city")
    records, _ = split(document, chunk, feed_paths=paths)
    assert records[0].context.feed == (("/source/publisher", ("Exemple & <fils>",)), ("/source/@count", ("2",)))
    assert dict(records[1].context.feed)["/source/city"] == ("Lyon",)


def test_a_feed_level_value_of_one_group_is_not_that_of_the_next() -> None:
    document = "<r><c><n>A</n><job/></c><c><n>B</n><job/></c><c><job/></c></r>"
    records, _ = split(document, feed_paths=("/r/c/n",))
    assert [found.context.feed for found in records] == [(("/r/c/n", ("A",)),), (("/r/c/n", ("B",)),), ()]


@pytest.mark.parametrize(
    ("document", "path", "total"),
    [
        ("<r><job/><expectedJobCount> 1 204 </expectedJobCount></r>", None, 1204),
        ('<r recordSetCount="562"><job/></r>', None, 562),
        ("<r><total>7</total><job><expectedJobCount>3</expectedJobCount></job></r>", None, None),
        ("<r><total>7</total><job/></r>", "/r/total", 7),
        ('<r><job/><meta n="9"/></r>', "/r/meta/@n", 9),
        ("<r><total>many</total><job/></r>", "/r/total", None),
    ],
)
def test_the_total_that_the_document_states(document: str, path: str | None, total: int | None) -> None:
    assert split(document, total=path)[1].stated_total == total


def test_names_beyond_ascii_are_read_in_the_document_s_encoding() -> None:
    document = '<?xml version="1.0" encoding="windows-1252"?><r><société>Exemple</société><métier>x</métier></r>'
    (record,), _ = split(document.encode("cp1252"), record="métier", feed_paths=("/r/société",))
    assert record.context.feed == (("/r/société", ("Exemple",)),)


# Broken documents -------------------------------------------------------------------------------------------


def test_junk_before_the_prolog_is_passed_over_and_named() -> None:
    records, ending = split('\ufeff\n Warning: x in y\n<?xml version=\\"1.0\\" encoding=\\"UTF-8\\"?><r><job/></r>')
    assert [found.raw for found in records] == [b"<job/>"]
    assert ending.complete
    assert any("before" in notice for notice in ending.notices)
    assert any("declaration" in notice for notice in ending.notices)


@pytest.mark.parametrize("chunk", [1, 65_536])
def test_a_root_whose_start_tag_is_never_closed_costs_no_record(chunk: int) -> None:
    records, ending = split("<offers-list\n\n <job>a</job><job>b</job></offers-list>", chunk)
    assert len(records) == 2
    assert ending.complete
    assert any("never closed" in notice for notice in ending.notices)


@pytest.mark.parametrize("chunk", [1, 65_536])
def test_a_record_without_its_end_tag_does_not_swallow_its_neighbours(chunk: int) -> None:
    document = "<r><job>1</job><job>2<a><job>3</job><job>4</job><job>5<b></r>"
    records, ending = split(document, chunk)
    assert [found.raw for found in records] == [
        b"<job>1</job>",
        b"<job>2<a>",
        b"<job>3</job>",
        b"<job>4</job>",
        b"<job>5<b>",
    ]
    assert [bool(found.flaw) for found in records] == [False, True, False, False, True]
    assert ending.complete
    assert ending.notices


def test_an_end_tag_that_is_never_closed_itself_costs_no_record() -> None:
    assert raws("<r><job>1</job\n<job>2</job></r>") == [b"<job>1</job\n", b"<job>2</job>"]


def test_an_inner_tag_that_is_never_closed_costs_one_record() -> None:
    assert raws("<r><job>1</job><job><url>u</job><job>3</job></r>") == [
        b"<job>1</job>",
        b"<job><url>u</job>",
        b"<job>3</job>",
    ]


def test_many_records_without_end_tag_are_all_given_in_proportion_to_their_number() -> None:
    document = "<r>" + "".join(f"<job>{number}" for number in range(3_000)) + "</r>"
    found = raws(document)
    assert len(found) == 3_000
    assert found[-1] == b"<job>2999"


def test_a_record_without_end_tag_in_a_long_document_is_known_when_it_would_be_too_large() -> None:
    document = "<r><job>lost" + "<job>0123456789</job>" * 30_000 + "</r>"
    records, ending = split(document, max_record_bytes=100_000)
    assert len(records) == 30_001
    assert records[0].raw == b"<job>lost"
    assert ending.complete


def test_a_stray_start_tag_between_records_hides_none_of_them() -> None:
    document = "<r><job><a>1</a></job></p><p><job><a>2</a></job><job><a>3</a></job></r>"
    assert len(raws(document, record=None)) == 3


def test_bare_ampersands_and_stray_brackets_are_left_to_the_reader() -> None:
    assert raws("<r>a & b < c<job>x & y < z</job></r>") == [b"<job>x & y < z</job>"]


def test_bytes_after_the_end_are_named() -> None:
    records, ending = split("<r><job/></r>\n<!-- made by x --><?php ?>\0\0 Fatal error")
    assert len(records) == 1
    assert ending.complete
    assert any("after the document's end" in notice for notice in ending.notices)


def test_a_second_document_behind_the_first_is_read_and_named() -> None:
    records, ending = split('<?xml version="1.0"?><r><job/></r><?xml version="1.0"?><r><job/></r>')
    assert len(records) == 2
    assert ending.complete
    assert any("another document" in notice for notice in ending.notices)
    assert not split("<r><job/></r><r><job/>")[1].complete


def test_a_document_cut_in_a_record_says_where_and_what_is_missing() -> None:
    records, ending = split("<offers><job>1</job><job>2</jo")
    assert len(records) == 1
    assert not ending.complete
    assert ending.why == "the document is cut off in record 2, at byte 30: </offers> is missing"


def test_a_document_cut_between_records_says_so() -> None:
    _, ending = split("<offers><job>1</job>\n")
    assert ending.why == "the document is cut off after record 1, at byte 21: </offers> is missing"


@pytest.mark.parametrize("document", ["", " \n\t", "\ufeff"])
def test_a_document_without_a_byte_is_empty(document: str) -> None:
    records, ending = split(document)
    assert not records
    assert not ending.complete
    assert "empty" in ending.why


def test_a_document_without_an_element_is_not_xml() -> None:
    with pytest.raises(SourceError, match="not an XML document"):
        split('{"error": "no access"}')


# Encodings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "plain", "declared"),
    [
        ("utf-16", "utf-16-le", "UTF-16"),
        ("utf-16-le", "utf-16-le", "utf-16"),
        ("utf-32", "utf-32-le", "UTF-32"),
        ("shift_jis", "shift_jis", "Shift_JIS"),
    ],
)
def test_encodings_that_cannot_be_cut_by_bytes_are_brought_to_utf8(codec: str, plain: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?><r>ソ<job>ソ表能]]&gt;</job><job>2</job></r>'
    document = text.encode(codec)
    for chunk in (1, 5, 65_536):
        records, ending = split(document, chunk)
        assert [found.raw.decode() for found in records] == ["<job>ソ表能]]&gt;</job>", "<job>2</job>"]
        assert all(found.context.encoding == "utf-8" for found in records)
        assert ending.complete
        assert [document[found.offset :].decode(plain)[:5] for found in records] == ["<job>", "<job>"]


@pytest.mark.parametrize(
    ("prolog", "codec", "encoding"),
    [
        ('<?xml version="1.0" encoding="windows-1252"?>', "cp1252", "cp1252"),
        ('<?xml version="1.0" encoding="ISO-8859-15"?>', "iso8859-15", "iso8859-15"),
        ("", "utf-8", "utf-8"),
        ("", "cp1252", "cp1252"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-8", "utf-8"),
        ('<?xml version="1.0" encoding="x-unknown"?>', "utf-8", "utf-8"),
    ],
)
def test_the_context_names_the_encoding(prolog: str, codec: str, encoding: str) -> None:
    (record,), _ = split((prolog + "<r><job>Élève à 10 €</job></r>").encode(codec))
    assert record.context.encoding == encoding
    assert record.raw.decode(encoding) == "<job>Élève à 10 €</job>"


# Entities -----------------------------------------------------------------------------------------------------

_DOCTYPE = """<!DOCTYPE r [
  <!ENTITY co "Exemple &#38; fils"> <!ENTITY both '&co; "x"'> <!ENTITY amp "&#38;#38;">
  <!ENTITY far SYSTEM "file:///etc/hostname"> <!ENTITY % p "x"> <!ENTITY tag "<b>x</b>"> <!ENTITY me "&me;">
]>"""


def test_internal_entities_stand_as_text_in_the_records() -> None:
    document = f"{_DOCTYPE}<r><job a='&both;'>&co; &amp; &far;<![CDATA[&co;]]><!-- &co; --></job></r>"
    (record,), ending = split(document)
    root = XmlReader().read(record.raw, record.context).root.element
    assert root.text == "Exemple & fils & &co;"
    assert root.get("a") == 'Exemple & fils "x"'
    assert any("&far;" in notice for notice in ending.notices)
    assert any("parameter" in notice for notice in ending.notices)


def test_an_entity_that_is_no_text_is_left_as_it_is() -> None:
    assert raws(f"{_DOCTYPE}<r><job>&tag;&me;&none;</job></r>") == [b"<job>&tag;&me;&none;</job>"]


def test_an_entity_bomb_is_refused() -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(LimitExceededError, match="entity bomb"):
        split(f'<!DOCTYPE r [<!ENTITY a0 "ha">{levels}]><r><job>&a9;</job></r>')


def test_entities_used_too_often_are_refused() -> None:
    document = f'<!DOCTYPE r [<!ENTITY a "{"x" * 1000}">]><r><job>{"&a;" * 1000}</job></r>'
    with pytest.raises(LimitExceededError, match="100,000"):
        split(document, max_record_bytes=100_000)


# Limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1_000, 65_536])
def test_a_record_beyond_the_limit_is_refused_with_its_place(chunk: int) -> None:
    document = "<r><job/><job>" + "x" * 300_000 + "</job></r>"
    with pytest.raises(LimitExceededError, match=r"record at byte 9 .*200,000"):
        split(document, chunk, max_record_bytes=200_000)


def test_a_tag_beyond_the_limit_is_refused() -> None:
    with pytest.raises(LimitExceededError, match="byte 0"):
        split("<!DOCTYPE r [" + "<!ELEMENT a ANY>" * 50_000, max_record_bytes=200_000)


def test_elements_nested_without_end_are_refused() -> None:
    with pytest.raises(LimitExceededError, match="deep"):
        split("<a>" * 100_000)


def test_a_large_record_in_small_chunks_is_found() -> None:
    record = b"<job>" + b"<![CDATA[" + b"<p>x</p>" * 500_000 + b"]]></job>"
    assert raws(b"<r>" + record + b"</r>", 4_096) == [record]
