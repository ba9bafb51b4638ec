"""Rules that could bring a lost value back: each to be tried, none believed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jobpipe.drafting.columns import Column, text_of
from jobpipe.drafting.repairing.adapting import adapters_for
from jobpipe.drafting.repairing.evidence import Evidence
from jobpipe.drafting.repairing.likeness import joined, loose, plain
from jobpipe.drafting.repairing.rewriting import (
    paths_of,
    step_given,
    step_name,
    steps_of,
    with_first_steps,
    with_path,
    with_paths,
    with_steps,
    with_word,
)
from jobpipe.drafting.repairing.slots import Slot
from jobpipe.transform.steps.markup import text_of_html

# Columns that are tried without their values being those of the old ones.
_MOST_TRIED = 30
_JOINS = (" ", ", ", " - ", "-", ",", "/", " / ", "", "\n")
_ORDERS = (None, "DMY", "MDY", "YMD")
# A path is gone where so few of the records that had it still do.
_GONE = 0.3


@dataclass(frozen=True, slots=True)
class Candidate:
    # The rule, as it would be written.
    raw: Any
    what: str
    # Columns of the new records that it reads and the rule did not; () = it reads what the rule did.
    columns: tuple[Column, ...] = ()
    reasons: tuple[str, ...] = ()
    # The paths that it gives up.
    gone: tuple[str, ...] = ()
    # How much it changes: of two that do the same, the smaller one.
    cost: float = 1.0


@dataclass(slots=True)
class Situation:
    """A slot, with what stood and stands at its paths in the paired records."""

    slot: Slot
    raw: Any
    evidence: Evidence
    # Of each pair, what the rule made of the old record.
    expected: list[Any]
    # Columns of the new records, from where the rule starts, by the path that a rule would have.
    columns: list[tuple[str, Column]]
    is_fresh: dict[int, bool]
    # path -> of each pair the old values, and the new ones.
    old: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    new: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def gone(self) -> list[str]:
        """Paths of the rule that lead to nothing any more."""
        return [path for path in self.old if self._rate(self.new[path]) < _GONE * self._rate(self.old[path])]

    @property
    def kept(self) -> list[str]:
        gone = self.gone
        return [path for path in self.old if path not in gone and self._rate(self.old[path])]

    def _rate(self, rows: Sequence[tuple[Any, ...]]) -> float:
        return sum(1 for row in rows if joined(row)) / len(rows) if rows else 0.0

    def row(self, column: Column, pair: int) -> tuple[Any, ...]:
        return column.rows[self.evidence.pairs[pair].new]

    def texts(self, path: str, column: Column) -> list[tuple[str, str]]:
        """The old value beside the new one, of each pair that has both."""
        found = []
        for number, old in enumerate(self.old[path]):
            one, other = joined(old), joined(self.row(column, number))
            if one and other:
                found.append((one, other))
        return found

    def share_same(self, path: str, column: Column) -> float:
        """Of the pairs that had a value at the path, those that have it in the column."""
        had = [(number, joined(old)) for number, old in enumerate(self.old[path]) if joined(old)]
        return sum(joined(self.row(column, n)) == old for n, old in had) / len(had) if had else 0.0


def candidates(situation: Situation) -> Iterator[Candidate]:
    gone, kept = situation.gone, situation.kept
    for path in gone:
        yield from _moved(situation, path)
        yield from _split_up(situation, path)
    yield from _joined_up(situation, gone)
    if gone:
        yield from _bare(situation)
    for path in kept or gone:
        yield from _written_otherwise(situation, path)
    yield from _dates(situation, situation.raw, ())
    yield from _labels_of_patterns(situation)
    yield from _mapped_labels(situation)
    yield from _units(situation)
    if not gone:
        yield from _swapped(situation)


def _known(column: Column) -> str:
    return column.path if not column.steps else f"{column.path} ({', '.join(map(str, column.steps))})"


def _with_column(situation: Situation, raw: Any, path: str, written: str, column: Column) -> Any | None:
    changed = with_path(raw, path, written)
    if not column.steps:
        return changed
    try:
        return with_first_steps(changed, list(column.steps))
    except ValueError:
        return None


# Renamed, moved --------------------------------------------------------------------------------------


def _moved(situation: Situation, path: str) -> Iterator[Candidate]:
    tried = 0
    shares = [(situation.share_same(path, column), written, column) for written, column in situation.columns]
    for share, written, column in sorted(shares, key=lambda one: -one[0]):
        is_fresh = situation.is_fresh[id(column)]
        if share < 0.5:
            # What the steps make of it may be the same all the same.
            if not is_fresh or column.steps or tried >= _MOST_TRIED or column.filled < 0.2:
                continue
            tried += 1
        raw = _with_column(situation, situation.raw, path, written, column)
        if raw is None:
            continue
        what = f"{path} → {written}"
        cost = 1.0 + 0.5 * len(column.steps)
        yield Candidate(raw, what, (column,), (), (path,), cost)
        if share < 0.5:
            yield from _adapted(situation, path, written, column)
            yield from _dates(situation, raw, (column,), (path,), what)


def _adapted(situation: Situation, path: str, written: str, column: Column) -> Iterator[Candidate]:
    for adapter in adapters_for(situation.texts(path, column)):
        try:
            raw = with_first_steps(with_path(situation.raw, path, written), [*column.steps, *adapter.steps])
        except ValueError:
            continue
        what = f"{path} → {written}, {adapter.what}" if written != path else adapter.what
        columns = (column,) if written != path else ()
        yield Candidate(raw, what, columns, (adapter.what,), (path,) if columns else (), 2.0)


def _swapped(situation: Situation) -> Iterator[Candidate]:
    """The path is there and holds something else: its values are elsewhere now."""
    for path in situation.kept:
        for written, column in situation.columns:
            if written != path and situation.is_fresh[id(column)] and situation.share_same(path, column) >= 0.8:
                raw = _with_column(situation, situation.raw, path, written, column)
                if raw is not None:
                    yield Candidate(raw, f"{path} → {written}", (column,), (), (path,), 1.5)


def _written_otherwise(situation: Situation, path: str) -> Iterator[Candidate]:
    for written, column in situation.columns:
        if written == path and not column.steps:
            yield from _adapted(situation, path, written, column)


def _bare(situation: Situation) -> Iterator[Candidate]:
    """What the steps took out of a text may stand alone now."""
    if not steps_of(situation.raw) and len(paths_of(situation.raw)) == 1:
        return
    wanted = [loose(_one(value)) for value in situation.expected]
    count = sum(1 for value in wanted if value)
    for written, column in situation.columns:
        if column.steps or not count:
            continue
        hits = sum(1 for n, value in enumerate(wanted) if value and loose(joined(situation.row(column, n))) == value)
        if hits >= 0.8 * count:
            yield Candidate(written, f"{written} alone", (column,), (), tuple(situation.gone), 2.0)


def _one(value: Any) -> str:
    if isinstance(value, list):
        return joined(value)
    return plain(value) if not isinstance(value, dict) else ""


# Split, joined ---------------------------------------------------------------------------------------


def _split_up(situation: Situation, path: str) -> Iterator[Candidate]:
    """Two columns that together are what one was."""
    paths = paths_of(situation.raw)
    if len(paths) > 1 and not (isinstance(situation.raw, dict) and "join" in situation.raw):
        return
    old = [joined(row) for row in situation.old[path]]
    had = [number for number, text in enumerate(old) if text]
    plain_columns = [(written, column) for written, column in situation.columns if not column.steps]
    starting = [one for one in plain_columns if _hits(situation, one[1], had, lambda n, text: old[n].startswith(text))]
    ending = [one for one in plain_columns if _hits(situation, one[1], had, lambda n, text: old[n].endswith(text))]
    for first, column in starting[:20]:
        for last, other in ending[:20]:
            if column is other:
                continue
            join = _join_of(situation, had, old, column, other)
            if join is None:
                continue
            if len(paths) > 1:
                if situation.raw["join"] != join:
                    continue
                several = [part for one in paths for part in ((first, last) if one == path else (one,))]
            else:
                several = [first, last]
            raw = with_paths(situation.raw, several, join)
            yield Candidate(raw, f"{path} → {first} and {last}, joined by {join!r}", (column, other), (), (path,), 1.5)


def _hits(situation: Situation, column: Column, had: list[int], test: Any) -> bool:
    texts = [(number, joined(situation.row(column, number))) for number in had]
    return bool(had) and sum(1 for number, text in texts if text and test(number, text)) >= 0.8 * len(had)


def _join_of(situation: Situation, had: list[int], old: list[str], column: Column, other: Column) -> str | None:
    between: Counter[str] = Counter()
    for number in had:
        one, two = joined(situation.row(column, number)), joined(situation.row(other, number))
        if one and two and len(one) + len(two) <= len(old[number]):
            between[old[number][len(one) : len(old[number]) - len(two)]] += 1
    if not between:
        return None
    join, count = between.most_common(1)[0]
    return join if count >= 0.8 * len(had) and len(join) <= 8 and join in _JOINS else None


def _joined_up(situation: Situation, gone: list[str]) -> Iterator[Candidate]:
    """One column that is what several were together."""
    paths = paths_of(situation.raw)
    if len(paths) < 2 or not gone or not (isinstance(situation.raw, dict) and "join" in situation.raw):
        return
    join = situation.raw["join"]
    whole = [
        join.join(text for path in paths if (text := joined(situation.old[path][n])))
        for n in range(len(situation.expected))
    ]
    had = [number for number, text in enumerate(whole) if text]
    for written, column in situation.columns:
        same = sum(1 for n in had if loose(joined(situation.row(column, n))) == loose(whole[n]))
        if had and same >= 0.8 * len(had):
            raw = with_paths(situation.raw, [written], None)
            yield Candidate(raw, f"{', '.join(paths)} → {written}", (column,), (), tuple(gone), 1.5)


# Dates -----------------------------------------------------------------------------------------------


def _dates(
    situation: Situation, raw: Any, columns: tuple[Column, ...], gone: tuple[str, ...] = (), what: str = ""
) -> Iterator[Candidate]:
    """Another order of day and month, or another way of writing it."""
    steps = steps_of(raw)
    place = next((number for number, step in enumerate(steps) if step_name(step) == "date"), None)
    if place is None and situation.slot.field not in ("posted_at", "updated_at", "valid_through"):
        return
    given = step_given(steps[place]) if place is not None else None
    params = dict(given) if isinstance(given, dict) else {"order": given} if isinstance(given, str) else {}
    for change in (*({"order": order} for order in _ORDERS), *_formats(situation, columns)):
        made = {name: value for name, value in {**params, **change}.items() if value is not None}
        if made == params and place is not None:
            continue
        step = {"date": made} if made else "date"
        others = [*steps[:place], step, *steps[place + 1 :]] if place is not None else [*steps, step]
        said = ", ".join(f"{name} {value}" for name, value in change.items() if value is not None) or "no order"
        said = f"date: {said}"
        yield Candidate(
            with_steps(raw, others), f"{what}, {said}" if what else said, columns, (), gone, 1.2 if not what else 2.2
        )


# Two digits for a year, no separators, and the like: what the step does not read by itself.
_UNUSUAL = (
    "%d%m%Y", "%m%d%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%y-%m-%d", "%Y%m%d%H%M%S", "%d%m%y", "%y%m%d",
    "%d-%b-%y", "%d %m %Y", "%m-%d-%y", "%Y.%d.%m", "%Y/%d/%m", "%Y-%d-%m",
)  # fmt: skip


def _formats(situation: Situation, columns: tuple[Column, ...]) -> Iterator[dict[str, Any]]:
    """Those that every new value has."""
    if columns:
        texts = [joined(situation.row(columns[0], number)) for number in range(len(situation.expected))]
    else:
        texts = [joined(row) for path in situation.kept[:1] for row in situation.new[path]]
    texts = [text for text in texts if text][:50]
    for known in _UNUSUAL:
        try:
            if texts and all(datetime.strptime(text, known) for text in texts):
                yield {"formats": known, "order": None}
        except ValueError:
            continue


# Words -----------------------------------------------------------------------------------------------


_LABEL = re.compile(r"([^\n:]{1,40}:)[ \t]*$")


def _labels_of_patterns(situation: Situation) -> Iterator[Candidate]:
    """A regular expression that looks for a label which is another word now."""
    steps = steps_of(situation.raw)
    for place, step in enumerate(steps):
        if step_name(step) != "regex":
            continue
        given = step_given(step)
        pattern = given.get("pattern", "") if isinstance(given, dict) else str(given or "")
        group = pattern.find("(.") if "(." in pattern else pattern.find("(\\")
        if group <= 0:
            continue
        label = _new_label(situation, steps[:place], pattern)
        if not label:
            continue
        anchor = "^" if pattern.startswith("^") else "(?m)^" if pattern.startswith("(?m)^") else ""
        words = re.escape(label).replace("\\ ", " ")
        new = f"{anchor}{words}\\s*{pattern[group:]}"
        changed = {**given, "pattern": new} if isinstance(given, dict) else new
        raw = with_steps(situation.raw, [*steps[:place], {"regex": changed}, *steps[place + 1 :]])
        yield Candidate(raw, f"the label is {label!r} now", (), (f"the value stands behind {label!r}",), (), 1.2)


def _new_label(situation: Situation, before: list[Any], pattern: str) -> str:
    """What stands before the old value in the new text, in most records."""
    has_html = any(step_name(step) in ("html_to_text", "strip_tags") for step in before)
    try:
        compiled = re.compile(pattern)
    except re.error:
        return ""
    labels: Counter[str] = Counter()
    for path in situation.kept[:1]:
        for old, new in zip(situation.old[path], situation.new[path], strict=True):
            one, other = (text_of(row[0]) if row else "" for row in (old, new))
            if has_html:
                one, other = text_of_html(one), text_of_html(other)
            found = compiled.search(one)
            if found is None or not found.groups() or not found[1].strip():
                continue
            at = other.find(found[1].strip())
            if at > 0 and (label := _LABEL.search(other[:at])):
                labels[label[1].strip()] += 1
    best = labels.most_common(1)
    return best[0][0] if best and best[0][1] >= 0.6 * sum(labels.values()) else ""


def _mapped_labels(situation: Situation) -> Iterator[Candidate]:
    """A table in the definition whose labels are written otherwise now."""
    raw = situation.raw
    table = raw.get("map") if isinstance(raw, dict) else None
    if not isinstance(table, dict):
        return
    meanings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in situation.kept:
        for old, new in zip(situation.old[path], situation.new[path], strict=True):
            one, other = (text_of(row[0]) if row else "" for row in (old, new))
            if one in table and other and other not in table:
                meanings[other][one] += 1
    added = {}
    for label, counts in meanings.items():
        known, count = counts.most_common(1)[0]
        if count >= 0.9 * sum(counts.values()):
            added[label] = table[known]
    if added:
        said = ", ".join(f"{label}: {code}" for label, code in added.items())
        yield Candidate(
            with_word(raw, "map", {**table, **added}), f"new labels: {said}", (), (), (), 1.0 + 0.1 * len(added)
        )


_FACTORS = ((1000.0, "value * 1000"), (100.0, "value * 100"), (0.01, "value / 100"), (0.001, "value / 1000"))


def _units(situation: Situation) -> Iterator[Candidate]:
    """An amount in thousands, in cents, and the like."""
    if situation.slot.field != "salary" or situation.slot.part not in ("min", "max"):
        return
    for path in situation.kept or list(situation.old):
        numbers = [
            (_number(old), _number(new)) for old, new in zip(situation.old[path], situation.new[path], strict=True)
        ]
        found = [(old, new) for old, new in numbers if old and new]
        for factor, expression in _FACTORS:
            if found and sum(abs(new * factor - old) <= 0.005 * old for old, new in found) >= 0.9 * len(found):
                texts = [joined(new) for new in situation.new[path]]
                sign = next((sign for sign in ".," if any(sign in text for text in texts)), "")
                number = {"number": {"decimal": sign}} if sign else "number"
                steps = [*steps_of(situation.raw), number, {"template": f"{{{{ {expression} }}}}"}]
                yield Candidate(with_steps(situation.raw, steps), f"the amount × {factor:g}", (), (), (), 1.5)


def _number(row: tuple[Any, ...]) -> float | None:
    found = re.fullmatch(r"\d+(?:[.,]\d+)?", joined(row).replace(" ", ""))
    return float(found[0].replace(",", ".")) if found else None
