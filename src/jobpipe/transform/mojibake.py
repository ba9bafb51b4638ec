"""Repairs text that was decoded with the wrong encoding somewhere upstream ("Ã©" for "é").

The repairer is ftfy (https://ftfy.readthedocs.io) with all that only changes style turned off.  It is far too
slow to run on every text, so a gate says which lines it could change at all, and only those are given to it.
The law, which a test holds: behind its gate it makes what it makes without it.

The gate looks at classes of characters, one byte each, because bytes are searched many times faster than text.
What ftfy calls bad always holds one of these: two neighbours that are not ASCII (but for a few that texts are
full of, as the second), a ligature œ before something that is no letter, Â or Ã before a space; a control
character; or the text is not composed (NFC).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from unicodedata import is_normalized

_LETTER, _OTHER, _FOREIGN, _COMMON, _HEAD, _LIGATURE, _CONTROL, _ACCENTED = range(8)
# Characters that begin nothing bad and may follow all but `_HEADS`.
_COMMONS = "\xa0\xad\xb7\xb4\u2013\u2014\u2026\u2019"
# Those that are bad even before a common one, or (Â, Ã) before a space.
_HEADS = "\xd8\xd9\xc2\xc3\xce\xd0"
_LIGATURES = "\u0152\u0153"
# Two of these beside each other are a good word ("créée").
_ACCENTEDS = "àâäçèéêëîïôöùûü"
# What cp1252 does not have is written as one of two bytes that it does not use.
_ANY_FOREIGN, _ANY_CONTROL = b"\x81", b"\x8d"
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u206a-\u206f\ufeff\ufff9-\ufffc\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
    "\ud800-\udfff]"
)
# √ and the horizontal bar are not of cp1252: as foreign characters they are suspect beside any other.
_SUSPECT_PAIRS = re.compile(rb"[\x02\x04\x05][\x02\x04\x05\x07]|\x07[\x02\x04\x05]|\x04[\x01\x03]|\x05[^\x00]|\x06")


def _class_of(byte: int) -> int:
    if byte in (_ANY_CONTROL[0], *range(9), 0x0B, *range(0x0E, 0x20), 0x7F):
        return _CONTROL
    if byte < 0x80:
        return _LETTER if chr(byte).isalpha() else _OTHER
    character = bytes((byte,)).decode("cp1252", "replace")
    if character in _COMMONS:
        return _COMMON
    if character in _HEADS:
        return _HEAD
    if character in _ACCENTEDS:
        return _ACCENTED
    return _LIGATURE if character in _LIGATURES else _FOREIGN


_CLASSES = bytes(map(_class_of, range(256)))
_PLAIN_ASCII = bytes(byte for byte in range(0x80) if _class_of(byte) != _CONTROL)
# Any two neighbours of these classes are suspect, but for two that are 2.
_PAIRS = bytes({_FOREIGN: 1, _HEAD: 1, _LIGATURE: 1, _ACCENTED: 2}.get(kind, 0) for kind in _CLASSES)


def repair_text(text: str) -> str:
    """The text as its author wrote it, as far as that can be known; the same text where nothing is wrong."""
    if not _is_suspect(text):
        return text
    return "".join([_repair_line(line) for line in _lines(text)])


def repair_ungated(text: str) -> str:
    """What `repair_text` is held to."""
    return str(_fix_text()(text))


def _is_suspect(text: str) -> bool:
    if text.isascii():
        return bool(text.encode().translate(None, _PLAIN_ASCII))
    try:
        encoded = text.encode("cp1252")
    except UnicodeEncodeError:
        encoded = text.encode("cp1252", "jobpipe_gate")
        if not is_normalized("NFC", text):
            return True
    pairs = encoded.translate(_PAIRS)
    if b"\x01\x01" in pairs or b"\x01\x02" in pairs or b"\x02\x01" in pairs:
        return True
    classes = encoded.translate(_CLASSES)
    return (
        _CONTROL in classes
        or b"\x04\x01" in classes
        or b"\x04\x03" in classes
        or b"\x05\x01" in classes
        or b"\x05\x03" in classes
        # A foreign √ before a common character.
        or (_ANY_FOREIGN in encoded and "\u221a" in text)
    )


def _repair_line(line: str) -> str:
    return str(_fix_text()(line)) if _is_suspect(line) and _may_change(line) else line


def _may_change(line: str) -> bool:
    """Whether ftfy would find the line bad, asked only around its suspect places."""
    if _CONTROLS.search(line) or "\u221a" in line or not is_normalized("NFC", line):
        return True
    classes = line.encode("cp1252", "jobpipe_gate").translate(_CLASSES)
    search = _badness()
    position = 0
    while (found := _SUSPECT_PAIRS.search(classes, position)) is not None:
        start = found.start()
        if search(line, max(0, start - _REACH), start + _REACH):
            return True
        position = start + 1
    return False


# The longest of ftfy's patterns has six characters.
_REACH = 7


def _lines(text: str) -> list[str]:
    """With their ends; a line ends at a line feed only, as in ftfy."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + parts[-1:]


def _as_class(error: UnicodeError) -> tuple[bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return b"".join(_ANY_CONTROL if _CONTROLS.match(one) else _ANY_FOREIGN for one in characters), error.end


codecs.register_error("jobpipe_gate", _as_class)


# ftfy takes its time to be imported: most processes never meet a suspect text.


@cache
def _fix_text() -> Callable[[str], str]:
    import ftfy

    config = ftfy.TextFixerConfig(
        unescape_html=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        explain=False,
    )
    return lambda text: ftfy.fix_text(text, config)


@cache
def _badness() -> Any:
    from ftfy.badness import BADNESS_RE

    return BADNESS_RE.search
