"""Two postings of two sources are one job, or they are not: judged on a labelled set, and case by case."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from near_duplicate_cases import Case, cases, posting

from jobpipe.lifecycle.near_duplicates import Judgement, Member, Pair, groups_of, judge, profile_of, signs_of
from jobpipe.posting import JobPosting, Location

COLOGNE = Location(city="Cologne", latitude=50.94, longitude=6.96)
UNIQUE = frozenset({"address", "title"})


def judged(one: JobPosting, other: JobPosting, shared: frozenset[str] = UNIQUE) -> Judgement:
    return judge(profile_of(one), profile_of(other), shared=shared)


def are_candidates(case: Case) -> bool:
    one, other = (signs_of(profile_of(posting), "Acme").all for posting in (case.one, case.other))
    return not set(one).isdisjoint(other)


def test_no_variant_of_the_labelled_set_is_merged_and_few_duplicates_are_missed() -> None:
    found = [(case, judged(case.one, case.other)) for case in cases()]
    merged = [(case.how, judgement.reason) for case, judgement in found if judgement.is_same and not case.is_same]
    assert merged == []
    same = [(case, judgement) for case, judgement in found if case.is_same]
    missed = [f"{case.how}: {judgement.reason}" for case, judgement in same if not judgement.is_same]
    assert len(missed) <= 0.1 * len(same), missed


def test_what_is_one_job_is_found_among_the_candidates() -> None:
    same = [case for case in cases() if case.is_same]
    lost = [case.how for case in same if not are_candidates(case)]
    assert len(lost) <= 0.02 * len(same), lost


@pytest.mark.parametrize("case", cases()[:80], ids=lambda case: case.how)
def test_the_order_of_the_two_does_not_matter(case: Case) -> None:
    assert judged(case.one, case.other) == judged(case.other, case.one)


def test_a_reason_says_what_both_have_in_common() -> None:
    one = replace(posting(0), reference="R-1204")
    reason = judged(one, replace(one, title="Backend Developer (m/w/d)")).reason
    assert reason == "same reference R-1204 in both, same title, same place, same text (1.00)"


def test_an_address_that_many_share_is_no_sign() -> None:
    one = replace(posting(0), apply_url="https://jobs.example.org/apply", description_text="Apply on our site.")
    other = replace(one, reference="other", company=None)
    assert judged(one, other).is_same
    assert not judged(one, other, frozenset()).is_same


def test_without_text_one_title_of_many_is_not_enough() -> None:
    one = replace(posting(0), description_text=None)
    other = replace(one, reference="other")
    assert judged(one, other).is_same
    assert not judged(one, other, frozenset()).is_same


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        (Location(city="Paris", postal_code="75008"), Location(city="PARIS 8e", postal_code="75008"), True),
        (Location(city="Paris", postal_code="75000"), Location(city="Paris", postal_code="75015"), True),
        (Location(city="Paris", postal_code="75008"), Location(city="Paris", postal_code="75015"), False),
        (Location(city="Frankfurt"), Location(city="Frankfurt am Main", country="DE"), True),
        (
            Location(city="Köln", latitude=50.94, longitude=6.96),
            Location(city="Cologne", latitude=50.941, longitude=6.957),
            True,
        ),
        (
            Location(city="Springfield", region="Illinois", country="US"),
            Location(city="Springfield", country="CA"),
            False,
        ),
        (Location(text="Lyon, France"), Location(city="Lyon", country="FR"), True),
        (Location(region="Bretagne"), Location(city="Rennes"), False),
    ],
)
def test_one_place_may_be_called_by_several_names(one: Location, other: Location, is_same: bool) -> None:
    made = posting(0)
    found = judged(replace(made, locations=[one]), replace(made, reference="x", locations=[other]))
    assert found.is_same is is_same, found


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Vendeur / Vendeuse (H/F)", "Vendeur", True),
        ("Entwickler:in Backend", "Backend-Entwickler (w/m/d)", True),
        ("Chargé(e) de mission", "Chargée de mission F/H", True),
        ("Nurses", "Nurse", True),
        ("Software Engineer II", "Software Engineer 2", True),
        ("Java Developer", "JavaScript Developer", False),
        ("Pharmacist", "Pharmacy Technician", False),
        ("Engineer I", "Engineer II", False),
        ("Sales Manager 2025", "Sales Manager 2026", False),
        ("Developer Java 80%", "Developer Java 100%", False),
        ("Stage développeur", "Développeur", False),
    ],
)
def test_titles_are_compared_by_what_they_say_of_the_job(one: str, other: str, is_same: bool) -> None:
    made = posting(0)
    found = judged(replace(made, title=one), replace(made, reference="x", title=other))
    assert found.is_same is is_same, found


# Groups ---------------------------------------------------------------------------------------------

members = st.builds(Member, st.integers(1, 4), st.integers(1, 3))
pairs = st.lists(
    st.tuples(members, members, st.integers(0, 3)).filter(lambda one: one[0].import_id < one[1].import_id), max_size=12
)


@settings(max_examples=200, deadline=None)
@given(pairs, st.randoms())
def test_groups_depend_on_the_pairs_and_not_on_their_order(
    found: list[tuple[Member, Member, int]], dice: object
) -> None:
    weights = {(one, other): weight for one, other, weight in found}
    made = [Pair(one, other, weight) for (one, other), weight in weights.items()]
    groups = groups_of(made)
    dice.shuffle(made)
    assert groups_of([Pair(pair.other, pair.one, pair.weight) for pair in made]) == groups
    for group in groups:
        assert len({member.import_id for member in group}) == len(group)
        assert all(pair in weights for pair in itertools.combinations(group, 2))
    placed = [member for group in groups for member in group]
    assert len(placed) == len(set(placed))


def test_two_openings_with_one_text_get_a_twin_each() -> None:
    every = [Pair(Member(1, one), Member(2, other), 50) for one in (1, 2) for other in (1, 2)]
    assert groups_of(every) == [[Member(1, 1), Member(2, 1)], [Member(1, 2), Member(2, 2)]]


def test_the_surest_pair_is_joined_first() -> None:
    found = [Pair(Member(1, 1), Member(2, 1), 50), Pair(Member(1, 2), Member(2, 1), 90)]
    assert groups_of(found) == [[Member(1, 2), Member(2, 1)]]


def test_a_chain_is_no_group() -> None:
    found = [Pair(Member(1, 1), Member(2, 1), 90), Pair(Member(2, 1), Member(3, 1), 50)]
    assert groups_of(found) == [[Member(1, 1), Member(2, 1)]]
