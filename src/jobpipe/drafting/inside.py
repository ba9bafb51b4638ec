"""Columns within columns: objects written in a cell, named parts of a list, labelled lines of a text."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from jobpipe.drafting.columns import (
    Column,
    Spot,
    Walk,
    columns_of,
    local_name,
    text_of,
    walk_json,
    walk_row,
    walk_xml,
)
from jobpipe.drafting.shapes import is_markup
from jobpipe.transform.steps.markup import text_of_html

_WALKS = {"json": walk_json, "csv": walk_row, "xml": walk_xml}
# Of the records a line must be in this many to be one of its fields.
_OFTEN = 0.6
_LINE = re.compile(r"[ \t*•-]*([^\W\d_][^:\n]{1,38}?)\s*:[ \t]*(\S[^\n]{0,300})")
_MOST_NAMED = 60
# Attributes and children by which the parts of a list are told apart.
_NAMING = ("label", "name", "key", "type", "code", "title", "id")


def columns_within(records: Sequence[Any], kind: str) -> list[Column]:
    """Of records of this kind, those within cells, lists and texts included. `records`: values; of XML, roots."""
    return _with_inside(columns_of(records, _WALKS[kind]), records, kind)


def _with_inside(columns: list[Column], records: Sequence[Any], kind: str) -> list[Column]:
    """The columns, and those that lie within them, after them."""
    found = list(columns)
    for column in columns:
        found += _objects_in(column)
    if kind in _NAMED:
        found += _named_parts(records, _NAMED[kind])
    for column in columns:
        found += _lines_of(column)
    for column in columns:
        found += _splits_of(column)
    for place, column in enumerate(found):
        column.place = place
    return found


# Objects in cells ------------------------------------------------------------------------------------


def _objects_in(column: Column) -> list[Column]:
    """{'ville': 'Lyon'} in a cell: what the steps `json` and `pick` get out of it."""
    texts = [text for text in column.firsts if text]
    if column.steps or not texts or sum(text[0] in "{[" for text in texts[:50]) < 0.9 * len(texts[:50]):
        return []
    values = [_object_of(text) for text in column.firsts]
    if sum(isinstance(one, (dict, list)) for one in values) >= 0.5 * len(texts):
        column.origin = "whole"
    if sum(isinstance(one, dict) for one in values) < 0.5 * len(texts):
        return []
    made = columns_of([one if isinstance(one, dict) else {} for one in values], walk_json)
    for one in made:
        one.steps = ("json", {"pick": one.path})
        one.path, one.names, one.origin = column.path, (*column.names, *one.names), "object"
        one.group = one.inner = ""
    return [one for one in made if "[*]" not in one.steps[1]["pick"] and '"' not in one.steps[1]["pick"]]


def _object_of(text: str) -> Any:
    if not text or len(text) > 20_000:
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


# Named parts -----------------------------------------------------------------------------------------


def _named_parts(records: Sequence[Any], walk: Walk) -> list[Column]:
    """A column a name."""
    made = [one for one in columns_of(records, walk) if one.filled >= 0.2][:_MOST_NAMED]
    for one in made:
        one.origin = "part"
    return made


def _walk_named(root: Any) -> Iterator[Spot]:
    """<field name="city">Lyon</field> beside others."""
    stack: list[tuple[Any, str, tuple[str, ...]]] = [(root.element, "", ())]
    while stack:
        element, path, names = stack.pop()
        children = [child for child in element if type(child.tag) is str]
        counts = Counter(child.tag for child in children)
        for child in children[:200]:
            local = local_name(child)
            here = f"{path}/{local}" if path else local
            named = _name_of(child)
            if named is not None and (counts[child.tag] > 1 or named[0].startswith("@label")):
                test, value, leaf, text = named
                if text and len(value) <= 60 and "'" not in value:
                    way = f"{here}[{test}='{value}']" + (f"/{leaf}" if leaf else "")
                    yield Spot(way, (*names, value), text)
            elif counts[child.tag] == 1 and len(names) < 6:
                stack.append((child, here, (*names, local)))


def _name_of(element: Any) -> tuple[str, str, str, str] | None:
    """How it is named: the test, the name, the child that has the value, the value."""
    children = {local_name(one): one for one in element if type(one.tag) is str}
    if not children:
        for naming in _NAMING:
            if value := element.get(naming):
                return f"@{naming}", value.strip(), "", element.text or ""
        return None
    for naming in ("name", "label", "key", "title"):
        holder = children.get(naming)
        content = next((children[one] for one in ("value", "content", "text") if one in children), None)
        if holder is not None and content is not None and len(children) <= 4:
            leaf = local_name(content)
            return naming, (holder.text or "").strip(), leaf, "".join(content.itertext())
    return None


def _walk_named_objects(record: Any) -> Iterator[Spot]:
    """[{"name": "city", "value": "Lyon"}, …]"""
    stack: list[tuple[Any, str, tuple[str, ...]]] = [(record, "", ())]
    while stack:
        value, path, names = stack.pop()
        if not isinstance(value, dict):
            continue
        for key, item in value.items():
            if not re.fullmatch(r"[A-Za-z_]\w*", key):
                continue
            here = f"{path}.{key}" if path else key
            if isinstance(item, dict) and len(names) < 6:
                stack.append((item, here, (*names, key)))
            elif isinstance(item, list) and item and all(isinstance(one, dict) for one in item):
                yield from _spots_of_list(item, here, (*names, key))


def _spots_of_list(items: list[Any], path: str, names: tuple[str, ...]) -> Iterator[Spot]:
    for one in items[:50]:
        naming = next(
            (word for word in ("name", "label", "key", "title", "type") if isinstance(one.get(word), str)), ""
        )
        content = next((word for word in ("value", "content", "text", "values") if word in one), "")
        if naming and content and len(one[naming]) <= 60 and not set(one[naming]) & set("'\"`\\"):
            way = f"jmespath:{path}[?{naming}=='{one[naming]}'].{content} | [0]"
            value = one[content]
            if isinstance(value, (str, int, float)):
                yield Spot(way, (*names, one[naming]), value)


# By kind of record.
_NAMED: dict[str, Walk] = {"xml": _walk_named, "json": _walk_named_objects}


# Labelled lines --------------------------------------------------------------------------------------


def _lines_of(column: Column) -> list[Column]:
    """ "Salary: 30,000" on a line of its own in most texts."""
    if column.steps or column.length < 60 or len(column.rows) < 4 or column.repeats:
        return []
    has_markup = column.share(is_markup) > 0.3
    texts = [text_of_html(text) if has_markup and text else text for text in map(_whole, column.rows)]
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for number, text in enumerate(texts):
        for line in text[:6000].splitlines():
            if (one := _LINE.fullmatch(line.strip()[:400])) and "://" not in one[1] and not one[2].startswith("//"):
                found[one[1].strip()].setdefault(number, one[2].strip())
    made = []
    for label, values in found.items():
        if len(values) >= _OFTEN * len(texts):
            pattern = rf"(?m)^\W*{re.escape(label)}\s*:[ \t]*(.+)$"
            steps = (*(("html_to_text",) if has_markup else ()), {"regex": pattern.replace("\\ ", " ")}, "clean")
            rows: list[tuple[Any, ...]] = [((values[n],) if n in values else ()) for n in range(len(texts))]
            names = (column.names[-1], label)
            made.append(Column(column.path, names, rows, 0, steps=steps, origin="line"))
    return made


# Splits ----------------------------------------------------------------------------------------------

# "Acme: Baker", "Baker at Acme": how a company stands in the title of feeds that have no place for it.
_SPLITS = (r"^([^:]{2,60}):\s", r"\s(?:at|@|chez|bei|hos)\s(\S.{1,60})$")
_MOST_SPLIT = 0.97


def _splits_of(column: Column) -> list[Column]:
    if column.names[-1].lower() != "title" or len(column.names) > 1 or len(column.rows) < 6:
        return []
    for pattern in _SPLITS:
        rows = [tuple(re.findall(pattern, text)[:1]) for text in column.firsts]
        if sum(map(bool, rows)) >= _MOST_SPLIT * len(rows) and column.filled > _MOST_SPLIT:
            steps = ({"regex": pattern}, "clean")
            return [Column(column.path, ("title", "company"), list(rows), 0, steps=steps, origin="split")]
    return []


def _whole(row: tuple[Any, ...]) -> str:
    return text_of(row[0]) if row else ""
