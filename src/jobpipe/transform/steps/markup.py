"""Steps between HTML and text. What comes out of `sanitize_html` and `text_to_html` is safe to show."""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any

from jobpipe.transform.steps.step import Example, Run, step

_BLOCKS = frozenset(
    """
    p div h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre section article header footer main aside nav address figure
    hr
""".split()  # noqa: SIM905
)
# Each on a line of its own.
_LINES = frozenset(
    """
    br li tr dt dd caption figcaption thead tbody tfoot
""".split()  # noqa: SIM905
)
_CELLS = frozenset(("td", "th"))
_INLINE = frozenset(
    """
    a b strong i em u s sub sup small code span font label abbr mark
""".split()  # noqa: SIM905
)
_ALLOWED = _BLOCKS | _LINES | _CELLS | {"a", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "code"}
# Removed with all that is in them.
_REMOVED = frozenset(
    """
    script style noscript template iframe object embed svg math title textarea select
""".split()  # noqa: SIM905
)


@cache
def _cleaner() -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(_ALLOWED),
        clean_content_tags=set(_REMOVED),
        attributes={"*": set(), "a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


@step(
    "sanitize_html",
    summary="Keeps paragraphs, lists, headings, tables, emphasis and links of HTML; nothing that could do harm.",
    examples=[
        Example("sanitize_html", '<p onclick="x()">Bon<script>y()</script>jour</p>', "<p>Bonjour</p>"),
        Example("sanitize_html", "<p>a<b>b</p>", "<p>a<b>b</b></p>"),
        Example("sanitize_html", '<a href="javascript:x()">ici</a>', '<a rel="noopener noreferrer nofollow">ici</a>'),
    ],
)
def sanitize_html() -> Run:
    """Scripts, styles and forms go with their text, other tags leave theirs. Links are http, https or mailto."""
    clean = _cleaner().clean
    return lambda text: clean(text).strip() or None


# HTML to text ----------------------------------------------------------------------------------------

# The name of each tag; what stands between them is text.
_TAG = re.compile(r"<(/?[A-Za-z][A-Za-z0-9]*)(?:\s[^<>]*|/)?>")
# What each tag is in a text: nothing, the end of a line or of a paragraph, a break (two end a paragraph), the start
# of an item, a cell.
_NOTHING, _LINE, _PARAGRAPH, _BREAK, _ITEM, _CELL = range(6)
_BREAKS = ("", "\n", "\n\n")
_MEANING = {
    **{name: _PARAGRAPH for tag in _BLOCKS for name in (tag, f"/{tag}")},
    **{name: _LINE for tag in _LINES for name in (tag, f"/{tag}")},
    **{name: _CELL for tag in _CELLS for name in (tag, f"/{tag}")},
    **{name: _NOTHING for tag in _INLINE for name in (tag, f"/{tag}")},
    "br": _BREAK,
    "/br": _BREAK,
    "li": _ITEM,
}


@step(
    "html_to_text",
    summary="Makes plain text of HTML: paragraphs, lines and items stay apart.",
    examples=[
        Example("html_to_text", "<p>Un &amp; deux</p><ul><li>a</li><li>b</li></ul>", "Un & deux\n\n- a\n- b"),
        Example("html_to_text", "a<br>b", "a\nb"),
        Example("html_to_text", "<style>p {}</style><p>a</p>", "a"),
        Example("html_to_text", "déjà du texte", "déjà du texte"),
    ],
)
def html_to_text() -> Run:
    """Paragraphs become empty lines between, items of a list lines with a dash, references characters."""
    return lambda text: text_of_html(text) or None


def text_of_html(markup: str) -> str:
    if "<" not in markup:
        return _unescaped(_tidied(markup))
    made = _text_of_plain(markup)
    if made is None:
        made = _text_of_plain(_cleaner().clean(markup)) or ""
    return _unescaped(made)


def _text_of_plain(markup: str) -> str | None:
    """The text, with its references; None = this is more than plain HTML: a script, a comment, a lone "<"."""
    line = _on_one_line(markup)
    pieces = _TAG.split(line)
    tags = pieces[1::2]
    if not line.count("<") == line.count(">") == len(tags):
        return None
    meanings = list(map(_MEANING.get, tags))
    if None in meanings:
        meanings = [_MEANING.get(tag.lower()) for tag in tags]
        if None in meanings:
            return None
    return _assembled(pieces[::2], meanings)


def _on_one_line(markup: str) -> str:
    """White space as HTML has it: all of it is a blank, and several are one."""
    text = markup.replace("\n", " ").replace("\r", " ").replace("\t", " ").replace("\xa0", " ").replace("&nbsp;", " ")
    return _single_blanks(text)


def _single_blanks(text: str) -> str:
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _assembled(texts: list[str], meanings: list[int | None]) -> str:
    """The texts, with the white space between that the tags between them mean."""
    made: list[str] = []
    add = made.append
    # What is still to be written before the next text: 0 nothing, 1 an end of line, 2 an empty line.
    pending = 0
    is_item = after_item = False
    for text, meaning in zip(texts, (*meanings, 0), strict=True):
        if text and text != " ":
            if pending:
                if made:
                    add("\n" if is_item and after_item else _BREAKS[pending])
                if is_item:
                    add("- ")
                after_item, is_item = is_item, False
                text = text.lstrip()
                pending = 0
            add(text)
        elif text and not pending:
            add(" ")
        if meaning:
            if meaning == _CELL:
                add("" if pending else " ")
            elif meaning == _BREAK:
                pending = min(pending + 1, _PARAGRAPH)
            elif meaning == _ITEM:
                is_item = True
                pending = pending or 1
            elif meaning > pending:
                pending = meaning
    return "".join(made)


def _unescaped(text: str) -> str:
    if "&" in text:
        text = html.unescape(text).replace("\xa0", " ")
    return _single_blanks(text).replace(" \n", "\n").strip()


def _tidied(text: str) -> str:
    """A text without tags keeps its lines, with at most one empty one between."""
    lines = "\n".join(line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines)


@step(
    "strip_tags",
    summary="Makes one line of text of HTML.",
    examples=[Example("strip_tags", "<b>Dev</b> <p>web</p>Java", "Dev web Java")],
)
def strip_tags() -> Run:
    return lambda text: " ".join(text_of_html(text).split()) or None


# Text to HTML ----------------------------------------------------------------------------------------

_BULLET = re.compile(r"[-–—•*·▪●◦‣■□✓✔➢➤►]\s+|[•▪●◦‣■➢➤►](?=\S)")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


@step(
    "text_to_html",
    summary="Makes HTML of plain text: paragraphs, line breaks, and lists of lines that begin with a dash or a dot.",
    examples=[
        Example("text_to_html", "Un & deux\n\nLigne\nLigne", "<p>Un &amp; deux</p><p>Ligne<br>Ligne</p>"),
        Example("text_to_html", "Profil :\n- a\n- b", "<p>Profil :</p><ul><li>a</li><li>b</li></ul>"),
    ],
)
def text_to_html() -> Run:
    """Everything in the text is escaped: what looks like a tag is text."""

    def run(text: str) -> str | None:
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n").strip()
        return "".join(_paragraph(one) for one in _PARAGRAPHS.split(text) if one.strip()) or None

    return run


def _paragraph(text: str) -> str:
    """A paragraph, or the paragraphs and lists that lines with bullets make of it."""
    if "\n" not in text and not _BULLET.match(text):
        return f"<p>{html.escape(text, quote=False)}</p>"
    made: list[str] = []
    lines: list[str] = []
    items: list[str] = []
    for line in text.split("\n"):
        line = html.escape(line.strip(), quote=False)
        bullet = _BULLET.match(line)
        if bullet:
            _close(made, lines, "p", "<br>")
            items.append(line[bullet.end() :])
        elif line:
            _close(made, items, "ul", "</li><li>")
            lines.append(line)
    _close(made, lines, "p", "<br>")
    _close(made, items, "ul", "</li><li>")
    return "".join(made)


def _close(made: list[str], lines: list[str], tag: str, between: str) -> None:
    """Write the lines that were gathered, as a paragraph or as a list."""
    if not lines:
        return
    inside = between.join(lines)
    made.append(f"<ul><li>{inside}</li></ul>" if tag == "ul" else f"<p>{inside}</p>")
    lines.clear()
