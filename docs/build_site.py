"""The documentation as a site: `build_site.py [FOLDER]`, `make docs`. Strict: a link that leads nowhere is an error.

Pages keep their places (`docs/tutorial.md` becomes `docs/tutorial.html`, the README `index.html`), so that links are
those of the files; what they link to besides is copied. The menu is that of `docs/README.md`. Made with markdown-it-py,
which rich needs anyway: the usual generators are heavy, and the one of them that was light is not kept any more.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent
MENU = Path("docs/README.md")
TEMPLATE = Path(__file__).parent / "site.html"
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass
class Page:
    # From the root of the repository.
    path: Path
    tokens: list[Token] = field(repr=False)
    title: str = ""
    anchors: set[str] = field(default_factory=set)

    @property
    def target(self) -> Path:
        return Path("index.html") if self.path == Path("README.md") else self.path.with_suffix(".html")


def paths_of_pages() -> list[Path]:
    found = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")]
    return sorted(path.relative_to(ROOT) for path in [*found, ROOT / "examples" / "README.md"])


def read(path: Path) -> Page:
    page = Page(path, _MARKDOWN.parse((ROOT / path).read_text(encoding="utf-8")))
    seen: Counter[str] = Counter()
    for opening, inline in zip(page.tokens, page.tokens[1:], strict=False):
        if opening.type == "heading_open":
            text = "".join(child.content for child in inline.children or ())
            slug = slug_of(text)
            anchor = f"{slug}-{seen[slug]}" if seen[slug] else slug
            seen[slug] += 1
            opening.attrSet("id", anchor)
            page.anchors.add(anchor)
            page.title = page.title or text
    return page


def slug_of(heading: str) -> str:
    """As repositories on the web name the anchors of headings."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links_of(page: Page) -> Iterator[tuple[Token, str]]:
    """Each link and picture with the attribute that says where it leads."""
    for token in page.tokens:
        for child in token.children or ():
            if child.type in ("link_open", "image"):
                yield child, "href" if child.type == "link_open" else "src"


class Site:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._pages = {path: read(path) for path in paths_of_pages()}
        # What leads nowhere.
        self.wrong: list[str] = []

    def build(self) -> None:
        for page in self._pages.values():
            for token, attribute in links_of(page):
                token.attrSet(attribute, self._resolved(page, str(token.attrGet(attribute))))
        menu = list(self._menu())
        template = TEMPLATE.read_text(encoding="utf-8")
        for page in self._pages.values():
            place = self._target / page.target
            place.parent.mkdir(parents=True, exist_ok=True)
            body = _MARKDOWN.renderer.render(page.tokens, _MARKDOWN.options, {})
            text = template.replace("{{title}}", html.escape(page.title)).replace("{{menu}}", _menu_of(page, menu))
            place.write_text(text.replace("{{body}}", body), encoding="utf-8")

    def _resolved(self, page: Page, link: str) -> str:
        """Where it leads in the site; what leads nowhere is noted."""
        if re.match(r"[a-z]+:", link):
            return link
        place, _, anchor = unquote(link).partition("#")
        path = page.path if not place else Path(os.path.normpath(page.path.parent / place))
        if path in self._pages:
            if anchor and anchor not in self._pages[path].anchors:
                self.wrong.append(f"{page.path}: {path} has no heading #{anchor}")
            leads_to = self._pages[path].target
        elif (ROOT / path).is_dir() and path / "README.md" in self._pages:
            leads_to = self._pages[path / "README.md"].target
        elif (ROOT / path).is_file():
            leads_to = path
            (self._target / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, self._target / path)
        else:
            self.wrong.append(
                f"{page.path}: {link} leads nowhere" + (": link a file" if (ROOT / path).is_dir() else "")
            )
            return link
        return _from(page.target, leads_to) + (f"#{anchor}" if anchor else "")

    def _menu(self) -> Iterator[tuple[str, list[tuple[str, Path]]]]:
        """(Heading, its links) of the page by which people find their way; each page once."""
        title, links = "Begin", [("Tutorial", Path("docs/tutorial.html"))]
        seen = {link for _, link in links}
        tokens = self._pages[MENU].tokens
        for number, token in enumerate(tokens):
            if token.type == "heading_open" and token.tag == "h2":
                yield title, links
                title, links = tokens[number + 1].content, []
            for place, child in enumerate(token.children or ()):
                href = str(child.attrGet("href") or "") if child.type == "link_open" else ""
                target = Path(os.path.normpath(MENU.parent / href))
                if href and "#" not in href and ":" not in href and target not in seen and token.children:
                    seen.add(target)
                    links.append((token.children[place + 1].content, target))
        yield title, links


def _menu_of(page: Page, menu: list[tuple[str, list[tuple[str, Path]]]]) -> str:
    made = []
    for title, links in menu:
        items = "".join(
            f'<li><a href="{_from(page.target, target)}"{" aria-current=page" if target == page.target else ""}>'
            f"{html.escape(text)}</a></li>"
            for text, target in links
        )
        made.append(f"<p>{html.escape(title)}</p><ul>{items}</ul>")
    return f'<a class="home" href="{_from(page.target, Path("index.html"))}">job-pipe</a>' + "".join(made)


def _from(page: Path, target: Path) -> str:
    return os.path.relpath(target, page.parent)


def main(target: Path) -> int:
    site = Site(target)
    site.build()
    for wrong in site.wrong:
        print(wrong, file=sys.stderr)
    print(f"{target / 'index.html'}" if not site.wrong else f"{len(site.wrong)} links lead nowhere", file=sys.stderr)
    return 1 if site.wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else ROOT / "build" / "docs"))
