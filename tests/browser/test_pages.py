"""Every page in a browser, light and dark: nothing that axe calls serious, no complaint of the browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Person, person
from living_project import PEOPLE, Living

_SERIOUS = ("serious", "critical")
# WCAG 2.2 AA, of which the size of what is pressed is not looked at by itself.
_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# In the dark only colours are others.
_COLOURS = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Rows of one table are alike: a few of each are looked at.
_FEW_ROWS = """document.querySelectorAll("tbody").forEach(
  (all) => [...all.rows].slice(3).forEach((row) => (row.hidden = true)))"""
# Who sees pages that are not as an admin sees them.
_LOOKING = ("ann-admin", "ann-client", "anne-client")
# Whose pages lack some of what an admin may do: those that differ most are looked at.
_WITH_LESS = ("ann-developer", "ann-operator", "ann-manager")
_DIFFERING = re.compile(r"/|/imports/board/|/runs/\d+/|/incidents/\d+/|/mappings/")


def test_everybody_is_looked_for() -> None:
    assert {*_LOOKING, *_WITH_LESS, "bob-manager"} == set(PEOPLE)


@pytest.mark.parametrize("name", _LOOKING)
def test_no_page_has_a_serious_fault(project: Living, chrome: Any, name: str) -> None:
    faults = []
    with person(chrome, project, name, color_scheme="light") as who:
        for address in project.addresses[name]:
            assert who.go(address) < 400, address
            faults += _in_light_and_dark(who, address)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", _WITH_LESS)
def test_nor_has_one_of_whoever_may_do_less(project: Living, chrome: Any, name: str) -> None:
    faults = []
    with person(chrome, project, name, color_scheme="light") as who:
        for address in filter(_DIFFERING.fullmatch, project.addresses[name]):
            who.go(address)
            who.page.evaluate(_FEW_ROWS)
            faults += [f"{address}: {fault}" for fault in _faults(who, _OPTIONS)]
    assert not faults, "\n".join(faults)


def test_nor_has_what_a_form_answers(project: Living, chrome: Any) -> None:
    """Faults beside fields, a preview of records, what decisions would change: none of them has an address."""
    faults = []
    with person(chrome, project, "ann-developer", color_scheme="light") as who:
        who.go("/imports/new/")
        who.page.fill("#name", "another")
        who.page.fill("#feed", "nothing.xml")
        who.presses("Look what is there")
        who.page.locator("[aria-invalid]").wait_for()
        faults += _in_light_and_dark(who, "a new import with a fault")
        who.go("/imports/board/definition/draft?incident=2")
        text = who.page.locator("#text")
        text.fill(text.input_value().replace("title:", "titel:", 1))
        text.press("End")
        who.reads("titel")
        who.presses("Preview on its records")
        who.page.get_by_role("heading", name="Preview").wait_for()
        faults += _in_light_and_dark(who, "a draft with faults")
        who.presses("Discard")
        who.go("/postings/?q=1111")
        faults += _in_light_and_dark(who, "a search that finds rejected records")
        who.go("/mappings/?import=board")
        who.page.locator("[data-map-row] input[name^=value]").first.fill("it")
        who.presses("See what changes")
        faults += _in_light_and_dark(who, "what labels change")
        who.go("/nowhere/")
        faults += _in_light_and_dark(who, "a page that is not there")
        who.complaints = [one for one in who.complaints if "404" not in one]
    assert not faults, "\n".join(faults)


def _in_light_and_dark(who: Person, where: str) -> list[str]:
    who.page.evaluate(_FEW_ROWS)
    faults = [f"{where}: {fault}" for fault in _faults(who, _OPTIONS)]
    who.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    faults += [f"{where}, dark: {fault}" for fault in _faults(who, _COLOURS)]
    who.page.evaluate("delete document.documentElement.dataset.theme")
    return faults


def test_the_door_has_none_either(project: Living, chrome: Any) -> None:
    with person(chrome, project) as nobody:
        nobody.go("/login")
        assert _faults(nobody, _OPTIONS) == []


@pytest.mark.parametrize("name", _LOOKING)
def test_no_page_is_wider_than_a_narrow_screen(project: Living, chrome: Any, name: str) -> None:
    wide = []
    with person(chrome, project, name) as who:
        who.page.set_viewport_size({"width": 360, "height": 740})
        for address in project.addresses[name]:
            who.go(address)
            width = who.page.evaluate("document.documentElement.scrollWidth")
            if width > 360:
                wide.append(f"{address}: {width}")
    assert not wide, "\n".join(wide)


def _faults(who: Person, options: dict[str, Any]) -> list[str]:
    found = Axe().run(who.page, options=options).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]}" for one in found if one["impact"] in _SERIOUS for node in one["nodes"][:3]
    ]
