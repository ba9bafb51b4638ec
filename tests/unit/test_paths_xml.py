"""Paths into XML records: the walks give what XPath gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from jobpipe.sources.formats.reading import PathError
from jobpipe.sources.formats.xml.paths import parse_path, to_xpath
from jobpipe.sources.formats.xml.reader import XmlReader, text_of
from jobpipe.sources.record import Context

CONTEXT = Context(kind="xml")
NAMES = ("a", "b", "c")
VALUES = ("1", "2", "it's")


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> etree._Element:
    name = draw(st.sampled_from(NAMES))
    if draw(st.integers(0, 3)) == 0:
        name = f"{{urn:example}}{name}"
    element = etree.Element(name)
    for key in draw(st.lists(st.sampled_from(("k", "m")), unique=True, max_size=2)):
        element.set(key, draw(st.sampled_from(VALUES)))
    element.text = draw(st.sampled_from((None, " ", *VALUES)))
    if depth:
        for child in draw(st.lists(elements(depth=depth - 1), max_size=4)):
            child.tail = draw(st.sampled_from((None, "\n", "tail")))
            element.append(child)
    return element


def quoted(value: str) -> str:
    return f'"{value}"' if "'" in value else f"'{value}'"


tests = st.one_of(
    st.integers(1, 3).map(lambda n: f"[{n}]"),
    st.just("[last()]"),
    st.sampled_from(("[@k]", "[@m]", "[a]", "[b]")),
    st.tuples(st.sampled_from(("@k", "@m", "a", "c", ".")), st.sampled_from(VALUES)).map(
        lambda pair: f"[{pair[0]}={quoted(pair[1])}]"
    ),
)
steps = st.tuples(st.sampled_from((*NAMES, "*")), st.lists(tests, max_size=2)).map(lambda s: s[0] + "".join(s[1]))
paths = st.builds(
    lambda first, parts, last: first + "".join(f"{part}{slash}" for part, slash in parts[:-1]) + parts[-1][0] + last,
    st.sampled_from(("", "//", "./", ".//")),
    st.lists(st.tuples(steps, st.sampled_from(("/", "/", "//"))), min_size=1, max_size=3),
    st.sampled_from(("", "", "/@k", "//@m", "/text()")),
)


@settings(max_examples=200, deadline=None)
@given(elements(), paths)
def test_a_plain_path_gives_what_xpath_gives(record: etree._Element, path: str) -> None:
    raw = etree.tostring(record)
    root = XmlReader().read(raw, CONTEXT).root
    found = root.element.xpath(to_xpath(parse_path(path)), smart_strings=False)
    expected = [one if isinstance(one, str) else text_of(one) for one in found]
    assert XmlReader().values(path)(root) == expected


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("titre", ["Soudeur"]),
        ("@id", ["7"]),
        ("lieu/ville", ["Lyon", "Metz"]),
        ("lieu[2]/ville", ["Metz"]),
        ("lieu[@type='siege']/ville", ["Metz"]),
        ("lieu[ville='Lyon']/@type", ["poste"]),
        ("lieu[last()]/ville", ["Metz"]),
        ("//ville", ["Lyon", "Metz"]),
        ("*/ville", ["Lyon", "Metz"]),
        ("dc:creator", ["Atelier Exemple"]),
        ("creator", ["Atelier Exemple"]),
        ("lieu/text()", []),
        ("absent", []),
        ("absent/@x", []),
        ("xpath:count(lieu)", ["2"]),
        ("xpath:lieu[starts-with(ville, 'M')]/ville", ["Metz"]),
        ("xpath:string(titre)", ["Soudeur"]),
    ],
)
def test_a_path_reads_what_a_person_means_by_it(path: str, values: list[str]) -> None:
    raw = (
        b'<offre id="7"><titre>Soudeur</titre><lieu type="poste"><ville>Lyon</ville></lieu>'
        b'<lieu type="siege"><ville>Metz</ville></lieu><dc:creator>Atelier Exemple</dc:creator></offre>'
    )
    context = Context(kind="xml", namespaces=(("dc", "http://purl.org/dc/elements/1.1/"),))
    reader = XmlReader()
    assert reader.values(path)(reader.read(raw, context).root) == values


def test_the_texts_of_elements_within_each_other_come_as_they_stand_in_the_record() -> None:
    reader = XmlReader()
    root = reader.read(b"<offre><a>un <a>deux</a> trois</a></offre>", CONTEXT).root
    assert reader.values("//a/text()")(root) == ["un ", "deux", " trois"]


@pytest.mark.parametrize(
    "path", ["", "a[", "a b", "a/", "a[@x=1]", "a|b", "count(a)", "xpath:a[", "..", "@x/a", "a" * 2000]
)
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        XmlReader().values(path)


def test_a_rule_cannot_start_from_text() -> None:
    with pytest.raises(PathError, match="leads to text"):
        XmlReader().nodes("lieu/@id")
