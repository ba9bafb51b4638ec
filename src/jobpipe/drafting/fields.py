"""From the roles that columns were given to the fields of a posting, in the order of a definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import ENOUGH, Candidate, Choice, Question
from jobpipe.drafting.recognising.competing import Assigned
from jobpipe.drafting.recognising.recogniser import Finding, Survey
from jobpipe.drafting.rules.dates import Order, date_rule, has_open_dates, order_of
from jobpipe.drafting.rules.descriptions import body_columns, description_rule
from jobpipe.drafting.rules.places import named_countries, other_city, place_findings, places_rule
from jobpipe.drafting.rules.reading import long_rule, paths_of, rule_of
from jobpipe.drafting.rules.salaries import names_no_currency, salary_findings, salary_rule
from jobpipe.drafting.rules.whereabouts import country_by_places, currency_of, zone_of
from jobpipe.drafting.shapes import is_url
from jobpipe.transform.steps.language_detection import language_of_text
from jobpipe.transform.steps.markup import text_of_html

_ADDRESSES = ("url", "apply_url", "company.url", "company.logo")
_DATES = ("posted_at", "updated_at", "valid_through")
# What a posting is hardly usable without, in the order in which people are asked.
_WANTED = ("title", "reference", "url", "company", "description", "locations")
# Below this a choice is no more than a guess.
_WORTH_A_QUESTION = 0.3
_ASKED = {
    "title": "Which part of a record is the job's title?",
    "reference": "Which part of a record is the source's own number of the offer? Without one, its URL identifies it.",
    "url": "Where is the page of the offer? An address may be made of another part of a record.",
    "company": "Whose jobs are these?",
    "description": "Which part of a record is the description?",
    "locations": "Where is the place of work?",
}


@dataclass(slots=True)
class Fields:
    choices: list[Choice]
    questions: list[Question]
    notices: list[str]


def fields_of(survey: Survey, assigned: dict[str, Assigned], client: str) -> Fields:
    """`client`: the company whose postings these are, where a person said it."""
    language = survey.language or _language_of(assigned)
    places = place_findings(assigned)
    country = "" if "country" in places else country_by_places(_place_texts(places), language)
    countries = named_countries(places) or ([country] if country else [])
    zone = zone_of(countries) if countries else ""
    order = _order(assigned, countries, language)
    made = Fields([], [], [])
    for name in ("reference", "title", "url", "apply_url"):
        _add_plain(made, name, assigned)
    _add_company(made, assigned, client)
    _add_description(made, assigned)
    _add_places(made, assigned, places, country)
    _add_words(made, assigned)
    _add_salary(made, assigned, currency_of(countries[0]) if len(set(countries)) == 1 else "")
    for name in _DATES:
        _add_date(made, name, assigned, order, zone)
    _add_labels(made, assigned)
    made.choices = [one for one in made.choices if one.confidence >= _WORTH_A_QUESTION]
    _ask(made)
    made.choices.sort(key=lambda one: ORDER.index(one.field))
    return made


ORDER = (
    *("reference", "title", "url", "apply_url", "company", "description", "locations", "remote", "contract"),
    *("working_time", "category", "salary", "posted_at", "updated_at", "valid_through", "experience", "education"),
    *("industry", "skills", "language", "positions"),
)


# Plain fields ----------------------------------------------------------------------------------------


def _add_plain(made: Fields, name: str, assigned: dict[str, Assigned]) -> None:
    if name in assigned:
        made.choices.append(_choice(name, _plain_rule(name, assigned[name].best.column), assigned[name]))
    elif name == "url" and "apply_url" in assigned and assigned["apply_url"].best.column.share(is_url) > 0.95:
        # A page to apply at shows the offer in most cases, and is a page of it in all.
        one = assigned["apply_url"]
        reason = f"there is no other page: {one.best.reason}"
        made.choices.append(replace(_choice(name, _plain_rule(name, one.best.column), one), reason=reason))


def _plain_rule(name: str, column: Column) -> Any:
    if name == "title":
        return rule_of(column, "clean")
    first = ("first",) if column.repeats else ()
    if name in _ADDRESSES and any(_lacks_scheme(text) for text in column.texts):
        return rule_of(
            column, *first, {"regex_replace": {"pattern": r"^(?!https?:|mailto:|[^@/]+@)(?://)?", "with": "https://"}}
        )
    return rule_of(column, *first)


def _lacks_scheme(text: str) -> bool:
    return is_url(text) and not text.lower().startswith(("http://", "https://"))


def _choice(name: str, rule: Any, one: Assigned, columns: Sequence[Column] = ()) -> Choice:
    best = one.best
    return Choice(
        field=name,
        rule=rule,
        paths=paths_of(columns or [best.column]),
        confidence=best.confidence,
        reason=best.reason,
        samples=best.column.samples(),
        runners_up=_runners_up(one),
    )


def _runners_up(one: Assigned) -> tuple[Candidate, ...]:
    seen = {finding.column.path for finding in one.findings}
    kept: list[Finding] = []
    for other in one.others:
        if other.column.path not in seen:
            seen.add(other.column.path)
            kept.append(other)
    return tuple(
        Candidate(path=other.column.path, confidence=other.confidence, reason=other.reason) for other in kept[:3]
    )


# Company ---------------------------------------------------------------------------------------------


def _add_company(made: Fields, assigned: dict[str, Assigned], client: str) -> None:
    parts = {
        name: assigned[f"company.{name}"] for name in ("name", "id", "url", "logo") if f"company.{name}" in assigned
    }
    sure = {name: one for name, one in parts.items() if one.best.confidence >= ENOUGH}
    if "name" in sure:
        rules = {
            name: rule_of(one.best.column, "clean")
            if name == "name"
            else _plain_rule(f"company.{name}", one.best.column)
            for name, one in sure.items()
        }
        rule = rules["name"] if len(rules) == 1 else rules
        columns = [one.best.column for one in sure.values()]
        made.choices.append(_choice("company", rule, sure["name"], columns))
    elif client:
        reason = "the client, as no part of a record names the company"
        made.choices.append(
            Choice(field="company", rule={"value": client}, paths=(), confidence=0.9, reason=reason, samples=(client,))
        )
    elif "name" in parts:
        made.choices.append(_choice("company", rule_of(parts["name"].best.column, "clean"), parts["name"]))


# Description -----------------------------------------------------------------------------------------


def _add_description(made: Fields, assigned: dict[str, Assigned]) -> None:
    main = assigned.get("description")
    more = assigned.get("description.more")
    if more is not None and (main is None or main.best.confidence < ENOUGH <= more.best.confidence):
        main = more
    if main is None:
        return
    further = [one.column for one in (more.findings if more is not None else []) if one.confidence >= ENOUGH]
    others = [one.column for one in main.others if one.confidence >= 0.5]
    columns = body_columns(main.best.column, further, others)
    made.choices.append(_choice("description", description_rule(columns), main, columns))


def _language_of(assigned: dict[str, Assigned]) -> str:
    """Of the descriptions, or of the titles where there are none."""
    for role in ("description", "title"):
        if role in assigned:
            texts = assigned[role].best.column.distinct[:15]
            found = language_of_text("\n".join(text_of_html(text)[:600] for text in texts)[:8000])
            if found:
                return found
    return ""


# Places ----------------------------------------------------------------------------------------------


def _place_texts(places: dict[str, Finding]) -> list[str]:
    return [text for name in ("city", "text") if name in places for text in places[name].column.distinct[:150]]


def _add_places(made: Fields, assigned: dict[str, Assigned], places: dict[str, Finding], country: str) -> None:
    if places:
        main = next(places[name] for name in ("text", "city", "region", "postal_code", "country") if name in places)
        reason = "; ".join(f"{name}: {one.column.names[-1]}" for name, one in places.items()) + f" ({main.reason})"
        if country:
            reason += f"; the towns are in {country}"
        columns = [one.column for one in places.values()]
        confidence = max(one.confidence for one in places.values())
        samples = tuple(dict.fromkeys(text for one in places.values() for text in one.column.samples(1)))
        made.choices.append(
            Choice(
                field="locations",
                rule=places_rule(places, country, other_city(places, assigned)),
                paths=paths_of(columns),
                confidence=confidence,
                reason=reason,
                samples=samples,
                runners_up=_runners_up(assigned[main.role]),
            )
        )
        return
    best = max(
        (one for role, one in assigned.items() if role in ("locations.text", "locations.city", "locations.region")),
        key=lambda one: one.best.odds,
        default=None,
    )
    if best is not None:
        made.choices.append(_choice("locations", long_rule(best.best.column, "place"), best))


# Contract, working time, remote ------------------------------------------------------------------------


def _add_words(made: Fields, assigned: dict[str, Assigned]) -> None:
    for name in ("contract", "working_time", "remote"):
        if name not in assigned:
            continue
        one = assigned[name]
        column = one.best.column
        if name == "remote" and set(column.distinct) <= {"0", "1"}:
            rule: Any = long_rule(column, "boolean", "remote")
        elif column.repeats:
            rule = {"from": column.path, "join": ", ", "then": [*column.steps, name]}
        else:
            rule = rule_of(column, name)
        made.choices.append(_choice(name, rule, one))


# Salary and dates ------------------------------------------------------------------------------------


def _add_salary(made: Fields, assigned: dict[str, Assigned], currency: str) -> None:
    found = salary_findings(assigned)
    if not found:
        return
    main = next(found[name] for name in ("text", "min", "max") if name in found)
    one = assigned[main.role]
    used = currency if names_no_currency(found) else ""
    choice = _choice("salary", salary_rule(found, used), one, [each.column for each in found.values()])
    if used:
        choice = replace(choice, reason=f"{choice.reason}; no currency is named: {used}, as in the country")
    made.choices.append(choice)


def _order(assigned: dict[str, Assigned], countries: list[str], language: str) -> Order:
    columns = [assigned[name].best.column for name in _DATES if name in assigned]
    country = countries[0] if len(set(countries)) == 1 else ""
    return order_of(columns, country, language)


def _add_date(made: Fields, name: str, assigned: dict[str, Assigned], order: Order, zone: str) -> None:
    if name not in assigned:
        return
    one = assigned[name]
    column = one.best.column
    choice = _choice(name, date_rule(column, order, zone), one)
    if has_open_dates(column):
        choice = replace(
            choice,
            confidence=min(choice.confidence, order.confidence),
            reason=f"{choice.reason}; {order.reason}",
        )
    made.choices.append(choice)


# Labels ----------------------------------------------------------------------------------------------


def _add_labels(made: Fields, assigned: dict[str, Assigned]) -> None:
    for name in ("category", "industry", "experience", "education", "skills", "language", "positions"):
        if name not in assigned:
            continue
        one = assigned[name]
        column = one.best.column
        if name == "language":
            rule = rule_of(column, "language")
        elif name == "positions":
            rule = rule_of(column)
        elif name == "category":
            sure = [found.column for found in one.findings if found.confidence >= ENOUGH and not found.column.steps]
            rule = _labels_rule(next(iter(sure), column))
        elif name == "skills":
            rule = _skills_rule(column)
        else:
            rule = rule_of(column, *(() if column.repeats else ("clean",)))
        made.choices.append(_choice(name, rule, one))


def _labels_rule(column: Column) -> Any:
    if column.steps:
        return rule_of(column, "clean")
    return {"from": column.path, "each": "clean"}


def _skills_rule(column: Column) -> Any:
    commas = sum("," in text for text in column.texts)
    if not column.repeats and commas > 0.5 * len(column.texts):
        return rule_of(column, {"split": ","})
    return {"from": column.path, "each": "clean"} if not column.steps else rule_of(column)


# Questions -------------------------------------------------------------------------------------------


def _ask(made: Fields) -> None:
    by_name = {one.field: one for one in made.choices}
    for name in _WANTED:
        choice = by_name.get(name)
        if choice is not None and choice.is_enough:
            continue
        options: list[tuple[str, Any]] = []
        if choice is not None:
            options.append((", ".join(choice.paths) or str(choice.rule), choice.rule))
            options += [(one.path, one.path) for one in choice.runners_up]
        made.questions.append(Question(about=name, text=_ASKED[name], options=tuple(options)))
    for choice in made.choices:
        if not choice.is_enough and choice.field not in _WANTED:
            text = f"Is {', '.join(choice.paths)} the field `{choice.field}`? ({choice.reason})"
            options = [(", ".join(choice.paths), choice.rule)]
            if choice.field in _DATES:
                text, options = _ask_order(choice)
            made.questions.append(Question(about=choice.field, text=text, options=tuple(options)))


def _ask_order(choice: Choice) -> tuple[str, list[tuple[str, Any]]]:
    path = choice.paths[0]
    if "no date shows it" not in choice.reason:
        return f"Is {path} the field `{choice.field}`? ({choice.reason})", [(path, choice.rule)]
    text = f"In {path} ({', '.join(choice.samples[:2])}), is the day first or the month?"
    return text, [
        (f"{path}, {word}", [path, {"date": order}]) for order, word in (("DMY", "day first"), ("MDY", "month first"))
    ]
