"""Finds out from the beginning of a JSON document where its records lie."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from jobpipe.sources.formats.json.paths import Token
from jobpipe.sources.formats.json.scanning import end_of_value

# So much of a document is looked at.
HEAD = 1024 * 1024
_MAX_DEPTH = 4
_NAME = re.compile(rb'[\s,]*+"((?:[^"\\]++|\\.)*+)"\s*+:\s*+', re.DOTALL)
_BETWEEN = re.compile(rb"[\s,]*+")
# Names that say what the records are; then those that only say that there are some.
_OF_POSTINGS = frozenset(
    [
        "job", "jobs", "joblist", "joblistings", "jobpostings", "jobposting", "jobads", "joboffers",
        "jobopenings", "offer", "offers", "offerlist", "offre", "offres", "offresemploi", "joboffer",
        "opening", "openings", "position", "positions", "posting", "postings", "vacancy", "vacancies", "ad",
        "ads", "advert", "adverts", "advertisement", "advertisements", "annonce", "annonces", "resultat",
        "resultats", "stelle", "stellen", "stellenangebote", "stellenanzeigen", "anzeigen", "anuncios",
        "empleos", "ofertas", "oferta", "vacatures", "vacature", "annunci", "offerte", "requisitions",
        "requisition", "requisitionlist", "opportunities", "listing", "listings", "recruitments",
        "platsannonser", "annonser", "stillinger", "emplois",
    ]
)  # fmt: skip
_OF_RECORDS = frozenset(
    [
        "items", "item", "data", "results", "result", "entries", "entry", "records", "record", "hits",
        "content", "contents", "rows", "row", "list", "values", "value", "elements", "nodes", "edges",
        "objects", "documents", "docs", "members", "feed", "payload", "response", "collection",
        "hydramember", "graph",
    ]
)  # fmt: skip
# What a posting has; one of each of two kinds makes an object look like one.
_POSTING_WORDS = (
    frozenset(
        [
            "title",
            "name",
            "jobtitle",
            "titre",
            "intitule",
            "poste",
            "titel",
            "rubrik",
            "libelle",
            "headline",
            "position",
        ]
    ),
    frozenset(
        ["description", "jobdescription", "descriptif", "texte", "text", "body", "content", "profil", "missions"]
    ),
    frozenset(
        ["url", "link", "applyurl", "hostedurl", "absoluteurl", "lien", "redirecturl", "applicationurl", "directapply"]
    ),
    frozenset(["id", "reference", "ref", "identifier", "jobid", "guid", "identifiant", "uuid", "externalid"]),
    frozenset(
        [
            "location",
            "locations",
            "city",
            "ville",
            "lieu",
            "address",
            "joblocation",
            "lieutravail",
            "contracttype",
            "employmenttype",
        ]
    ),
)
_OF_ERRORS = frozenset(
    [
        "error", "errors", "message", "messages", "detail", "details", "status", "statuscode", "code",
        "title", "type", "path", "timestamp", "success", "ok", "errorcode", "errormessage",
        "errordescription", "exception", "trace", "traceid", "requestid", "instance",
    ]
)  # fmt: skip


class _Members(msgspec.Struct):
    """An array, or an object whose values are objects."""

    path: tuple[Token, ...]
    # Objects among its values, as far as the head shows.
    objects: int
    size: int
    # The names in the first of them.
    names: frozenset[str]
    is_array: bool

    @property
    def name(self) -> str:
        keys = [token for token in self.path if isinstance(token, str)]
        return plain(keys[-1]) if keys else ""


class Survey(msgspec.Struct):
    """What the beginning of one root value shows."""

    arrays: list[_Members]
    keyed: list[_Members]
    # Objects at names that are those of postings: a list of one, as converters from XML write it.
    singles: list[tuple[Token, ...]]
    # The names of the root object.
    names: list[str]
    # Of the root; -1 = the head does not reach so far.
    end: int

    def is_error(self) -> bool:
        """The root object says nothing but that something went wrong."""
        names = {plain(name) for name in self.names}
        return (
            bool(names & {"error", "errors", "message", "exception", "errormessage", "detail"}) and names <= _OF_ERRORS
        )


def survey(head: bytearray, start: int) -> Survey:
    """`start` is where the root begins."""
    found = Survey([], [], [], [], -1)
    if head[start] == ord("["):
        _look_at_array(head, start, (), found)
        found.end = end_of_value(head, start)
    else:
        found.end = _look_at_object(head, start, (), found)
    return found


def find_records(found: Survey, *, is_stream: bool) -> tuple[Token, ...]:
    """The path of the records; () = each root is one itself.  `is_stream`: another root follows the first one."""
    if any(members.path == (None,) for members in found.arrays):
        return (None,)
    best = max(found.arrays, key=lambda members: _merit(members), default=None)
    if best is not None and _merit(best)[0] == 2:
        return best.path
    root_is_posting = looks_like_posting(frozenset(plain(name) for name in found.names))
    if best is not None and _merit(best)[0] == 1 and (looks_like_posting(best.names) or not root_is_posting):
        return best.path
    if found.singles:
        return found.singles[0]
    if best is not None and not root_is_posting and (best.objects or len(found.arrays) == 1):
        return best.path
    if found.keyed and not root_is_posting and not is_stream:
        return max(found.keyed, key=lambda members: members.size).path
    return ()


def looks_like_posting(names: frozenset[str]) -> bool:
    return sum(bool(names & words) for words in _POSTING_WORDS) >= 2


def plain(name: str) -> str:
    """Without case, and without all that is no letter."""
    return "".join(character for character in name.lower() if character.isalnum())


def _merit(members: _Members) -> tuple[int, bool, bool, int]:
    """By its name, by what its first record looks like, by its size; an empty list is better than none."""
    known = 2 if members.name in _OF_POSTINGS else 1 if members.name in _OF_RECORDS else 0
    return known, looks_like_posting(members.names), members.objects > 0, members.size


def _look_at_object(head: bytearray, start: int, path: tuple[Token, ...], found: Survey) -> int:
    """Gives the end of the object, -1 = it is cut off."""
    place = start + 1
    names: list[str] = []
    inner: list[tuple[int, int]] = []
    others = 0
    before = len(found.arrays)
    while name := _NAME.match(head, place):
        place = name.end()
        if place >= len(head):
            break
        key = name[1].decode("utf-8", "replace")
        names.append(key)
        if not path:
            found.names.append(key)
        begin, kind = place, head[place]
        below = (*path, key)
        place = end_of_value(head, place)
        if kind == ord("{"):
            if len(below) < _MAX_DEPTH:
                _look_at_object(head, begin, below, found)
            inner.append((begin, place if place >= 0 else len(head)))
        elif kind == ord("["):
            _look_at_array(head, begin, below, found)
            others += 1
        else:
            others += 1
        if place < 0:
            break
    if _note_object(head, path, names, inner, others, found):
        # The lists in it are those of its records.
        del found.arrays[before:]
    if place < 0 or (end := _BETWEEN.match(head, place)) is None or head[end.end() : end.end() + 1] != b"}":
        return -1
    return end.end() + 1


def _note_object(
    head: bytearray, path: tuple[Token, ...], names: list[str], inner: list[tuple[int, int]], others: int, found: Survey
) -> bool:
    """Whether it is the records, by their keys."""
    if inner and not others:
        first = frozenset(plain(name) for name in _names_of(head, inner[0][0]))
        alike = len(inner) == 1 or any(
            {plain(name) for name in _names_of(head, begin)} & first for begin, _ in inner[1:3]
        )
        if alike and looks_like_posting(first):
            found.keyed.append(_Members((*path, None), len(inner), sum(e - b for b, e in inner), first, False))
            return True
    elif path and plain(str(path[-1])) in _OF_POSTINGS and looks_like_posting(frozenset(map(plain, names))):
        found.singles.append(path)
    return False


def _look_at_array(head: bytearray, start: int, path: tuple[Token, ...], found: Survey) -> None:
    objects, items = 0, 0
    first: frozenset[str] = frozenset()
    place = start + 1
    while True:
        between = _BETWEEN.match(head, place)
        assert between is not None
        place = between.end()
        if place >= len(head) or head[place] in b"]}:":
            break
        items += 1
        if head[place] == ord("{"):
            objects += 1
            if objects == 1:
                first = frozenset(plain(name) for name in _names_of(head, place))
        place = end_of_value(head, place)
        if place < 0:
            place = len(head)
    # A list of texts or numbers holds no records.
    if objects or not items or not path:
        found.arrays.append(_Members((*path, None), objects, place - start, first, True))


def _names_of(head: bytearray, start: int) -> Iterator[str]:
    place = start + 1
    while name := _NAME.match(head, place):
        yield name[1].decode("utf-8", "replace")
        place = end_of_value(head, name.end()) if name.end() < len(head) else -1
        if place < 0:
            return
