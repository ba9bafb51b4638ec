"""`make pictures`: takes the pictures of `pictures.py` in Chromium, light and dark, of a project that is made for them.

`take_pictures.py [NAME ...]` takes those alone: `overview` in both, `overview-dark` as it says.
"""

from __future__ import annotations

import io
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from browser import chromium
from browsing import Person, person
from http_source import HttpSource, Resource
from living_project import Living, living
from pictured_past import SLOW, day, document, make_past
from pictures import IMAGES, THEMES, Picture, all_pictures
from PIL import Image
from serve_process import ServeProcess
from web_client import PASSWORD

# In a folder of a fixed name: it is shown.
ROOT = Path(tempfile.gettempdir()) / "acme"
_WIDE, _NARROW = {"width": 1280, "height": 860}, {"width": 390, "height": 800}
# Pixels of the picture that is kept, and how well.
_KEPT_WIDTH, _QUALITY = 1040, 50
# Of the import that is read over a slow line.
_OFFERS = 12_000
_TURNS = count(1)
_LABELS = "[data-map-row] input[name^=value]"


def main(names: list[str]) -> None:
    wanted = {
        kind: [one for one in all_pictures() if kind in one.kinds() and _is_wanted(one, kind, names)]
        for kind in (*THEMES, "narrow")
    }
    if any(one.name not in _FIRST for pictures in wanted.values() for one in pictures):
        _take_all(wanted)
    # In a project in which nothing is yet.
    with chromium() as chrome:
        for theme in THEMES:
            _take_first_steps(chrome, theme, wanted[theme])
    print(f"{sum(path.stat().st_size for path in IMAGES.iterdir()):,} bytes in all")


def _is_wanted(one: Picture, kind: str, names: list[str]) -> bool:
    return not names or one.name in names or one.file(kind).stem in names


def _take_all(wanted: dict[str, list[Picture]]) -> None:
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    with HttpSource() as source:
        feed = source.serve("/offers.xml", document(list(range(_OFFERS))))
        with living(
            ROOT / "jobs",
            past=lambda root, workspace: make_past(root, workspace, source.url("/offers.xml")),
            day=day,
        ) as project:
            # From now on it is slow, and another one each time.
            feed.pause, feed.chunk, feed.before = 0.5, 16_000, [_turned] * 9
            with chromium() as chrome:
                for kind, pictures in wanted.items():
                    _take(chrome, project, kind, _NARROW if kind == "narrow" else _WIDE, pictures)


def _turned(feed: Resource) -> None:
    feed.body = document(list(range(_OFFERS)), turn=next(_TURNS))


def _take(chrome: Any, project: Living, kind: str, viewport: dict[str, int], pictures: list[Picture]) -> None:
    scheme = "dark" if kind == "dark" else "light"
    for name in ("", "ann-admin", "ann-client"):
        looking = [one for one in pictures if one.name not in _FIRST and (_WITHOUT.get(one.name, one.who) == name)]
        if not looking:
            continue
        with person(chrome, project, name, color_scheme=scheme, locale="en-GB") as who:
            who.page.set_viewport_size(viewport)
            for one in looking:
                if one.route in project.pages.get(name, {}):
                    who.go(project.pages[name][one.route])
                _STEPS.get(one.name, lambda who: None)(who)
                _keep(who, one.file(kind))
            # Of addresses that are not there.
            who.complaints.clear()


def _keep(who: Person, path: Path) -> None:
    who.page.wait_for_load_state("networkidle")
    who.page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    who.page.mouse.move(0, 0)
    # Of a long page the beginning, as high as a tall window; of the overview all.
    high = who.page.evaluate("document.documentElement.scrollHeight")
    size = who.page.viewport_size
    most = size["height"] * (9 if path.stem.startswith("overview") else 6) // 5
    if high > size["height"]:
        who.page.set_viewport_size({"width": size["width"], "height": min(high, most)})
    picture = Image.open(io.BytesIO(who.page.screenshot())).convert("RGB")
    if picture.width > _KEPT_WIDTH:
        picture = picture.resize((_KEPT_WIDTH, picture.height * _KEPT_WIDTH // picture.width), Image.Resampling.LANCZOS)
    who.page.set_viewport_size(size)
    picture.save(path, quality=_QUALITY, method=6)
    print(f"{path.name} {path.stat().st_size:,}", flush=True)


# What is done before a picture is taken ---------------------------------------------------------------


def _suggestions(who: Person) -> None:
    who.page.locator(".suggested li").first.wait_for()


def _label_effect(who: Person) -> None:
    who.go("/mappings/?import=board")
    _suggestions(who)
    for number, code in enumerate(("site", "shop")):
        who.page.locator(_LABELS).nth(number).fill(code)
    who.presses("See what changes")


def _draft(who: Person) -> None:
    text = who.page.locator("#text")
    text.fill(
        text.input_value()
        .replace("{value: fr}", "{value: en}")
        .replace("[intitule, clean, title]", "[intitule, upper]")
    )
    who.presses("Preview on real records")
    text.click()
    who.page.get_by_role("heading", name="Preview").wait_for()


def _live_run(who: Person) -> None:
    who.go(f"/runs/?import={SLOW}&state=running")
    while who.page.locator("td a[href^='/runs/']").count():
        who.page.wait_for_timeout(1_000)
        who.page.reload()
    who.go(f"/imports/{SLOW}/")
    who.presses("Run now")
    who.page.locator("progress").first.wait_for(timeout=60_000)
    # Its beginning is over: what was said then is not there any more.
    who.page.reload()
    who.page.locator("progress").first.wait_for()


def _password_link(who: Person) -> None:
    who.log_in("ann-admin")
    who.go("/accounts/")
    who.follows("somebody")
    who.presses("Reset the password")
    address = who.page.locator(".note pre").inner_text()
    who.page.context.clear_cookies()
    who.page.goto(address)


def _address(address: str) -> Callable[[Person], None]:
    return lambda who: who.go(address) and None


_STEPS: dict[str, Callable[[Person], None]] = {
    "login": _address("/login"),
    "password": _password_link,
    "find": _address("/find?q=jobs"),
    "not-there": _address("/nowhere/"),
    # One with a longer past.
    "import": _address("/imports/rail-works/"),
    "live-run": _live_run,
    "mappings": _suggestions,
    "client-labels": _suggestions,
    "mapping-effect": _label_effect,
    "draft": _draft,
}
# Seen by nobody yet, whoever looks at the others.
_WITHOUT = {"login": "", "password": ""}
# Of a project without an account.
_FIRST = ("welcome", "first-steps")


def _take_first_steps(chrome: Any, theme: str, wanted: list[Picture]) -> None:
    welcome, first_steps = (next((one for one in wanted if one.name == name), None) for name in _FIRST)
    if welcome is None or first_steps is None:
        return
    with tempfile.TemporaryDirectory() as made:
        root = Path(made)
        (root / "imports").mkdir()
        (root / "jobpipe.yaml").write_text("people: {}\n")
        with ServeProcess(root) as server:
            server.wait_for("serving")
            code = re.search(r"/welcome\?code=(\S+)", "".join(server.lines))
            assert code, server.lines
            project = Living(f"http://127.0.0.1:{server.port}", {})
            with person(chrome, project, color_scheme=theme, locale="en-GB") as who:
                who.page.set_viewport_size(_WIDE)
                who.go(f"/welcome?code={code[1]}")
                who.page.fill("#name", "ines")
                _keep(who, welcome.file(theme))
                who.page.fill("#password", PASSWORD)
                who.page.click("button.main")
                who.reads("Nothing is imported yet")
                _keep(who, first_steps.file(theme))


if __name__ == "__main__":
    main(sys.argv[1:])
