"""Inputs to begin with, small, one for each thing that a format can hold; a dictionary of its marks comes of them."""

from __future__ import annotations

import bz2
import functools
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"

_XML = (
    (
        b'<?xml version="1.0" encoding="utf-8"?><r><job id="1"><title>Cook &amp; &#233;</title><a><b>x</b></a></job>'
        b'<job id="2"><title><![CDATA[</job> ]]></title><!-- </job> --></job></r>'
    ),
    b'<!DOCTYPE r [<!ENTITY e "x"><!ELEMENT job ANY>]><r xmlns:p="urn:x"><p:job>&e;</p:job><job/></r>',
    b"<r><job><title>cut",
    b'<r><job><title>a</titel></job><job>&bad;</job><job a="1" a="2"/></r>',
    '<?xml version="1.0" encoding="utf-16"?><r><job>é</job></r>'.encode("utf-16"),
    b'<?xml version="1.0" encoding="iso-8859-1"?><r total="2"><job>\xe9\x93</job><job>\x00</job></r> junk',
)
_RSS = (
    b'<rss version="2.0"><channel><title>Jobs</title><item><title>Cook</title><guid>1</guid></item></channel></rss>',
    b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">Cook</title><id>1</id></entry></feed>',
)
_JSON = (
    b'{"jobs": [{"id": 1, "title": "Cook \\u00e9 \\ud83d\\ude80"}, {"id": 2, "a": {"b": [null, true, 1e5]}}], "n": 2}',
    b'[{"id": 1}, {"id": 2,}, {id: 3}, {"id": "\\ud800"}, 4, "x", [5]]',
    b'{"a": {"b": [{"id": 1}',
    b"[]",
    b'{"jobs": {"1": {"id": 1}, "2": {"id": 2}}}',
    b'callback({"jobs": [{"id": NaN}, {"id": -Infinity}]});',
)
_LINES = (b'{"id": 1}\n{"id": 2}\r\n\n{"id": \n3}\n', b'{"id": 1}{"id": 2}\n# x\n[1]\n', b'\x1e{"id": 1}\n')
_CSV = (
    b'id;title\n1;Cook\n2;"a ""b"" ; c\nd"\n',
    b"id,title\r\n1,x,y\r\n2\r\n\r\n",
    b"sep=|\nid|title\n1|x\n",
    b'id\ttitle\n1\t"open\n2\tx\n',
    "id;title\n1;é\n".encode("utf-16"),
    b"\xef\xbb\xbf# note\nid,id\n'1','2'\n",
)
_HTML = (
    (
        b'<html><head><script type="application/ld+json">{"@type": "JobPosting", "x": [1]}</script></head>'
        b"<body><h1>Cook</h1><p>Soup</p></body></html>"
    ),
    b'<div itemscope itemtype="http://schema.org/JobPosting"><b itemprop="title">Cook</b></div>',
    b'<div vocab="http://schema.org/" typeof="JobPosting"><b property="title">Cook</b></div>',
    b'<script type="application/ld+json">/*<![CDATA[*/{"@graph": [{"@id": "#a", "@type": "JobPosting"}]}//]]></script>',
)


@functools.cache
def documents(kind: str | None) -> tuple[bytes, ...]:
    known = {
        "xml": _XML,
        "rss": _RSS,
        "json": _JSON,
        "ndjson": _LINES,
        "csv": _CSV,
        "html": _HTML,
        "xlsx": (_workbook(),),
    }
    return known[kind] if kind else tuple(one for group in known.values() for one in group)


def _workbook() -> bytes:
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    files = {
        "[Content_Types].xml": f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
        f'PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns:r="{relations}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>title</t></is></c></row><row r="2"><c r="A2"><v>1</v></c>'
        '<c r="B2" t="inlineStr"><is><t>Cook</t></is></c></row></sheetData></worksheet>',
    }
    return _zip({name: text.encode() for name, text in files.items()}, zipfile.ZIP_STORED)


def _zip(files: dict[str, bytes], kind: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return made.getvalue()


def packed() -> tuple[bytes, ...]:
    from backports import zstd

    feed = _XML[0] * 3
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("a/feed.xml")
        member.size = len(feed)
        archive.addfile(member, io.BytesIO(feed))
    packings = (gzip.compress(feed, mtime=0), bz2.compress(feed), lzma.compress(feed), zstd.compress(feed))
    inner = _zip({"feed.xml.gz": packings[0], "b/x.csv": _CSV[0]}, zipfile.ZIP_DEFLATED)
    return (*packings, tar.getvalue(), gzip.compress(tar.getvalue(), mtime=0), inner, packings[0] * 2, feed)


def encoded() -> tuple[bytes, ...]:
    text = "<r>Développeur – 50 € “x” ł</r>"
    names = ("utf-8", "cp1252", "utf-16", "utf-16-le", "utf-32", "cp1250", "utf-7", "gb18030", "cp437", "idna")
    return tuple(
        name[:8].ljust(8).encode() + text.encode("utf-8" if name in ("cp437", "idna") else name, "replace")
        for name in names
    )


def definitions() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(EXAMPLES.rglob("imports/*.yaml"))[:12])


def _texts(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


JAVASCRIPT = _texts(
    "{a: 'b', c: [1, 0x2, -.5e3,], \"d\": `x`, e: undefined, f: null}",
    "[new Date(2020, 1), function () { return {a: 1}; }, a + b, '\\u{1F680}\\x41', !0]",
    "{/* x */ a: // y\n 1, 'b': JSON.parse(\"{}\"), ...rest, [k]: 2}",
    "`a ${b} c`",
)
SOAP = (
    *tuple(
        b"text/xml\n" + one
        for one in (
            (
                b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><offer><id>1</id></offer>'
                b"<offer><id>2</id></offer></s:Body></s:Envelope>"
            ),
            (
                b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>c</faultcode>'
                b"<faultstring>no</faultstring></s:Fault></s:Body></s:Envelope>"
            ),
            b"<e><Body><x>&lt;offers&gt;&lt;offer&gt;1&lt;/offer&gt;&lt;offer&gt;2&lt;/offer&gt;&lt;/offers&gt;</x></Body></e>",
            b"<e><Body><x>&lt;?xml version='1.0' encoding='utf-16'?&gt;&lt;offer/&gt;</x></Body></e>",
        )
    ),
    b'multipart/related; boundary="b"; type="text/xml"\n--b\r\nContent-Type: text/xml\r\n\r\n<e><a>1</a></e>\r\n--b--',
)
DATES = _texts(
    "2024-02-29T23:59:60+14:00",
    "31/12/99",
    "3 days ago",
    "il y a 2 semaines",
    "1er mars 2024",
    "1709164800",
    "Thu, 29 Feb 2024 10:00:00 GMT",
    "12.11.2024 8:05 PM",
    "vor 30+ Tagen",
    "2024-W09-4",
    "9999999999999999999",
)
SALARIES = _texts(
    "30 000 - 35 000 € / an",
    "ab 12,50 EUR/Std.",
    "£25k–£30k pa + bonus",
    "$1,200.50 per week",
    "2000 brutto",
    "SMIC x 1,2",
    "de 1.800 a 2.200 € al mes",
    "PLN 5 000 - 7 000",
    "1" * 40,
    "entre 2K et 3K CHF",
)
PLACES = _texts(
    "59000 Lille (Nord), France",
    "Berlin, DE",
    "London SW1A 1AA",
    "Paris 15e / Lyon",
    "New York, NY 10001, USA",
    "Remote - EMEA",
    "Köln; Bonn",
    "01-234 Warszawa",
    "Saint-Étienne (42)",
    "Bruxelles - 1000",
)
WORDS = _texts(
    "CDI temps plein",
    "Befristet, Teilzeit 50-70 %",
    "permanent / part-time",
    "Bac +5, 3 à 5 ans d'expérience",
    "5+ years",
    "100% remote",
    "Ingénieur (H/F) – Lille &amp; &eacute;",
    "DÃ©veloppeur C++ / C#",
    "İstanbul ß ﬁ",
    "1 234,5",
    '{"a": [1]}',
    "Der Umschlag ist nicht für jeden, aber wir suchen dich",
)
MARKUP = _texts(
    "<p>Soup<br>and <b>bread</b></p><ul><li>a<li>b</ul>",
    "<script>x</script><a href='javascript:x'>y</a>",
    "&lt;p&gt;x&lt;/p&gt;",
    "<table><tr><td>a</table>",
    "<p style='x'>a<div>b</p>c</div>",
    "- a\n- b\n\n* c",
)
EXPRESSIONS = _texts(
    "posting.title and posting.locations[0].country in ['FR', 'BE']",
    "'cook' in posting.title|lower",
    "posting.salary and posting.salary.min >= 1000",
    "record.title is defined",
    "regex_search(posting.title, '(a+)+$')",
    "posting.title|regex_replace('o', 'x') == 'Cxxk'",
    "not (1 < 2) or range(3)|length > 2",
)
RULES = _texts(
    "drop when posting.title == 'Cook'",
    "set company.name = 'Acme' when 'x' in posting.title",
    "default salary = 'x'",
    "set title = posting.title|upper",
    "keep when posting.salary.min > 1000",
    "set locations = ['Lille', 'Lyon']",
    "allow when regex_search(posting.title, '^C')",
    "set description = '<b>x</b>' when true",
    "set salary.min = '1 000'",
)
