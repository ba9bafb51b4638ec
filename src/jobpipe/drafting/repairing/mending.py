"""Field by field: what is lost, which rules could bring it back, and which of them does, by trying them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from jobpipe.definition.loading import LoadedDefinition
from jobpipe.definition.models import Definition
from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import strength_of
from jobpipe.drafting.repairing.adapting import unreadable_codings
from jobpipe.drafting.repairing.candidates import Candidate, Situation, candidates
from jobpipe.drafting.repairing.evidence import Evidence, Made, Workshop
from jobpipe.drafting.repairing.likeness import information, is_same, joined, loose, plain, similarity
from jobpipe.drafting.repairing.proposal import Edit, Lost
from jobpipe.drafting.repairing.rewriting import written
from jobpipe.drafting.repairing.slots import Slot, slots_of, with_base, with_rule
from jobpipe.drafting.repairing.text_edits import TextEdit
from jobpipe.transform.problems import DefinitionProblems

# A field is as it was where at least so many pairs have the value that they had.
_AS_IT_WAS, _BROKEN = 0.97, 0.7
# What an edit must bring back to be proposed at all, and to be sure.
_WORTH, _SURE = 0.6, 0.95
# Bits: see `likeness.information`.
# What stands where it stood and is only read otherwise needs less than what stands elsewhere.
_TELLING, _TELLING_IN_PLACE = 20.0, 10.0
_MOST_BASES = 40
_BY_CHANCE = "that so few and short values agree may be chance"


# Each part with what it was in each pair.
_Parts = list[tuple[Slot, list[Any]]]


@dataclass(slots=True)
class _Tried:
    candidate: Candidate
    # Of each pair what it makes.
    values: list[Any]
    # Of the pairs that had a value, the share that has it again.
    share: float


@dataclass(slots=True)
class Mended:
    edits: list[Edit] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)


def mend(loaded: LoadedDefinition, evidence: Evidence, workshop: Workshop) -> Mended:
    """The edits of rules; `evidence` has its pairs."""
    mender = _Mender(loaded, evidence, workshop)
    mender.mend_bases()
    for slot in slots_of(loaded):
        mender.mend(slot)
    _agree(mender.mended.edits)
    return mender.mended


def _agree(edits: list[Edit]) -> None:
    """What moved for one field has moved for another that was read there; a name may be another in several places."""
    sure = [edit.move for edit in edits if edit.is_sure and edit.move is not None]
    names = {(_leaf(old), _leaf(new)) for old, new in sure}
    for edit in edits:
        if edit.move is None or not edit.is_too_little:
            continue
        if edit.move in sure or (_leaf(edit.move[0]), _leaf(edit.move[1])) in names:
            edit.is_sure, edit.is_too_little, edit.doubts = True, False, []
            edit.confidence = max(edit.confidence, 0.9)
            edit.reasons.append("other fields are found by the same change of name")


def _leaf(path: str) -> str:
    return re.split(r"[/.]", path.replace("[*]", ""))[-1]


class _Mender:
    def __init__(self, loaded: LoadedDefinition, evidence: Evidence, workshop: Workshop) -> None:
        self._loaded = loaded
        # With the bases that were mended.
        self._definition = loaded.definition
        self._evidence = evidence
        self._workshop = workshop
        self._fresh = _freshness(evidence)
        self.mended = Mended()

    # What `for` says -----------------------------------------------------------------------------

    def mend_bases(self) -> None:
        for name, rule in self._loaded.definition.posting.items():
            if rule.for_ is None or not rule.parts:
                continue
            slots = [slot for slot in slots_of(self._loaded) if slot.field == name and slot.part]
            parts = [(slot, self._expected(slot)) for slot in slots]
            before = self._share_of_parts(parts, self._definition)
            if before >= _BROKEN or self._has_nodes(rule.for_):
                continue
            tried = sorted(self._bases(name, parts), key=lambda one: -one[0])
            if not tried or tried[0][0] < _WORTH:
                continue
            share, base = tried[0]
            self._definition = with_base(self._definition, name, base)
            edit = Edit(
                f"{name}.for",
                f"{rule.for_} → {base}",
                [TextEdit(("posting", name, "for"), base)],
                confidence=share,
                is_sure=share >= _SURE and (len(tried) < 2 or tried[1][0] < share),
                reasons=[f"`{rule.for_}` is gone; what its parts were stands below `{base}`"],
            )
            if not edit.is_sure:
                edit.doubts.append("the parts are not all as they were")
            self.mended.edits.append(edit)

    def _has_nodes(self, base: str) -> bool:
        return any(self._evidence.new.at(".", base))

    def _bases(self, name: str, parts: _Parts) -> Iterator[tuple[float, str]]:
        known = {one for column in self._evidence.old.columns for one in _above(column.path)}
        fresh = dict.fromkeys(
            one for column in self._evidence.new.columns for one in _above(column.path) if one not in known
        )
        for base in list(fresh)[:_MOST_BASES]:
            yield self._share_of_parts(parts, with_base(self._definition, name, base)), base

    def _share_of_parts(self, parts: _Parts, definition: Definition) -> float:
        """Of the parts' values, those that are as they were."""
        had = same = 0
        for slot, expected in parts:
            now = self._values(definition, slot, old=False)
            for one, other in zip(expected, now, strict=True):
                if _is_there(one):
                    had += 1
                    same += is_same(one, other)
        return same / had if had else 1.0

    # Rules ---------------------------------------------------------------------------------------

    def mend(self, slot: Slot) -> None:
        expected = self._expected(slot)
        had = [number for number, value in enumerate(expected) if _is_there(value)]
        if not had:
            return
        now = self._values(self._definition, slot, old=False)
        was = _share(expected, now, had)
        if was >= _AS_IT_WAS:
            return
        situation = self._situation(slot, expected)
        has = sum(1 for number in had if _is_there(now[number]))
        is_lost = has < 0.5 * len(had)
        if not is_lost and not situation.gone and was >= _BROKEN:
            return
        best = self._best(situation, slot, expected, had, was)
        if best is not None:
            edit, self._definition = best
            self.mended.edits.append(edit)
        elif is_lost or situation.gone:
            self.mended.lost.append(Lost(slot.name, len(had), has, self._why(situation, slot)))

    def _best(
        self, situation: Situation, slot: Slot, expected: list[Any], had: list[int], was: float
    ) -> tuple[Edit, Definition] | None:
        tried = []
        known: set[str] = set()
        for candidate in candidates(situation):
            mark = repr(candidate.raw)
            if mark in known or candidate.raw == situation.raw:
                continue
            known.add(mark)
            values = self._tried(slot, candidate)
            if values is not None:
                tried.append(_Tried(candidate, values, _share(expected, values, had)))
        gain = max(0.1, min(0.3, 1 - was))
        tried = [one for one in tried if one.share >= _WORTH and one.share >= was + gain]
        if not tried:
            return None
        tried.sort(key=lambda one: self._rank(one, slot, situation))
        edit = self._edit(tried[0], tried[1:], situation, slot, expected, had)
        return edit, with_rule(self._definition, slot, tried[0].candidate.raw)

    def _rank(self, one: _Tried, slot: Slot, situation: Situation) -> tuple[float, float, float]:
        columns = one.candidate.columns
        is_stale = bool(columns) and not self._is_fresh(columns)
        likeness = max((self._likeness(column, slot, situation) for column in columns), default=0.5)
        return (-round(one.share, 2) + 0.5 * is_stale, one.candidate.cost, -likeness)

    def _likeness(self, column: Column, slot: Slot, situation: Situation) -> float:
        """Of a column's name with those of the paths that are gone, and with what the field is called."""
        leaf = column.names[-1] if column.names else column.path
        names = [path.replace("[*]", "").replace("/", ".").rsplit(".", 1)[-1] for path in situation.gone]
        return max([strength_of(column.names, slot.name), *(similarity(leaf, name) for name in names)], default=0.0)

    def _is_fresh(self, columns: Sequence[Column]) -> bool:
        return any(self._fresh[id(column)] for column in columns)

    def _edit(
        self, best: _Tried, others: list[_Tried], situation: Situation, slot: Slot, expected: list[Any], had: list[int]
    ) -> Edit:
        candidate = best.candidate
        same = [number for number in had if is_same(expected[number], best.values[number])]
        distinct = {_text(expected[number]) for number in same}
        bits = information(distinct)
        doubts = []
        if best.share < _SURE:
            doubts.append(f"{len(same)} of {len(had)} values are as they were: the others are not")
        too_little = self._too_little(best, others, situation, distinct, len(same))
        if too_little:
            doubts.append(too_little)
        if candidate.columns and not self._is_fresh(candidate.columns):
            names = " and ".join(f"`{column.path}`" for column in candidate.columns)
            doubts.append(f"{names} had these values before, too, beside what is gone: it may be something else")
        if rival := self._rival(best, others):
            doubts.append(f"this would do as well: {rival.candidate.what}")
        confidence = best.share * (1 - 2 ** (-bits / 12)) * 0.6 ** len(doubts)
        return Edit(
            slot.name,
            candidate.what,
            [self._text_edit(slot, candidate.raw)],
            confidence=confidence,
            is_sure=not doubts,
            reasons=self._reasons(candidate, same, had),
            doubts=doubts,
            move=_move(candidate, situation),
            is_too_little=bool(too_little) and len(doubts) == 1 and best.share == 1,
        )

    def _too_little(
        self, best: _Tried, others: list[_Tried], situation: Situation, distinct: set[str], count: int
    ) -> str:
        """Why values that agree may do so by chance; "" = they say enough."""
        columns = best.candidate.columns
        bits = information(distinct)
        is_alike = any(self._likeness(column, situation.slot, situation) >= 0.7 for column in columns)
        if not columns:
            return "" if bits >= _TELLING_IN_PLACE or (len(distinct) > 1 and count >= 8) else _BY_CHANCE
        is_alone = best.share == 1 and not any(one.share >= _WORTH and one.candidate.columns for one in others)
        if is_alone and count >= 3 and (is_alike or self._stands_in_its_place(situation, columns)):
            return ""
        if len(distinct) == 1 and count > 1 and not is_alike:
            return "all of them have the same value: that it is here too may be chance"
        is_telling = bits >= _TELLING or (is_alike and count >= 3) or (len(distinct) > 1 and count >= 8)
        return "" if is_telling else _BY_CHANCE

    def _stands_in_its_place(self, situation: Situation, columns: Sequence[Column]) -> bool:
        """Between the same two that it stood between, as a new name of its own."""
        old = [column.path for column in self._evidence.old.columns if not column.steps]
        new = [column.path for column in self._evidence.new.columns if not column.steps]
        base = situation.slot.base
        gone = [path for path in situation.gone for path in _full(path, base) if path in old and path not in new]
        if len(gone) != 1 or len(columns) != 1 or columns[0].path in old or columns[0].path not in new:
            return False
        return _between(old, gone[0], set(new)) == _between(new, columns[0].path, set(old))

    def _rival(self, best: _Tried, others: list[_Tried]) -> _Tried | None:
        """One that does the same for what is known, from elsewhere, and another thing beyond."""
        for one in others:
            if one.share < best.share - 0.05 or not one.candidate.columns or not self._is_fresh(one.candidate.columns):
                continue
            if {column.path for column in one.candidate.columns} & {column.path for column in best.candidate.columns}:
                continue
            if one.candidate.cost > best.candidate.cost + 0.9:
                continue
            differs = sum(1 for a, b in zip(one.values, best.values, strict=True) if not is_same(a, b))
            if differs:
                return one
        return None

    def _reasons(self, candidate: Candidate, same: list[int], had: list[int]) -> list[str]:
        count = f"{len(same)} of {len(had)} posting{'s' if len(had) != 1 else ''}"
        gone = ", ".join(f"`{path}`" for path in candidate.gone)
        begun = f"{gone} {'is' if len(candidate.gone) == 1 else 'are'} gone; " if gone else ""
        if candidate.columns:
            names = " and ".join(f"`{column.path}`" for column in candidate.columns)
            return [f"{begun}{names} gives the same value in {count}", *candidate.reasons]
        return [f"{begun}so {count} have the value that they had", *candidate.reasons]

    def _why(self, situation: Situation, slot: Slot) -> str:
        gone = situation.gone
        if gone:
            names = ", ".join(f"`{path}`" for path in gone)
            return f"{names} {'is' if len(gone) == 1 else 'are'} gone, and nothing in the new records has its values"
        for path in situation.kept:
            texts = [(joined(a), joined(b)) for a, b in zip(situation.old[path], situation.new[path], strict=True)]
            if coding := unreadable_codings([one for one in texts if all(one)]):
                return f"`{path}` is written otherwise: {coding}, for which there is no step; a hook can read it"
        failed = next((one for one in self._failures(slot) if one), "")
        return f"its paths are there, and what they hold is another thing{f': {failed}' if failed else ''}"

    def _failures(self, slot: Slot) -> list[str]:
        try:
            made = self._evidence.new.made(self._definition, self._workshop, [slot.field])
        except DefinitionProblems:
            return []
        return [slot.has_failed(one) for one in made]

    # Trying --------------------------------------------------------------------------------------

    def _text_edit(self, slot: Slot, raw: Any) -> TextEdit:
        if slot.path:
            return TextEdit(slot.path, raw)
        whole = with_rule(self._loaded.definition, slot, raw).posting[slot.field]
        if not slot.part:
            return TextEdit(("posting", slot.field), raw)
        parts = {part: raw if part == slot.part else written(rule) for part, rule in whole.parts.items()}
        return TextEdit(("posting", slot.field), {**({"for": whole.for_} if whole.for_ else {}), "parts": parts})

    def _situation(self, slot: Slot, expected: list[Any]) -> Situation:
        base = self._definition.posting[slot.field].for_
        raw = slot.raw if slot.raw is not None else written(slot.rule)
        situation = Situation(
            slot, raw, self._evidence, expected, _columns_below(self._evidence.new.columns, base), self._fresh
        )
        for path in slot.rule.from_:
            old, new = self._evidence.old.at(path, slot.base), self._evidence.new.at(path, base)
            situation.old[path] = [old[pair.old] for pair in self._evidence.pairs]
            situation.new[path] = [new[pair.new] for pair in self._evidence.pairs]
        return situation

    def _tried(self, slot: Slot, candidate: Candidate) -> list[Any] | None:
        """None = it is no rule for these records."""
        try:
            definition = with_rule(self._definition, slot, candidate.raw)
            return self._values(definition, slot, old=False)
        except (ValidationError, DefinitionProblems):
            return None

    def _expected(self, slot: Slot) -> list[Any]:
        """Of each pair what it was."""
        return self._values(self._loaded.definition, slot, old=True)

    def _values(self, definition: Definition, slot: Slot, *, old: bool) -> list[Any]:
        """Of each pair what the definition makes of the slot, by its rule alone."""
        records = self._evidence.old if old else self._evidence.new
        try:
            made: list[dict[str, Made]] = records.made(_alone(definition, slot), self._workshop, [slot.field])
        except DefinitionProblems:
            if old:
                raise
            return [None for _ in self._evidence.pairs]
        return [slot.value_in(made[pair.old if old else pair.new]) for pair in self._evidence.pairs]


def _move(candidate: Candidate, situation: Situation) -> tuple[str, str] | None:
    if len(candidate.gone) != 1 or len(candidate.columns) != 1 or candidate.columns[0].steps:
        return None
    (old,), base = candidate.gone, situation.slot.base
    return (f"{base}/{old}" if base else old), candidate.columns[0].path


def _full(path: str, base: str | None) -> Iterator[str]:
    """As the columns of a whole record are called."""
    path = re.sub(r"\[\d+\]", "", path)
    if base is None:
        yield path
        return
    yield from (f"{base}/{path}", f"{base}.{path}", f"{base}[*].{path}")


def _between(paths: list[str], path: str, known: set[str]) -> tuple[str, str]:
    """The nearest ones around it that are in both."""
    place = paths.index(path)
    before = next((one for one in reversed(paths[:place]) if one in known), "")
    after = next((one for one in paths[place + 1 :] if one in known), "")
    return before, after


def _alone(definition: Definition, slot: Slot) -> Definition:
    """Without the other parts of its field, whose faults are not its own; but no salary is without an amount."""
    if not slot.part:
        return definition
    rule = definition.posting[slot.field]
    needed = {slot.part, "min", "max"} if slot.field == "salary" and slot.part not in ("min", "max") else {slot.part}
    parts = {part: one for part, one in rule.parts.items() if part in needed}
    alone = rule.model_copy(update={"parts": parts, "from_": []})
    return definition.model_copy(update={"posting": {**definition.posting, slot.field: alone}})


def _share(expected: list[Any], now: list[Any], had: list[int]) -> float:
    return sum(1 for number in had if is_same(expected[number], now[number])) / len(had)


def _is_there(value: Any) -> bool:
    return value not in (None, "", [], {}) and not (isinstance(value, list) and all(one is None for one in value))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "\x1f".join(f"{name}={_text(one)}" for name, one in value.items())
    if isinstance(value, list):
        return "\x1f".join(map(_text, value))
    return plain(value)


def _above(path: str) -> Iterator[str]:
    """The paths that lead there, without itself."""
    sign = "/" if "/" in path else "."
    pieces = path.split(sign)
    for count in range(1, len(pieces)):
        yield sign.join(pieces[:count])


def _columns_below(columns: list[Column], base: str | None) -> list[tuple[str, Column]]:
    """With the path that a rule would have, from where it starts."""
    if base is None:
        return [(column.path, column) for column in columns]
    found = []
    for column in columns:
        for prefix in dict.fromkeys((base, f"{base}[*]", base.removesuffix("[*]"))):
            if column.path == prefix:
                found.append((".", column))
                break
            if column.path.startswith((f"{prefix}/", f"{prefix}.")):
                found.append((column.path[len(prefix) + 1 :], column))
                break
    return found


def _freshness(evidence: Evidence) -> dict[int, bool]:
    """Of each new column whether it is new, or holds something else than it did."""
    known = {(column.path, repr(column.steps)): column for column in evidence.old.columns}
    found = {}
    for column in evidence.new.columns:
        before = known.get((column.path, repr(column.steps)))
        found[id(column)] = before is None or _has_changed(before, column, evidence)
    return found


def _has_changed(before: Column, now: Column, evidence: Evidence) -> bool:
    both = [(joined(before.rows[pair.old]), joined(now.rows[pair.new])) for pair in evidence.pairs]
    both = [one for one in both if one[0] or one[1]]
    return bool(both) and sum(loose(a) != loose(b) for a, b in both) >= 0.5 * len(both)
