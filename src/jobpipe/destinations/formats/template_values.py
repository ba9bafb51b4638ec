"""What stands in a place of a template: a field, an expression over `posting`, or a constant.

title: title                                    a field, or a dotted part of one
kind: {value: "posting.contract or 'other'"}    an expression; where it fails on a posting, nothing
source: {constant: job-pipe}
town: city                                      within `each: locations`, a part of each of them
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jobpipe.destinations.field_paths import getter_of
from jobpipe.errors import DefinitionError, RecordError
from jobpipe.posting import LIST_FIELDS, NESTED, JobPosting
from jobpipe.transform.expressions import compile_value
from jobpipe.transform.overriding import seen
from jobpipe.transform.problems import nearest

MAX_DEPTH = 12
MAX_NODES = 500
_KINDS = ("field", "value", "constant")
EACH = tuple(name for name in NESTED if name in LIST_FIELDS)


class Subject:
    """One posting while it is written; `part` is the one of a list that is being written."""

    __slots__ = ("_view", "part", "posting")

    def __init__(self, posting: JobPosting) -> None:
        self.posting = posting
        self.part: Any = None
        self._view: dict[str, Any] | None = None

    @property
    def view(self) -> dict[str, Any]:
        if self._view is None:
            self._view = seen(msgspec.to_builtins(self.posting))
        return self._view


Value = Callable[[Subject], Any]


class Nodes:
    """Counts what a template is made of, and names the place of what is wrong in it."""

    def __init__(self) -> None:
        self._count = 0

    def enter(self, path: str, depth: int) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise DefinitionError(f"{path}: a template of more than {MAX_NODES} names")
        if depth > MAX_DEPTH:
            raise DefinitionError(f"{path}: nested more than {MAX_DEPTH} deep")


def value_of(node: Any, path: str, each: str) -> Value:
    """`each`: the list within which the node stands, "" = none. Raises DefinitionError."""
    if isinstance(node, str):
        node = {"field": node}
    given = [kind for kind in _KINDS if isinstance(node, Mapping) and kind in node]
    if len(given) != 1:
        raise DefinitionError(f"{path}: write a field, {{value: an expression}} or {{constant: a text}}")
    kind, said = given[0], node[given[0]]
    if kind == "constant":
        if not isinstance(said, (str, int, float, bool)):
            raise DefinitionError(f"{path}: a constant is a text, a number, true or false")
        return lambda subject: said
    if not isinstance(said, str):
        raise DefinitionError(f"{path}: `{kind}` is a text")
    return _expression(said, path, each) if kind == "value" else _field(said, path, each)


def list_of(name: Any, path: str) -> Callable[[JobPosting], list[Any]]:
    """The parts of `each`. Raises DefinitionError."""
    if name not in EACH:
        raise DefinitionError(f"{path}: `each` is one of {', '.join(EACH)}")
    return lambda posting: getattr(posting, name)


def _field(said: str, path: str, each: str) -> Value:
    if not each:
        try:
            get = getter_of(said)
        except DefinitionError as error:
            raise DefinitionError(f"{path}: {error.message}", hint=error.hint) from error
        return lambda subject: get(subject.posting)
    parts = NESTED[each][0].__struct_fields__
    if said not in parts:
        raise DefinitionError(f"{path}: {each} has no part {said!r}", hint=nearest(said, parts))
    return lambda subject: getattr(subject.part, said)


def _expression(said: str, path: str, each: str) -> Value:
    if each:
        raise DefinitionError(f"{path}: within `each` there are fields alone, no expressions")
    try:
        evaluate = compile_value(said, "value")
    except DefinitionError as error:
        raise DefinitionError(f"{path}: {error.message}", hint=error.hint) from error

    def value(subject: Subject) -> Any:
        try:
            return evaluate(subject.view)
        except RecordError:
            return None

    return value
