"""The entities that a document declares for itself, put into its records: the reader resolves none.

Only text is taken: an entity with markup in it, or one that lies outside the document, is never resolved.
"""

from __future__ import annotations

import re

from jobpipe.errors import LimitExceededError

# One entity, and how many.
MAX_ENTITY_BYTES = 1024
MAX_ENTITIES = 1000
# What all entities of a document may grow by when those in them are written out: beyond it they are there to
# do harm.
MAX_GROWTH_BYTES = 64 * 1024

_SPACE = rb"[ \t\r\n]"
_NAME = rb"[A-Za-z_:\x80-\xff][A-Za-z0-9_:.\-\x80-\xff]*+"
_LITERAL = rb"\"[^\"]*+\"|'[^']*+'"
# A comment or an instruction that is not closed must be looked through only once: no lazy search may start over.
_COMMENT = rb"<!--(?:[^\-]++|-(?!->))*+-->|<\?(?:[^?]++|\?(?!>))*+\?>"
_PART = re.compile(
    rb"(?P<comment>" + _COMMENT + rb")|(?P<parameter>%" + _NAME + rb";|<!ENTITY" + _SPACE + rb"++%)"
    rb"|<!ENTITY" + _SPACE + rb"++(?P<name>" + _NAME + rb")" + _SPACE + rb"++(?:(?P<value>" + _LITERAL + rb")"
    rb"|(?P<outside>SYSTEM|PUBLIC))|" + _LITERAL
)
_SUBSET = re.compile(
    rb"<!DOCTYPE(?:[^\[\]<>\"']++|" + _LITERAL + rb")*+"
    rb"(?:\[(?P<subset>(?:[^\]<\"']++|" + _COMMENT + rb"|<(?!!--|\?)|" + _LITERAL + rb")*+)\])?" + _SPACE + rb"*+>",
    re.IGNORECASE,
)
_REFERENCE = re.compile(rb"&(" + _NAME + rb");")
_IN_RECORD = re.compile(rb"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|&(" + _NAME + rb");", re.DOTALL)
_OWN = frozenset({b"amp", b"lt", b"gt", b"quot", b"apos"})
# References to `&` and `<` are written out when an entity is declared, all others when it is used (XML 4.4).
_EARLY = re.compile(rb"&#(?:38|60|x26|x3c|x3C);")


def end_of_doctype(data: bytes, start: int) -> int:
    """After the `>` of the DOCTYPE at `start`; -1 = not in the data."""
    found = _SUBSET.match(data, start)
    return found.end() if found else -1


class Entities:
    """The internal entities of one document, written out once."""

    def __init__(self) -> None:
        self._texts: dict[bytes, bytes] = {}
        self.notices: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._texts)

    def declare(self, doctype: bytes) -> None:
        """Takes the entities of a whole `<!DOCTYPE … >`.

        Raises LimitExceededError where they grow beyond `MAX_GROWTH_BYTES` when written out.
        """
        found = _SUBSET.match(doctype)
        subset = found["subset"] if found else None
        if not subset:
            return
        declared: dict[bytes, bytes] = {}
        outside: list[bytes] = []
        for part in _PART.finditer(subset):
            name, value = part["name"], part["value"]
            if part["parameter"]:
                self._notice("parameter entities in the DOCTYPE are not read")
            elif part["outside"]:
                outside.append(name)
            elif value is not None and name not in _OWN and len(declared) < MAX_ENTITIES:
                declared.setdefault(name, _EARLY.sub(_written_early, value[1:-1]))
            elif value is not None and name not in _OWN:
                self._notice(f"of the entities in the DOCTYPE only the first {MAX_ENTITIES:,} are read")
        self._write_out(declared)
        for name in outside:
            # Nothing stands where text would be fetched from elsewhere.
            self._texts.setdefault(name, b"")
            self._notice(f"the entity &{name.decode('utf-8', 'replace')}; lies outside the document and is not read")

    def expand(self, raw: bytes, limit: int) -> bytes:
        """The text of a record with its entities in it. Raises LimitExceededError beyond `limit` bytes."""
        if b"&" not in raw or not self._texts:
            return raw
        texts, room = self._texts, limit - len(raw)

        def resolve(found: re.Match[bytes]) -> bytes:
            nonlocal room
            text = texts.get(found[1]) if found[1] else None
            if text is None:
                return found[0]
            room -= len(text)
            if room < 0:
                raise LimitExceededError(
                    f"a record is larger than {limit:,} bytes with its entities written out (an entity bomb?)",
                    hint="raise the limit `record` if this source is trusted",
                )
            return text

        return _IN_RECORD.sub(resolve, raw)

    def _write_out(self, declared: dict[bytes, bytes]) -> None:
        sizes: dict[bytes, int] = {}
        for name in declared:
            _size_of(name, declared, sizes, set())
        if sum(sizes.values()) - sum(map(len, declared.values())) > MAX_GROWTH_BYTES:
            raise LimitExceededError(
                f"the document's entities grow by more than {MAX_GROWTH_BYTES:,} bytes: an entity bomb",
                hint="tell the publisher; nothing of this document was read",
            )
        for name in declared:
            text = _text_of(name, declared, set())
            if text is None or b"<" in text or len(text) > MAX_ENTITY_BYTES:
                shown = name.decode("utf-8", "replace")
                self._notice(
                    f"the entity &{shown}; is not plain text of at most {MAX_ENTITY_BYTES:,} bytes: left as it is"
                )
            else:
                self._texts[name] = text.replace(b'"', b"&quot;").replace(b"'", b"&apos;").replace(b">", b"&gt;")

    def _notice(self, notice: str) -> None:
        if notice not in self.notices:
            self.notices.append(notice)


def _written_early(reference: re.Match[bytes]) -> bytes:
    return b"<" if reference[0] in (b"&#60;", b"&#x3c;", b"&#x3C;") else b"&"


def _size_of(name: bytes, declared: dict[bytes, bytes], sizes: dict[bytes, int], within: set[bytes]) -> int:
    """Bytes of an entity when written out, little more than the limit at most; itself inside it counts nothing."""
    if name in within or name not in declared:
        return 0
    if name in sizes:
        return sizes[name]
    if len(within) > 100:
        return MAX_GROWTH_BYTES + 1
    value, within = declared[name], within | {name}
    size = len(value)
    for reference in _REFERENCE.finditer(value):
        size += _size_of(reference[1], declared, sizes, within)
        if size > MAX_GROWTH_BYTES:
            size = MAX_GROWTH_BYTES + 1
            break
    sizes[name] = size
    return size


def _text_of(name: bytes, declared: dict[bytes, bytes], within: set[bytes]) -> bytes | None:
    """The text with the entities in it; None = it holds itself."""
    if name in within:
        return None
    held: list[bytes | None] = []

    def write(reference: re.Match[bytes]) -> bytes:
        inner = reference[1]
        if inner not in declared:
            return reference[0]
        text = _text_of(inner, declared, within | {name})
        held.append(text)
        return text or b""

    made = _REFERENCE.sub(write, declared[name])
    return None if None in held else made
