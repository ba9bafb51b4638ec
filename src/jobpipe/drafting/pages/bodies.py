"""Which part of a page is the description: a block that is called so, or the one that has nearly all running text."""

from __future__ import annotations

from collections.abc import Sequence

from lxml.html import HtmlElement

from jobpipe.drafting.pages.labelled import is_text, outermost
from jobpipe.drafting.pages.meanings import meaning_of, means_something, strength_for
from jobpipe.drafting.pages.selectors import found_by, lasting_classes, quoted, selector_of
from jobpipe.drafting.pages.spots import Spot
from jobpipe.drafting.pages.view import View

# Letters of running text; a shorter one is a teaser.
_LEAST = 120
# The share of the page's running text that a block must have, with a name that says what it is, and without.
_NAMED, _NAMELESS = 0.35, 0.85
_FLOW = frozenset(
    {"p", "ul", "ol", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "dl", "div", "section", "br", "hr"}
)
_TEXT = frozenset({"p", "ul", "ol", "h2", "h3", "h4", "h5", "h6", "blockquote", "table"})
_MOST_KINDS = 6
_LONGEST_LINE = 120


def body_of(view: View, title: HtmlElement | None, facts: Sequence[HtmlElement]) -> tuple[Spot, float] | None:
    """Its spot and how sure that is; None = there is none. `facts`: values with a label, which are no part of it where
    the page does not say what is."""
    total = sum(view.prose.values())
    if total < _LEAST:
        return None
    heads = [title] if title is not None else []
    named, headed = _named(view, total), _headed(view, total)
    # Of several parts one may be called a description, and be no more than a part.
    if named is not None and (headed is None or len(headed.value) <= 1.15 * len(view.text(named))):
        return _trimmed(view, named, heads, 0.95)
    if headed is not None:
        return headed, 0.9
    return _trimmed(view, _densest(view, total), [*heads, *facts], 0.85)


def _headed(view: View, total: int) -> Spot | None:
    """The block after a heading that says "job description", or the blocks after several that say parts of it."""
    found: list[tuple[HtmlElement, str, HtmlElement]] = []
    for element in view.shown:
        if element.tag not in ("h1", "h2", "h3", "h4", "h5", "dt", "div", "span", "p", "strong"):
            continue
        text = view.text(element) if view.is_short(element) else ""
        if (
            not 4 <= len(text) <= 45
            or not means_something(text.rstrip(" :"))
            or strength_for(text.rstrip(" :"), "description", "description.more") < 0.75
        ):
            continue
        outer = outermost(view, element, text)
        following, test = outer.getnext(), is_text(outer)
        if following is None or not test or not view.prose_in(following) or following.tag in ("h1", "h2", "h3", "h4"):
            continue
        if all(following is not one[2] for one in found):
            found.append((outer, test, following))
    for outer, test, following in found:
        if view.prose_in(following) >= max(_LEAST, 0.7 * total):
            path = f"xpath:(//{outer.tag}[{test}]/following-sibling::*[1])[1]"
            return Spot("description", f"{path}/html()", "body", view.text(following), following)
    return _sections(view, found, total)


def _sections(view: View, found: Sequence[tuple[HtmlElement, str, HtmlElement]], total: int) -> Spot | None:
    letters = sum(view.prose_in(following) for _, _, following in found)
    tags = {str(outer.tag) for outer, _, _ in found}
    if len(found) < 2 or len(tags) != 1 or letters < max(_LEAST, 0.3 * total):
        return None
    if any(following.getnext() is not None and following.getnext().tag == following.tag for _, _, following in found):
        return None
    tests = " or ".join(dict.fromkeys(test for _, test, _ in found))
    path = f"xpath://{tags.pop()}[{tests}]/following-sibling::*[1]"
    if len(found_by(path, view.root)) != len(found):
        return None
    return Spot("description", f"{path}/html()", "body", " ".join(view.text(one) for _, _, one in found), found[0][2])


def _named(view: View, total: int) -> HtmlElement | None:
    """The largest of those that are called a description and have enough of the text."""
    best: tuple[int, HtmlElement] | None = None
    for element in view.shown:
        if element.tag in ("body", "main", "html", "h1", "h2", "h3", "a", "label"):
            continue
        names = [*lasting_classes(element), element.get("id") or "", element.get("itemprop") or ""]
        if not any(name and _is_description(name) for name in names):
            continue
        letters = view.prose_in(element)
        if letters >= max(_LEAST, _NAMED * total) and (best is None or letters > best[0]):
            best = (letters, element)
    return best[1] if best is not None else None


def _is_description(name: str) -> bool:
    meant = meaning_of(name)
    return bool(meant) and strength_for(meant, "description", "description.more") >= 0.75


def _densest(view: View, total: int) -> HtmlElement:
    """The smallest block with nearly all of it."""
    block = view.root.find("body")
    block = view.root if block is None else block
    while True:
        inner = next((one for one in block if view.prose_in(one) >= _NAMELESS * total), None)
        if inner is None or inner.tag in ("p", "ul", "ol", "li", "tr", "td", "tbody"):
            return block if inner is None or inner.tag != "td" else inner
        block = inner


def _trimmed(view: View, block: HtmlElement, foreign: Sequence[HtmlElement], sure: float) -> tuple[Spot, float] | None:
    """The block, or those of its children that hold nothing foreign."""
    while True:
        inside = [one for one in foreign if one is not block and _is_within(one, block)]
        strange = {one for one in inside if not _is_in_text(view, one, inside)}
        strange |= {one for one in block.iter() if one in view.around and (one.text_content() or "").strip()}
        if not strange:
            return _whole(view, block, sure)
        kept = [one for one in block if isinstance(one.tag, str) and not _holds(one, strange) and view.text(one)]
        kept = _with_text(view, kept)
        if not kept:
            inner = max(block, key=view.prose_in, default=None)
            if inner is None or view.prose_in(inner) < _LEAST:
                return None
            block = inner
            continue
        if len(kept) == 1 and view.prose_in(kept[0]) >= _LEAST:
            return _whole(view, kept[0], sure)
        return _children(view, block, kept, sure)


def _whole(view: View, block: HtmlElement, sure: float) -> tuple[Spot, float] | None:
    selector = selector_of(block, view.root, tail="/html()")
    return (Spot("description", selector, "body", view.text(block), block), sure) if selector else None


def _with_text(view: View, kept: list[HtmlElement]) -> list[HtmlElement]:
    """From the first to the last that has running text, headings and lists between them included."""
    full = [number for number, one in enumerate(kept) if view.prose_in(one)]
    if not full:
        return []
    first = full[0]
    if first and kept[first - 1].tag in ("h2", "h3", "h4", "h5"):
        first -= 1
    return kept[first : full[-1] + 1]


def _children(view: View, block: HtmlElement, kept: list[HtmlElement], sure: float) -> tuple[Spot, float] | None:
    """Selected by a class that they share, by their tags, or as what follows another."""
    outer = selector_of(block, view.root)
    if not outer:
        return None
    css = outer.removeprefix("css:")
    shared = set(lasting_classes(kept[0])).intersection(*(lasting_classes(one) for one in kept[1:]))
    tags = list(dict.fromkeys(str(one.tag) for one in kept))
    texts = [one for one in kept if one.tag in _TEXT]
    ways = [f"css:{css} > .{name}" for name in sorted(shared)]
    if len(tags) <= _MOST_KINDS and set(tags) <= _FLOW:
        ways.append("css:" + ", ".join(f"{css} > {tag}" for tag in tags))
    ways += _following(view, kept)
    wanted = [(way, kept) for way in ways]
    if texts and sum(map(view.prose_in, texts)) >= 0.3 * view.prose_in(block):
        # Without the boxes between them.
        kinds = dict.fromkeys(str(one.tag) for one in texts)
        wanted.append(("css:" + ", ".join(f"{css} > {tag}" for tag in kinds), texts))
    for way, elements in wanted:
        if _selects(view, way, elements):
            found = [one for one in found_by(way, view.root) if isinstance(one, HtmlElement)]
            text = " ".join(view.text(one) for one in found)
            return Spot("description", f"{way}/html()", "body", text, block), sure - 0.05
    return None


def _following(view: View, kept: Sequence[HtmlElement]) -> list[str]:
    """What comes after the element that stands before them."""
    before = kept[0].getprevious()
    while before is not None and not isinstance(before.tag, str):
        before = before.getprevious()
    if before is None:
        return []
    label = view.text(before).partition(":")[0]
    if before.tag == "p" and 2 <= len(label) <= 40 and quoted(label):
        return [f"xpath://p[starts-with(normalize-space(), {quoted(label)})]/following-sibling::*"]
    way = selector_of(before, view.root)
    return [f"{way} ~ *"] if way else []


def _selects(view: View, way: str, kept: Sequence[HtmlElement]) -> bool:
    """These, and hardly more than them: lines that have a label, and so a field of their own."""
    found = [one for one in found_by(way, view.root) if isinstance(one, HtmlElement) and view.text(one)]
    wanted = [one for one in kept if view.text(one)]
    more = [len(view.text(one)) for one in found if one not in wanted]
    length = sum(len(view.text(one)) for one in wanted)
    if any(one not in found for one in wanted) or any(one > _LONGEST_LINE for one in more):
        return False
    return sum(more) <= 0.2 * length


def _is_within(one: HtmlElement, block: HtmlElement) -> bool:
    return any(above is block for above in one.iterancestors())


def _is_in_text(view: View, element: HtmlElement, others: Sequence[HtmlElement]) -> bool:
    """A label amid running text is a part of it; where there are several, it is a list of them."""
    paragraph = next((one for one in (element, *element.iterancestors()) if one.tag in ("p", "li", "td")), None)
    if paragraph is None or sum(1 for one in others if one is paragraph or _is_within(one, paragraph)) >= 3:
        return False
    return len(view.text(paragraph)) > 3 * len(view.text(element)) + 60


def _holds(block: HtmlElement, strange: set[HtmlElement]) -> bool:
    return any(one in strange for one in block.iter())
