"""From an empty project to a first import, by clicks and answers only: with JavaScript, and without."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from browsing import Person
from engines import own_settings
from http_source import HttpSource
from living_project import Living
from serve_process import ServeProcess
from web_client import PASSWORD

from jobpipe.definition.loading import parse_definition

OFFERS = [
    {"nr": f"A-{number}", "bezeichnung": title, "wo": town, "parution": f"0{number + 3}/04/2026"}
    for number, (title, town) in enumerate([("Koch", "Berlin"), ("Maurer", "Hamburg"), ("Bäcker", "Köln")])
]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_newcomer_gets_from_nothing_to_a_first_run(tmp_path: Path, chrome: Any, scripts: bool) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "jobpipe.yaml").write_text(own_settings(root) or "{}\n")
    with HttpSource() as source, ServeProcess(root) as server:
        source.serve("/jobs.json", json.dumps({"jobs": OFFERS}).encode(), content_type="application/json")
        server.wait_for("serving")
        context = chrome.new_context(java_script_enabled=scripts)
        context.set_default_timeout(15_000)
        try:
            who = Person(Living(f"http://127.0.0.1:{server.port}", {}), context.new_page())
            _walk(who, "\n".join(server.lines), source.url("/jobs.json"), scripts=scripts)
        finally:
            context.close()
        assert not who.complaints, who.complaints
        # Choosing and typing are answers; these lead on.
        assert who.clicks == (4 if scripts else 5)
    made = parse_definition((root / "imports" / "acme.yaml").read_text(), "acme.yaml").definition
    assert made.schedule == "0 6 * * *" and made.posting["company"].value == "Acme"


def _walk(who: Person, said: str, feed: str, *, scripts: bool) -> None:
    page = who.page
    welcome = re.search(r"http://\S*/welcome\?code=[\w-]+", said)
    assert welcome is not None, said
    page.goto(welcome[0])
    page.fill("#name", "ann")
    page.fill("#password", PASSWORD)
    who.presses("Make my account")
    who.follows("Make the first import")
    page.fill("#name", "acme")
    page.fill("#feed", feed)
    who.presses("Look what is there")
    page.fill("#words-company", "Acme")
    page.select_option("#answer-locations", "part-wo")
    page.select_option("#answer-description", "none")
    page.select_option("#answer-posted_at", "option-0")
    page.select_option("#schedule", "0 6 * * *")
    if not scripts:
        who.presses("Show what it makes")
    page.locator("#made dd", has_text="city: Berlin").wait_for()
    page.locator("#next", has_text="06:00").wait_for()
    page.locator("#left", has_text="1 question left").wait_for()
    who.presses("Publish and run")
    if scripts:
        page.locator("main .state", has_text="succeeded").first.wait_for(timeout=30_000)
    else:
        page.wait_for_url("**/runs/*/")
