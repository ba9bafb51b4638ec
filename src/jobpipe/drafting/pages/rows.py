"""A list of postings: elements of the same making, each with a link to a page of its own."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.meanings import strength_for
from jobpipe.drafting.pages.selectors import found_by, lasting_classes, selector_of
from jobpipe.drafting.pages.titles import is_generic
from jobpipe.drafting.pages.view import View

# Fewer links are no list; of so many each is looked at.
LEAST_ROWS = 3
_MOST_ROWS = 300
_MOST_ABOVE = 6
_MOST_GROUPS = 12
# Letters of a posting that has no page of its own.
_LEAST_TEXT = 100
# Words in the addresses of postings and of lists of them.
JOB_ADDRESS = re.compile(
    r"job|career|karriere|carriere|vacanc|vacatur|position|opening|stelle|offre|emploi|recrut|oferta|empleo|trabajo"
    r"|lavor|annunci|vaga|carreira|emprego|jobb|ledig|stilling|tyopaik|avoimet|praca|oferty|rekrut|ausschreibung|anzeige"
    r"|opportunit|role|apply|bewerb|munka|allas|kariera|posting|requisition|reqid|poste|bewerber",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rows:
    # css:… of the elements, from the page on.
    items: str
    elements: tuple[HtmlElement, ...]
    # Of each the link to its page, absolute; () = they have none.
    links: tuple[str, ...]
    # How many of its letters are those of the page.
    share: float


def rows_of(view: View) -> Rows | None:
    """The list that looks most like postings; None = there is none."""
    groups: dict[tuple[str, ...], list[HtmlElement]] = defaultdict(list)
    for link in view.shown:
        if link.tag == "a" and view.leads_away(link):
            groups[_making(link)].append(link)
    likely = sorted(groups.values(), key=lambda links: -_promise(view, links))[:_MOST_GROUPS]
    candidates = [found for links in likely if (found := _rows(view, links)) is not None]
    return max(candidates, key=lambda rows: _score(view, rows), default=None)


def _promise(view: View, links: Sequence[HtmlElement]) -> float:
    """Without a look at what is around them."""
    some = links[:20]
    hits = sum(_is_of_a_job(view.page.absolute(link.get("href") or "")) for link in some)
    return hits / len(some) + min(len(links), 20) / 20


def _making(link: HtmlElement) -> tuple[str, ...]:
    """The tags and classes on the way to it, as far as rows share them."""
    way = [_named(link)]
    for above in link.iterancestors():
        way.append(_named(above))
        if above.tag in ("ul", "ol", "table", "tbody", "main", "body") or len(way) > _MOST_ABOVE:
            break
    return tuple(way)


def _named(element: HtmlElement) -> str:
    return ".".join([str(element.tag), *sorted(lasting_classes(element))])


def _rows(view: View, links: Sequence[HtmlElement]) -> Rows | None:
    distinct: dict[str, HtmlElement] = {}
    for link in links[:_MOST_ROWS]:
        distinct.setdefault(view.page.absolute(link.get("href") or "").partition("#")[0], link)
    if len(distinct) < LEAST_ROWS:
        return None
    texts = [view.text(link) for link in distinct.values()]
    elements = _own_parts(list(distinct.values()))
    if not _differ(texts):
        texts = [view.text(element) for element in elements]
    are_of_jobs = all(map(_is_of_a_job, distinct)) and _alike(list(distinct)) > 0.9
    if not are_of_jobs and (not _differ(texts) or all(is_generic(text) or len(text) < 3 for text in texts)):
        return None
    selector = _selector_of_all(view, elements)
    if not selector:
        return None
    size = max(len(view.root.text_content()), 1)
    share = sum(len(element.text_content()) for element in elements) / size
    return Rows(selector, tuple(elements), tuple(distinct), share)


def _differ(texts: Sequence[str]) -> bool:
    return len(set(texts)) >= 0.3 * len(texts)


def _is_of_a_job(link: str) -> bool:
    parts = parts_of(link)
    if JOB_ADDRESS.search(f"{parts.path}?{parts.query}"):
        return True
    last = parts.path.rstrip("/").rpartition("/")[2]
    return bool(JOB_ADDRESS.search(parts.netloc)) and (last.count("-") >= 2 or any(one.isdigit() for one in last))


def _own_parts(marks: Sequence[HtmlElement]) -> list[HtmlElement]:
    """Of each link or heading the largest element around it that holds none of the others; as far up for all."""
    ways = [_way_up(mark, marks) for mark in marks]
    height = min(map(len, ways))
    return [way[height - 1] for way in ways]


def _way_up(mark: HtmlElement, marks: Sequence[HtmlElement]) -> list[HtmlElement]:
    others = {one for one in marks if one is not mark}
    way = [mark]
    for above in mark.iterancestors():
        if above.tag in ("body", "html") or any(one in others for one in above.iter(str(mark.tag))):
            break
        way.append(above)
    return way


def sections_of(view: View) -> Rows | None:
    """Postings one below the other on a page about jobs, each with a heading and its text, and no page of its own."""
    main = next((view.text(one) for one in view.shown if one.tag == "h1"), view.head.get("title", ""))
    if not JOB_ADDRESS.search(main) or not is_generic(main):
        return None
    groups: dict[tuple[str, ...], list[HtmlElement]] = defaultdict(list)
    for heading in view.shown:
        if heading.tag in ("h2", "h3", "h4", "h5") and 3 <= len(view.text(heading)) <= 120:
            groups[_making(heading)].append(heading)
    for headings in sorted(groups.values(), key=len, reverse=True):
        texts = [view.text(one) for one in headings]
        of_a_text = sum(strength_for(text.rstrip(" :?"), "description", "description.more") >= 0.5 for text in texts)
        if len(headings) < 2 or len(set(texts)) < len(texts) or of_a_text > 0.2 * len(texts):
            continue
        parts = _own_parts(headings)
        if sum(view.prose_in(part) >= _LEAST_TEXT for part in parts) < 0.8 * len(parts):
            continue
        if selector := _selector_of_all(view, parts):
            return Rows(selector, tuple(parts), (), 1.0)
    return None


def _selector_of_all(view: View, elements: Sequence[HtmlElement]) -> str:
    """By a class that all have and nothing else of the page, or by where they stand."""
    shared = set(lasting_classes(elements[0])).intersection(*(lasting_classes(one) for one in elements[1:]))
    tags = {str(one.tag) for one in elements}
    tag = tags.pop() if len(tags) == 1 else ""
    if not tag:
        return ""
    ordered = [name for name in lasting_classes(elements[0]) if name in shared]
    ways = [f".{name}" for name in ordered] + [f"{tag}.{name}" for name in ordered]
    parents = list(dict.fromkeys(one.getparent() for one in elements))
    for above in parents[:1]:
        while above is not None and above.tag not in ("body", "html"):
            outer = selector_of(above, view.root).removeprefix("css:")
            if outer:
                ways += [f"{outer} .{name}" for name in ordered]
                ways += [f"{outer} > {tag}", f"{outer} {tag}", f"{outer} {tag}:has(a)", f"{outer} {tag}:has(td a)"]
            above = above.getparent()
    for way in ways:
        found = found_by(f"css:{way}", view.root)
        if list(found) == list(elements):
            return f"css:{way}"
    for way in ways:
        found = found_by(f"css:{way}", view.root)
        if len(found) <= len(elements) + 1 and all(one in found for one in elements):
            return f"css:{way}"
    return ""


def _score(view: View, rows: Rows) -> float:
    hits = sum(map(_is_of_a_job, rows.links))
    words = [len(view.text(element).split()) for element in rows.elements]
    several = sum(1 for count in words if count >= 2) / len(words)
    alike = _alike(rows.links)
    return 3 * hits / len(rows.links) + several + alike + 2 * rows.share + min(len(rows.links), 20) / 20


def _alike(links: Sequence[str]) -> float:
    """The share of the addresses that are of the most frequent shape."""
    shapes = Counter(shape_of(link) for link in links)
    return shapes.most_common(1)[0][1] / len(links)


def shape_of(link: str) -> str:
    """Host and path without what differs from posting to posting: the last part, and numbers."""
    parts = parts_of(link)
    pieces = [piece for piece in parts.path.split("/") if piece]
    kept = ["#" if re.fullmatch(r"[\d-]+", piece) else piece for piece in pieces]
    if parts.query:
        return f"{parts.netloc}/{'/'.join(kept)}?{parts.query.partition('=')[0]}"
    return f"{parts.netloc}/{'/'.join(kept[:-1])}/*"


def is_list(view: View, rows: Rows) -> bool:
    """Whether the page is about its rows, and not about one posting with others beside it."""
    if _score(view, rows) < 3.0:
        return False
    inside = {element for row in rows.elements for element in row.iter()}
    rest = sum(letters for block, letters in view.prose.items() if block not in inside)
    return (rows.share >= 0.25 and rest < 1500) or (rows.share >= 0.1 and rest < 600) or rows.share >= 0.6
