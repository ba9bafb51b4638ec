"""Mends one XML record that a strict parser refuses, by its text, so that nothing of it is lost.

What is mended: `&` that begins no reference, HTML's named entities, `<` that begins no tag, `]]>` in text,
characters that XML forbids (control characters, which no reader sees), attributes without quotes or value,
HTML's void elements without their slash, prefixes that nobody declared.  The mended text must pass the strict
parser: a lenient parser's guesses about structure (an element that is never closed swallows what follows it)
are never taken.
"""

from __future__ import annotations

import re
from html.entities import html5

# A record that needs mending and is larger than this is refused.
MAX_CHARACTERS = 4 * 1024 * 1024

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A tag cannot run past the next `<` and what is never closed runs to the end, so that the search is linear
# whatever the text is.
_TOKEN = re.compile(
    r"(?P<whole><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z))"
    r"|(?P<tag></?[^\W\d][\w.:\-]*(?:\s(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*|/)?>)"
    r"|(?P<open><)|(?P<text>[^<]+)",
    re.DOTALL,
)
_AMPERSAND = re.compile(r"&(?:#(?P<decimal>\d{1,7});|#[xX](?P<hex>[0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]*);)?")
_ATTRIBUTE = re.compile(r"([^\s=/>\"']+)(?:\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>`]+))?")
_TAG = re.compile(r"<(?P<name>[^\s/>]+)(?P<attributes>.*?)(?P<end>/?)>$", re.DOTALL)
_PREFIX_IN_TAG = re.compile(r"</?([^\W\d][\w.\-]*):|\s([^\W\d][\w.\-]*):[^\W\d][\w.\-]*\s*=")
_DECLARED = re.compile(r"\sxmlns:([^\W\d][\w.\-]*)\s*=")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_VOID = frozenset({"br", "hr", "img", "wbr"})


def mend(text: str) -> str | None:
    """The text that a strict parser may take; None = there is nothing to mend in it, or it is too large."""
    if len(text) > MAX_CHARACTERS:
        return None
    lower = text.lower()
    void = frozenset(name for name in _VOID if f"</{name}" not in lower)
    made: list[str] = []
    for token in _TOKEN.finditer(_FORBIDDEN.sub("", text)):
        part = token[0]
        if token.lastgroup == "text":
            part = _mend_references(part).replace("]]>", "]]&gt;")
        elif token.lastgroup == "open":
            part = "&lt;"
        elif token.lastgroup == "tag":
            part = _mend_tag(part, void)
        made.append(part)
    mended = "".join(made)
    return mended if mended != text else None


def undeclared_prefixes(text: str, declared: set[str]) -> list[str]:
    """The namespace prefixes that the tags of a record use and nobody declares."""
    used: set[str] = set()
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "tag" and ":" in token[0]:
            declared = declared | set(_DECLARED.findall(token[0]))
            used.update(first or second for first, second in _PREFIX_IN_TAG.findall(_without_values(token[0])))
    return sorted(used - declared - {"xml", "xmlns"})


def _without_values(tag: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", '""', tag)


def _mend_references(text: str) -> str:
    return _AMPERSAND.sub(_mend_reference, text) if "&" in text else text


def _mend_reference(found: re.Match[str]) -> str:
    name = found["name"]
    if name:
        if name in _OWN:
            return found[0]
        if (character := html5.get(f"{name};")) is not None:
            return character.replace("&", "&amp;").replace("<", "&lt;")
        return f"&amp;{found[0][1:]}"
    number = found["decimal"] or found["hex"]
    if number is None:
        return f"&amp;{found[0][1:]}"
    code = int(number, 10 if found["decimal"] else 16)
    if code > 0x10FFFF:
        return f"&amp;{found[0][1:]}"
    return "" if _FORBIDDEN.match(chr(code)) else found[0]


def _mend_tag(tag: str, void: frozenset[str]) -> str:
    found = _TAG.match(tag)
    if tag.startswith("</") or found is None:
        return tag
    name, attributes = found["name"], found["attributes"]
    end = "/" if name.lower() in void else found["end"]
    if not attributes.strip():
        return f"<{name}{attributes}{end}>"
    made = ""
    for attribute in _ATTRIBUTE.finditer(attributes):
        key, value = attribute[1], attribute[2] or '""'
        if value[0] not in "\"'":
            value = f'"{value}"'
        made += f" {key}={_mend_references(value)}"
    return f"<{name}{made}{end}>"
