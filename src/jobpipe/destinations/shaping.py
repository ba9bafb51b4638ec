"""What a destination gets of a posting: whether it goes there at all, what is done to it, and its body as JSON."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from jobpipe.definition.destinations import DestinationDefinition, Select
from jobpipe.definition.overrides import OverrideError, OverrideRule, Overrides, parse_rule
from jobpipe.destinations.formats import jsonl
from jobpipe.destinations.formats.format import Setting, output_format
from jobpipe.errors import DefinitionError, Place, RecordError, UsageError
from jobpipe.posting import JobPosting
from jobpipe.transform.expressions import compile_condition, compile_value, uses_record
from jobpipe.transform.markup import Markup
from jobpipe.transform.override_checks import check_rule
from jobpipe.transform.overriding import Overrider, Verdict, seen
from jobpipe.transform.workbench import Workbench

_T = TypeVar("_T")
_REFERENCE = re.compile(r"(?:[^{}]|\{(?:import|client|reference)\})*")
# Characters of a text that decide on its place.
_MAX_SORTED = 100
# One key of the order: numbers, then texts, then nothing.
SortKey = tuple[Any, ...]


class Shaper:
    """One destination's selection, rules and names, compiled. Not for several threads at once.

    Raises DefinitionError, with the file and the rule, where one of them cannot be used.
    """

    def __init__(self, definition: DestinationDefinition) -> None:
        self._place = Place(source=f"destinations/{definition.destination}.yaml")
        # What could not be applied to a posting: the rule, or `select.where`, and why the last time.
        self.faults: dict[str, str] = {}
        self._is_selected = self._selection(definition.select)
        self._where = self._condition(definition.select.where)
        self._rules = [self._rule(number, text, definition) for number, text in enumerate(definition.rules, 1)]
        self._markup = Markup(Workbench()) if self._rules else None
        self._overrider = self._compiled(self._rules)
        self._reference = self._tried("`options.reference`", lambda: _checked_reference(definition))
        self._priorities = [self._value(text) for text in definition.priority]
        self._body = self._tried("`format`", lambda: _body_writer(definition))

    @property
    def changes_nothing(self) -> bool:
        """Whether each posting goes there, and as it is."""
        return self._is_selected is None and self._where is None and self._overrider is None and not self._reference

    def shape(self, posting: JobPosting, import_name: str, client: str) -> JobPosting | None:
        """The posting as the destination gets it; None = it does not go there."""
        if self._is_selected is not None and not self._is_selected(posting, import_name, client):
            return None
        shaped = posting if self._where is None and self._overrider is None else self._judged(posting)
        if shaped is None or not self._reference:
            return shaped
        reference = self._reference.format(**{"import": import_name, "client": client, "reference": shaped.reference})
        return msgspec.structs.replace(shaped, reference=reference)

    def _judged(self, posting: JobPosting) -> JobPosting | None:
        """By `select.where` and the rules."""
        plain: dict[str, Any] = msgspec.to_builtins(posting)
        if self._where is not None and not self._agrees(plain):
            return None
        return posting if self._overrider is None else self._ruled(self._overrider, plain)

    def body(self, posting: JobPosting) -> bytes:
        """The posting as JSON, in the destination's format and names: equal postings give equal bytes."""
        return self._body(posting)

    def priority(self, posting: JobPosting) -> tuple[SortKey, ...]:
        """What orders postings where there are more than the destination takes: the least come first."""
        if not self._priorities:
            return ()
        view = seen(msgspec.to_builtins(posting))
        return tuple(_descending(self._valued(text, value_of, view)) for text, value_of in self._priorities)

    # Selecting ---------------------------------------------------------------------------------------

    def _selection(self, select: Select) -> Callable[[JobPosting, str, str], bool] | None:
        imports, clients = frozenset(select.imports), frozenset(select.clients)
        countries, categories = frozenset(select.countries), frozenset(select.categories)
        if not (imports or clients or countries or categories):
            return None

        def is_selected(posting: JobPosting, import_name: str, client: str) -> bool:
            return (
                (not imports or import_name in imports)
                and (not clients or client in clients)
                and (not countries or any(place.country in countries for place in posting.locations))
                and (
                    not categories
                    or any(
                        one.code in categories or f"{one.taxonomy}:{one.code}" in categories
                        for one in posting.category
                        if one.code
                    )
                )
            )

        return is_selected

    def _agrees(self, plain: dict[str, Any]) -> bool:
        """A posting on which the expression fails does not go there, which is told."""
        assert self._where is not None
        try:
            return self._where(seen(plain), None)
        except RecordError as error:
            self.faults["select.where"] = error.message
            return False

    # Rules -------------------------------------------------------------------------------------------

    def _ruled(self, overrider: Overrider, plain: dict[str, Any]) -> JobPosting | None:
        verdict = overrider.apply(plain, "")
        for number, why in verdict.faults:
            self.faults[self._rules[number - 1].text] = why
        if verdict.reason:
            return None
        self._derive_text(plain, verdict)
        return msgspec.convert(plain, JobPosting)

    def _derive_text(self, plain: dict[str, Any], verdict: Verdict) -> None:
        if "description" not in verdict.by or self._markup is None:
            return
        text = self._markup.plain_text(plain["description"]) if plain.get("description") else None
        plain.pop("description_text", None)
        if text:
            plain["description_text"] = text

    def _valued(self, text: str, value_of: Callable[[Any], Any], view: dict[str, Any]) -> Any:
        try:
            return value_of(view)
        except RecordError as error:
            self.faults[text] = error.message
            return None

    # Compiling ---------------------------------------------------------------------------------------

    def _condition(self, text: str) -> Callable[[Any, Any], bool] | None:
        if not text:
            return None
        condition = self._tried("`select.where`", lambda: compile_condition(text, "where"))
        if uses_record(text):
            raise DefinitionError("`select.where` sees `posting` alone, not `record`", place=self._place)
        return condition

    def _value(self, text: str) -> tuple[str, Callable[[Any], Any]]:
        return text, self._tried("`priority`", lambda: compile_value(text, "priority"))

    def _rule(self, number: int, text: str, definition: DestinationDefinition) -> OverrideRule:
        try:
            rule = parse_rule(text, number=number, scope="destination", owner=definition.destination)
            check_rule(rule)
        except OverrideError as error:
            message = f"rule {number}, `{text}`, at character {error.start + 1}: {error.message}"
            raise DefinitionError(message, place=self._place, hint=error.hint) from error
        return rule

    def _compiled(self, rules: list[OverrideRule]) -> Overrider | None:
        return Overrider(Overrides(rules=tuple(rules)), self._markup.finish) if self._markup else None

    def _tried(self, what: str, make: Callable[[], _T]) -> _T:
        try:
            return make()
        except (DefinitionError, UsageError) as error:
            raise DefinitionError(f"{what}: {error.message}", place=self._place, hint=error.hint) from error


def _checked_reference(definition: DestinationDefinition) -> str:
    """`{import}-{reference}`: what makes the references of several imports different ones."""
    pattern = definition.options.get("reference", "")
    if pattern and (not _REFERENCE.fullmatch(pattern) or "{reference}" not in pattern):
        raise DefinitionError(
            f"{pattern!r} is no pattern of references", hint="{import}-{reference}; {client} may be in it"
        )
    return pattern


def _body_writer(definition: DestinationDefinition) -> Callable[[JobPosting], bytes]:
    """Of a destination that gets files of another format: what its postings are told apart by."""
    output = output_format(definition.format or "jsonl")
    setting = setting_of(definition)
    output.check_setting(setting)
    if definition.kind == "snapshot" and output.name != "jsonl":
        return jsonl.item(Setting())
    if output.item is None:
        hint = "jsonl, google and template are formats of changes"
        raise DefinitionError(f"`{output.name}` is a format of files, and changes are JSON", hint=hint)
    return output.item(setting)


def setting_of(definition: DestinationDefinition, expected: int | None = None) -> Setting:
    """What its files say besides their postings; `expected`: how many there will be."""
    return Setting(
        options=definition.options, fields=definition.fields, template=definition.template, expected=expected
    )


def _descending(value: Any) -> SortKey:
    """True before false, high before low, texts from the end of the alphabet, what is nothing last."""
    if isinstance(value, (bool, int, float)):
        return (0, -value)
    if isinstance(value, str):
        # A text sorts after those that it begins.
        return (1, *(-ord(character) for character in value[:_MAX_SORTED]), 1)
    return (2,)
