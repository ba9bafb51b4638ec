"""Which postings go to a destination, what is done to them there, in which order, and what is required of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.destinations.formats.format import output_format
from jobpipe.destinations.preflight import refusals_of
from jobpipe.destinations.shaping import Shaper
from jobpipe.errors import DefinitionError
from jobpipe.posting import Category, Company, JobPosting, Location, Salary

WELDER = JobPosting(
    reference="A-1",
    title="Soudeur",
    company=Company(name="Atelier Exemple"),
    description="<p>Souder</p>",
    description_text="Souder",
    locations=[Location(city="Lyon", country="FR"), Location(city="Namur", country="BE")],
    category=[Category(taxonomy="ISCO-08", code="7212")],
    contract="permanent",
    salary=Salary(min=2100, currency="EUR", period="month"),
    extra={"team": "nord"},
)
TRAINEE = JobPosting(reference="A-2", title="Stage", contract="internship")


def destination(**more: Any) -> DestinationDefinition:
    return DestinationDefinition.model_validate({"destination": "partner", "to": {"file": "jobs.jsonl"}, **more})


def shaped(posting: JobPosting = WELDER, **more: Any) -> JobPosting | None:
    return Shaper(destination(**more)).shape(posting, "apec", "acme")


def test_a_destination_that_asks_for_nothing_gets_the_posting_itself() -> None:
    assert shaped() is WELDER


@pytest.mark.parametrize(
    ("select", "goes"),
    [
        ({"imports": ["apec"]}, True),
        ({"imports": ["other"]}, False),
        ({"clients": "acme"}, True),
        ({"clients": ["beta"]}, False),
        ({"countries": ["be"]}, True),
        ({"countries": ["DE"]}, False),
        ({"categories": ["ISCO-08:7212"]}, True),
        ({"categories": ["7212", "1"]}, True),
        ({"categories": ["ROME:7212"]}, False),
        ({"where": "posting.contract == 'permanent' and posting.salary.min"}, True),
        ({"where": "posting.contract == 'internship'", "countries": ["FR"]}, False),
    ],
)
def test_the_selection_says_which_postings_go_there(select: dict[str, Any], goes: bool) -> None:
    assert (shaped(select=select) is WELDER) is goes


def test_rules_shape_the_posting_for_this_destination_alone() -> None:
    made = shaped(
        rules=[
            "set title = posting.title|upper",
            "set description = '<p>Neuf &amp; <script>x</script>net</p>' when posting.title == 'SOUDEUR'",
            "default language = 'fr'",
            "drop when posting.contract == 'internship'",
        ]
    )
    assert made is not None
    assert (made.title, made.language) == ("SOUDEUR", "fr")
    assert (made.description, made.description_text) == ("<p>Neuf &amp; net</p>", "Neuf & net")
    assert WELDER.title == "Soudeur"
    assert shaped(TRAINEE, rules=["drop when posting.contract == 'internship'"]) is None


@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ({"rules": ["set title = posting.titel"]}, "rule 1.*titel"),
        ({"rules": ["drop when posting.title", "set reference = 'x'"]}, "rule 2.*reference"),
        ({"rules": "sett title = 1"}, "a rule begins with"),
        ({"select": {"where": "posting.titel"}}, "select.where.*titel"),
        ({"select": {"where": "record.title"}}, "record"),
        ({"priority": ["posting.salary.min +"]}, "priority"),
        ({"fields": {"name": "titel"}}, "format.*titel"),
        ({"fields": {"name": "company.nam"}}, "company has no part 'nam'"),
        ({"fields": {"name": "title.0"}}, "title has no parts"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_file_when_the_shaper_is_made(faulty: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError, match=rf"destinations/partner.yaml: .*{said}"):
        Shaper(destination(**faulty))


def test_references_of_several_imports_can_be_made_different() -> None:
    made = shaped(options={"reference": "{client}/{import}-{reference}"}, rules=["set title = 'x'"])
    assert made is not None
    assert (made.reference, made.title) == ("acme/apec-A-1", "x")
    for pattern in ("{import}", "{reference.title}", "{reference!r}", "{x}{reference}"):
        with pytest.raises(DefinitionError, match=r"partner.yaml: `options.reference`"):
            Shaper(destination(options={"reference": pattern}))


def test_a_posting_on_which_a_rule_fails_passes_that_rule_and_it_is_told() -> None:
    shaper = Shaper(destination(rules=["set title = posting.salary.min|round|string", "set language = 'fr'"]))
    made = shaper.shape(TRAINEE, "apec", "")
    assert made is not None
    assert (made.title, made.language) == ("Stage", "fr")
    assert list(shaper.faults) == ["set title = posting.salary.min|round|string"]


def test_a_posting_of_which_the_selection_cannot_be_said_does_not_go_there_and_it_is_told() -> None:
    shaper = Shaper(destination(select={"where": "posting.salary.min == 2100"}))
    assert shaper.shape(WELDER, "apec", "") is WELDER
    assert shaper.shape(TRAINEE, "apec", "") is None
    assert "salary" in shaper.faults["select.where"]


def test_bodies_have_the_names_of_the_destination_and_equal_postings_have_equal_ones() -> None:
    names = {"id": "reference", "employer": "company.name", "towns": "locations.city", "first": "locations[0].city"}
    shaper = Shaper(destination(fields={**names, "team": "extra.team", "end": "valid_through"}))
    assert json.loads(shaper.body(WELDER)) == {
        "id": "A-1",
        "employer": "Atelier Exemple",
        "towns": ["Lyon", "Namur"],
        "first": "Lyon",
        "team": "nord",
    }
    plain = Shaper(destination())
    extras: list[dict[str, Any]] = [{"a": 1, "b": {"c": 1, "d": 2}}, {"b": {"d": 2, "c": 1}, "a": 1}]
    one, same = (JobPosting(reference="1", title="t", extra=extra) for extra in extras)
    assert plain.body(one) == plain.body(same)
    assert json.loads(plain.body(TRAINEE)) == {"reference": "A-2", "title": "Stage", "contract": "internship"}


def test_priorities_put_true_before_false_high_before_low_and_nothing_last() -> None:
    def posting(name: str, least: float | None, day: str | None) -> JobPosting:
        return JobPosting(reference=name, title=name, salary=(least and Salary(min=least)) or None, posted_at=day)

    shaper = Shaper(destination(priority=["posting.salary and posting.salary.min >= 10", "posting.posted_at"]))
    postings = [
        posting("old", 20, "2026-01-01"),
        posting("poor", 5, "2026-11-01"),
        posting("undated", 30, None),
        posting("new", 10, "2026-11-01T10:00:00"),
        posting("newish", 10, "2026-11-01"),
        posting("silent", None, None),
    ]
    ordered = [one.reference for one in sorted(postings, key=shaper.priority)]
    assert ordered == ["new", "newish", "old", "undated", "poor", "silent"]


def test_what_a_destination_requires_is_refused_where_it_is_not_there() -> None:
    definition = destination(require=["company.name", "category", "salary.min"])
    output = output_format("jsonl")
    assert refusals_of(WELDER, definition, output) == []
    refused = refusals_of(TRAINEE, definition, output)
    assert [(one.field, one.role) for one in refused] == [
        ("company.name", "source"),
        ("category", "mapping"),
        ("salary.min", "source"),
    ]
    assert "partner requires" in refused[0].message
