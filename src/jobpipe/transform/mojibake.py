"""Repairs text that was decoded wrongly ("crÃ©Ã©" for "créé"), behind a gate that lets sound text pass.

The repair is ftfy's, which costs 0.4 µs a character of *good* text.  The gate costs a hundredth of that.  It
looks first, with a few passes over the text as bytes, whether ftfy could change anything at all; most texts end
here.  Then it looks at the few spots where ftfy could; only the lines that ftfy would judge bad are given to it,
so that `repair_text(t) == repair_ungated(t)` for any text.

The gate follows from ftfy's own rules (`ftfy.badness`).  Each of them needs a C1 control character, one of a few
letters before what is no letter, or two neighbouring characters beyond ASCII of certain classes; everything
else that ftfy does here concerns control characters, surrogates, and text that is not in Unicode's form NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

# The longest sequence that a rule of ftfy looks at has six characters.
_REACH = 6
# ftfy cuts longer lines at this length.
_MAX_SEGMENT = 1_000_000

_PLAIN = bytes(byte for byte in range(0x80) if (byte >= 0x20 and byte != 0x7F) or byte in b"\t\n\x0c\r")
_BEYOND = bytes(range(0x80, 0x100))
# Of UTF-8: 0 = ASCII, 1 = the bytes that go on with a character, 2 = those that begin one.
_KINDS = bytes(0x80) + b"\1" * 0x40 + b"\2" * 0x40
_NEIGHBOURS = b"\1\2"
# Removed or replaced whatever stands beside it.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\u206a-\u206f\ufeff\ufff9-\ufffc]")
# Can be mojibake where an apostrophe, a hard space or ASCII follows them, but for a letter.
_TELLING = "œÎŒÂÃÐØÙ"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


def repair_text(text: str) -> str:
    """The text without mojibake, terminal escapes, control characters and lone surrogates, in the form NFC.

    Quotes, ligatures, widths, line breaks and HTML references stay as they are.
    """
    return _repair(text) if may_be_damaged(text) else text


def may_be_damaged(text: str) -> bool:
    """The gate: False where repair could change nothing. Costs a hundredth of the repair."""
    try:
        # An apostrophe or a hard space before a letter is common, and no sign of anything: it counts as ASCII.
        raw = text.replace("’", "'").replace("\xa0", " ").encode()
    except UnicodeEncodeError:  # a lone surrogate
        return True
    rest = raw.translate(None, _PLAIN)
    if not rest:
        return False
    if not _is_orderly(rest):
        return True
    if _NEIGHBOURS in raw.translate(_KINDS):
        is_bad = _has_mojibake(text)
    elif _has_telling_letter(rest.decode()):
        is_bad = any(map(_is_bad_at(text), _telling_spots(text, _TELLING)))
    else:
        return False
    # What is bad at the start of a line is so at the start of any line.
    return is_bad or "\nÂ " in text or "\nÃ " in text


def repair_ungated(text: str) -> str:
    """What `repair_text` gives, the slow way."""
    return "".join(map(_repair_by_ftfy, _segments(text)))


def _repair_by_ftfy(segment: str) -> str:
    from ftfy import fix_and_explain

    return str(fix_and_explain(segment, _config()).text)


def _is_orderly(rest: bytes) -> bool:
    """Whether a text, of which `rest` is what is not plain ASCII, is in the form NFC and none of it unwanted.

    Only U+0300 to U+037F (CC and CD in UTF-8) compose with a letter of ASCII, which `rest` has not.
    """
    if b"\xcc" in rest or b"\xcd" in rest or rest.translate(None, _BEYOND):
        return False
    text = rest.decode()
    return (text.isprintable() or not _UNWANTED.search(text)) and unicodedata.is_normalized("NFC", text)


def _has_telling_letter(text: str) -> bool:
    return any(letter in text for letter in _TELLING)


def _has_mojibake(text: str) -> bool:
    """Whether ftfy judges a sequence bad. Exact for a segment; of several, True says that one may be."""
    return any(map(_is_bad_at(text), _spots(text)))


def _is_bad_at(text: str) -> Callable[[int], bool]:
    is_bad = _gate().badness.search
    return lambda at: is_bad(text, max(0, at - _REACH), at + _REACH + 2) is not None


def _spots(text: str) -> Iterator[int]:
    """The places at which a sequence can be bad: each the first of two characters."""
    yield from _telling_spots(text, "œŒÂÃ")
    for pair in _gate().pairs.finditer(text):
        yield pair.start()


def _telling_spots(text: str, letters: str) -> Iterator[int]:
    for letter in letters:
        at = text.find(letter)
        while at >= 0:
            if text[at + 1 : at + 2] not in _LETTERS:
                yield at
            at = text.find(letter, at + 1)


def _repair(text: str) -> str:
    return "".join(_repair_segment(segment) if _is_suspect(segment) else segment for segment in _segments(text))


def _is_suspect(segment: str) -> bool:
    return (
        _UNWANTED.search(segment) is not None
        or not unicodedata.is_normalized("NFC", segment)
        or (not segment.isascii() and _has_mojibake(segment))
    )


def _segments(text: str) -> list[str]:
    """Lines with their ends, cut where they are too long: what ftfy repairs at a time."""
    segments = []
    position = 0
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        end = min(end, position + _MAX_SEGMENT)
        segments.append(text[position:end])
        position = end
    return segments


def _repair_segment(segment: str) -> str:
    """What ftfy makes of it: its fixers in its order until nothing changes, each only where it has something to do."""
    while True:
        before = segment
        segment = _decoded_again(segment)
        if _UNWANTED.search(segment):
            segment = _without_unwanted(segment)
        segment = unicodedata.normalize("NFC", segment)
        if segment == before:
            return segment


def _decoded_again(segment: str) -> str:
    """`ftfy.fix_encoding`, whose own judgement of what is sound already takes most of its time."""
    # One of its steps at a time: there is no public name for that.
    from ftfy import _fix_encoding_one_step_and_explain as take_step

    # Control characters beyond ASCII are bad by themselves.
    while _UNWANTED.search(segment) or _has_mojibake(segment):
        before, segment = segment, take_step(segment, _config()).text
        if segment == before:
            break
    return segment


def _without_unwanted(segment: str) -> str:
    from ftfy import fixes

    for fix in (fixes.fix_c1_controls, fixes.fix_surrogates, fixes.remove_terminal_escapes, fixes.remove_control_chars):
        segment = fix(segment)
    return str(segment)


@cache
def _config() -> Any:
    """ftfy's settings: what is only unusual stays, what cannot be meant goes."""
    from ftfy import TextFixerConfig

    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=True,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=True,
        decode_inconsistent_utf8=True,
        fix_c1_controls=True,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=True,
        remove_control_chars=True,
        normalization="NFC",
        explain=False,
    )


class _Gate(NamedTuple):
    # Finds two neighbours of which a bad sequence can be part, and stands before the second.
    pairs: Any
    # ftfy's own judgement of a sequence.
    badness: Any


@cache
def _gate() -> _Gate:
    import regex  # scans for what is not ASCII ten times as fast as re
    from ftfy.badness import BADNESS_RE, MOJIBAKE_CATEGORIES

    def members(*names: str) -> str:
        return "".join(MOJIBAKE_CATEGORIES[name] for name in names)

    telling_second = members("bad", "box", "start_punctuation", "end_punctuation", "currency", "numeric", "law")
    telling_first = members("bad", "box", "end_punctuation", "currency", "numeric")
    pairs = (
        "[^\x00-\x7f](?=[^\x00-\x7f])(?:"
        rf"(?<![{members('common')}])(?=[{telling_second}°µ])"
        rf"|(?<=[{telling_first}ÂÃÎÐØÙ])"
        rf"|(?<=[{members('lower_accented', 'lower_common')}])(?=[{members('upper_accented')}])"
        "|(?<=[вГ])(?=[Ђў])|(?<=‚)(?=[Äâó]))"
    )
    return _Gate(regex.compile(pairs), BADNESS_RE)
