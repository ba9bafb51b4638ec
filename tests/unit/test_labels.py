"""Labels and mapping tables: what is the same label, which layer decides, patterns as a last resort."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobpipe.errors import DefinitionError
from jobpipe.taxonomy.labels import MAX_LABEL, normalise_label, tidy_label
from jobpipe.taxonomy.patterns import check_pattern
from jobpipe.taxonomy.suggesting import labels_of
from jobpipe.taxonomy.suggestions.suggester import CombinedSuggester, Means
from jobpipe.taxonomy.tables import Layer, MappingTable, Use, decider, file_table, mark_of, parse_use, use_of

texts = st.text(max_size=400) | st.lists(
    st.sampled_from(
        ("Vente", "é", "É", "e\u0301", " ", "\u00a0", "\t", "&amp;", "&eacute;", "&", "#", "C++", "ß", "œ", "-", "/")
    )
).map("".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hôtellerie-Restauration", "HOTELLERIE / RESTAURATION"),
        ("Achats &amp; Logistique", "achats logistique"),
        ("R&eacute;ception", "Réception"),
        ("Chef  de\u00a0rang", "chef de rang"),
        ("Bürokauffrau (m/w/d)", "burokauffrau m w d"),
        ("Œuvre", "oeuvre"),
        ("Straße", "STRASSE"),
    ],
)
def test_labels_that_differ_in_writing_are_one(one: str, other: str) -> None:
    assert normalise_label(one) == normalise_label(other)


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("C", "C#"), ("Vente", "Ventes"), ("---", "***")])
def test_labels_that_mean_something_else_stay_apart(one: str, other: str) -> None:
    assert normalise_label(one) != normalise_label(other)


@given(texts)
def test_to_normalise_twice_changes_nothing(text: str) -> None:
    once = normalise_label(text)
    assert normalise_label(once) == once
    assert len(once) <= MAX_LABEL
    assert not any(one.isspace() and one != " " for one in once)


@given(texts)
def test_case_blanks_and_accents_never_matter(text: str) -> None:
    short = text[:40]
    wanted = normalise_label(short)
    assert normalise_label(f"  {short}\n") == wanted
    if short.isascii() and "&" not in short:
        assert normalise_label(short.upper()) == wanted
    if "&" not in short:
        assert normalise_label(unicodedata.normalize("NFC", short)) == normalise_label(
            unicodedata.normalize("NFD", short)
        )


@given(st.text(max_size=50), st.none() | st.text(max_size=20))
def test_a_use_is_read_back_as_it_was_written(label: str, value: str | None) -> None:
    decided = decider(file_table("t", {label: value}))(label) if value is not None else None
    use = use_of("definition:company.name", label, decided)
    assert parse_use(use.text) == use
    assert "\n" not in use.text
    assert (use.mark == "") == (decided is None)


def test_a_label_that_no_store_can_hold_is_a_use_all_the_same() -> None:
    use_of("t", "a\ud800\x00b", None).text.encode()


# Layers ---------------------------------------------------------------------------------------------


TABLE = MappingTable(
    [
        Layer("t (import)", {"Vente": "i"}, [("^chef", "pi")]),
        Layer("t (client)", {"vente": "c", "Achat": "c"}, [("^chef de", "pc"), ("salle$", "pc")]),
        Layer("t (global)", {"Vente": "g", "Achat": "g", "Paie": "g"}),
        Layer("t", {"Vente": "f", "Achat": "f", "Paie": "f", "Chef de projet": "f", "PAIE": "exact"}),
    ]
)


@pytest.mark.parametrize(
    ("label", "value", "by"),
    [
        ("vente", "i", "t (import)"),
        ("ACHAT", "c", "t (client)"),
        ("Paie", "g", "t (global)"),
        ("chef de projet", "f", "t"),
        ("Chef de rang", "pi", "t (import) (pattern)"),
        ("Grande salle", "pc", "t (client) (pattern)"),
    ],
)
def test_import_counts_over_client_over_global_over_file_and_patterns_last(label: str, value: str, by: str) -> None:
    assert decider(TABLE)(label) == (value, by)


def test_a_label_that_no_layer_has_means_nothing() -> None:
    assert decider(TABLE)("Plonge") is None
    assert decider(MappingTable())("Vente") is None


def test_within_a_layer_a_label_as_written_counts_first() -> None:
    decide = decider(file_table("t", {"Paie": "a", "PAIE": "b"}))
    assert [decide(label).value for label in ("Paie", "PAIE", "paie")] == ["a", "b", "a"]  # type: ignore[union-attr]


def test_another_value_and_another_layer_leave_another_mark() -> None:
    marks = {mark_of(decider(TABLE)(label)) for label in ("Vente", "Achat", "Paie", "Chef de projet", "none")}
    assert len(marks) == 5
    assert use_of("t", " Vente ", decider(TABLE)("Vente")) == Use("t", "Vente", mark_of(decider(TABLE)("vente")))


@pytest.mark.parametrize("pattern", ["(", "", "a|", "x*", "^(a|aa)+$", "a" * 301])
def test_a_pattern_that_is_none_or_finds_all_or_explodes_is_refused(pattern: str) -> None:
    with pytest.raises(DefinitionError):
        check_pattern(pattern)


def test_a_pattern_that_explodes_on_a_label_finds_nothing_in_it() -> None:
    decide = decider(MappingTable([Layer("t", {}, [("^(a|aa)+$", "x")])]))
    assert decide("a" * 80 + "!") is None
    assert decide("aaa") == ("x", "t (pattern)")


# Suggestions ----------------------------------------------------------------------------------------


def test_labels_that_are_written_alike_suggest_their_codes_each_once() -> None:
    table = file_table("t", {"Vendeur": "sales", "Vendeuse": "sales", "Cuisinier": {"code": "cook", "taxonomy": "x"}})
    found = CombinedSuggester(labels_of(table), means=Means(meaning=False)).suggest("Vendeur / Vendeuse H/F", limit=3)
    assert found[0].code == "sales"
    assert len({one.code for one in found}) == len(found)
    assert (
        CombinedSuggester(labels_of(table), means=Means(meaning=False)).suggest("cuisiniers", limit=1)[0].taxonomy
        == "x"
    )


def test_a_label_is_kept_as_it_was_seen_with_single_blanks() -> None:
    assert tidy_label("  Chef\n de  Rang ") == "Chef de Rang"
