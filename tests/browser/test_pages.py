"""Every page in a browser, light and dark: nothing that axe calls serious, no complaint of the browser."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Person, person
from living_project import PEOPLE, Living

_SERIOUS = ("serious", "critical")
_OPTIONS = {"resultTypes": ["violations"]}
# In the dark only colours are others.
_COLOURS = {**_OPTIONS, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
# Rows of one table are alike: a few of each are looked at.
_FEW_ROWS = """document.querySelectorAll("tbody").forEach(
  (all) => [...all.rows].slice(3).forEach((row) => (row.hidden = true)))"""
# Who sees pages that are not as an admin sees them.
_LOOKING = ("ann-admin", "ann-client")


def test_everybody_is_looked_for() -> None:
    assert set(_LOOKING) <= set(PEOPLE)


@pytest.mark.parametrize("name", _LOOKING)
def test_no_page_has_a_serious_fault(project: Living, chrome: Any, name: str) -> None:
    faults = []
    with person(chrome, project, name, color_scheme="light") as who:
        for address in project.addresses[name]:
            assert who.go(address) < 400, address
            who.page.evaluate(_FEW_ROWS)
            faults += [f"{address}: {fault}" for fault in _faults(who, _OPTIONS)]
            who.page.evaluate("document.documentElement.dataset.theme = 'dark'")
            faults += [f"{address}, dark: {fault}" for fault in _faults(who, _COLOURS)]
            who.page.evaluate("delete document.documentElement.dataset.theme")
    assert not faults, "\n".join(faults)


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
