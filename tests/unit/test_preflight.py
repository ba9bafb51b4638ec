"""What each partner refuses of a posting, in words that a person can act on, and whose matter it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from exported_postings import ALL, TRAVELLER, WELDER

from jobpipe.definition.destinations import DestinationDefinition
from jobpipe.destinations.formats.format import FORMAT_NAMES, Setting, output_format, output_formats
from jobpipe.destinations.preflight import refusals_of
from jobpipe.errors import DefinitionError
from jobpipe.posting import Company, JobPosting, Location

TODAY = datetime.now(UTC).date()
COMPLETE = msgspec.structs.replace(WELDER, posted_at=TODAY.isoformat(), updated_at=None)
PARTNERS = [name for name in FORMAT_NAMES if output_format(name).rules]
NO_REGION = [Location(text="Lyon (69)", city="Lyon", country="FR")]
NO_COUNTRY = [Location(text="Lyon (69)", city="Lyon", region="Rhône")]


def refused(name: str, options: dict[str, str] | None = None, **changed: Any) -> dict[str, tuple[str, str]]:
    """Rule -> role and message."""
    posting = msgspec.structs.replace(COMPLETE, **changed)
    refusals = output_format(name).refusals(posting, options or {})
    return {one.rule: (one.role, one.message) for one in refusals}


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_complete_postings_are_refused_by_nobody(name: str) -> None:
    for posting in ALL:
        posting = msgspec.structs.replace(posting, posted_at=TODAY.isoformat(), updated_at=None)
        assert output_format(name).refusals(posting, {}) == []


# Of each format: what is taken away, and the one rule that says so.
MANDATORY: list[tuple[str, dict[str, Any], str, str]] = [
    ("indeed", {"title": ""}, "indeed-title", "source"),
    ("indeed", {"title": "Soudeur - 2 500 € par mois"}, "indeed-title-alone", "source"),
    ("indeed", {"title": "Soudeur (Lyon)"}, "indeed-title-alone", "source"),
    ("indeed", {"posted_at": None}, "indeed-posted-at", "source"),
    ("indeed", {"url": None, "apply_url": None}, "indeed-url", "source"),
    ("indeed", {"company": None}, "indeed-company", "source"),
    ("indeed", {"locations": [Location(city="Austin", country="US")]}, "indeed-region", "developer"),
    ("indeed", {"locations": NO_COUNTRY}, "indeed-country", "developer"),
    ("indeed", {"locations": [Location(region="Rhône", country="FR")]}, "indeed-city", "source"),
    ("indeed", {"description": None, "description_text": None}, "indeed-description", "source"),
    ("linkedin", {"reference": "x" * 41}, "linkedin-reference-length", "developer"),
    ("linkedin", {"company": Company(id="7")}, "linkedin-company", "source"),
    ("linkedin", {"title": ""}, "linkedin-title", "source"),
    ("linkedin", {"title": "x" * 201}, "linkedin-title-length", "source"),
    ("linkedin", {"description": None, "description_text": None}, "linkedin-description", "source"),
    ("linkedin", {"description": "<p>kurz</p>", "description_text": "kurz"}, "linkedin-description-short", "source"),
    ("linkedin", {"description": "x" * 25_001}, "linkedin-description-length", "source"),
    ("linkedin", {"url": None, "apply_url": None}, "linkedin-apply-url", "source"),
    ("linkedin", {"apply_url": "http://jobs.example.org/1"}, "linkedin-apply-url-https", "source"),
    ("linkedin", {"apply_url": "mailto:jobs@example.org"}, "linkedin-apply-url-https", "source"),
    ("linkedin", {"locations": []}, "linkedin-locations", "source"),
    ("linkedin", {"extra": {}}, "linkedin-poster-email", "delivery"),
    ("google", {"title": ""}, "google-title", "source"),
    ("google", {"description": None, "description_text": None}, "google-description", "source"),
    (
        "google",
        {"title": "Soudeur", "description": "<p>Soudeur</p>", "description_text": "Soudeur"},
        "google-description-title",
        "source",
    ),
    ("google", {"posted_at": None}, "google-posted-at", "source"),
    ("google", {"company": None}, "google-company", "source"),
    ("google", {"locations": []}, "google-locations", "source"),
    ("google", {"locations": NO_COUNTRY}, "google-locations", "developer"),
    ("google", {"locations": [], "remote": "remote"}, "google-locations", "source"),
    ("jooble", {"title": ""}, "jooble-title", "source"),
    ("jooble", {"url": None, "apply_url": None}, "jooble-url", "source"),
    ("jooble", {"description": None, "description_text": None}, "jooble-description", "source"),
    ("jooble", {"posted_at": None}, "jooble-posted-at", "source"),
    ("jooble", {"posted_at": (TODAY - timedelta(days=46)).isoformat()}, "jooble-posted-at-age", "source"),
    ("talent", {"title": ""}, "talent-title", "source"),
    ("talent", {"title": "Soudeur, 15 €/h"}, "talent-title-alone", "source"),
    ("talent", {"company": None}, "talent-company", "source"),
    ("talent", {"locations": [Location(text="x", region="y", country="FR")]}, "talent-city", "developer"),
    ("talent", {"locations": NO_REGION}, "talent-region", "developer"),
    ("talent", {"locations": NO_COUNTRY}, "talent-country", "developer"),
    ("talent", {"posted_at": None}, "talent-posted-at", "source"),
    ("talent", {"url": None, "apply_url": None}, "talent-url", "source"),
    ("talent", {"description": None, "description_text": None}, "talent-description", "source"),
    ("talent", {"description": "x" * 49, "description_text": None}, "talent-description-short", "source"),
    ("adzuna", {"title": ""}, "adzuna-title", "source"),
    ("adzuna", {"title": "Soudeur 40k€"}, "adzuna-title-alone", "source"),
    ("adzuna", {"description": None, "description_text": None}, "adzuna-description", "source"),
    ("adzuna", {"description": None, "description_text": "x" * 99}, "adzuna-description-short", "source"),
    ("adzuna", {"url": None, "apply_url": None}, "adzuna-url", "source"),
    ("adzuna", {"locations": [Location(postal_code="1", country="")]}, "adzuna-locations", "source"),
    ("adzuna", {"locations": NO_COUNTRY}, "adzuna-country", "developer"),
    ("trovit", {"title": ""}, "trovit-title", "source"),
    ("trovit", {"url": None, "apply_url": None}, "trovit-url", "source"),
    ("trovit", {"description": None, "description_text": None}, "trovit-description", "source"),
    ("trovit", {"description": "x" * 29, "description_text": None}, "trovit-description-short", "source"),
]


@pytest.mark.parametrize(("name", "changed", "rule", "role"), MANDATORY)
def test_each_mandatory_rule_is_checked_and_says_what_the_partner_asks(
    name: str, changed: dict[str, Any], rule: str, role: str
) -> None:
    found = refused(name, **changed)
    assert found[rule][0] == role
    assert output_format(name).rules[0].asks.split()[0] in found[rule][1]


def test_no_rule_is_without_its_case() -> None:
    tested = {rule for _, _, rule, _ in MANDATORY} | {"linkedin-company-id"}
    # No posting is without a reference: who is without one is refused when it is imported.
    known = {rule.rule for name in PARTNERS for rule in output_format(name).rules}
    assert {rule for rule in known if not rule.endswith("-reference")} == tested


def test_a_refusal_names_the_value_and_what_is_asked_for() -> None:
    _, message = refused("linkedin", title="Chef " * 60)["linkedin-title-length"]
    assert message.startswith("the title has 300 characters (“Chef Chef")
    assert message.endswith("…”); LinkedIn takes at most 200 characters")
    _, message = refused("jooble", posted_at="2020-02-01")["jooble-posted-at-age"]
    assert message == "the posting is of 2020-02-01; Jooble takes no postings older than 45 days"


def test_an_applicant_tracking_system_needs_the_number_of_the_company_at_linkedin() -> None:
    assert "linkedin-company-id" not in refused("linkedin")
    assert "linkedin-company-id" in refused("linkedin", {"ats": "yes"})
    assert "linkedin-company-id" not in refused("linkedin", {"ats": "yes", "company_id": "1234"})


def test_options_of_the_destination_stand_in_for_what_postings_lack() -> None:
    assert "linkedin-poster-email" not in refused("linkedin", {"poster_email": "jobs@example.org"}, extra={})


def test_remote_work_needs_the_country_of_its_applicants_only() -> None:
    assert not refused("google", remote="remote", locations=[Location(country="FR")])


def test_a_title_that_ends_in_a_word_like_its_place_is_no_place() -> None:
    assert not refused("indeed", title="Directeur régional Lyon")
    assert not refused("indeed", title="Développeur C# 3.5")


def test_every_place_counts_where_each_becomes_a_job() -> None:
    half = [*TRAVELLER.locations, Location(text="Bruxelles")]
    _, message = refused("talent", locations=half)["talent-country"]
    assert "the place “Bruxelles” has no country" in message


def test_a_partner_that_does_not_hold_to_a_rule_is_not_spared_the_posting() -> None:
    definition = DestinationDefinition.model_validate(
        {
            "destination": "board",
            "to": {"file": "jobs.xml"},
            "format": "indeed",
            "options": {"waive": "indeed-region, indeed-posted-at"},
            "require": ["salary.min", "company.name"],
        }
    )
    posting = msgspec.structs.replace(COMPLETE, locations=NO_REGION, posted_at=None, company=None, salary=None)
    found = refusals_of(posting, definition, output_format("indeed"))
    assert [one.rule for one in found] == ["indeed-company", "required"]


def test_a_state_is_asked_for_where_addresses_have_one() -> None:
    assert "indeed-region" not in refused("indeed", locations=NO_REGION)


def test_rules_have_names_of_their_own() -> None:
    for output in output_formats():
        names = [rule.rule for rule in output.rules]
        assert len(set(names)) == len(names), output.name
        assert all(name.startswith(f"{output.name}-") for name in names)


def test_an_option_without_which_there_is_no_file_is_asked_for() -> None:
    with pytest.raises(DefinitionError, match="publisher_url"):
        output_format("rss").check_setting(Setting())


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("linkedin", {"poster_mail": "a@b.c"}, "no option `poster_mail`.*poster_email"),
        ("indeed", {"waive": "indeed-regon"}, "no rule `indeed-regon`.*indeed-region"),
    ],
)
def test_an_option_that_is_none_is_answered_with_the_nearest(name: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        output_format(name).check_setting(Setting(options=options))


def test_names_are_not_taken_by_formats_that_have_their_own() -> None:
    with pytest.raises(DefinitionError, match="takes no `fields`"):
        output_format("talent").check_setting(Setting(fields={"name": "title"}))


def test_what_is_wrong_with_a_template_is_said_with_its_place() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "needs `template:"),
        ({"xml": {"elements": {"a b": "title"}}}, "'a b' is no name of XML"),
        ({"xml": {"elements": {"a": "titel"}}}, r"template.xml.a: .*titel"),
        ({"xml": {"elements": {"a": {"value": "posting.titel"}}}}, "titel"),
        ({"xml": {"elements": {"a": {"each": "skills", "elements": {"b": "c"}}}}}, "each"),
        ({"xml": {"elements": {"a": {"each": "locations", "elements": {"b": "town"}}}}}, "no part 'town'"),
        ({"xml": {"elements": {"a": {"fields": "title"}}}}, "`fields` is not known"),
        ({"xml": {}}, "no `elements`"),
        ({"json": {}}, "no `item`"),
        ({"json": {"item": {"a": {"value": "posting.salary.min +"}}}}, "template.json.item.a"),
        ({"json": {"item": {"a": 7}}}, "write a field"),
    ]
    for template, said in wrong:
        with pytest.raises(DefinitionError, match=said):
            output_format("template").check_setting(Setting(template=template))


def test_a_template_is_bounded() -> None:
    deep: Any = "title"
    for _ in range(15):
        deep = {"elements": {"a": deep}}
    for elements, said in ((deep["elements"], "deep"), ({f"a{number}": "title" for number in range(501)}, "500")):
        with pytest.raises(DefinitionError, match=said):
            output_format("template").check_setting(Setting(template={"xml": {"elements": elements}}))


def test_posting_without_anything_is_refused_by_all_partners() -> None:
    for name in PARTNERS:
        assert output_format(name).refusals(JobPosting(reference="1", title="Titre"), {}), name
