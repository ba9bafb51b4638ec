"""What a client's people and their account manager come for: how many clicks and keys each task takes.

The numbers stand in docs/how-to/interface.md, where those of the house's own people do.
"""

from __future__ import annotations

from typing import Any

from browsing import Person, person
from living_project import BOARD, CLIENT, Living


def asks_what_changes(who: Person) -> None:
    who.page.get_by_role("heading", name="What changes").first.wait_for()


def test_a_client_finds_why_an_offer_was_refused_and_where_it_stands(
    project: Living, chrome: Any, told: dict[str, tuple[int, int]]
) -> None:
    with person(chrome, project, "anne-client") as who:
        who.follows("Voir pourquoi, et où dans votre fichier")
        who.reads("« intitulé » manque")
        who.reads("Remplissez « intitulé » pour chaque offre")
        row = who.page.locator("tr", has_text="1013")
        assert "ligne 172" in row.inner_text()
        assert who.took == told["mend what was refused: why, and which line of the file"]


def test_a_client_says_what_a_word_of_its_means(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with person(chrome, project, "ann-client") as who:
        who.follows("Tell us what your words mean")
        who.page.locator(".suggested button").first.wait_for()
        rows = who.page.locator("[data-map-row]")
        before = rows.count()
        who.chooses(rows.first.locator(".suggested button"))
        who.presses("See what changes")
        asks_what_changes(who)
        who.presses("Save")
        who.reads("Saved.")
        assert who.page.locator("[data-map-row]").count() <= before
        assert who.took == told["teach a word"]


def test_a_client_takes_an_offer_down(project: Living, chrome: Any, told: dict[str, tuple[int, int]]) -> None:
    with person(chrome, project, "ann-client") as who:
        who.follows("Take an offer down")
        who.page.fill("#key", "1005")
        who.presses("Take it down")
        who.reads("The offer 1005 is taken down.")
        assert who.took == told["take an offer down"]
        who.presses("Show it again")
        who.reads("may be shown again")


def test_an_account_manager_sees_what_a_rule_does_before_it_counts(
    project: Living, chrome: Any, told: dict[str, tuple[int, int]]
) -> None:
    with person(chrome, project, "ann-manager") as who:
        who.follows("Clients")
        who.follows(CLIENT)
        who.follows("Rules")
        who.page.select_option("#about", "title")
        who.page.fill("#words", "infirmier")
        who.clicks += 1  # the list
        who.presses("See what changes")
        asks_what_changes(who)
        who.reads("Leave out offers whose title has “infirmier” in it")
        assert who.page.locator("dt", has_text="left out").count() == 1
        assert who.took == told["see the effect of a rule before it counts"]


def test_an_account_manager_takes_a_mapping_back(
    project: Living, chrome: Any, told: dict[str, tuple[int, int]]
) -> None:
    with person(chrome, project, "ann-manager") as who:
        who.follows("Mappings")
        who.follows("History and undo")
        row = who.page.locator("tr", has_text="Transport").first
        who.chooses(row.get_by_role("button", name="Undo"))
        who.clicks += 1  # the browser asks whether it is meant
        who.reads("1 decision saved")
        assert who.took == told["undo a mapping"]


def test_an_account_manager_says_who_gets_a_clients_reports(
    project: Living, chrome: Any, told: dict[str, tuple[int, int]]
) -> None:
    with person(chrome, project, "ann-manager") as who:
        who.follows("Clients")
        who.follows(CLIENT)
        who.follows("Reports")
        who.page.fill("#to", "rh@example.org")
        who.page.select_option("#language", "fr")
        who.clicks += 1  # the list
        who.presses("Save")
        who.reads("Saved.")
        assert who.page.input_value("#to") == "rh@example.org"
        assert who.took == told["send a client its reports"]


def test_a_client_finds_an_offer_by_its_words_and_sees_what_its_file_says(project: Living, chrome: Any) -> None:
    with person(chrome, project, "anne-client") as who:
        who.follows("Chercher une offre")
        who.page.fill("input[name=q]", "infirmier")
        who.presses("Chercher")
        who.chooses(who.page.locator("tbody a", has_text="Infirmier"))
        who.page.get_by_role("heading", name="Ce qu'elle dit").wait_for()
        who.reads("dans votre fichier")
        assert who.page.locator("html").get_attribute("lang") == "fr"
        assert BOARD in who.page.locator(".crumbs").inner_text()
