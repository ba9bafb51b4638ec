"""Five tasks as people have them, from the page on which they land: how many clicks and keys each takes.

The numbers stand in docs/how-to/interface.md.
"""

from __future__ import annotations

import re
from typing import Any

from browsing import person
from http_source import HttpSource
from living_project import LABELS, Living
from project_folder import xml_feed


def test_a_held_run_is_let_go(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with person(chrome, project, "ann-operator") as who:
        who.chooses(who.page.locator("main li a[href^='/runs/']"))
        who.presses("Accept")
        who.clicks += 1  # the browser asks whether it is meant
        who.reads("postings expired")
        assert who.took == told["let a held run go"]


def test_a_rejected_postings_cause_is_mended(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with person(chrome, project, "ann-developer") as who:
        who.follows("the posting has no title")
        who.follows("Change the definition")
        who.reads("rejected")
        text = who.page.locator("#text")
        mended = "title: {from: [intitule, fonction], then: [clean, title]}"
        text.fill(re.sub(r"title: +\[intitule, clean, title\]", mended, text.input_value()))
        who.presses("Preview on its records")
        who.page.locator("article .state", has_text="posting").first.wait_for()
        assert who.page.locator("article .state", has_text="rejected").count() == 0
        who.presses("Publish")
        who.presses("Retry its records")
        who.reads("5 are no longer rejected")
        assert who.took == told["mend a rejected posting's cause"]


def test_twenty_labels_get_their_meaning(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with person(chrome, project, "bob-manager") as who:
        who.follows("Mappings")
        rows = who.page.locator("[data-map-row]")
        rows.first.wait_for()
        assert rows.count() == len(LABELS) == 20
        who.page.locator(".suggested button").nth(19).wait_for()
        who.strikes("j")
        for _ in LABELS:
            who.strikes("Enter")
        who.strikes("Control+Enter")
        who.page.get_by_role("heading", name="What changes").wait_for()
        who.strikes("Enter")
        who.page.locator(".note").first.wait_for()
        who.reads("Every label has a meaning here")
        assert who.took == told["map 20 labels"]


def test_it_is_found_why_a_posting_is_not_on_a_partners_site(
    project: Living, chrome: Any, told: dict[str, tuple[int, int]]
) -> None:
    with person(chrome, project, "ann-operator") as who:
        who.follows("Postings")
        who.page.get_by_role("heading", name="Postings").first.wait_for()
        who.page.wait_for_load_state()
        who.strikes("/")
        who.page.keyboard.type("1111")
        who.strikes("Enter")
        who.reads("a record of this key was rejected")
        # One that is there, and one that left with the run that was accepted.
        who.strikes("/")
        who.page.keyboard.type("1285")
        who.strikes("Enter")
        who.chooses(who.page.locator("tbody a", has_text="Conseiller de vente"))
        who.page.get_by_role("heading", name="Where it is, and why").wait_for()
        who.reads("it should")
        assert (who.clicks, who.keys - 2) == told["find why a posting is not on a partner's site"]


def test_an_import_is_added_and_runs(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with HttpSource() as source, person(chrome, project, "ann-developer") as who:
        source.serve("/jobs.xml", xml_feed({str(number): f"Mason {number}" for number in range(30)}))
        who.follows("Imports")
        who.follows("New import")
        who.page.fill("#name", "fresh")
        who.page.fill("#feed", source.url("/jobs.xml"))
        who.presses("Look what is there")
        who.page.locator("#made dd", has_text="Mason 0").first.wait_for()
        who.presses("Publish and run")
        who.page.locator("main .state", has_text="succeeded").first.wait_for(timeout=30_000)
        assert who.took == told["add an import, with its first run"]
