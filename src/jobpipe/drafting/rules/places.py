"""`locations`: a text that the step `place` reads, or parts from columns of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import CERTAIN, ENOUGH
from jobpipe.drafting.names import surroundings_of, surroundings_way
from jobpipe.drafting.recognising.competing import Assigned, sure_parts
from jobpipe.drafting.recognising.recogniser import Finding
from jobpipe.drafting.rules.reading import rule_of
from jobpipe.drafting.shapes import is_country, is_country_code, is_place, is_town
from jobpipe.transform.steps.place_reading import read_place

_PARTS = ("city", "region", "postal_code", "country", "latitude", "longitude")
# Texts that differ by more than an oversight.
_SEVERAL = 4
_SEPARATORS = (" / ", " | ", ";", "|")


def place_findings(assigned: dict[str, Assigned]) -> dict[str, Finding]:
    """The parts that are sure enough, by name, of one place in the record."""
    found = sure_parts(assigned, "locations")
    if ("latitude" in found) != ("longitude" in found):
        found.pop("latitude", None)
        found.pop("longitude", None)
    found = _all_of_them(_without_contradictions(_of_one_place(found, assigned)), assigned)
    if not found.keys() - {"latitude", "longitude", "postal_code"}:
        return {}
    groups = Counter(one.column.group for one in found.values())
    group = groups.most_common(1)[0][0]
    if any(groups) and len(groups) > 1:
        main = found.get("city") or found.get("text")
        group = main.column.group if main is not None else group
        found = {name: one for name, one in found.items() if one.column.group == group}
    if group and any(one.column.steps for one in found.values()):
        return {name: one for name, one in found.items() if not one.column.steps}
    return found


def _of_one_place(found: dict[str, Finding], assigned: dict[str, Assigned]) -> dict[str, Finding]:
    """An address of the company beside that of the job: the parts are of the one that says the most."""
    parents = {surroundings_way(one.column.names) for one in found.values()}
    if len(parents) < 2:
        return found
    choices: dict[tuple[str, ...], dict[str, Finding]] = {}
    for name in found:
        one = assigned[f"locations.{name}"]
        for finding in (one.best, *one.others):
            if finding.confidence >= ENOUGH:
                choices.setdefault(surroundings_way(finding.column.names), {}).setdefault(name, finding)
    best = max(choices, key=lambda way: sum(one.confidence + one.column.filled for one in choices[way].values()))
    kept = dict(choices[best])
    for name, finding in found.items():
        away = surroundings_of(finding.column.names) & {"company", "contact"}
        if name not in kept and not away:
            kept[name] = finding
    return kept


def _without_contradictions(found: dict[str, Finding]) -> dict[str, Finding]:
    """A text that is a country says less than the city; a city that is the same beside texts of others is no place of
    work, but that of a search or of an office, and what stands beside it too."""
    text, city = found.get("text"), found.get("city")
    if text is None or city is None:
        return found
    if text.column.share(is_country) > 0.9 and city.column.share(is_country) < 0.5:
        return {name: one for name, one in found.items() if name != "text"}
    cities, texts = city.column.distinct, text.column.distinct
    if len(cities) == 1 and len(texts) >= _SEVERAL and text.column.share(_within(cities[0])) < 0.5:
        return {"text": text}
    return found


def _all_of_them(found: dict[str, Finding], assigned: dict[str, Assigned]) -> dict[str, Finding]:
    """A city beside a list of places that begins with it: the list, where it has more, and says no less of each."""
    city = found.get("city")
    if city is None or city.column.group:
        return found
    for one in assigned["locations.city"].others:
        column = one.column
        has_more = column.group and any(len(row) > 1 for row in column.rows)
        if has_more and one.confidence >= ENOUGH and column.firsts == city.column.firsts:
            inside = _of_group(column.group, assigned)
            return found if found.keys() - inside.keys() else inside
    return found


def _of_group(group: str, assigned: dict[str, Assigned]) -> dict[str, Finding]:
    """The parts that stand in a list of places, the surest of each."""
    made: dict[str, Finding] = {}
    for name in ("text", *_PARTS):
        one = assigned.get(f"locations.{name}")
        inside = [
            finding
            for finding in ((one.best, *one.others) if one is not None else ())
            if finding.column.group == group and finding.confidence >= ENOUGH
        ]
        if inside:
            made[name] = inside[0]
    return made


def _within(city: str) -> Callable[[str], bool]:
    return lambda text: city.casefold() in text.casefold()


def other_city(found: dict[str, Finding], assigned: dict[str, Assigned]) -> Column | None:
    """What the city is taken from where its own column is empty: another of the same place."""
    best = found.get("city")
    if best is None or best.column.filled > 0.98 or best.column.group or best.column.steps:
        return None
    way = surroundings_way(best.column.names)
    for one in (assigned["locations.city"].best, *assigned["locations.city"].others):
        column = one.column
        if (
            column.path != best.column.path
            and one.confidence >= CERTAIN
            and way
            and column.names[: len(way)] == way
            and not column.steps
        ):
            return column
    return None


def places_rule(found: dict[str, Finding], country: str, further: Column | None = None) -> Any:
    """`country`: of places that name none; "" = not known. `further`: the city, where its own column is empty."""
    columns = {name: one.column for name, one in found.items()}
    rule = _places_rule(columns, country)
    if further is not None and isinstance(rule, dict) and isinstance(rule.get("city"), list):
        path, *steps = rule["city"]
        for part in ("text", "city"):
            if rule.get(part) == [path, *steps]:
                rule[part] = {"from": [path, further.path], "then": steps[0] if len(steps) == 1 else steps}
    return rule


def _places_rule(columns: dict[str, Column], country: str) -> Any:
    group = next(iter(columns.values())).group
    if not group and len(columns) == 1 and columns.keys() <= {"text", "city"}:
        return _read_text(next(iter(columns.values())), country)
    parts = _parts(columns, country, bool(group))
    return {"for": group, "parts": parts} if group else parts


def _read_text(column: Column, country: str) -> Any:
    place: Any = {"place": country} if country else "place"
    words: dict[str, Any] = {"from": column.path}
    separator = _separator_of(column)
    if column.steps:
        if separator:
            return {"from": column.path, "then": [*column.steps, {"split": separator}], "each": place}
        return {"from": column.path, "then": [*column.steps, place]}
    if separator:
        words["split"] = separator
    return {**words, "each": place}


def _separator_of(column: Column) -> str:
    """What stands between several places of one text, where all its pieces are places."""
    for separator in _SEPARATORS:
        several = [text for text in column.distinct if separator in text]
        pieces = [piece.strip() for text in several for piece in text.split(separator) if piece.strip()]
        if pieces and sum(map(is_place, pieces)) >= 0.8 * len(pieces) and len(pieces) > len(several):
            return separator
    return ""


def _parts(columns: dict[str, Column], country: str, is_relative: bool) -> dict[str, Any]:
    def rule(name: str, *steps: Any) -> Any:
        column = columns[name]
        first = ("first",) if column.repeats and not is_relative else ()
        return rule_of(column, *first, *steps, path=column.inner if is_relative else "")

    parts: dict[str, Any] = {}
    if text := next((name for name in ("text", "city", "region") if name in columns), ""):
        parts["text"] = rule(text, "clean")
    if "city" in columns:
        parts["city"] = _city(columns["city"], rule)
    elif "text" in columns and (city := _city_in(columns["text"], country)):
        parts["city"] = rule("text", *city)
    if "region" in columns:
        parts["region"] = rule("region", "clean")
    if "postal_code" in columns:
        parts["postal_code"] = rule("postal_code")
    if "country" in columns:
        parts["country"] = rule("country", "country")
    elif country:
        parts["country"] = {"value": country}
    for part in ("latitude", "longitude"):
        if part in columns:
            parts[part] = rule(part)
    return parts


def _city(column: Column, rule: Any) -> Any:
    """A city alone, or what is one in a text with more."""
    if column.share(_has_more) > 0.3 and column.share(is_town) < 0.5:
        return rule("city", "place", {"pick": "city"})
    return rule("city", "clean")


def _has_more(text: str) -> bool:
    return bool(re.search(r"\d|,", text))


def _city_in(column: Column, country: str) -> tuple[Any, ...]:
    """The steps that get a city out of a text; () = there is none to be had."""
    read = [read_place(text, country or None) or {} for text in column.distinct[:100]]
    cities = [one["city"] for one in read if one.get("city")]
    if len(cities) < 0.5 * len(read) or sum(map(is_town, cities)) < 0.6 * len(cities):
        return ()
    return ("clean", {"place": country} if country else "place", {"pick": "city"})


def named_countries(found: dict[str, Finding]) -> list[str]:
    """The codes in the column of countries, where it holds codes."""
    column = found["country"].column if "country" in found else None
    return [text.upper() for text in column.distinct if is_country_code(text)] if column is not None else []
