"""A person at a browser: logs in, and fails the test where the browser complains of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from living_project import Living
from web_client import PASSWORD

# What a browser says of answers that a test asks for on purpose: a form that is refused.
_ON_PURPOSE = "the server responded with a status of 400"


class Person:
    def __init__(self, project: Living, page: Any) -> None:
        self.url = project.url
        self.page = page
        # What the console said of errors: scripts that fail, and what the content security policy forbids.
        self.complaints: list[str] = []
        # What a task took: clicks, and keys that act or move (what is typed into a field is not counted).
        self.clicks = self.keys = 0
        page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())

    def _note(self, said: str) -> None:
        if _ON_PURPOSE not in said:
            self.complaints.append(f"{self.page.url}: {said}")

    @property
    def took(self) -> tuple[int, int]:
        return self.clicks, self.keys

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.goto(f"{self.url}/login")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.click("button.main")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def go(self, address: str) -> int:
        answer = self.page.goto(f"{self.url}{address}")
        return int(answer.status)

    def reads(self, words: str) -> None:
        """Waits until it stands on the page."""
        self.page.get_by_text(words).first.wait_for(timeout=10_000)

    def presses(self, words: str) -> None:
        self.chooses(self.page.get_by_role("button", name=words))

    def follows(self, words: str) -> None:
        self.chooses(self.page.get_by_role("link", name=words))

    def chooses(self, found: Any) -> None:
        """The first of what a locator finds."""
        self.clicks += 1
        found.first.click()

    def strikes(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)


@contextmanager
def person(chrome: Any, project: Living, name: str = "", **options: Any) -> Iterator[Person]:
    """Logged in where a name is given; afterwards the browser has complained of nothing."""
    context = chrome.new_context(viewport={"width": 1280, "height": 850}, **options)
    context.set_default_timeout(15_000)
    try:
        made = Person(project, context.new_page())
        if name:
            made.log_in(name)
        yield made
        assert not made.complaints, "\n".join(made.complaints)
    finally:
        context.close()
