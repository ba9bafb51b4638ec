"""Compiles the rule of one field to one function of a record.

The order is FieldRule's: for, from (join or the first value that is there), split, each, map, then, default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jobpipe.definition.models import FieldRule, StepCall
from jobpipe.errors import DefinitionError, RecordError
from jobpipe.posting import LIST_FIELDS, NESTED
from jobpipe.sources.formats.reading import Node, Nodes, PathError, Reader, Values
from jobpipe.transform.plain_values import is_empty
from jobpipe.transform.problems import Path, Problem, nearest
from jobpipe.transform.stepping import Run, build_step
from jobpipe.transform.tables import KNOWN_VOCABULARIES, is_of_decisions, name_in_place, not_in_table, recorded
from jobpipe.transform.validation import ENUMS, Finalise, finaliser_of, finaliser_of_part
from jobpipe.transform.workbench import Table, Workbench

# What a rule makes of a record, before it is validated; None = nothing.
Make = Callable[[Node], Any]
# Gives what is to run in the place of a piece of a rule: its field or part (salary.min), the piece in the words of a
# definition (`then clean`), and what it does.
Watch = Callable[[str, str, Run], Run]


def unwatched(field: str, piece: str, run: Run) -> Run:
    return run


# Fields of which every value counts, not only the first one that is there.
GATHERED = LIST_FIELDS | {"experience", "education", "industry"}


class RuleCompiler:
    """Compiles the rules of one definition for one kind of record, and collects what is wrong with them.

    Without a reader (the format is not known yet) a path is wrong only where no kind of record has such.
    """

    def __init__(
        self, readers: Iterable[Reader], bench: Workbench, problems: list[Problem], watch: Watch = unwatched
    ) -> None:
        self._readers = list(readers)
        self._bench = bench
        self._problems = problems
        self._watch = watch

    def compile(self, field: str, rule: FieldRule) -> Make:
        """The function of a field of the posting (not validated yet)."""
        path: Path = ("posting", field)
        self._check_shape(field, rule, path)
        if field in NESTED:
            parts = {part: self._part(field, part, one, path) for part, one in rule.parts.items()}
            return self._compile(rule, path, field, parts, gathers=field in GATHERED)
        if field == "extra":
            parts = {
                part: self._compile(one, (*path, "parts", part), f"extra.{part}", {}, gathers=True)
                for part, one in rule.parts.items()
            }
            return self._compile(rule, path, field, parts, gathers=False)
        return self._compile(rule, path, field, {}, gathers=field in GATHERED)

    def _part(self, field: str, part: str, rule: FieldRule, path: Path) -> Make:
        here = (*path, "parts", part)
        known = NESTED[field][0].__struct_fields__
        if part not in known:
            hint = nearest(part, known) or f"its parts: {', '.join(known)}"
            self._report(here, f"{field} has no part {part!r}", hint, "JP1004")
        if rule.for_ is not None or rule.parts:
            self._report(here, f"{field}.{part} is one value: `for` and `parts` have no place in it")
        return self._compile(rule, here, f"{field}.{part}", {}, gathers=False)

    # One rule ------------------------------------------------------------------------------------

    def _compile(self, rule: FieldRule, path: Path, field: str, parts: dict[str, Make], *, gathers: bool) -> Make:
        base = self._base(rule, path, gathers=gathers)
        make = _with_parts(base, parts, field) if parts else base
        if rule.for_ is not None:
            make = _for_each(self._nodes(rule.for_, (*path, "for")), make)
        stages = self._stages(rule, path, field)
        has_source = bool(rule.from_ or rule.parts or rule.for_ is not None or rule.value is not None)
        self._check_constants(rule, path, field, has_stages=bool(stages))
        return _staged(make, stages, rule.default, has_source=has_source)

    def _base(self, rule: FieldRule, path: Path, *, gathers: bool) -> Make:
        if rule.value is not None:
            constant = rule.value
            return lambda node: constant
        reads = [self._values(text, (*path, "from", number)) for number, text in enumerate(rule.from_)]
        if not reads:
            return lambda node: None
        if rule.join is not None:
            return _joined(reads, rule.join)
        return _gathered(reads) if gathers else _first(reads)

    def _stages(self, rule: FieldRule, path: Path, field: str) -> list[Run]:
        stages: list[Run] = []
        if rule.split is not None:
            if not rule.split:
                self._report((*path, "split"), "cannot split at an empty text")
            else:
                stages.append(self._watch(field, "split", _splitter(rule.split)))
        if rule.each:
            stages.append(_on_each(self._steps(rule.each, (*path, "each"), field)))
        if rule.map is not None and (mapping := self._mapping(rule, path, field)) is not None:
            stages.append(self._watch(field, "map", mapping))
        stages.extend(self._steps(rule.then, (*path, "then"), field))
        return stages

    def _steps(self, calls: Iterable[StepCall], path: Path, field: str) -> list[Run]:
        built = [(call, self._step(call, (*path, number))) for number, call in enumerate(calls)]
        return [self._watch(field, f"{path[-1]} {call.name}", step) for call, step in built if step is not None]

    def _step(self, call: StepCall, path: Path) -> Run | None:
        try:
            return build_step(call, self._bench)
        except DefinitionError as error:
            self._report((*path, *getattr(error, "path", ())), error.message, error.hint, error.code)
        return None

    def _mapping(self, rule: FieldRule, path: Path, field: str) -> Run | None:
        here = (*path, "map")
        if rule.unmapped == "default" and rule.default is None:
            self._report((*path, "unmapped"), "`unmapped: default` needs a `default`")
        if isinstance(rule.map, Mapping):
            own = name_in_place(field)
            return _mapped(self._bench.tables.get(own, rule.map), own, field, rule.unmapped, self._bench)
        name = str(rule.map)
        if name in self._bench.tables:
            return _mapped(self._bench.tables[name], name, field, rule.unmapped, self._bench)
        if name in KNOWN_VOCABULARIES:
            return self._step(StepCall(name=name), here)
        if is_of_decisions(name, self._bench.tables):
            return _mapped({}, name, field, rule.unmapped, self._bench)
        near = nearest(name, (*self._bench.tables, *KNOWN_VOCABULARIES))
        hint = f"{near} Else make mappings/{name}.csv: `label,code`" if near else "a name has no blanks: functions"
        self._report(here, f"there is no mapping table {name!r}", hint, "JP1008")
        return None

    def _values(self, text: str, path: Path) -> Values:
        return self._with_reader(text, path, lambda reader: reader.values(text))  # type: ignore[no-any-return]

    def _nodes(self, text: str, path: Path) -> Nodes:
        return self._with_reader(text, path, lambda reader: reader.nodes(text))  # type: ignore[no-any-return]

    def _with_reader(self, text: str, path: Path, ask: Callable[[Reader], Any]) -> Any:
        errors = []
        for reader in self._readers:
            try:
                return ask(reader)
            except PathError as error:
                errors.append(error)
        self._report(path, errors[0].message, errors[0].hint, errors[0].code)
        return lambda node: []

    # Checks that need no record ------------------------------------------------------------------

    def _check_shape(self, field: str, rule: FieldRule, path: Path) -> None:
        if rule.parts and field not in NESTED and field != "extra":
            hint = "a rule has from, value, for, parts, join, split, each, map, unmapped, then, default"
            self._report((*path, "parts", next(iter(rule.parts))), f"{field} has no parts", hint)
        if rule.for_ is not None and field not in GATHERED:
            self._report(
                (*path, "for"), f"{field} is one value, `for` makes several", "it needs a path: a/b, or a[1]/b"
            )
        if rule.split is not None and field not in GATHERED and field != "extra" and not rule.then:
            self._report((*path, "split"), f"{field} is one value, `split` makes several")
        if field == "extra" and not rule.parts and not rule.then:
            self._report(path, "extra needs names", "extra: {my_field: path}")
        if rule.value is not None and (rule.from_ or rule.for_ is not None):
            self._report(
                (*path, "value"), "a constant and a path exclude each other", "`default` is for when none is there"
            )
        if rule.taxonomy is not None and (field != "category" or rule.map is None):
            hint = "a category that is no table's says it by its parts: {code: path, taxonomy: {value: house}}"
            self._report((*path, "taxonomy"), "`taxonomy` says whose codes the `map` of a category has", hint)
        if rule.join is not None and len(rule.from_) == 0:
            self._report((*path, "join"), "`join` has nothing to join: it needs `from`")
        if not (rule.from_ or rule.parts or rule.then or rule.for_ is not None) and rule.value is rule.default is None:
            self._report(path, f"the rule of {field} makes nothing", "give a path, or `value: …`")

    def _check_constants(self, rule: FieldRule, path: Path, field: str, *, has_stages: bool) -> None:
        finalise = _finaliser(field)
        for word, constant in (("value", None if has_stages else rule.value), ("default", rule.default)):
            if constant is None or finalise is None:
                continue
            try:
                finalise(constant)
            except RecordError as error:
                self._report((*path, word), error.message, error.hint)

    def _report(self, path: Path, message: str, hint: str = "", code: str = "JP1001") -> None:
        self._problems.append(Problem(path, message, hint, code=code))


def _finaliser(field: str) -> Finalise | None:
    name, _, part = field.partition(".")
    if name == "extra":
        return None
    if not part:
        return finaliser_of(name)
    return finaliser_of_part(name, part) if part in NESTED[name][0].__struct_fields__ else None


# The pieces ------------------------------------------------------------------------------------------


def _first(reads: list[Values]) -> Make:
    """The first value that is there, in the order of the paths."""
    if len(reads) > 1:

        def first_of_paths(node: Node) -> Any:
            for read in reads:
                for value in read(node):
                    if not is_empty(value):
                        return value
            return None

        return first_of_paths
    only = reads[0]

    def first(node: Node) -> Any:
        for value in only(node):
            if type(value) is str:
                if value and not value.isspace():
                    return value
            elif not is_empty(value):
                return value
        return None

    return first


def _gathered(reads: list[Values]) -> Make:
    """All values that are there: one as it is, several as a list."""

    def gather(node: Node) -> Any:
        found = [value for read in reads for value in read(node) if not is_empty(value)]
        return found if len(found) > 1 else found[0] if found else None

    return gather


def _joined(reads: list[Values], separator: str) -> Make:
    def join(node: Node) -> Any:
        found = [value if type(value) is str else _as_text(value) for read in reads for value in read(node)]
        return separator.join(text for text in found if not is_empty(text)) or None

    return join


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dict, list)):
        raise RecordError(
            f"`join` joins texts, not {'an object' if isinstance(value, dict) else 'a list'}", reason="invalid"
        )
    return "" if value is None else str(value)


def _with_parts(base: Make, parts: dict[str, Make], field: str) -> Make:
    """A dict of the parts that are there; what the rule itself makes of its path comes first."""
    items = list(parts.items())
    bare = NESTED[field][1] if field in NESTED else ""

    def make(node: Node) -> Any:
        made: dict[str, Any] = {}
        for name, make_part in items:
            value = make_part(node)
            if value is not None:
                made[name] = value
        whole = base(node)
        if whole is None:
            return made or None
        return made | whole if isinstance(whole, dict) else made | {bare: whole}

    return make


def _for_each(nodes: Nodes, make: Make) -> Make:
    def make_each(node: Node) -> Any:
        made: list[Any] = []
        for one in nodes(node):
            value = make(one)
            if isinstance(value, list):
                made.extend(value)
            elif value is not None:
                made.append(value)
        return made or None

    return make_each


def _staged(make: Make, stages: list[Run], default: Any, *, has_source: bool) -> Make:
    """A rule without a source gives its first step nothing to start from; the others skip what is not there."""
    if not stages:
        if default is None:
            return make
        return lambda node: default if is_empty(value := make(node)) else value
    if has_source and len(stages) == 1:
        only = stages[0]

        def run_one(node: Node) -> Any:
            value = only(make(node))
            return default if is_empty(value) else value

        return run_one

    def run(node: Node) -> Any:
        value = make(node)
        for stage in stages:
            value = stage(value)
        return default if is_empty(value) else value

    return run


def _splitter(separator: str) -> Run:
    def split(value: Any) -> Any:
        if value is None:
            return None
        texts = value if isinstance(value, list) else [value]
        return [part for text in texts for one in _as_text(text).split(separator) if (part := one.strip())]

    return split


def _on_each(steps: list[Run]) -> Run:
    def apply(value: Any) -> Any:
        if value is None:
            return None
        made: list[Any] = []
        for item in value if isinstance(value, list) else [value]:
            for step in steps:
                item = step(item)
            if isinstance(item, list):
                made.extend(one for one in item if not is_empty(one))
            elif not is_empty(item):
                made.append(item)
        return made

    return apply


def _mapped(table: Table, name: str, field: str, unmapped: str, bench: Workbench) -> Run:
    """Looks labels up; a category keeps its label beside the code."""
    find = recorded(table, name, bench)
    is_category = field == "category"

    def map_one(item: Any) -> Any:
        label = item.get("label") if isinstance(item, dict) else item
        if is_empty(label):
            return item
        label = _as_text(label).strip()
        found = find(label)
        if found is not None:
            return _category(item, label, found.value, found.by) if is_category else _plain(found.value, field)
        if unmapped == "default":
            return None
        if unmapped == "keep" and (field not in ENUMS or label in ENUMS[field]):
            return item
        raise not_in_table(name, label, field)

    def apply(value: Any) -> Any:
        if isinstance(value, list):
            return [made for item in value if (made := map_one(item)) is not None]
        return None if value is None else map_one(value)

    return apply


def _plain(found: Any, field: str) -> Any:
    """A table of codes that another field uses too; what is extra may be anything."""
    return found["code"] if isinstance(found, Mapping) and "code" in found and not field.startswith("extra") else found


def _category(item: Any, label: str, found: Any, by: str) -> dict[str, Any]:
    kept = item if isinstance(item, dict) else {}
    code = found if isinstance(found, Mapping) else {"code": found}
    return {**kept, "label": label, **code, "by": by}
