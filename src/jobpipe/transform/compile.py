"""Compiles a definition to one function of a record: bytes in, a posting or the reason against it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import xxhash

from jobpipe.definition.models import Definition, FieldRule
from jobpipe.definition.overrides import NO_OVERRIDES, Overrides
from jobpipe.errors import RecordError
from jobpipe.posting import FIELD_NAMES, JobPosting
from jobpipe.posting_facts import facts_of
from jobpipe.sources.formats.readers import AnyReader, reader_for
from jobpipe.sources.formats.reading import Node, PathError, Reader, Values
from jobpipe.sources.record import Context, ReaderKind
from jobpipe.transform.checking import check_rules, kinds_of
from jobpipe.transform.expressions import Condition, compile_condition, posting_for_rules, uses_record
from jobpipe.transform.field import Make, RuleCompiler, Watch, unwatched
from jobpipe.transform.hooks import hook_finder
from jobpipe.transform.keys import key_maker, value_at
from jobpipe.transform.labelling import labels_text
from jobpipe.transform.markup import Markup, finisher_of
from jobpipe.transform.outcome import Item, Made, Transformed
from jobpipe.transform.overriding import Overrider, Verdict
from jobpipe.transform.problems import DefinitionProblems, Problem
from jobpipe.transform.remembering import may_remember, paths_of, remembering
from jobpipe.transform.step_tracing import StepTrace, watching
from jobpipe.transform.validation import Finalise, finaliser_of
from jobpipe.transform.workbench import Table, Workbench

Tables = Mapping[str, Table]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class FieldTrace:
    """How one field of one posting came about, for a person."""

    field: str
    # Each path of the rule (parts as company.name) with the raw values found there.
    found: tuple[tuple[str, tuple[Any, ...]], ...]
    # As it is in the posting; None = nothing.
    value: Any
    error: str = ""
    # Which override gave it: `override #12 (client)`; "" = the definition.
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The definition compiled for one kind of record."""

    reader: AnyReader
    # Each makes the finished value.
    fields: tuple[tuple[str, Make], ...]


def compile_definition(
    definition: Definition, *, hooks_source: str | None, tables: Tables, overrides: Overrides = NO_OVERRIDES
) -> Transformer:
    """Raises DefinitionProblems, which has all that is wrong, each with its path into the definition."""
    problems = check_definition(definition, hooks_source=hooks_source, tables=tables)
    if problems:
        raise DefinitionProblems(problems)
    return Transformer(definition, hooks_source=hooks_source, tables=tables, overrides=overrides)


def check_definition(definition: Definition, hooks_source: str | None, tables: Tables) -> list[Problem]:
    """All that is wrong with a definition and can be known without a record; [] = nothing."""
    problems = check_rules(definition)
    bench = Workbench(tables=tables, hook=hook_finder(hooks_source))
    compiler = RuleCompiler([reader_for(kind) for kind in kinds_of(definition)], bench, problems)
    for field, rule in definition.posting.items():
        if field in FIELD_NAMES:
            compiler.compile(field, rule)
    return problems


def paths_read(definition: Definition) -> tuple[str, ...]:
    """Every path of the rules, as written: to tell which columns a file lacks."""
    return tuple(dict.fromkeys(path for rule in definition.posting.values() for _, path in _paths(rule)))


class Transformer:
    """One definition, ready to make postings. Not for several threads at once."""

    def __init__(
        self, definition: Definition, *, hooks_source: str | None, tables: Tables, overrides: Overrides = NO_OVERRIDES
    ) -> None:
        self.definition = definition
        self._bench = Workbench(tables=tables, hook=hook_finder(hooks_source))
        self._markup = Markup(self._bench)
        self._plans: dict[str, _Plan] = {}
        self._key_of = key_maker(definition.key)
        self._keep = compile_condition(definition.keep, "keep") if definition.keep else None
        closed = definition.source.closed
        self._closed = compile_condition(closed, "closed") if closed else None
        self._record_is_used = any(text and uses_record(text) for text in (definition.keep, closed))
        self._derives_text = "description_text" not in definition.posting
        self._may_remember = may_remember(definition)
        self._overrider = Overrider(overrides, self._markup.finish) if overrides else None
        self._required = tuple(dict.fromkeys(("title", *definition.require)))

    def prepare(self, kind: ReaderKind) -> None:
        """Compile for a kind of record now. Raises DefinitionProblems where its paths are not of that kind."""
        self._plan_for(kind)

    def transform(self, item: Item, context: Context) -> Transformed:
        """What the definition makes of one record. A bad record never raises: it is REJECTED, with its reason."""
        bench = self._bench
        bench.begin(item.day)
        plan = self._plans.get(context.kind) or self._plan_for(context.kind)
        if item.flaw:
            return self._unreadable(plan, item, context, RecordError(item.flaw, reason="malformed"))
        try:
            root, repaired = plan.reader.read(item.raw, context)
        except RecordError as error:
            return self._unreadable(plan, item, context, error)
        except Exception as error:
            return self._unreadable(plan, item, context, _internal(error, ""))
        failed = self._make_fields(plan, root)
        made = Transformed(item.ordinal, Made.POSTING, repaired=repaired)
        try:
            self._conclude(made, plan, root, failed)
        except RecordError as error:
            _reject(made, error)
        except Exception as error:
            _reject(made, _internal(error, ""))
        made.day_dependent = bench.day_was_used
        made.unmapped = tuple(bench.unmapped)
        if bench.labels:
            made.labels = labels_text(bench.labels)
        return made

    def explain(self, item: Item, context: Context) -> list[FieldTrace]:
        """Field by field, what was found where and what became of it. Raises RecordError for an unreadable record."""
        plan = self._plan_for(context.kind)
        self._bench.begin(item.day)
        root = plan.reader.read(item.raw, context).root
        failed = self._make_fields(plan, root)
        self._complete()
        if key := self._key_of(self._bench.posting, failed):
            self._bench.posting.setdefault("reference", key)
        verdict = self._override(key, failed)
        traces = []
        for field in dict.fromkeys((*self.definition.posting, *self._bench.posting)):
            rule = self.definition.posting.get(field)
            found = tuple(_found(plan.reader, root, rule)) if rule is not None else ()
            error = str(failed[field]) if field in failed else ""
            by = ", ".join(dict.fromkeys(by for name, by in verdict.by.items() if name.partition(".")[0] == field))
            traces.append(FieldTrace(field, found, self._bench.posting.get(field), error, by))
        return traces

    def trace_steps(self, field: str, item: Item, context: Context) -> list[StepTrace]:
        """What each step of a field's rule was given and made of it, in their order; [] = it has no rule.

        Raises RecordError for an unreadable record.
        """
        traces: list[StepTrace] = []
        plan = self._compile(context.kind, watching(field, traces))
        self._bench.begin(item.day)
        self._make_fields(plan, plan.reader.read(item.raw, context).root)
        return traces

    def as_value(self, item: Item, context: Context) -> Any:
        """The record as plain dicts, lists and text, for a person. Raises RecordError."""
        reader = self._plan_for(context.kind).reader
        return reader.as_value(reader.read(item.raw, context).root)

    # The stations ----------------------------------------------------------------------------------

    def _make_fields(self, plan: _Plan, root: Node) -> dict[str, RecordError]:
        """Fill the bench's posting; the fields that could not be made, each with its reason."""
        posting = self._bench.posting
        failed: dict[str, RecordError] = {}
        for field, make in plan.fields:
            try:
                value = make(root)
                if value is not None:
                    posting[field] = value
            except RecordError as error:
                error.field = error.field or field
                failed[field] = error
            except Exception as error:
                failed[field] = _internal(error, field)
        return failed

    def _conclude(self, made: Transformed, plan: _Plan, root: Node, failed: dict[str, RecordError]) -> None:
        """Key, closed, errors, keep, body: in this order, so that a rejected record still has its key."""
        posting = self._bench.posting
        self._complete()
        made.key = key = self._key_of(posting, failed)
        made.title = posting.get("title", "")
        made.valid_through = posting.get("valid_through", "")
        if self._closed is not None and self._is_true(self._closed, plan, root):
            self._close(made, failed)
            return
        verdict = self._override(key, failed)
        made.rule_faults = tuple(verdict.faults)
        if verdict.by:
            made.title = posting.get("title", "")
            made.valid_through = posting.get("valid_through", "")
        if failed:
            raise next(iter(failed.values()))
        self._require(key)
        posting.setdefault("reference", key)
        if verdict.reason:
            made.made, made.reason, made.field, made.message = (
                Made.FILTERED,
                verdict.reason,
                "override",
                verdict.message,
            )
        elif self._keep is not None and not verdict.allowed and not self._is_true(self._keep, plan, root):
            made.made, made.reason, made.field = Made.FILTERED, "keep", "keep"
            made.message = f"`keep: {self.definition.keep}` is false"
        self._write(made)

    def _override(self, key: str, failed: dict[str, RecordError]) -> Verdict:
        """What lies above the definition has the last word, also where the definition's own rule failed."""
        if self._overrider is None:
            return Verdict()
        posting = self._bench.posting
        verdict = self._overrider.apply(posting, key)
        for name in verdict.by:
            failed.pop(name, None)
        if "description" in verdict.by and self._derives_text:
            posting.pop("description_text", None)
            self._complete()
        return verdict

    def _complete(self) -> None:
        posting = self._bench.posting
        if self._derives_text and (description := posting.get("description")):
            text = self._markup.plain_text(description)
            if text:
                posting["description_text"] = text

    def _close(self, made: Transformed, failed: dict[str, RecordError]) -> None:
        """A closed record needs its key only; what else it says is kept where it is a posting."""
        if not made.key:
            raise RecordError("the source closes a posting without naming it", reason="missing", field="reference")
        made.made, made.reason, made.field = Made.CLOSED, "closed", "closed"
        made.message = f"`closed: {self.definition.source.closed}` is true"
        if not failed and "title" in self._bench.posting:
            self._bench.posting.setdefault("reference", made.key)
            self._write(made)

    def _require(self, key: str) -> None:
        posting = self._bench.posting
        for field in self._required:
            if not (field in posting or ("." in field and value_at(posting, field))):
                raise RecordError(f"the posting has no {field}", reason="missing", field=field, hint=self._where(field))
        if not key:
            names = ", ".join(self.definition.key)
            raise RecordError(f"nothing identifies the posting: {names} is empty", reason="missing", field="key")

    def _where(self, field: str) -> str:
        rule = self.definition.posting.get(field)
        return f"nothing at {', '.join(rule.from_)}" if rule is not None and rule.from_ else ""

    def _is_true(self, condition: Condition, plan: _Plan, root: Node) -> bool:
        record = plan.reader.as_value(root) if self._record_is_used else None
        return condition(posting_for_rules(self._bench.posting), record)

    def _write(self, made: Transformed) -> None:
        try:
            posting = JobPosting(**self._bench.posting)
            made.body = _encode(posting)
        except UnicodeEncodeError as error:
            raise RecordError(f"a text that cannot be written: {error}", reason="invalid") from error
        made.posting_digest = xxhash.xxh3_128_digest(made.body)
        made.facts = facts_of(posting)

    def _unreadable(self, plan: _Plan, item: Item, context: Context, error: RecordError) -> Transformed:
        made = Transformed(item.ordinal, Made.REJECTED)
        _reject(made, error)
        made.key = self._salvaged_key(plan, item, context)
        self._bench.begin(item.day)
        return made

    def _salvaged_key(self, plan: _Plan, item: Item, context: Context) -> str:
        """The key of a record that cannot be read as a whole, where the field it is made of is plainly there."""
        usual = "reference" if "reference" in self.definition.posting else "url"
        wanted = {field.partition(".")[0] for field in self.definition.key or [usual]}
        try:
            root = plan.reader.salvage(item.raw, context)
            if root is None:
                return ""
            few = _Plan(plan.reader, tuple(one for one in plan.fields if one[0] in wanted))
            failed = self._make_fields(few, root)
            posting = self._bench.posting
            if failed or not wanted <= posting.keys():
                return ""
            key = self._key_of(posting, failed)
            # A tag that is never closed makes what follows part of the value.
            return key if len(key) <= 200 and "\n" not in key and "<" not in key else ""
        except Exception:
            return ""

    # Compiling -------------------------------------------------------------------------------------

    def _plan_for(self, kind: ReaderKind) -> _Plan:
        plan = self._plans.get(kind)
        if plan is None:
            plan = self._plans[kind] = self._compile(kind)
        return plan

    def _compile(self, kind: ReaderKind, watch: Watch = unwatched) -> _Plan:
        reader = reader_for(kind)
        problems: list[Problem] = []
        compiler = RuleCompiler([reader], self._bench, problems, watch)
        fields = []
        for field, rule in self.definition.posting.items():
            finish = watch(field, "checked", self._finaliser(field, rule))
            make = finished(compiler.compile(field, rule), finish)
            # What is remembered is not made, and cannot be watched.
            fields.append((field, self._remembered(reader, rule, make) if watch is unwatched else make))
        if problems:
            raise DefinitionProblems(problems)
        return _Plan(reader, tuple(fields))

    def _remembered(self, reader: Reader, rule: FieldRule, make: Make) -> Make:
        paths = paths_of(rule) if self._may_remember else None
        try:
            reads = [reader.values(path) for path in paths or ()]
        except PathError:  # it is among the problems already
            reads = []
        return remembering(make, reads, self._bench) if reads else make

    def _finaliser(self, field: str, rule: FieldRule) -> Finalise:
        if field == "description":
            return finisher_of(self._markup, rule.then[-1].name if rule.then and rule.default is None else "")
        return finaliser_of(field)


def finished(make: Make, finish: Finalise) -> Make:
    def make_and_finish(node: Node) -> Any:
        value = make(node)
        return None if value is None else finish(value)

    return make_and_finish


def _reject(made: Transformed, error: RecordError) -> None:
    made.made = Made.REJECTED
    made.reason = error.reason
    made.field = error.field
    made.message = error.message + (f" ({error.hint})" if error.hint else "")
    made.body = made.posting_digest = b""


def _internal(error: Exception, field: str) -> RecordError:
    return RecordError(f"{type(error).__name__}: {error}", reason="internal", field=field)


def _paths(rule: FieldRule, prefix: str = "") -> Iterable[tuple[str, str]]:
    """(part, path) of everything that a rule reads."""
    if rule.for_ is not None:
        yield prefix, rule.for_
    if rule.for_ is None or not prefix:
        for path in rule.from_:
            yield prefix, path
    for part, one in rule.parts.items():
        yield from _paths(one, part)


def _found(reader: Reader, root: Node, rule: FieldRule) -> Iterable[tuple[str, tuple[Any, ...]]]:
    nodes: list[Node] = reader.nodes(rule.for_)(root) if rule.for_ is not None else [root]
    for path in rule.from_:
        yield path, _values_at(reader.values(path), nodes)
    for one in rule.parts.values():
        for path in one.from_:
            yield path, _values_at(reader.values(path), nodes)


def _values_at(read: Values, nodes: list[Node]) -> tuple[Any, ...]:
    return tuple(value for node in nodes for value in read(node))


__all__: list[str] = ["FieldTrace", "Transformer", "check_definition", "compile_definition", "paths_read"]
