"""Which element holds the records, when the definition does not say: found from the head of the document.

First by name (`job`, `offre`, `item` …), else by shape: the element nearest the root that repeats and has
fields of its own, or, in a document of one record, the first one on the way down that has several fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jobpipe.sources.formats.xml.entities import end_of_doctype
from jobpipe.sources.formats.xml.markup import END_TAG, NAME_AT_TAG, attributes_of, end_of_start_tag
from jobpipe.sources.formats.xml.places import Name

# How much of a document is looked at.
HEAD_BYTES = 1024 * 1024
_MAX_TAGS = 50_000
_MAX_DEPTH = 40


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Without hyphens and underscores, in small letters.
_OF_JOBS = _words(
    "job joboffer jobad jobadvert jobadvertisement jobposting jobpost jobitem joblisting jobopening jobposition "
    "jobpositionposting jobdetail jobinfo offer offre offreemploi offreemplois offredemploi annonce annonceemploi "
    "emploi poste position positionopening opening vacancy vacature advert advertisement ad posting "
    "requisition jobrequisition opportunity listing stelle stellenangebot stellenanzeige stellenausschreibung "
    "anzeige angebot inserat oferta ofertaempleo ofertatrabajo empleo vacante anuncio offerta offertalavoro annuncio "
    "vaga stilling jobb annons platsannons jobannonce praca ogloszenie munka allas tyopaikka"
)
_OF_ANYTHING = _words("item entry row record element result doc document node object product")
# What has fields of its own and is no record.
_OF_HEADS = _words(
    "channel feed source header head meta metadata export info infos information author publisher image summary "
    "status pagination paging error errors fault message response request query sender company employer client "
    "customer site website generator rss rdf envelope body html"
)


@dataclass(slots=True)
class _Kind:
    """All elements at one path."""

    way: tuple[Name, ...]
    count: int = 0
    # The most of them below one parent.
    repeats: int = 0
    # Bytes from start tag to end tag, all together.
    size: int = 0
    # The fields: names of children with text alone, and of attributes.
    leaves: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    children: list[_Kind] = field(default_factory=list)

    @property
    def plain_name(self) -> str:
        return re.sub(r"[-_.]", "", self.way[-1].local).lower()

    @property
    def fields(self) -> int:
        return len(self.leaves) + len(self.attributes)

    @property
    def is_leaf(self) -> bool:
        return not self.children and not self.leaves and len(self.attributes) < 2


@dataclass(slots=True)
class _Open:
    kind: _Kind
    start: int
    # How often each child has been met in this one element.
    met: dict[str, int] = field(default_factory=dict)


def detect_record(head: bytes, encoding: str = "utf-8") -> str:
    """The path of the records, as an `ElementPath` takes it; "" = nothing in the head looks like one.

    A name alone where elements of that name are records at several places.

    `head`: the first `HEAD_BYTES` of the document, or all of it, in an encoding that has ASCII's bytes.
    """
    top = _collect(head, encoding)
    found = _by_name(top)
    if not found and (kind := _by_shape(top)) is not None:
        found = [kind]
    if not found:
        return ""
    chosen = max(found, key=lambda kind: kind.count)
    local = chosen.way[-1].local
    if sum(kind.way[-1].local == local for kind in found) > 1:
        return local
    return "/" + "/".join(name.local for name in chosen.way)


def _by_name(top: _Kind) -> list[_Kind]:
    named: list[_Kind] = []
    for names, at_least in ((_OF_JOBS, 1), (_OF_ANYTHING, 1), (_OF_JOBS, 0)):
        for kind in top.children:
            _gather_named(kind, names, at_least, named)
        if named:
            break
    return named


def _gather_named(kind: _Kind, names: frozenset[str], at_least: int, named: list[_Kind]) -> None:
    """The outermost elements of these names that have fields (`at_least` 1), or repeat without any (0)."""
    fits = not kind.is_leaf if at_least else kind.repeats > 1
    if kind.plain_name in names and fits and not _is_container(kind, names):
        named.append(kind)
        return
    for child in kind.children:
        _gather_named(child, names, at_least, named)


def _is_container(kind: _Kind, names: frozenset[str]) -> bool:
    """`<listing><job>…</job><job>…`: it is named like a record, and the records are inside it."""
    if kind.repeats > 1 or len(kind.leaves) > 2:
        return False
    inner = [child for child in kind.children if child.plain_name in names | _OF_JOBS and not child.is_leaf]
    return any(child.repeats > 1 or len(kind.children) == 1 for child in inner)


def _by_shape(top: _Kind) -> _Kind | None:
    level = top
    while level.children:
        full = [kind for kind in level.children if not kind.is_leaf]
        repeated = [kind for kind in full if kind.repeats > 1 and kind.fields + len(kind.children) > 1]
        if repeated:
            return max(repeated, key=lambda kind: kind.size)
        full = [kind for kind in full if kind.plain_name not in _OF_HEADS] or full
        if not full:
            return None
        inner = max(full, key=lambda kind: kind.size)
        if level is not top and _is_one_record(inner):
            return inner
        level = inner
    return None


def _is_one_record(kind: _Kind) -> bool:
    if len(kind.leaves) < 4 or kind.plain_name in _OF_HEADS:
        return False
    parts = [child for child in kind.children if child.repeats > 1 and not child.is_leaf]
    return not any(child.fields >= min(len(kind.leaves), 4) for child in parts)


def _collect(head: bytes, encoding: str) -> _Kind:
    """A kind without a name, which has the root's kind as its only child (where there is one root)."""
    tree = _Tree(encoding)
    for tags, (tag, start, end) in enumerate(_tags(head)):
        if tags > _MAX_TAGS:
            break
        if tag.startswith(b"</"):
            tree.close(tag, end)
        else:
            tree.open(tag, start, end)
    for element in tree.stack[1:]:
        element.kind.size += len(head) - element.start
    return tree.stack[0].kind


class _Tree:
    """The kinds of elements, as the tags go by."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._kinds: dict[tuple[Name, ...], _Kind] = {}
        self.stack = [_Open(_Kind(()), 0)]

    def open(self, tag: bytes, start: int, end: int) -> None:
        opened = NAME_AT_TAG.match(tag)
        if opened is None or len(self.stack) > _MAX_DEPTH:
            return
        name, parent = Name.of(opened[1], self._encoding), self.stack[-1]
        way = (*parent.kind.way, name)
        kind = self._kinds.get(way)
        if kind is None:
            kind = self._kinds[way] = _Kind(way)
            parent.kind.children.append(kind)
        kind.count += 1
        parent.met[name.written] = met = parent.met.get(name.written, 0) + 1
        kind.repeats = max(kind.repeats, met)
        names = (Name.of(key, self._encoding).written for key, _ in attributes_of(tag))
        kind.attributes.update(one for one in names if not one.startswith(("xmlns", "xml:", "xsi:")))
        if tag.endswith(b"/>"):
            kind.size += end - start
            parent.kind.leaves.add(name.written)
        else:
            self.stack.append(_Open(kind, start))

    def close(self, tag: bytes, end: int) -> None:
        """An element that lacks its end tag ends with the one around it."""
        ended = END_TAG.match(tag)
        written = Name.of(ended[1], self._encoding).written if ended else ""
        if all(element.kind.way[-1].written != written for element in self.stack[1:]):
            return
        while True:
            element = self.stack.pop()
            element.kind.size += end - element.start
            if not element.met:
                self.stack[-1].kind.leaves.add(element.kind.way[-1].written)
            if element.kind.way[-1].written == written:
                return


def _tags(head: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(tag, where it starts, where it ends) of every tag, without comments, CDATA sections and the like."""
    place = 0
    while (start := head.find(b"<", place)) >= 0:
        place = _end_of_other(head, start)
        if place == start:
            end_tag = END_TAG.match(head, start)
            if end_tag is not None:
                place = end_tag.end()
                yield end_tag[0], start, place
            elif NAME_AT_TAG.match(head, start):
                tag = end_of_start_tag(head, start, True)
                place = tag.end if tag else len(head)
                yield head[start:place], start, place
            else:
                place = start + 1


def _end_of_other(head: bytes, start: int) -> int:
    """After a comment, CDATA section, instruction or DOCTYPE at `start`; `start` itself = it is none of these."""
    if head.startswith(b"<!DOCTYPE", start):
        return max(end_of_doctype(head, start), start + 9)
    for opening, closing in ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>")):
        if head.startswith(opening, start):
            end = head.find(closing, start + len(opening))
            return end + len(closing) if end >= 0 else len(head)
    return start
