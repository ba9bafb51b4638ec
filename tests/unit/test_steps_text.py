"""Steps on text, lists and values, beyond their examples."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stepping import built, made

from jobpipe.errors import RecordError


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\u00a0\u2009b\u202fc", "a b c"),
        ("\ufeffTitre\u200e", "Titre"),
        ("a\x00b\x08c", "abc"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("web\u200cmaster", "webmaster"),
        ("👩\u200d💻 dev", "👩\u200d💻 dev"),
        ("cafe\u0301", "café"),
        ("\u200b \u00ad", None),
    ],
)
def test_clean_removes_what_is_invisible_and_keeps_what_other_scripts_need(text: str, cleaned: str | None) -> None:
    assert made("clean", text) == cleaned


@given(st.text(alphabet="abc éÉ’\u00a0\u200b\u00ad\u0301\n\t\x00", max_size=60))
@settings(max_examples=300, deadline=None)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = made("clean", text)
    assert made("clean", once) == once


@given(st.text(max_size=80), st.integers(min_value=2, max_value=60))
@settings(max_examples=300, deadline=None)
def test_a_truncated_text_is_never_longer_than_asked(text: str, length: int) -> None:
    cut = built(f"{{truncate: {length}}}")(text)
    assert len(cut) <= length
    assert cut == text or cut.endswith("…")


def test_a_pattern_that_explodes_costs_a_record_and_not_the_run() -> None:
    started = time.monotonic()
    with pytest.raises(RecordError) as caught:
        made(r"{regex: '^(a|aa|a?)+$'}", "a" * 60 + "!")
    assert "took more than" in caught.value.message
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("call", "value", "result"),
    [
        (r"{regex: {pattern: '(?P<n>\d+)h', group: n}}", "35h", "35"),
        (r"{regex: '(a)|(b)'}", "b", None),
        (r"{regex_replace: {pattern: 'A', with: '', ignore_case: true}}", "aA", None),
        ("{split: ','}", ["a,b", "c"], ["a", "b", "c"]),
        ("{split: ','}", " , ", None),
        ("join", "alone", "alone"),
        ("first", "alone", "alone"),
        ("first", ["", None], None),
        ("count", [], 0),
        ("unique", [{"a": 1}, {"a": 1}], [{"a": 1}]),
        ("sort", ["b", 2, None, 1], [1, 2, "b"]),
        ("{pick: a.b}", {"a": "text"}, None),
        ("{pick: '[1]'}", [[1, 2], [3, 4]], [2, 4]),
        ("json", "[1, 2]", [1, 2]),
        ("boolean", ["yes", "no"], [True, False]),
        ("number", "−3,5 °C", -3.5),
        ("number", "1.234.567", 1234567),
        ("number", "0,125", 0.125),
        ("{strip_prefix: ab}", "ab", None),
        ("{default: x}", "  ", "x"),
        ("{default: x}", 0, 0),
        ("{template: \"{{ value or 'none' }}\"}", None, "none"),
        ("{template: '{% for x in value %}{{ x }};{% endfor %}'}", ["a", "b"], "a;b;"),
    ],
)
def test_steps_do_what_they_say(call: str, value: Any, result: Any) -> None:
    assert made(call, value) == result


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("boolean", "perhaps"),
        ("json", "{not json"),
        ("json", "__import__('os')"),
        ("join", [{"a": 1}]),
        ("{template: '{% for i in range(9999999) %}x{% endfor %}'}", "x"),
        ("{template: '{{ value * 99999999 }}'}", "x"),
        ("{lookup: {table: {a: b}, unmapped: reject}}", "c"),
    ],
)
def test_what_a_step_cannot_do_is_a_record_error(call: str, value: Any) -> None:
    with pytest.raises(RecordError):
        made(call, value)


@pytest.mark.parametrize(
    ("title", "cleaned"),
    [
        ("Vendeur / Vendeuse F/H", "Vendeur / Vendeuse"),
        ("Ingénieur(e) QA (F/H/X) - CDI", "Ingénieur(e) QA - CDI"),
        ("Bäcker (w/m/d)", "Bäcker"),
        ("Bäcker:in (m|w|d)", "Bäcker:in"),
        ("Data Engineer (m/f/x)", "Data Engineer"),
        ("Data Engineer (all genders)", "Data Engineer"),
        ("Medewerker M/V/X", "Medewerker"),
        ("(H/F) Cuisinier", "Cuisinier"),
        ("Cuisinier H / F de nuit", "Cuisinier de nuit"),
        ("Title: Plumber", "Plumber"),
        ("Plumber (Ref: AB-123)", "Plumber"),
        ("Plumber [Job ID 4711]", "Plumber"),
        ("Comptable - Lyon (69)", "Comptable"),
        ("Comptable, 35000 Rennes", "Comptable"),
        ("Nurse - Band 6", "Nurse - Band 6"),
        ("C++/C# Developer", "C++/C# Developer"),
        ("Technicien CVC - niveau 3", "Technicien CVC - niveau 3"),
        ("UX/UI Designer", "UX/UI Designer"),
        ("Chargé d’affaires B2B (secteur 44)", "Chargé d’affaires B2B (secteur 44)"),
        ("(H/F)", "(H/F)"),
        ("M/F Assistant", "Assistant"),
        ("Head of R&D", "Head of R&D"),
    ],
)
def test_a_title_loses_what_is_no_part_of_it_and_nothing_else(title: str, cleaned: str) -> None:
    assert made("title", title) == cleaned


@given(st.text(alphabet="abcHFMWD/|()[]-–,.: 0123456789€éà\n", max_size=60))
@settings(max_examples=500, deadline=None)
def test_a_title_is_never_emptied(text: str) -> None:
    assert (made("title", text) is None) == (made("clean", text) is None)


@pytest.mark.parametrize(
    ("call", "label", "value"),
    [
        ("contract", "CDI temps plein", "permanent"),
        ("contract", "Contrat à durée indéterminée", "permanent"),
        ("contract", "CDD / Mission", "fixed_term"),
        ("contract", "Contrat d'apprentissage", "apprenticeship"),
        ("contract", "Intérim", "temporary"),
        ("contract", "MIS", "temporary"),
        ("contract", "INTERN", "internship"),
        ("contract", "Unbefristeter Arbeitsvertrag", "permanent"),
        ("contract", "befristet bis 12/2026", "fixed_term"),
        ("contract", "Werkstudent", "internship"),
        ("contract", "Onbepaalde duur", "permanent"),
        ("contract", "Indefinido", "permanent"),
        ("contract", "Tempo indeterminato", "permanent"),
        ("contract", "Tillsvidareanställning", "permanent"),
        ("contract", "Fixed-Term", "fixed_term"),
        ("contract", "non permanent", "fixed_term"),
        ("contract", "full-time", None),
        ("working_time", "fulltime", "full_time"),
        ("working_time", "35H/semaine Travail en journée", "full_time"),
        ("working_time", "24h00", "part_time"),
        ("working_time", "80 %", "part_time"),
        ("working_time", "100%", "full_time"),
        ("working_time", "Vollzeit", "full_time"),
        ("working_time", "Heltid", "full_time"),
        ("working_time", "variable", None),
        ("remote", "2 jours par semaine", "hybrid"),
        ("remote", "Pas de télétravail", "on_site"),
        ("remote", "TELECOMMUTE", "remote"),
        ("remote", "Fully remote (EU)", "remote"),
        ("remote", False, "on_site"),
        ("language", "English (UK)", "en"),
        ("language", "nb-NO", "no"),
        ("country", "Côte d’Ivoire", "CI"),
        ("country", "the Netherlands", "NL"),
        ("country", "Schweden", "SE"),
    ],
)
def test_words_of_many_languages_become_one_vocabulary(call: str, label: Any, value: str | None) -> None:
    assert made(call, label) == value
