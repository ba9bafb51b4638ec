"""SKOS in Turtle or N-Triples, by rdflib: nothing that a document names is fetched in these formats.

JSON-LD is not read: its contexts are fetched from wherever a document says.
"""

from __future__ import annotations

import re
from typing import Any

from jobpipe.errors import DefinitionError, LimitExceededError, Place
from jobpipe.safety.limits import MEGABYTE, show_size
from jobpipe.taxonomy.loading.building import Builder
from jobpipe.taxonomy.loading.file_bytes import text_of
from jobpipe.taxonomy.loading.skos import SKOS, Concept, add_concepts

# rdflib holds each statement in memory, at about twenty times its size.
MAX_BYTES = 64 * MEGABYTE
_TURTLE = re.compile(rb"(?:\s|#[^\n]*\n)*(?:@prefix|@base|PREFIX\s|BASE\s)", re.IGNORECASE)
_TRIPLES = re.compile(rb"(?:\s|#[^\n]*\n)*<[a-z][a-z0-9+.-]*:[^>\s]*>\s+<[^>\s]*>\s")


def turtle_format(head: bytes) -> str:
    """turtle, nt, or "" = neither."""
    if _TURTLE.match(head):
        return "turtle"
    return "nt" if _TRIPLES.match(head) else ""


def add_turtle(builder: Builder, data: bytes, shown: str, languages: tuple[str, ...]) -> None:
    """Raises DefinitionError where it is not well-formed, or rdflib is not there; LimitExceededError."""
    if len(data) > MAX_BYTES:
        raise LimitExceededError(
            f"{show_size(len(data))} of Turtle; the limit is {show_size(MAX_BYTES)}",
            place=Place(source=shown),
            hint="RDF/XML is read as a stream",
        )
    text, _ = text_of(data, shown, "utf-8")
    add_concepts(builder, _concepts(_parsed(text, shown, turtle_format(data[:65_536]))), shown, languages)


def _parsed(text: str, shown: str, kind: str) -> Any:
    place = Place(source=shown)
    try:
        import rdflib
    except ImportError as error:
        hint = "pip install 'job-pipe[skos]', or get the same as RDF/XML"
        raise DefinitionError("Turtle needs rdflib", place=place, hint=hint) from error
    graph = rdflib.Graph()
    try:
        graph.parse(data=text, format=kind)
    except Exception as error:  # its parsers raise whatever they meet
        line = re.search(r"line (\d+)", str(error))
        place = Place(source=shown, line=int(line[1]) if line else 0)
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise DefinitionError(f"not well-formed Turtle: {said[0][:200]}", place=place, hint="get it again") from error
    return graph


def _concepts(graph: Any) -> dict[str, Concept]:
    found: dict[str, Concept] = {}
    for subject, predicate, value in graph:
        concept = found.setdefault(str(subject), Concept(0))
        name = str(predicate)
        if name == "http://www.w3.org/1999/02/22-rdf-syntax-ns#type":
            concept.is_concept |= str(value) == f"{SKOS}Concept"
        elif name == f"{SKOS}notation":
            concept.notation = concept.notation or str(value).strip()
        elif name in (f"{SKOS}prefLabel", f"{SKOS}altLabel", f"{SKOS}hiddenLabel"):
            language = (getattr(value, "language", None) or "").partition("-")[0].lower()
            concept.labels.append((str(value).strip(), language, name.endswith("prefLabel")))
        elif name == f"{SKOS}broader":
            concept.broader.append(str(value))
        elif name == f"{SKOS}narrower":
            found.setdefault(str(value), Concept(0)).broader.append(str(subject))
    for concept in found.values():
        # A graph has no order: two loads of one file are to be the same.
        concept.labels.sort(key=lambda one: (not one[2], one[1], one[0]))
        concept.broader.sort()
    return dict(sorted(found.items(), key=lambda one: (one[1].notation, one[0])))
