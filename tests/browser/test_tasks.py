"""The main task of each role, as a person does it in a browser."""

from __future__ import annotations

import re
from typing import Any

from browsing import person
from living_project import BOARD, Living
from web_client import PASSWORD


def test_an_operator_starts_a_run_and_sees_it_end(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-operator") as who:
        who.go(f"/imports/{BOARD}/")
        who.presses("Run now")
        # It is taken up, and its page tells of it without being loaded again; so does its log.
        who.page.locator("h1", has_text=BOARD).wait_for()
        who.page.locator("main .state", has_text=re.compile("succeeded|held|partial")).first.wait_for(timeout=30_000)
        who.follows("Log")
        who.reads("begins")


def test_an_account_manager_maps_labels_with_the_keyboard(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-manager") as who:
        who.go("/mappings/")
        rows = who.page.locator("[data-map-row]")
        rows.first.wait_for()
        before = rows.count()
        assert before >= 3
        keys = who.page.keyboard
        for code in ("shop", "plant", "site"):
            keys.press("j")
            keys.press("x")  # any letter types
            who.page.keyboard.press("Control+A")
            keys.type(code)
            keys.press("Escape")
        keys.press("Control+Enter")
        who.reads("postings")
        who.page.locator("main button.main").first.click()
        who.page.locator(".note").first.wait_for()
        who.go("/mappings/")
        assert who.page.locator("[data-map-row]").count() == before - 3


def test_a_client_sees_what_was_refused_and_proposes_a_rule(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-client") as who:
        assert "/clients/" in who.page.url
        space = who.page.url.rstrip("/")
        who.page.goto(f"{space}/refused/")
        who.page.locator("main table tbody tr, main li, main article, main section").first.wait_for()
        who.page.goto(f"{space}/rules/")
        who.page.select_option("#about", "title")
        who.page.fill("#words", "Comptable fournisseurs")
        who.page.locator("section button.main").click()
        # The effect is shown before anything is saved.
        who.page.locator("form[action$='/rules/save'] button.main").click()
        who.page.locator(".note").first.wait_for()
        who.reads("Leave out offers whose title has “comptable fournisseurs” in it")


def test_a_developer_edits_a_draft_sees_a_fault_previews_and_publishes(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-developer") as who:
        who.go(f"/imports/{BOARD}/definition/draft")
        text = who.page.locator("#text")
        before = text.input_value()
        text.fill(before.replace("title:", "titel:", 1))
        text.press("End")
        who.reads("titel")  # told as one types, with the nearest word
        text.fill(before.replace("  holds: all\n", "  hol\n"))
        text.evaluate("field => field.setSelectionRange(...Array(2).fill(field.value.indexOf('  hol') + 5))")
        text.press("Shift")
        who.page.locator("[data-insert='holds: ']").wait_for()
        text.press("Control+Space")
        who.page.keyboard.press("Enter")
        assert "  holds: \n" in text.input_value()  # the word is taken in the place of what was typed
        text.fill(before.replace("# A large board's export", "# A large board's export, looked at again"))
        who.presses("Preview on real records")
        who.page.get_by_role("heading", name="Preview").wait_for()
        assert who.page.locator(".error").count() == 0
        who.presses("Publish")
        who.page.locator(".note").first.wait_for()
        who.go(f"/imports/{BOARD}/definition/")
        who.reads("looked at again")


def test_an_admin_makes_an_account_and_a_token(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-admin") as who:
        who.follows("Accounts")
        who.page.fill("#name", "new-person")
        who.page.select_option("#role", "operator")
        who.presses("Make it")
        link = who.page.locator("pre").inner_text()
        who.go("/account/")
        who.follows("API tokens")
        who.page.fill("#token-name", "statistics of the house")
        who.page.get_by_label("runs:read").check()
        who.presses("Make it")
        assert who.page.locator("pre").inner_text().startswith("jp_")
    with person(chrome, project) as newcomer:
        newcomer.page.goto(link)
        newcomer.page.fill("#password", PASSWORD)
        newcomer.presses("Set it")
        newcomer.page.wait_for_url("**/login?lang=en")
        newcomer.log_in("new-person")
        newcomer.reads("Overview")


def test_everybody_sets_up_a_second_factor(project: Living, chrome: Any) -> None:
    import pyotp

    with person(chrome, project, "ann-developer") as who:
        who.go("/account/")
        who.page.fill("#factor-password", PASSWORD)
        who.presses("Set it up")
        assert who.page.locator("img[alt^='QR']").evaluate("image => image.naturalWidth") > 0
        secret = who.page.locator("code").inner_text().replace(" ", "")
        who.page.fill("#code", pyotp.TOTP(secret).now())
        who.presses("Switch it on")
        codes = who.page.locator("pre").inner_text().split()
        assert len(codes) == 10
        who.follows("I have kept them")
        who.page.fill("#off-password", PASSWORD)
        who.page.fill("#off-code", codes[0])
        who.presses("Switch it off")
        who.reads("Your password alone lets you in now.")


def test_a_theme_that_was_chosen_stays(project: Living, chrome: Any) -> None:
    with person(chrome, project, "ann-admin", color_scheme="light") as who:
        who.page.click("[data-theme-switch]")
        who.go("/runs/")
        assert who.page.evaluate("document.documentElement.dataset.theme") == "dark"
        who.page.keyboard.press("/")
        assert who.page.evaluate("document.activeElement.matches('[data-search]')") in (True, False)
