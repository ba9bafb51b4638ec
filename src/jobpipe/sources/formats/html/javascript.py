"""Data that a script holds as JavaScript writes it, which is seldom JSON: bare names, single quotes, last commas.

Nothing is run.  What is no plain value (a call, a sum, a function) is None, and so is what a template would put in.
"""

from __future__ import annotations

import re
from typing import Any

_BLANK = re.compile(r"(?:\s+|//[^\n]*|/\*.*?(?:\*/|\Z))+", re.DOTALL)
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|`((?:[^`\\$]|\\.|\$(?!\{))*)`", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_NAME = re.compile(r"[\w$]+")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": "", "\r": ""}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_DEEPEST = 100


class JavaScriptError(ValueError):
    """The message says where."""


def value_after(text: str, mark: str) -> Any:
    """The value that follows `mark` (and =, : or an opening parenthesis). Raises JavaScriptError."""
    position = text.find(mark)
    if position < 0:
        raise JavaScriptError(f"{mark!r} is not there")
    reading = _Reading(text, position + len(mark))
    reading.blanks()
    while reading.peek() and reading.peek() in "=:(":
        reading.position += 1
        reading.blanks()
    return reading.value(0)


class _Reading:
    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self.position = position

    def peek(self) -> str:
        return self._text[self.position : self.position + 1]

    def blanks(self) -> None:
        if found := _BLANK.match(self._text, self.position):
            self.position = found.end()

    def value(self, depth: int) -> Any:
        """Up to the comma or the bracket after it."""
        if depth > _DEEPEST:
            raise JavaScriptError("it is nested too deeply")
        self.blanks()
        begun = self.position
        given = self._plain(depth)
        self.blanks()
        if self.peek() in ("", ",", "}", "]", ")", ";") or depth == 0:
            return given
        # It goes on: `'a' + b`, `f(x)`, `new Date(0)`.
        self.position = begun
        self._pass_over()
        return None

    def _plain(self, depth: int) -> Any:
        head = self.peek()
        if head == "{":
            return self._object(depth)
        if head == "[":
            return self._array(depth)
        if found := _STRING.match(self._text, self.position):
            self.position = found.end()
            return _ESCAPE.sub(_unescaped, next(one for one in found.groups() if one is not None))
        if found := _NUMBER.match(self._text, self.position):
            self.position = found.end()
            return _number(found[0])
        if found := _NAME.match(self._text, self.position):
            self.position = found.end()
            return _WORDS.get(found[0])
        if depth == 0 or not head:
            raise self._wrong("a value")
        return None

    def _array(self, depth: int) -> list[Any]:
        self.position += 1
        made: list[Any] = []
        while True:
            self.blanks()
            if self.peek() == "]":
                self.position += 1
                return made
            made.append(self.value(depth + 1))
            self._next("]")

    def _object(self, depth: int) -> dict[str, Any]:
        self.position += 1
        made: dict[str, Any] = {}
        while True:
            self.blanks()
            if self.peek() == "}":
                self.position += 1
                return made
            name = self._name()
            self.blanks()
            if self.peek() == ":":
                self.position += 1
                made[name] = self.value(depth + 1)
            else:  # A shorthand or a method.
                self._pass_over()
            self._next("}")

    def _name(self) -> str:
        if found := _STRING.match(self._text, self.position):
            self.position = found.end()
            return _ESCAPE.sub(_unescaped, next(one for one in found.groups() if one is not None))
        if found := _NAME.match(self._text, self.position):
            self.position = found.end()
            return found[0]
        raise self._wrong("a name")

    def _next(self, closing: str) -> None:
        self.blanks()
        if self.peek() == ",":
            self.position += 1
        elif self.peek() != closing:
            raise self._wrong(f"a comma or {closing}")

    def _pass_over(self) -> None:
        """To the comma or the bracket that ends what is no plain value."""
        waiting: list[str] = []
        while head := self.peek():
            if not waiting and head in ",}]);":
                return
            if found := _STRING.match(self._text, self.position) or _BLANK.match(self._text, self.position):
                self.position = found.end()
                continue
            if head in _CLOSING:
                waiting.append(_CLOSING[head])
            elif waiting and head == waiting[-1]:
                waiting.pop()
            self.position += 1

    def _wrong(self, wanted: str) -> JavaScriptError:
        around = " ".join(self._text[self.position : self.position + 40].split())
        line = self._text.count("\n", 0, self.position) + 1
        return JavaScriptError(f"{wanted} is missing in line {line} of the script, before {around!r}")


def _unescaped(found: re.Match[str]) -> str:
    braced, four, two, other = found.groups()
    if code := braced or four or two:
        return chr(min(int(code, 16), 0x10FFFF))
    return _SHORT.get(other, other)


def _number(text: str) -> int | float:
    if "x" in text.lower():
        return int(text, 16)
    return float(text) if any(mark in text for mark in ".eE") else int(text)
