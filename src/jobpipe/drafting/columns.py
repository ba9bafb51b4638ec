"""Records as columns: what stands at each path, over many records."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jobpipe.drafting.shapes import is_nothing_said

# Of a record; a hostile one has more.
MOST_COLUMNS = 600
_DEEPEST = 12
# Values at one path of one record that are looked at.
_MOST_VALUES = 30

Values = tuple[Any, ...]


@dataclass(eq=False)
class Column:
    """What stands at one path of the records."""

    # As a rule would have it.
    path: str
    # The names on the way, outermost first.
    names: tuple[str, ...]
    # For each record its values, those that are empty left out.
    rows: list[Values]
    # Its place in a record, from 0.
    place: int
    # The nearest path around it that repeats within a record, and the path from there; "" = none does.
    group: str = ""
    inner: str = ""
    # Steps by which the value is had from what is at the path.
    steps: tuple[Any, ...] = ()
    # What else speaks for or against it: `line` = a labelled line of a text, `part` = a named part of a list,
    # `split` = a part of a title; `whole` = what has columns of its own within.
    origin: str = ""
    _shares: dict[Callable[[str], Any], float] = field(default_factory=dict, repr=False)

    @cached_property
    def texts(self) -> list[str]:
        """All values as text, in their order, without those that say nothing."""
        return [text for row in self.rows for value in row if (text := text_of(value)) and not is_nothing_said(text)]

    @cached_property
    def distinct(self) -> list[str]:
        """Each text once, the most frequent first."""
        return [text for text, _ in Counter(self.texts).most_common()]

    @cached_property
    def filled(self) -> float:
        """The share of the records that have something here."""
        return sum(1 for row in self.firsts if row) / len(self.rows) if self.rows else 0.0

    @cached_property
    def firsts(self) -> list[str]:
        """The first text of each record; "" = none."""
        return [
            next((text for value in row if (text := text_of(value)) and not is_nothing_said(text)), "")
            for row in self.rows
        ]

    @cached_property
    def uniqueness(self) -> float:
        """Of the records that have something here, the share of different ones."""
        found: list[Any] = [row for row in self.rows if row] if self.repeats else [one for one in self.firsts if one]
        return len(set(found)) / len(found) if found else 0.0

    @cached_property
    def length(self) -> float:
        """The mean number of characters of a value."""
        return sum(map(len, self.texts)) / len(self.texts) if self.texts else 0.0

    @cached_property
    def repeats(self) -> bool:
        """Whether a record has several values here."""
        return any(len(row) > 1 for row in self.rows)

    def share(self, test: Callable[[str], Any]) -> float:
        """The share of the values for which `test` is true."""
        if test not in self._shares:
            texts = self.texts[:400]
            self._shares[test] = sum(1 for text in texts if test(text)) / len(texts) if texts else 0.0
        return self._shares[test]

    def samples(self, count: int = 3) -> tuple[str, ...]:
        return tuple(_shortened(text) for text in self.distinct[:count])


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"


@dataclass(slots=True)
class Spot:
    """One value in one record."""

    path: str
    names: tuple[str, ...]
    value: Any
    group: str = ""
    inner: str = ""


Walk = Callable[[Any], Iterator[Spot]]


def columns_of(records: Sequence[Any], walk: Walk) -> list[Column]:
    """`walk` gives the spots of a record; a path that some records lack has empty rows there."""
    rows: dict[str, dict[int, list[Any]]] = defaultdict(dict)
    first: dict[str, Spot] = {}
    for number, record in enumerate(records):
        for spot in walk(record):
            if spot.path not in first:
                if len(first) >= MOST_COLUMNS:
                    continue
                first[spot.path] = spot
            if spot.group and not first[spot.path].group:
                first[spot.path] = spot
            found = rows[spot.path].setdefault(number, [])
            if spot.value not in (None, "", [], {}) and len(found) < _MOST_VALUES:
                found.append(spot.value)
    count = len(records)
    return [
        Column(
            path=path,
            names=spot.names,
            rows=[tuple(rows[path].get(number, ())) for number in range(count)],
            place=place,
            group=spot.group,
            inner=spot.inner,
        )
        for place, (path, spot) in enumerate(first.items())
    ]


# JSON ------------------------------------------------------------------------------------------------

# What writers of JSON say of their objects.
_OF_SERIALISERS = frozenset({"@type", "@context", "@id", "$type", "__typename", "_type", "_index", "_score", "_links"})
_PLAIN_KEY = re.compile(r"[^.\[\]\"*\s]+(?: [^.\[\]\"*\s]+)*")


def walk_json(record: Any) -> Iterator[Spot]:
    yield from _walk_json(record, "", (), "", "", 0)


def _walk_json(value: Any, path: str, names: tuple[str, ...], group: str, inner: str, depth: int) -> Iterator[Spot]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            written = key if _PLAIN_KEY.fullmatch(key) else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if not key or key in _OF_SERIALISERS:
                continue
            dotted = f"{path}.{written}" if path else written
            inside = (f"{inner}.{written}" if inner else written) if group else ""
            yield from _walk_json(item, dotted, (*names, key), group, inside, depth + 1)
    elif isinstance(value, list):
        every = f"{path}[*]" if path else "[*]"
        for item in value[:_MOST_VALUES]:
            if isinstance(item, dict):
                yield from _walk_json(item, every, names, every, "", depth + 1)
            else:
                yield from _walk_json(item, every, names, group, f"{inner}[*]" if inner else "", depth + 1)
    elif path:
        yield Spot(path, names, value, group, inner)


# XML -------------------------------------------------------------------------------------------------

_MARKUP = frozenset(
    "p br ul ol li b strong i em u div span a h1 h2 h3 h4 h5 h6 table tr td th tbody font img hr".split()  # noqa: SIM905
)


def walk_xml(root: Any) -> Iterator[Spot]:
    """`root`: what the reader of XML made of a record."""
    element = root.element
    for key, value in element.attrib.items():
        name = key.rpartition("}")[2]
        yield Spot(f"@{name}", (f"@{name}",), value)
    children = [child for child in element if type(child.tag) is str]
    if not children and (element.text or "").strip():
        yield Spot(".", (local_name(element),), element.text)
    yield from _walk_children(element, children, "", (), "", "", 0)


def _walk_children(
    element: Any, children: list[Any], path: str, names: tuple[str, ...], group: str, inner: str, depth: int
) -> Iterator[Spot]:
    counts = Counter(local_name(child) for child in children)
    prefixes: dict[str, set[str | None]] = defaultdict(set)
    for child in children:
        prefixes[local_name(child)].add(child.prefix)
    for child in children[:500]:
        local = local_name(child)
        name = f"{child.prefix}:{local}" if child.prefix and len(prefixes[local]) > 1 else local
        here = f"{path}/{name}" if path else name
        own = [one for one in child if type(one.tag) is str]
        is_group = counts[local] > 1 and bool(own or child.attrib)
        inside = "" if is_group else (f"{inner}/{name}" if inner else name) if group else ""
        yield from _walk_element(child, own, here, (*names, name), here if is_group else group, inside, depth + 1)


def _walk_element(
    element: Any, own: list[Any], path: str, names: tuple[str, ...], group: str, inner: str, depth: int
) -> Iterator[Spot]:
    if depth > _DEEPEST:
        return
    for key, value in element.attrib.items():
        local = key.rpartition("}")[2]
        if local in ("type", "lang", "base", "space", "nil", "schemaLocation", "src") and key != local:
            continue
        yield Spot(
            f"{path}/@{local}", (*names, f"@{local}"), value, group, f"{inner}/@{local}".lstrip("/") if group else ""
        )
    if own and _is_markup(own):
        from lxml import etree

        yield Spot(
            f"{path}/html()",
            names,
            "".join(etree.tostring(one, encoding="unicode") for one in own),
            group,
            f"{inner}/html()".lstrip("/") if group else "",
        )
        return
    if own:
        yield from _walk_children(element, own, path, names, group, inner, depth)
        return
    yield Spot(path, names, element.text or "", group, (inner or ".") if group else "")


def _is_markup(children: list[Any]) -> bool:
    return all(local_name(one).lower() in _MARKUP for one in children)


def local_name(element: Any) -> str:
    """Of its tag, without the namespace."""
    return str(element.tag).rpartition("}")[2]


# Tables ----------------------------------------------------------------------------------------------


def walk_row(record: Any) -> Iterator[Spot]:
    """`record`: what the reader of tables made of a row, as plain values."""
    for name, cell in record.items():
        yield Spot(name, (name,), cell)
