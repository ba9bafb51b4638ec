"""SKOS in RDF/XML (https://www.w3.org/TR/skos-reference/): concepts, their labels in languages, what is broader.

Read as a stream; nothing outside the document is ever fetched, and an entity bomb is refused as in feeds.
"""

from __future__ import annotations

import io
from typing import Any

from lxml import etree

from jobpipe.errors import DefinitionError, JobpipeError, Place
from jobpipe.sources.formats.xml.entities import Entities, end_of_doctype
from jobpipe.taxonomy.loading.building import Builder

SKOS = "http://www.w3.org/2004/02/skos/core#"
_SKOS = f"{{{SKOS}}}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CONCEPT = f"{SKOS}Concept"
_ABOUT, _ID, _RESOURCE = f"{_RDF}about", f"{_RDF}ID", f"{_RDF}resource"
_PREFERRED, _OTHERS = f"{_SKOS}prefLabel", (f"{_SKOS}altLabel", f"{_SKOS}hiddenLabel")
_BROADER = (f"{_SKOS}broader", f"{_SKOS}broaderGeneric", f"{_SKOS}broaderPartitive")
_NARROWER = f"{_SKOS}narrower"


class Concept:
    """What a document says of one resource; it may say it in several places."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.is_concept = False
        self.notation = ""
        # (text, language, is it to be shown).
        self.labels: list[tuple[str, str, bool]] = []
        self.broader: list[str] = []


def is_skos(data: bytes) -> bool:
    """Whether an XML document is RDF: by its first bytes."""
    return b"http://www.w3.org/1999/02/22-rdf-syntax-ns#" in data[:16_384]


def add_skos(builder: Builder, data: bytes, shown: str, languages: tuple[str, ...]) -> None:
    """`languages`: only labels in these, () = in all. Raises DefinitionError with the line, LimitExceededError."""
    found = _read(data, shown)
    add_concepts(builder, found, shown, languages)


def add_concepts(builder: Builder, found: dict[str, Concept], shown: str, languages: tuple[str, ...]) -> None:
    """By URI. Codes are notations where every concept has one of its own, else URIs."""
    concepts = {uri: one for uri, one in found.items() if one.is_concept}
    if not concepts:
        raise DefinitionError("no skos:Concept is in the file", place=Place(source=shown), hint="is it SKOS?")
    notations = {one.notation for one in concepts.values()}
    by_notation = "" not in notations and len(notations) == len(concepts)
    code_of = {uri: one.notation if by_notation else uri for uri, one in concepts.items()}
    for uri, one in concepts.items():
        builder.code(code_of[uri], Place(source=shown, line=one.line))
        wanted = [label for label in one.labels if not languages or label[1] in languages] or one.labels
        for text, language, is_preferred in wanted:
            builder.term(code_of[uri], text, language, preferred=is_preferred)
    for uri, one in concepts.items():
        for above in one.broader:
            # What is broader in another scheme is no part of this taxonomy.
            if above in code_of:
                builder.parent(code_of[uri], code_of[above])


def _read(data: bytes, shown: str) -> dict[str, Concept]:
    _refuse_bombs(data, shown)
    found: dict[str, Concept] = {}
    depth = 0
    try:
        events = etree.iterparse(
            io.BytesIO(data), events=("start", "end"), resolve_entities="internal", no_network=True, load_dtd=False
        )
        for event, element in events:
            depth += 1 if event == "start" else -1
            if event == "end" and depth == 1:
                _take(element, found)
                element.clear()
                # What was read before it would stay otherwise.
                while element.getprevious() is not None:
                    del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        place = Place(source=shown, line=error.lineno or 0)
        raise DefinitionError(f"not well-formed XML: {error.msg}", place=place, hint="get the file again") from error
    return found


def _refuse_bombs(data: bytes, shown: str) -> None:
    start = data.find(b"<!DOCTYPE", 0, 65_536)
    if start < 0:
        return
    try:
        Entities().declare(data[start : end_of_doctype(data, start)])
    except JobpipeError as error:
        error.place = Place(source=shown)
        raise


def _take(element: Any, found: dict[str, Concept]) -> None:
    """A description of a resource, with those that stand within it."""
    for one in element.iter():
        uri = _uri(one)
        if not uri or not isinstance(one.tag, str) or one.getparent() is None:
            continue
        concept = found.setdefault(uri, Concept(one.sourceline or 0))
        concept.is_concept |= one.tag == f"{_SKOS}Concept"
        for said in one:
            if isinstance(said.tag, str):
                _say(concept, uri, said, found)


def _uri(element: Any) -> str:
    """Of the resource that an element describes; "" = it describes none."""
    about = element.get(_ABOUT)
    return about if about is not None else (f"#{element.get(_ID)}" if element.get(_ID) else "")


def _say(concept: Concept, uri: str, said: Any, found: dict[str, Concept]) -> None:
    text = (said.text or "").strip()
    language = (said.get(_XML_LANG) or "").partition("-")[0].lower()
    if said.tag == f"{_RDF}type":
        concept.is_concept |= said.get(_RESOURCE) == _CONCEPT
    elif said.tag == f"{_SKOS}notation":
        concept.notation = concept.notation or text
    elif said.tag == _PREFERRED and text:
        concept.labels.append((text, language, True))
    elif said.tag in _OTHERS and text:
        concept.labels.append((text, language, False))
    elif said.tag in _BROADER:
        concept.broader += _named(said)
    elif said.tag == _NARROWER:
        for below in _named(said):
            found.setdefault(below, Concept(said.sourceline or 0)).broader.append(uri)


def _named(said: Any) -> list[str]:
    """The resources that a property leads to: named, or described within it."""
    resource = said.get(_RESOURCE)
    return [resource] if resource else [uri for one in said if (uri := _uri(one))]
