"""Rules above a definition: what they make of a posting, and who is told where they cannot."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jobpipe.definition.models import Definition
from jobpipe.definition.overrides import OverrideError, OverrideRule, Overrides, PostingOverride, parse_rule
from jobpipe.sources.record import Context
from jobpipe.transform.compile import Transformer, compile_definition
from jobpipe.transform.outcome import Item, Made, Transformed
from jobpipe.transform.override_checks import check_rule

DEFINITION = """{
  "import": "offers", "client": "Acme", "source": {"feed": "feed.json"},
  "posting": {
    "reference": "id", "title": "title", "description": "text", "skills": "skills", "contract": "contract",
    "company": {"name": "firm", "url": "site"}, "salary": {"min": "pay", "currency": "money"}, "industry": "sector",
    "category": "job"
  }, "keep": "not posting.industry or posting.industry != 'secret'"
}"""
OFFER = {"id": "k1", "title": "Chef de partie (H/F)", "text": "<p>Nous cherchons</p>", "skills": ["a", "b"]}


def overrides(*rules: str | tuple[str, str], **postings: PostingOverride) -> Overrides:
    made = []
    for number, given in enumerate(rules, 1):
        scope, text = given if isinstance(given, tuple) else ("client", given)
        rule = parse_rule(text, number=number, scope=scope, owner="Acme")
        check_rule(rule)
        made.append(rule)
    return Overrides(rules=tuple(made), postings=postings)


def transformer_of(above: Overrides) -> Transformer:
    definition = Definition.model_validate_json(DEFINITION)
    return compile_definition(definition, hooks_source=None, tables={}, overrides=above)


def transform(above: Overrides, **offer: Any) -> Transformed:
    raw = msgspec.json.encode(OFFER | offer)
    return transformer_of(above).transform(Item(1, raw, 0, "", "2026-11-29"), Context(kind="json"))


def posting(above: Overrides, **offer: Any) -> dict[str, Any]:
    made = transform(above, **offer)
    assert made.made is Made.POSTING, made.message
    found: dict[str, Any] = msgspec.json.decode(made.body)
    return found


def test_a_value_is_set_where_the_condition_is_true() -> None:
    above = overrides("set contract = 'permanent' when 'chef' in posting.title|lower")
    assert posting(above)["contract"] == "permanent"
    assert "contract" not in posting(above, title="Vendeur")


def test_a_value_may_be_made_of_the_posting() -> None:
    above = overrides("set title = posting.title|upper ~ ' - ' ~ posting.company.name when posting.company")
    made = transform(above, firm="Acme")
    assert made.title == "CHEF DE PARTIE (H/F) - Acme"


def test_a_default_fills_what_is_empty_and_nothing_else() -> None:
    above = overrides("default contract = 'permanent'", "default company.name = 'Acme'")
    assert posting(above)["contract"] == "permanent"
    assert posting(above, contract="internship")["contract"] == "internship"
    assert posting(above, site="https://acme.example")["company"] == {"name": "Acme", "url": "https://acme.example"}


def test_none_takes_a_value_away() -> None:
    above = overrides("set salary = none", "set company.url = none")
    made = posting(above, pay=1500, money="EUR", firm="Acme", site="https://acme.example")
    assert "salary" not in made
    assert made["company"] == {"name": "Acme"}


def test_a_dropped_posting_is_filtered_with_the_rule_as_reason() -> None:
    made = transform(overrides("drop when posting.contract == 'internship'"), contract="internship")
    assert (made.made, made.reason, made.key) == (Made.FILTERED, "override 1", "k1")
    assert "drop when posting.contract == 'internship'" in made.message
    assert "override #1 (client Acme)" in made.message
    assert made.body


def test_keep_leaves_out_all_others() -> None:
    above = overrides("keep when posting.contract == 'permanent'")
    assert transform(above, contract="permanent").made is Made.POSTING
    assert transform(above, contract="internship").made is Made.FILTERED


def test_a_nearer_layer_lets_in_what_one_below_leaves_out() -> None:
    above = overrides("drop when posting.contract == 'internship'", ("import", "allow when posting.reference == 'k1'"))
    assert transform(above, contract="internship").made is Made.POSTING
    assert transform(above, contract="internship", id="k2").made is Made.FILTERED
    assert transform(above, sector="secret").made is Made.POSTING
    assert transform(above, sector="secret", id="k2").made is Made.FILTERED


def test_a_rule_sees_what_those_before_it_have_made() -> None:
    above = overrides(
        "default contract = 'permanent'",
        "set industry = 'kept' when posting.contract == 'permanent'",
        "drop when posting.industry == 'kept' and posting.title == 'Chef'",
        "set title = 'Other' when posting.industry == 'kept'",
    )
    made = transform(above)
    assert made.made is Made.POSTING
    assert made.title == "Other"
    assert transform(above, title="Chef").made is Made.FILTERED


def test_the_nearest_layer_says_the_last_word() -> None:
    from jobpipe.ledger.models import Override
    from jobpipe.runs.overrides.layers import overrides_in

    rows = [
        Override(pk=number, scope=scope, owner="x", active=True, content={"rule": f"set title = '{scope}'"})
        for number, scope in enumerate(("import", "global", "client"), 1)
    ]
    found = overrides_in(rows)
    assert [rule.scope for rule in found.rules] == ["global", "client", "import"]
    assert posting(found)["title"] == "import"


def test_a_set_value_heals_a_field_that_could_not_be_read() -> None:
    assert transform(overrides(), contract="CDI?").made is Made.REJECTED
    assert posting(overrides("set contract = 'permanent'"), contract="CDI?")["contract"] == "permanent"


def test_a_title_that_is_missing_may_be_given() -> None:
    assert posting(overrides("default title = 'Offre'"), title="")["title"] == "Offre"


def test_html_of_a_rule_is_sanitised_and_its_text_made_anew() -> None:
    made = posting(overrides("set description = '<p>Bonjour<script>alert(1)</script></p>'"))
    assert made["description"] == "<p>Bonjour</p>"
    assert made["description_text"] == "Bonjour"


def test_a_category_says_which_override_it_is_of() -> None:
    made = posting(overrides("set category = {'code': 'F12'}"), job="Cuisine")
    assert made["category"] == [{"code": "F12", "by": "override #1 (client)"}]


def test_every_field_says_which_layer_it_came_from() -> None:
    above = overrides("set contract = 'permanent'", ("import", "set title = 'Chef'"))
    raw = msgspec.json.encode(OFFER)
    traces = transformer_of(above).explain(Item(1, raw, 0, "", "2026-11-29"), Context(kind="json"))
    assert {trace.field: trace.by for trace in traces if trace.by} == {
        "contract": "override #1 (client)",
        "title": "override #2 (import)",
    }


def test_a_rule_that_fails_costs_neither_the_posting_nor_the_other_rules() -> None:
    above = overrides(
        "set industry = 'rich' when posting.salary.min > 3000 and posting.salary.min > 1",
        "set skills = ['x'] when posting.title|int > 3",
        "set contract = 'permanent'",
        "set positions = posting.title",
    )
    made = transform(above, pay=4000)
    found = msgspec.json.decode(made.body)
    assert (found["industry"], found["contract"], found["skills"]) == ("rich", "permanent", ["a", "b"])
    assert [number for number, _ in made.rule_faults] == [2, 4]
    without = transform(above)
    assert [number for number, _ in without.rule_faults] == [1, 2, 4]
    assert msgspec.json.decode(without.body)["contract"] == "permanent"


def test_a_rule_that_is_not_valid_any_more_is_passed_over_and_told() -> None:
    old = OverrideRule(number=7, text="set nothing = 'x'", action="set", field="nothing", value="'x'")
    made = transform(Overrides(rules=(old, *overrides("set contract = 'permanent'").rules)))
    assert made.made is Made.POSTING
    assert made.rule_faults[0][0] == 7


def test_one_posting_is_excluded_with_the_reason_and_others_are_not() -> None:
    above = overrides(
        k1=PostingOverride(number=3, key="k1", excluded=True, until="2026-12-31", reason="the client asked")
    )
    made = transform(above)
    assert (made.made, made.reason) == (Made.FILTERED, "person")
    assert made.message == "excluded until 2026-12-31 by override #3: the client asked"
    assert transform(above, id="k2").made is Made.POSTING


def test_what_is_said_of_one_posting_comes_after_all_rules() -> None:
    above = overrides("set title = 'rule'", k1=PostingOverride(number=3, key="k1", values={"title": "person"}))
    assert posting(above)["title"] == "person"


def test_overrides_travel_to_workers_whole() -> None:
    from jobpipe.runs.executors.executor import Charge

    above = overrides("drop when posting.title", k1=PostingOverride(number=3, key="k1", values={"title": "person"}))
    charge = Charge(definition=DEFINITION.encode(), overrides=above)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(charge), type=Charge).overrides == above


@pytest.mark.parametrize(
    ("text", "meant", "hint"),
    [
        ("drop when posting.titel == 'x'", "titel", "did you mean `title`?"),
        ("set titel = 'x'", "titel", "did you mean `title`?"),
        ("set contract = 'permanant'", "'permanant'", "did you mean `permanent`?"),
        ("set contract = permanent", "permanent", "text stands in quotes"),
        ("set salary.perod = 'year'", "salary.perod", "did you mean `period`?"),
        ("drop when posting.salary and posting.salary.mn > 3", "mn", "did you mean `min`?"),
        ("set title = posting.title|uper", "uper", "did you mean `upper`?"),
        ("drop when posting.title ==\n posting.titel", "titel", "did you mean `title`?"),
        ("drop when posting.salary.min < 3", "posting.salary.min", "write `posting.salary.min and"),
        ("drop when posting.title and and", "and", ""),
        ("drop when posting.title ==", "", ""),
        ("keep posting.title", "p", "a rule is"),
        ("set reference = 'x'", "reference", ""),
        ("set description_text = 'x'", "description_text", "set description"),
        ("set locations.city = 'x'", "locations.city", "set locations = …"),
        ("default url = 'ftp://x'", "'ftp://x'", ""),
        ("publish when posting.title", "p", "a rule is"),
        ("set title =", "", ""),
    ],
)
def test_a_mistake_is_refused_with_its_place(text: str, meant: str, hint: str) -> None:
    with pytest.raises(OverrideError) as caught:
        check_rule(parse_rule(text))
    error = caught.value
    assert error.text[error.start : error.end].startswith(meant)
    assert error.hint.startswith(hint)
    assert error.place.line == text.count("\n", 0, error.start) + 1
