"""In which country a page is at home: by its address and its language. English towns have namesakes in America."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from jobpipe.drafting.draft import Choice
from jobpipe.drafting.pages.addresses import parts_of
from jobpipe.drafting.pages.view import View
from jobpipe.transform.codes import COUNTRIES

_LANGUAGE = re.compile(r"[a-z]{2}[-_]([A-Za-z]{2})\b")
# Endings of addresses that are used by anybody.
_ANYBODYS = frozenset({"IO", "CO", "ME", "TV", "AI", "CC", "WS", "LY", "GG", "FM", "TO", "SO", "VC", "EU"})
_ENDINGS = {"UK": "GB"}


def home_of(view: View) -> str:
    """ISO 3166-1 alpha-2; "" = the page does not show it."""
    ending = (parts_of(view.page.url).hostname or "").rpartition(".")[2].upper()
    ending = _ENDINGS.get(ending, ending)
    if ending in COUNTRIES and ending not in _ANYBODYS:
        return ending
    for said in (view.root.get("lang") or "", view.head.get("og:locale", "")):
        found = _LANGUAGE.match(said)
        # Templates are American unless somebody changes it.
        if found and found[1].upper() in COUNTRIES and found[1].upper() != "US":
            return found[1].upper()
    return ""


def at_home(choice: Choice, view: View) -> Choice:
    """A rule for places whose country was guessed by their names: America only where the page is at home there."""
    if choice.field != "locations":
        return choice
    home = home_of(view)
    rule = _with_country(choice.rule, home)
    if rule == choice.rule:
        return choice
    reason = choice.reason.partition("; the towns are in")[0]
    return replace(choice, rule=rule, reason=f"{reason}; the page is at home in {home}" if home else reason)


def _with_country(rule: Any, home: str) -> Any:
    if isinstance(rule, list):
        return [_with_country(one, home) for one in rule]
    if not isinstance(rule, dict):
        return rule
    made: dict[str, Any] = {}
    for word, value in rule.items():
        if word == "country" and value == {"value": "US"}:
            if home:
                made[word] = {"value": home}
        elif value == {"place": "US"}:
            made[word] = {"place": home} if home else "place"
        else:
            made[word] = _with_country(value, home)
    return made
