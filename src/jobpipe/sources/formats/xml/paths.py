"""Paths into one XML record: XPath's plain subset, as direct walks over lxml's elements.

`a/b`, `@id`, `a/@x`, `.`, `a[1]`, `a[last()]`, `a[@k='v']`, `a[@k]`, `a[b='v']`, `a[b]`, `*`, `//x`, `a/text()`
and `a/html()` (the markup inside the element).  A name without a prefix matches in any namespace, one with a
prefix matches as the feed writes it (`dc:creator`).  `to_xpath` gives the same path in XPath 1.0, which reads
the texts that walks would give out of order, and which the tests hold the walks to.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobpipe.sources.formats.reading import PathError

Element = Any
Filter = Callable[[list[Element]], list[Element]]

_NAME = r"[^\W\d][\w.\-]*(?::[^\W\d][\w.\-]*)?"
_QUOTED = r"'[^']*'|\"[^\"]*\""
_STEP = re.compile(rf"(?P<name>{_NAME}|\*|\.)(?P<tests>(?:\[(?:[^\]'\"]|{_QUOTED})*\])*)")
_TEST = re.compile(
    rf"\[\s*(?:(?P<number>[1-9]\d*)|(?P<last>last\(\))"
    rf"|(?P<attribute>@)?(?P<name>{_NAME}|\.)(?:\s*=\s*(?P<value>{_QUOTED}))?)\s*\]"
)
MAX_PATH_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Test:
    """One `[…]`: a position (1 …, -1 = last), or a child or attribute that is there or has a value."""

    position: int = 0
    name: str = ""
    of_attribute: bool = False
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    # "*" = any element, "." = the element itself.
    name: str
    tests: tuple[Test, ...] = ()
    # Reached by `//`: at any depth.
    deep: bool = False


@dataclass(frozen=True, slots=True)
class PlainPath:
    steps: tuple[Step, ...]
    # "" = the element's text; "@name", "text()" or "html()".
    last: str = ""


def parse_path(path: str) -> PlainPath:
    """Raises PathError where the text is not of the plain subset."""
    rest = path.strip()
    if not rest:
        raise PathError("an empty path", hint="`.` is the record itself")
    if len(rest) > MAX_PATH_CHARACTERS:
        raise PathError(f"a path of {len(rest):,} characters; the limit is {MAX_PATH_CHARACTERS:,}")
    steps: list[Step] = []
    deep, rest = _slashes(rest)
    while True:
        if last := re.fullmatch(rf"@{_NAME}|text\(\)|html\(\)", rest):
            return PlainPath((*steps, Step(".", deep=True)) if deep else tuple(steps), last[0])
        found = _STEP.match(rest)
        if found is None:
            raise _not_plain(path, rest)
        steps.append(Step(found["name"], _tests(path, found["tests"]), deep))
        rest = rest[found.end() :]
        if not rest:
            return PlainPath(tuple(steps))
        if rest[0] != "/":
            raise _not_plain(path, rest)
        deep, rest = _slashes(rest)


def _slashes(rest: str) -> tuple[bool, str]:
    if rest.startswith("//"):
        return True, rest[2:]
    return False, rest.removeprefix("/")


def _tests(path: str, text: str) -> tuple[Test, ...]:
    tests: list[Test] = []
    while text:
        found = _TEST.match(text)
        if found is None:
            raise _not_plain(path, text)
        if found["number"] or found["last"]:
            tests.append(Test(position=int(found["number"] or -1)))
        else:
            value = found["value"]
            tests.append(
                Test(
                    name=found["name"],
                    of_attribute=bool(found["attribute"]),
                    value=value[1:-1] if value is not None else None,
                )
            )
        text = text[found.end() :]
    return tuple(tests)


def _not_plain(path: str, rest: str) -> PathError:
    return PathError(
        f"cannot read the path {path!r} at {rest!r}" if rest else f"the path {path!r} ends too early",
        hint="plain paths are a/b, @id, a/@x, a[1], a[@k='v'], //x; write any other XPath as xpath:…",
    )


# Walking ---------------------------------------------------------------------------------------------


def text_of(element: Element) -> str:
    """The element's string value, white space kept: its own text and that of the elements in it."""
    return "".join(element.itertext()) if len(element) else element.text or ""


def attribute_of(element: Element, name: str) -> str | None:
    """By its exact name; without a prefix in any namespace where no plain one is there."""
    if (value := element.get(name)) is not None:
        return str(value)
    prefix, _, local = name.rpartition(":")
    if prefix:
        uri = "http://www.w3.org/XML/1998/namespace" if prefix == "xml" else element.nsmap.get(prefix)
        return element.get(f"{{{uri}}}{local}") if uri else None
    for key, value in element.attrib.items():
        if key[0] == "{" and key.rpartition("}")[2] == local:
            return str(value)
    return None


def has_name(element: Element, name: str) -> bool:
    tag = element.tag
    if type(tag) is not str:  # an unresolved entity
        return False
    if name == "*" or tag == name:
        return True
    prefix, _, local = name.rpartition(":")
    if prefix:
        return bool(element.prefix == prefix and tag.rpartition("}")[2] == local)
    return tag[0] == "{" and tag.rpartition("}")[2] == local


def walk(step: Step) -> Callable[[Element], list[Element]]:
    """The elements that one step leads to from one element, in document order."""
    name, tests = step.name, tuple(filter_of(test) for test in step.tests)
    if name == ".":
        return _filtered(_self_and_below if step.deep else _self_alone, tests)
    if not step.deep:
        return _filtered(lambda element: [child for child in element if has_name(child, name)], tests)
    positional = any(test.position for test in step.tests)
    if not positional:
        return _filtered(lambda element: [e for e in element.iterdescendants() if has_name(e, name)], tests)
    each_parent = _filtered(lambda element: [child for child in element if has_name(child, name)], tests)

    def deep_by_parent(element: Element) -> list[Element]:
        chosen = {found for parent in element.iter() for found in each_parent(parent)}
        return [e for e in element.iterdescendants() if e in chosen]

    return deep_by_parent


def _self_alone(element: Element) -> list[Element]:
    return [element]


def _self_and_below(element: Element) -> list[Element]:
    return list(element.iter())


def walk_all(steps: tuple[Step, ...]) -> Callable[[list[Element]], list[Element]]:
    """The elements that all the steps lead to, each once, in document order."""
    walks = [walk(step) for step in steps]
    may_meet = sum(step.deep for step in steps) and len(steps) > 1

    def follow(elements: list[Element]) -> list[Element]:
        for one in walks:
            if not elements:
                return elements
            elements = one(elements[0]) if len(elements) == 1 else [found for e in elements for found in one(e)]
        return _in_order(elements) if may_meet and len(elements) > 1 else elements

    return follow


def _in_order(elements: list[Element]) -> list[Element]:
    wanted = set(elements)
    return [e for e in elements[0].getroottree().iter() if e in wanted]


def _filtered(choose: Callable[[Element], list[Element]], tests: tuple[Filter, ...]) -> Callable[[Element], list[Any]]:
    if not tests:
        return choose

    def choose_and_test(element: Element) -> list[Element]:
        found = choose(element)
        for test in tests:
            found = test(found)
        return found

    return choose_and_test


def filter_of(test: Test) -> Filter:
    """What a `[…]` leaves of the elements that one parent has."""
    name, value, position = test.name, test.value, test.position
    if position:
        return lambda found: found[-1:] if position < 0 else found[position - 1 : position]
    if test.of_attribute:
        if value is None:
            return lambda found: [e for e in found if attribute_of(e, name) is not None]
        return lambda found: [e for e in found if attribute_of(e, name) == value]
    if name == ".":
        return lambda found: [e for e in found if value is None or text_of(e) == value]
    if value is None:
        return lambda found: [e for e in found if any(has_name(child, name) for child in e)]
    return lambda found: [e for e in found if any(has_name(child, name) and text_of(child) == value for child in e)]


# The same in XPath -----------------------------------------------------------------------------------


def to_xpath(path: PlainPath) -> str:
    """The path in XPath 1.0, without namespaces to declare; `html()` has no equal and gives the element."""
    made = "."
    for step in path.steps:
        if step.name == ".":
            # XPath allows no test after `.`.
            made += "//self::*" if step.deep else "/self::*"
        else:
            made += ("//" if step.deep else "/") + _element_in_xpath(step.name)
        made += "".join(_test_in_xpath(test) for test in step.tests)
    if path.last.startswith("@"):
        return f"{made}/{_attribute_in_xpath(path.last[1:])}"
    return f"{made}/text()" if path.last == "text()" else made


def _element_in_xpath(name: str) -> str:
    if name == "*":
        return "*"
    return f"*[name()='{name}']" if ":" in name else f"*[local-name()='{name}']"


def _attribute_in_xpath(name: str) -> str:
    if ":" in name:
        return f"@*[name()='{name}']"
    return f"@*[local-name()='{name}' and (namespace-uri()='' or not(../@{name}))]"


def _test_in_xpath(test: Test) -> str:
    if test.position:
        return f"[{test.position}]" if test.position > 0 else "[last()]"
    if test.name == ".":
        subject = "."
    else:
        subject = _attribute_in_xpath(test.name) if test.of_attribute else _element_in_xpath(test.name)
    if test.value is None:
        return f"[{subject}]"
    quote = '"' if "'" in test.value else "'"
    return f"[{subject}={quote}{test.value}{quote}]"
