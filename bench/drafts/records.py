"""The records of a sample, read without job-pipe, and what an expression finds in one."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jmespath
import openpyxl
from lxml import etree, html

# One record, and what an expression finds in it, in order.
Record = Any
Find = Callable[[Record, str], list[str]]

_BLOCKS = frozenset(
    "address article br dd div dl dt h1 h2 h3 h4 h5 h6 li ol p section table td th tr ul".split()  # noqa: SIM905
)
_JS_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))")


def records_of(file: Path, where: Mapping[str, str]) -> tuple[list[Record], Find]:
    """`where` has one word: xml, cut, json, table, html, json_ld or pattern."""
    ((way, what),) = where.items()
    return _WAYS[way](file, what)


def _xml(file: Path, name: str) -> tuple[list[Record], Find]:
    root = _without_namespaces(etree.parse(str(file)).getroot())
    found = [one for one in root.iter(name) if not any(above.tag == name for above in one.iterancestors())]
    return found, _by_xpath


def _cut(file: Path, name: str) -> tuple[list[Record], Find]:
    """Of a document that is not well-formed: each record is cut out and mended alone."""
    text = file.read_bytes().decode("utf-8")
    parser = etree.XMLParser(recover=True)
    text = re.sub(r"&(?!#?\w+;)", "&amp;", text)
    pieces = re.findall(rf"<{name}[ >].*?</{name}>", text, re.DOTALL)
    return [etree.fromstring(piece.encode(), parser) for piece in pieces], _by_xpath


def _without_namespaces(root: Any) -> Any:
    for one in root.iter():
        if isinstance(one.tag, str):
            one.tag = etree.QName(one).localname
    return root


def _json(file: Path, path: str) -> tuple[list[Record], Find]:
    given = json.loads(file.read_text())
    return (jmespath.search(path, given) if path else given), by_jmespath


def by_jmespath(record: Record, path: str) -> list[str]:
    return [str(one) for one in _flat(jmespath.search(path, record)) if one is not None]


def _flat(value: Any) -> list[Any]:
    return [inner for one in value for inner in _flat(one)] if isinstance(value, list) else [value]


def _table(file: Path, _: str) -> tuple[list[Record], Find]:
    if file.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    else:
        csv.field_size_limit(10**9)
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.reader(lines))
    head, *rest = rows
    return [dict(zip(head, row, strict=False)) for row in rest], _by_column


def _by_column(row: Record, name: str) -> list[str]:
    """`column > path`: a path into the Python literal that the column holds."""
    column, _, path = (part.strip() for part in name.partition(" > "))
    cell = row[column].strip()
    return by_jmespath(ast.literal_eval(cell), path) if path and cell else [cell]


def _html(file: Path, path: str) -> tuple[list[Record], Find]:
    root = html.document_fromstring(file.read_bytes().decode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    return (root.xpath(path) if path else [root]), _by_xpath


def _json_ld(file: Path, _: str) -> tuple[list[Record], Find]:
    scripts = _html(file, "//script[@type='application/ld+json']/text()")[0]
    given = [one for text in scripts for one in _flat(json.loads(text)) if one.get("@type") == "JobPosting"]
    return given, by_jmespath


def _pattern(file: Path, pattern: str) -> tuple[list[Record], Find]:
    """Each match is a record, and an expression is a pattern in it: what a script writes, unescaped."""
    return re.findall(pattern, file.read_text(), re.DOTALL), _by_pattern


def _by_pattern(text: Record, pattern: str) -> list[str]:
    return [_JS_ESCAPE.sub(_unescaped, one) for one in re.findall(pattern, text, re.DOTALL)]


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]


def _by_xpath(element: Record, path: str) -> list[str]:
    given = element.xpath(path)
    return [_text(one) for one in given] if isinstance(given, list) else [str(given)]


def _text(found: Any) -> str:
    if not isinstance(found, etree._Element):
        return str(found)
    pieces: list[str] = []
    for event, one in etree.iterwalk(found, events=("start", "end")):
        is_shown = isinstance(one.tag, str) and one.tag not in ("script", "style")
        if one.tag in _BLOCKS:
            pieces.append("\n")
        if event == "start" and is_shown and one.text:
            pieces.append(one.text)
        if event == "end" and one is not found and one.tail:
            pieces.append(one.tail)
    return "".join(pieces)


_WAYS = {
    "xml": _xml,
    "cut": _cut,
    "json": _json,
    "table": _table,
    "html": _html,
    "json_ld": _json_ld,
    "pattern": _pattern,
}
