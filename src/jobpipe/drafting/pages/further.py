"""Where a list goes on, and by what the links to postings are known."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.rows import Rows, shape_of
from jobpipe.drafting.pages.selectors import selector_of
from jobpipe.drafting.pages.view import View, words_of
from jobpipe.sources.formats.html.page import Page
from jobpipe.sources.site.links import links_of

_NEXT = re.compile(
    r"(?:next(?: page)?|older|more jobs|load more|weiter|nächste(?: seite)?|mehr laden|suivante?|page suivante"
    r"|siguiente|volgende|successiv[oa]|avanti|próxim[ao]|seguinte|nästa|neste|næste|seuraava|następna|dalej|další|következő"
    r"|urmatoarea|[>»›→])(?:\s*[>»›→])?",
    re.IGNORECASE,
)
_NEXT_WORDS = frozenset({"next", "suivant", "weiter", "siguiente", "volgende"})
_PAGER_WORDS = frozenset({"pagination", "pager", "paging", "paginator", "pages"})


def follow_of(view: View) -> str:
    """A selector of the link to the next list; "" = there is none."""
    for path in ("css:a[rel~=next]", "css:link[rel~=next]"):
        if links_of(view.page, [path]):
            return path
    pagers: list[HtmlElement] = []
    for link in view.root.iter("a"):
        if not (link.get("href") or "").strip() or (link.get("href") or "").startswith(("#", "javascript:")):
            continue
        around = [link, *list(link.iterancestors())[:3]]
        is_next = any(_NEXT_WORDS & set(words_of(one)) for one in around[:2]) or _is_next(view, link)
        if is_next and (selector := selector_of(link, view.root)):
            return selector
        pager = next((one for one in around if _PAGER_WORDS & set(words_of(one))), None)
        if pager is not None:
            pagers.append(pager)
    if pagers and (selector := selector_of(pagers[0], view.root)):
        return f"{selector} a"
    return ""


def _is_next(view: View, link: HtmlElement) -> bool:
    said = (view.text(link), link.get("title") or "", link.get("aria-label") or "")
    return any(_NEXT.fullmatch(one.strip()) for one in said if one)


def postings_of(page: Page, rows: Rows) -> str:
    """A pattern of their address, where it fits them and no other link; else a selector."""
    wanted = set(rows.links)
    for pattern in _patterns(rows):
        if set(links_of(page, [pattern])) == wanted:
            return pattern
    first = rows.elements[0]
    return rows.items if first.tag == "a" else f"{rows.items} a"


def _patterns(rows: Rows) -> list[str]:
    """/jobs/*, from what their addresses have in common."""
    shapes = {shape_of(link) for link in rows.links}
    paths = [parts_of(link).path for link in rows.links]
    common = _common(paths)
    made = []
    queries = {parts_of(link).query.partition("=")[0] for link in rows.links}
    if len(set(paths)) == 1 and queries != {""} and len(queries) == 1:
        made.append(f"{paths[0]}?{queries.pop()}=*")
    folder = common[: common.rfind("/") + 1]
    if len(folder) > 1 and len(shapes) <= 3:
        made += [f"{folder}*", f"{common}*"]
    return made


def _common(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    length = next(
        (at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:length]
