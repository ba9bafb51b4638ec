"""What differs between expected and made postings, in lines of text: by field, a few examples of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobpipe.runs.fixtures.comparing import FieldDifference, RecordDifference

# Examples of each field.
MOST_EXAMPLES = 3
_INDENT = 6
_NUMBERS = re.compile(r"\[\d+\]")


def difference_lines(differences: list[RecordDifference], records: int, width: int) -> Iterator[tuple[str, str]]:
    """(kind, line): kind is `head`, `record`, `-`, `+` or `more`."""
    for kind, words in (("gone", "expected, and not made any more"), ("new", "made, and not expected")):
        whole = [one for one in differences if one.kind == kind]
        if whole:
            yield "head", f"{_count(len(whole), 'record')} {words}"
            for one in whole[:MOST_EXAMPLES]:
                yield "-" if kind == "gone" else "+", _fit(f"{_named(one)}  {one.title}", width)
            yield from _more(len(whole))
    for field, found in _by_field(differences).items():
        yield "head", f"{field}  differs in {len(found):,} of {_count(records, 'record')}"
        for one, part in found[:MOST_EXAMPLES]:
            yield "record", _fit(f"{_named(one)}  {one.title}", width)
            before, after = _shown_beside(part.expected, part.made, width - _INDENT - 2)
            yield "-", before
            yield "+", after
        yield from _more(len(found))


def plain_lines(differences: list[RecordDifference], records: int, width: int = 100) -> str:
    """The same for a file."""
    indents = {"head": "", "record": "  ", "-": "    - ", "+": "    + ", "more": "  "}
    return "\n".join(indents[kind] + line for kind, line in difference_lines(differences, records, width))


def _by_field(differences: list[RecordDifference]) -> dict[str, list[tuple[RecordDifference, FieldDifference]]]:
    """Items of a list together."""
    found: dict[str, list[tuple[RecordDifference, FieldDifference]]] = {}
    for one in differences:
        firsts: dict[str, FieldDifference] = {}
        for part in one.fields:
            firsts.setdefault(_NUMBERS.sub("[]", part.field), part)
        for field, part in firsts.items():
            found.setdefault(field, []).append((one, part))
    return found


def _named(one: RecordDifference) -> str:
    return one.key or f"record {one.record}"


def _more(count: int) -> Iterator[tuple[str, str]]:
    if count > MOST_EXAMPLES:
        yield "more", f"and {count - MOST_EXAMPLES:,} more"


def _shown_beside(before: Any, after: Any, width: int) -> tuple[str, str]:
    """Each in one line; of long ones the part where they begin to differ."""
    one, other = _shown(before), _shown(after)
    if max(len(one), len(other)) <= width:
        return one, other
    shorter = min(len(one), len(other))
    same = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    start = max(0, same - width // 3) if same > width // 2 else 0
    return _part(one, start, width), _part(other, start, width)


def _part(text: str, start: int, width: int) -> str:
    begun = f"…{text[start + 1 :]}" if start else text
    return _fit(begun, width)


def _shown(value: Any) -> str:
    if value is None:
        return "(nothing)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split()) or repr(text)
    return "".join(char if char.isprintable() else "�" for char in text)


def _fit(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' if number != 1 else ''}"
