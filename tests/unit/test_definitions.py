"""Definitions: the YAML that is read, the short forms, and errors at their place in the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.definition.faults import SHOWN, Fault, InvalidFileError
from jobpipe.definition.loading import parse_definition
from jobpipe.definition.models import Definition
from jobpipe.definition.project import find_project
from jobpipe.definition.yaml import MAX_DEPTH, Spot, YamlProblem, read_yaml
from jobpipe.runs.checking import load_checked
from jobpipe.transform.checking import check_rules

HEAD = "import: acme\nsource:\n  feed: feed.xml\n"


def parsed(text: str) -> Definition:
    return parse_definition(text, "imports/acme.yaml").definition


def faults_of(tmp_path: Path, text: str) -> list[tuple[int, int, str, str]]:
    """(line, column, message, hint) of everything that is wrong, the compiler's problems included."""
    (tmp_path / "imports").mkdir(exist_ok=True)
    (tmp_path / "jobpipe.yaml").write_text("{}\n")
    (tmp_path / "imports" / "acme.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFileError) as caught:
        load_checked(find_project(tmp_path, {}), "acme")
    return [(fault.spot.line, fault.spot.column, fault.message, fault.hint) for fault in caught.value.faults]


def only_fault(tmp_path: Path, text: str) -> tuple[int, int, str, str]:
    faults = faults_of(tmp_path, text)
    assert len(faults) == 1, faults
    return faults[0]


# YAML ------------------------------------------------------------------------------------------------


def value_of(text: str) -> Any:
    return read_yaml(f"a: {text}\n").value["a"]


@pytest.mark.parametrize(
    "text", ["NO", "no", "yes", "on", "off", "01234", "12:30:00", "2026-11-24", "0x1F", "1_000", ".inf", "=", "<<"]
)
def test_what_is_no_number_and_no_boolean_stays_the_text_that_was_written(text: str) -> None:
    assert value_of(text) == text


def test_only_true_false_null_and_numbers_are_no_text() -> None:
    assert [value_of(text) for text in ("true", "False", "null", "~", "", "12", "-3", "1.5", "1e3", "0")] == [
        *(True, False, None, None, None, 12, -3, 1.5, 1000.0, 0)
    ]


def test_what_stands_in_quotes_is_text() -> None:
    assert [value_of(text) for text in ('"true"', "'12'", '""')] == ["true", "12", ""]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
@settings(max_examples=60)
def test_a_quoted_text_is_read_as_it_is(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    try:
        assert value_of(quoted) == " ".join(text.split("\n"))
    except YamlProblem:
        # U+2028 and U+2029 break lines in YAML, and U+FFFE and U+FFFF stand in none.
        assert set(text) & set("\u2028\u2029\ufffe\uffff\ufeff")


def problem_of(text: str) -> tuple[int, int, str, str]:
    with pytest.raises(YamlProblem) as caught:
        read_yaml(text)
    problem = caught.value
    return problem.spot.line, problem.spot.column, problem.message, problem.hint


def test_a_key_that_stands_twice_is_refused_with_both_places() -> None:
    assert problem_of("a: 1\nb: 2\na: 3\n") == (3, 1, "'a' stands twice: first in line 1", "keep one of them")


def test_a_tab_is_named_as_what_it_is() -> None:
    assert problem_of("a:\n\tb: 1\n") == (2, 1, "a tab cannot indent in YAML", "use spaces")


def test_quotes_that_are_never_closed_are_shown_where_they_open() -> None:
    assert problem_of('a: 1\nb: "x\nc: 2\n')[:3] == (2, 4, "these quotes are never closed")


def test_a_bracket_that_is_never_closed_is_shown_where_it_opens() -> None:
    assert problem_of("a: 1\nb: [x, y\nc: 2\n")[:2] == (2, 4)


def test_a_path_that_begins_with_an_at_sign_wants_quotes() -> None:
    line, column, _, hint = problem_of("a:\n  reference: @id\n")
    assert (line, column, hint) == (2, 14, "put text that begins with @ in quotes")


def test_a_colon_in_a_text_wants_quotes() -> None:
    line, column, _, hint = problem_of("a: Titre : bon\n")
    assert (line, column) == (1, 10)
    assert hint.startswith("put text that holds `: ` in quotes")


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: *x\n", "a: &x [1]\n"])
def test_anchors_and_aliases_are_refused(text: str) -> None:
    assert problem_of(text)[:2] == (1, 4)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [x]", "!secret x", "!!binary aGk="])
def test_tags_are_refused(tag: str) -> None:
    assert "the tag" in problem_of(f"a: {tag}\n")[2]


def test_a_text_that_is_nested_without_end_is_refused_before_it_is_built() -> None:
    assert problem_of("[" * 200)[:2] == (1, MAX_DEPTH + 1)
    assert problem_of("[" * 100_000)[0] == 1


def test_a_control_character_is_found_in_its_line() -> None:
    assert problem_of("a: 1\nb: x\x07y\n")[:3] == (2, 5, "the character U+0007 cannot stand in YAML")


def test_two_documents_in_one_file_are_refused() -> None:
    assert problem_of("a: 1\n---\nb: 2\n")[0] == 2


@given(st.text(max_size=80))
@settings(max_examples=150)
def test_any_text_is_read_or_refused_at_a_place(text: str) -> None:
    try:
        read_yaml(text)
    except YamlProblem as problem:
        assert problem.spot.line >= 1
        assert problem.spot.column >= 1


# Short forms -----------------------------------------------------------------------------------------


def test_the_short_forms_of_a_field_mean_the_same() -> None:
    short = parsed(HEAD + "posting:\n  title: [intitule, clean]\n  company: nom\n")
    full = parsed(HEAD + "posting:\n  title: {from: [intitule], then: [{clean: {}}]}\n  company: {from: nom}\n")
    assert short == full


def test_parts_may_be_written_below_their_field_or_with_a_dot() -> None:
    nested = parsed(HEAD + "posting:\n  title: t\n  company: {name: n, url: u}\n")
    dotted = parsed(HEAD + "posting:\n  title: t\n  company.name: n\n  company.url: u\n")
    mixed = parsed(HEAD + "posting:\n  title: t\n  company.url: u\n  company: {name: n}\n")
    assert nested == dotted
    assert nested.posting["company"].parts == mixed.posting["company"].parts


def test_a_definition_in_its_normal_form_reads_as_itself() -> None:
    text = HEAD + (
        "  limits: {download: 2GB}\nposting:\n  title: [t, clean, {truncate: {length: 80}}]\n"
        "  category: {from: a, each: {replace: {a: b}}, map: {x: y}}\n  extra: {n: {value: 3}}\n"
        'expire: {guard: "12 %"}\n'
    )
    definition = parsed(text)
    assert definition.expire.guard == 12.0
    assert Definition.model_validate_json(definition.model_dump_json(by_alias=True)) == definition


# Errors ----------------------------------------------------------------------------------------------


def test_a_misspelt_word_of_the_source_names_the_right_one(tmp_path: Path) -> None:
    text = HEAD + "  recod: offre\nposting:\n  title: t\n"
    assert only_fault(tmp_path, text) == (4, 3, "unknown word `recod`", "did you mean `record`?")


def test_a_misspelt_field_names_the_right_one(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  descripton: texte\n"
    assert only_fault(tmp_path, text) == (6, 3, "a posting has no field 'descripton'", "did you mean `description`?")


def test_a_misspelt_word_of_a_rule_names_the_right_one(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  locations: {from: lieu, eech: clean}\n"
    assert only_fault(tmp_path, text) == (6, 27, "unknown word `eech`", "did you mean `each`?")


def test_a_step_that_is_not_there_is_shown_in_the_list(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: [intitule, clean, uper]\n"
    assert only_fault(tmp_path, text) == (5, 28, "there is no step 'uper'", "did you mean `upper`?")


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ("title: [t, {truncate: {lenght: 4}}]", 26),
        ("title: {from: t, then: {truncate: {lenght: 4}}}", 38),
        ("title: {from: t, then: [clean, {truncate: {lenght: 4}}]}", 46),
    ],
)
def test_a_parameter_that_a_step_does_not_have_is_shown_wherever_it_stands(
    tmp_path: Path, rule: str, column: int
) -> None:
    line, found, message, hint = only_fault(tmp_path, f"{HEAD}posting:\n  {rule}\n")
    assert (line, found, hint) == (5, column, "did you mean `length`?")
    assert "'lenght'" in message


def test_a_bare_argument_of_the_wrong_type_is_shown(tmp_path: Path) -> None:
    line, column, message, _ = only_fault(tmp_path, HEAD + "posting:\n  title: [t, {truncate: viele}]\n")
    assert (line, column) == (5, 25)
    assert "'viele'" in message


def test_a_single_step_that_is_no_list_is_shown(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  skills: {from: s, each: lowr}\n"
    assert only_fault(tmp_path, text) == (6, 27, "there is no step 'lowr'", "did you mean `lower`?")


def test_a_part_that_a_field_does_not_have_is_shown(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  company:\n    naem: n\n"
    assert only_fault(tmp_path, text) == (7, 5, "company has no part 'naem'", "did you mean `name`?")


def test_a_step_in_a_dotted_part_is_shown(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  company.name: [n, clena]\n"
    assert only_fault(tmp_path, text) == (6, 21, "there is no step 'clena'", "did you mean `clean`?")


def test_a_part_beside_other_words_is_told_where_it_goes(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\n  company: {from: c, name: n}\n"
    line, column, _, hint = only_fault(tmp_path, text)
    assert (line, column, hint) == (6, 22, "beside other words it goes under `parts: {name: …}`")


def test_a_field_without_a_rule_is_shown(tmp_path: Path) -> None:
    line, column, message, hint = only_fault(tmp_path, HEAD + "posting:\n  title: t\n  url:\n")
    assert (line, column, message) == (6, 3, "`url` has no value")
    assert hint.startswith("expected a path")


def test_a_step_that_is_no_step_is_shown_alone(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: [t, clean, {lower: , upper: }]\n"
    line, column, message, _ = only_fault(tmp_path, text)
    assert (line, column) == (5, 21)
    assert message.startswith("a step is a name")


def test_a_choice_that_is_not_there_names_the_right_one(tmp_path: Path) -> None:
    text = HEAD + "  format: XML\nposting:\n  title: t\n"
    line, column, message, hint = only_fault(tmp_path, text)
    assert (line, column, hint) == (4, 11, "did you mean `xml`?")
    assert message == "'XML' is not one of xml, json, ndjson, csv, xlsx, rss, html"


def test_a_number_where_text_is_wanted_is_told_to_stand_in_quotes(tmp_path: Path) -> None:
    assert only_fault(tmp_path, HEAD + "client: 42\nposting:\n  title: t\n") == (
        *(4, 9, "42 is not text"),
        'put it in quotes: "42"',
    )


def test_a_text_where_a_list_is_wanted_is_told_to_be_one(tmp_path: Path) -> None:
    text = "import: acme\nsource:\n  parts: a.xml\nposting:\n  title: t\n"
    assert only_fault(tmp_path, text) == (3, 10, "'a.xml' is not a list", "write [a.xml]")


def test_a_size_that_is_none_is_shown(tmp_path: Path) -> None:
    text = HEAD + "  limits: {record: viel}\nposting:\n  title: t\n"
    line, column, _, hint = only_fault(tmp_path, text)
    assert (line, column) == (4, 20)
    assert "500MB" in hint


def test_a_number_out_of_range_names_the_range(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\nexpire: {misses: 0}\n"
    assert only_fault(tmp_path, text) == (6, 18, "0 is out of range", "`misses` is at least 1")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "client: x\n")
    assert [message for _, _, message, _ in faults] == [f"`{w}` is missing" for w in ("import", "source", "posting")]


def test_a_posting_without_a_title_is_shown(tmp_path: Path) -> None:
    assert only_fault(tmp_path, HEAD + "posting:\n  url: u\n")[:3] == (4, 1, "no rule makes the title")


def test_feed_and_parts_exclude_each_other(tmp_path: Path) -> None:
    text = "import: acme\nsource: {feed: a, parts: [b]}\nposting:\n  title: t\n"
    assert only_fault(tmp_path, text)[:2] == (2, 1)


@pytest.mark.parametrize(
    "rules",
    ["company.name: a\n  company: {from: b}", "company: {name: a}\n  company.name: b", "company: c\n  company.name: b"],
)
def test_a_field_that_is_given_twice_is_refused_in_any_order(tmp_path: Path, rules: str) -> None:
    line, column, message, _ = only_fault(tmp_path, f"{HEAD}posting:\n  title: t\n  {rules}\n")
    assert (line, column) == (7, 3)
    assert "given twice" in message


def test_an_expression_that_is_none_is_shown(tmp_path: Path) -> None:
    line, column, message, _ = only_fault(tmp_path, HEAD + "posting:\n  title: t\nkeep: posting.title ==\n")
    assert (line, column) == (6, 7)
    assert message.startswith("not an expression")


@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("text", "meant", "says"),
    [
        # What fuel does not bound, or what would change what it is given.
        ("posting.title and [1]*99999999", "*", "multiplied"),
        ("record.tags * 99999999", "*", "multiplied"),
        ("posting.clear() or true", "(", "nothing can be called"),
        ("posting.title in range(1000000000)", "range", "'range' is not known here"),
        ("record.__class__ == 1", "__class__", "no field is called '__class__'"),
        ("posting.title|indent(99999999)", "indent", "there is no filter 'indent'"),
    ],
)
def test_an_expression_that_could_cost_more_than_it_is_worth_is_shown(
    tmp_path: Path, text: str, meant: str, says: str, quote: str
) -> None:
    rules = "posting:\n  title: t\n"
    line, column, message, _ = only_fault(tmp_path, f"{HEAD}{rules}keep: {quote}{text}{quote}\n")
    assert (line, column) == (6, len("keep: ") + len(quote) + text.index(meant) + 1)
    assert says in message
    assert only_fault(tmp_path, f"{HEAD}  closed: {quote}{text}{quote}\n{rules}")[2] == message


def test_an_expression_may_ask_whatever_a_record_says() -> None:
    closed = "  closed: \"record._id == 1 or record['@état']|default('')|lower == 'fermée'\"\n"
    keep = "keep: posting.salary and posting.salary.min*2 == 4\n"
    assert check_rules(parsed(HEAD + closed + "posting:\n  title: t\n" + keep)) == []


def test_a_key_of_a_field_that_is_not_there_is_shown(tmp_path: Path) -> None:
    text = HEAD + "posting:\n  title: t\nkey: [title, refrence]\n"
    assert only_fault(tmp_path, text) == (6, 14, "a posting has no field 'refrence'", "did you mean `reference`?")


def test_a_mapping_table_that_is_not_there_is_shown(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "functions.csv").write_text("label,code\na,b\n")
    text = HEAD + "posting:\n  title: t\n  category: {from: f, map: funtions}\n"
    line, column, message, hint = only_fault(tmp_path, text)
    assert (line, column) == (6, 28)
    assert hint.startswith("did you mean `functions`?")
    assert "'funtions'" in message


def test_a_place_that_nothing_can_read_is_shown(tmp_path: Path) -> None:
    text = "import: acme\nsource:\n  feed: htps://example.org/a.xml\nposting:\n  title: t\n"
    line, column, message, hint = only_fault(tmp_path, text)
    assert (line, column, hint) == (3, 9, "did you mean https?")
    assert "htps" in message


def test_a_variable_that_is_written_wrongly_is_shown(tmp_path: Path) -> None:
    text = "import: acme\nsource:\n  feed: https://example.org/${FEED\nposting:\n  title: t\n"
    assert only_fault(tmp_path, text)[:3] == (3, 9, "`${` is not closed")


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = (
        "import: acme\nsource:\n  feed: a.xml\n  recod: offre\nposting:\n  title: [t, clena]\n  descripton: d\n"
        "  url: {from: u, thn: lower}\n  company: {nam: n}\nkey: [refrence]\nexpire: {guard: viel}\nschedul: x\n"
    )
    assert [fault[:2] for fault in faults_of(tmp_path, text)] == [
        *((4, 3), (6, 14), (7, 3), (8, 18), (9, 13), (10, 7), (11, 17), (12, 1))
    ]


def test_a_faulty_title_is_not_called_missing_besides(tmp_path: Path) -> None:
    assert only_fault(tmp_path, HEAD + "posting:\n  title: {frm: t, then: clean}\nkey: [title]\n")[:2] == (5, 11)


# How they look ---------------------------------------------------------------------------------------


def test_an_error_shows_the_line_and_marks_the_spot() -> None:
    with pytest.raises(InvalidFileError) as caught:
        parse_definition(HEAD + "posting:\n  title: t\n  descripton: texte\nx: y\n", "imports/acme.yaml")
    assert caught.value.render().splitlines()[:4] == [
        "error: imports/acme.yaml:6:3: a posting has no field 'descripton' [JP1004]",
        "   6 |   descripton: texte",
        "     |   ^^^^^^^^^^",
        "  hint: did you mean `description`?",
    ]


@pytest.mark.parametrize("column", [1, 40, 68, 75, 150, 399])
def test_a_long_line_is_cut_around_the_spot(column: int) -> None:
    line = "x" * (column - 1) + "#" + "y" * (400 - column)
    shown = InvalidFileError("a.yaml", line, [Fault(Spot(1, column), "wrong")]).render().splitlines()
    assert shown[1].index("#") == shown[2].index("^")
    assert len(shown[1].partition("| ")[2]) <= SHOWN


def test_a_login_in_a_definition_is_not_repeated_by_its_errors() -> None:
    text = (
        "import: acme\nsource:\n  feed: a.xml\n  auth: {basic: user:geheim, berer: x}\n  headers: {X-Api-Key: 123456}\n"
        "posting:\n  title: t\n"
    )
    with pytest.raises(InvalidFileError) as caught:
        parse_definition(text, "imports/acme.yaml")
    for shown in (caught.value.render(), str(caught.value), repr(caught.value.as_documents())):
        assert "geheim" not in shown
        assert "123456" not in shown
    assert len(caught.value.faults) == 2


# --- what does not fit its place


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("feed: https://example.org/a.xml\n  files: {take: newest}", 4, "cannot be listed, deleted or moved"),
        ("api: {url: https://example.org/a}\n  files: {quiet: 5}", 4, "a source by `api` has none"),
        ("feed: ftp://example.org/*.xml\n  files: {sender: a@example.org}", 4, "for the mails of imaps://"),
        ("feed: https://example.org/a.xml\n  auth: {key: {name: k, value: v}}", 4, "headers: {X-Api-Key"),
        ("feed: ftp://example.org/a.xml\n  auth: {bearer: t}", 4, "`bearer` is for http://, https://, not for ftp://"),
        ("feed: https://example.org/a.xml\n  auth: {private_key: k}", 4, "`private_key` is for sftp://"),
        ("api: {url: https://example.org/a}\n  auth: {store: {key_id: k}}", 4, "`store` is for s3://, not for `api`"),
        ("feed: sftp://example.org/a.xml\n  headers: {X-A: b}", 4, "`headers` are for https://, not for sftp://"),
    ],
)
def test_what_would_be_ignored_at_its_place_is_shown(tmp_path: Path, source: str, line: int, told: str) -> None:
    (fault,) = faults_of(tmp_path, f"import: acme\nsource:\n  {source}\nposting:\n  title: t\n")
    assert fault[0] == line and fault[1] > 1 and told in fault[2]


@pytest.mark.parametrize(
    "source",
    [
        "feed: sftp://example.org/*.xml\n  files: {take: newest}\n  auth: {basic: 'a:b', known_hosts: k}",
        "feed: imaps://example.org/INBOX/*.csv\n  files: {sender: a@example.org}\n  auth: {basic: 'a:b'}",
        "feed: ${WHERE}\n  files: {take: newest}\n  auth: {store: {key_id: k}}\n  headers: {X-A: b}",
        "parts: [https://example.org/a.xml, sftp://example.org/b.xml]\n  auth: {known_hosts: k}\n  headers: {X-A: b}",
        "feed: drop/*.xml\n  files: {afterwards: delete}",
        "feed: https://example.org/a.xml\n  files: {take: all}",
    ],
)
def test_what_fits_its_place_is_taken(tmp_path: Path, source: str) -> None:
    parsed(f"import: acme\nsource:\n  {source}\nposting:\n  title: t\n")
