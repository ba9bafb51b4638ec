"""What is counted of postings: facts of one posting, figures of many."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.incidents.expectations.figures import Counting, count_pairs, one_in, pack_figures, unpack_figures
from jobpipe.posting import Category, Company, JobPosting, Location, Salary
from jobpipe.posting_facts import FIELDS, WIDTH, facts_of, length_step, size_of_step

TEXTS = {
    "en": "We are looking for a baker with a good hand, and you will be the heart of our team.",
    "fr": "Nous cherchons pour notre équipe des boulangers avec une bonne main, et vous êtes dans la région.",
    "de": "Wir suchen für unsere Backstube eine Person, die mit uns und den Kunden gut umgeht, und das ist viel.",
    "es": "Buscamos para nuestra panadería una persona con experiencia; los turnos son por la mañana y las tardes.",
    "pl": "Szukamy osoby do pracy w piekarni, która nie boi się wstać na czas, oraz lubi pracę z ludźmi.",
}


def posting(**more: Any) -> JobPosting:
    return JobPosting(**{"reference": "1", "title": "Boulanger"} | more)


def counted(*postings: JobPosting) -> Any:
    counting = Counting()
    counting.add(b"".join(map(facts_of, postings)))
    return counting.figures()


def test_fields_that_a_posting_has_are_counted() -> None:
    rich = posting(
        company=Company(name="Acme"),
        locations=[Location(text="Lyon"), Location(city="Lyon", country="FR", latitude=45.7, longitude=4.8)],
        salary=Salary(min=1_800, period="month"),
        category=[Category(label="Pain", code="D1102")],
        contract="permanent",
        positions=0,
    )
    figures = counted(rich, posting())
    assert figures.counted == 2
    assert set(figures.present) == {
        *("company", "locations", "locations.city", "locations.country", "locations.coordinates", "salary"),
        *("salary.amount", "salary.period", "category", "category.code", "contract", "positions"),
    }
    assert set(figures.present.values()) == {1}
    assert figures.values["contract"] == {"permanent": 1, "": 1}


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_text_is_told_by_its_small_words(language: str) -> None:
    assert counted(posting(description_text=TEXTS[language])).values["text language"] == {language: 1}


def test_a_text_of_names_has_no_language() -> None:
    assert "text language" not in counted(posting(description_text="Python, Django, PostgreSQL")).values


@pytest.mark.parametrize(
    ("title", "flaw"),
    [
        ("DÃ©veloppeur", "damaged text"),
        ("D\ufffdveloppeur", "damaged text"),
        ("Baker &amp; cook", "markup in the title"),
        ("<b>Baker</b>", "markup in the title"),
        ("Baker in a small and friendly …", "a title that is cut"),
        ("BAKER", "a title without lower case"),
        ("12345", "no letters in the title"),
    ],
)
def test_flaws_of_titles_are_found(title: str, flaw: str) -> None:
    assert flaw in counted(posting(title=title)).flaws


@pytest.mark.parametrize("title", ["PADEIRO EM SÃO PAULO e Lisboa", "Bäcker (m/w/d)", "Baker?", "Qualité & sécurité"])
def test_sound_titles_have_no_flaw(title: str) -> None:
    assert not counted(posting(title=title)).flaws


def test_texts_that_are_alike_are_counted_together() -> None:
    long = "Un texte. " * 400
    figures = counted(*(posting(description_text=text) for text in (long, long, long + "!", long[:-1] + "x", "")))
    assert (figures.most["description"], figures.distinct["description"]) == (2, 3)


def test_pairs_say_what_postings_lost_gained_and_changed() -> None:
    paid, unpaid = posting(salary=Salary(min=1, currency="EUR")), posting(contract="permanent")
    pairs = count_pairs([(facts_of(paid), facts_of(unpaid)), (b"", facts_of(paid))], changed=2)
    assert pairs.looked_at == 1
    assert pairs.lost == {"salary": 1, "salary.amount": 1, "salary.currency": 1}
    assert pairs.gained == {"contract": 1}
    assert {"contract", "salary.currency"} <= pairs.moved.keys()


def test_lengths_are_known_within_a_tenth() -> None:
    for size in (1, 7, 60, 1_234, 56_789):
        assert abs(size_of_step(length_step(size)) - size) <= max(1, size * 0.1)


def test_of_a_million_postings_some_thousands_are_counted() -> None:
    assert [one_in(live) for live in (0, 1, 20_000, 20_001, 1_000_000)] == [1, 1, 1, 2, 50]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            posting,
            title=st.text(min_size=1, max_size=30),
            description_text=st.none() | st.text(max_size=300),
            contract=st.sampled_from((None, "permanent", "temporary")),
            locations=st.lists(st.builds(Location, city=st.none() | st.text(max_size=9)), max_size=2),
            posted_at=st.sampled_from((None, "2026-11-20", "2026-11-21T10:00:00Z", "nonsense")),
        ),
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_counting_in_pieces_is_counting_at_once(postings: list[JobPosting], piece: int) -> None:
    facts = [facts_of(one) for one in postings]
    assert all(len(one) == WIDTH for one in facts)
    counting = Counting()
    for start in range(0, len(facts), piece):
        counting.add(b"".join(facts[start : start + piece]))
    figures = counting.figures()
    assert figures == counted(*postings)
    assert unpack_figures(pack_figures(figures)) == figures
    said = Counter(field for one in postings for field in FIELDS if field in msgspec.to_builtins(one))
    assert {field: figures.present.get(field, 0) for field in said} == {
        field: sum(bool(getattr(one, field)) for one in postings) for field in said
    }
