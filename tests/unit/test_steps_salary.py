"""Salaries as people write them, and the law that what is written can be read back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stepping import made

from jobpipe.errors import RecordError


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "period"),
    [
        ("35 000 € - 42 000 €", 35000, 42000, "EUR", None),
        ("$25–$30/hour", 25, 30, "USD", "hour"),
        ("Up to $75,000/year", None, 75000, "USD", "year"),
        ("30k-38k EUR", 30000, 38000, "EUR", None),
        ("de 1 850 à 2 100 euros par mois", 1850, 2100, "EUR", "month"),
        ("Horaire de 10.03 Euros", 10.03, 10.03, "EUR", "hour"),
        ("A partir de 21 k€ brut annuel", 21000, None, "EUR", "year"),
        ("12,50 €/h", 12.5, 12.5, "EUR", "hour"),
        ("90'000 CHF", 90000, 90000, "CHF", None),
        ("CHF 90’000.– bis 110’000.–", 90000, 110000, "CHF", None),
        ("Mensuel de 1800.00 Euros à 2100.00 Euros sur 12 mois", 1800, 2100, "EUR", "month"),
        ("Salaire : 1 700 € brut / mois sur 13 mois", 1700, 1700, "EUR", "month"),
        ("35/40 K€", 35000, 40000, "EUR", None),
        ("entre 28 et 32K€ brut annuel", 28000, 32000, "EUR", "year"),
        ("30–40 000 kr", 30000, 40000, None, None),
        ("€ 2.500 - € 3.200 per maand", 2500, 3200, "EUR", "month"),
        ("€45.000,- per jaar", 45000, 45000, "EUR", "year"),
        ("ab 15 Euro/Std.", 15, None, "EUR", "hour"),
        ("bis zu 3.500 € monatlich", None, 3500, "EUR", "month"),
        ("USD 120,000.00 - 150,000.00 Annually", 120000, 150000, "USD", "year"),
        ("$15.50 - $18.00 per hour (40 hours per week)", 15.5, 18, "USD", "hour"),
        ("Grade 7: £39,868 to £46,148", 39868, 46148, "GBP", None),
        ("2 ans d'expérience, 30 K€", 30000, 30000, "EUR", None),
        ("35 000€ fixe + 5 000€ variable", 35000, 35000, "EUR", None),
        ("RAL 28.000 - 32.000", 28000, 32000, None, "year"),
        ("CA$80k - CA$95k", 80000, 95000, "CAD", None),
        ("0 - 45000", None, 45000, None, None),
        ("42 000 € - 35 000 €", 35000, 42000, "EUR", None),
        ("1.234,56", 1234.56, 1234.56, None, None),
        ("32000", 32000, 32000, None, None),
    ],
)
def test_a_salary_is_read(text: str, low: Any, high: Any, currency: str | None, period: str | None) -> None:
    expected = {"min": low, "max": high, "currency": currency, "period": period, "text": text}
    assert made("salary", text) == {name: part for name, part in expected.items() if part is not None}


@pytest.mark.parametrize(
    "text",
    ["selon profil", "à négocier", "SMIC", "Band 6", "35 heures / semaine", "01/02/2025", "100 % Tarif", "x" * 9_000],
)
def test_of_a_text_without_an_amount_only_the_text_is_kept(text: str) -> None:
    assert made("{salary: EUR}", text) == {"text": text}


@pytest.mark.parametrize("text", ["0", "0 €", "0 - 0 EUR", "", 0, {"min": 0, "max": 0}, {}])
def test_zero_is_nothing(text: Any) -> None:
    assert made("{salary: EUR}", text) is None


def test_the_sources_own_currency_and_period_count_only_where_the_text_names_none() -> None:
    call = "{salary: {currency: CAD, period: year}}"
    assert made(call, "50 000")["currency"] == "CAD"
    assert made(call, "$50,000")["currency"] == "CAD"
    assert made(call, "50 000 €/mois") == {
        "min": 50000,
        "max": 50000,
        "currency": "EUR",
        "period": "month",
        "text": "50 000 €/mois",
    }


@pytest.mark.parametrize(
    ("parts", "salary"),
    [
        (
            {"min": 30, "max": "40", "currency": "€", "period": "HOUR"},
            {"min": 30, "max": 40, "currency": "EUR", "period": "hour"},
        ),
        (
            {"currency": "EUR", "value": {"minValue": 1, "maxValue": 2, "unitText": "MONTH"}},
            {"min": 1, "max": 2, "currency": "EUR", "period": "month"},
        ),
        ({"value": 50000, "unitText": "per year"}, {"min": 50000, "max": 50000, "period": "year"}),
        ({"min": "200000", "currency": "RUR"}, {"min": 200000, "currency": "RUB"}),
        ({"text": "selon profil", "currency": "EUR"}, {"currency": "EUR", "text": "selon profil"}),
    ],
)
def test_an_object_is_taken_as_it_is(parts: Any, salary: Any) -> None:
    assert made("salary", parts) == salary


def test_an_object_with_an_unknown_part_or_no_amount_is_a_record_error() -> None:
    with pytest.raises(RecordError):
        made("salary", {"minimal": 3})
    with pytest.raises(RecordError):
        made("salary", {"min": "viel"})


# The law ---------------------------------------------------------------------------------------------

_MONEY = [
    ("{} €", "EUR"),
    ("{} euros", "EUR"),
    ("EUR {}", "EUR"),
    ("£{}", "GBP"),
    ("{} CHF", "CHF"),
    ("${}", "USD"),
    ("{} zł", "PLN"),
]
_PERIODS = [
    ("", None),
    (" par mois", "month"),
    ("/h", "hour"),
    (" per year", "year"),
    (" pro Jahr", "year"),
    (" / jour", "day"),
]
_RANGES = ["{} - {}", "{}–{}", "de {} à {}", "from {} to {}", "{} bis {}", "zwischen {} und {}"]


def _grouped(number: int, sign: str) -> str:
    return f"{number:,}".replace(",", sign)


@st.composite
def salaries(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    low = draw(st.integers(min_value=1_000, max_value=900_000))
    high = draw(st.integers(min_value=low, max_value=999_999))
    money, currency = draw(st.sampled_from(_MONEY))
    words, period = draw(st.sampled_from(_PERIODS))
    sign = draw(st.sampled_from([" ", "\u00a0", "\u202f", ".", ",", "'", "’", ""]))
    amounts = [money.format(_grouped(low, sign)), money.format(_grouped(high, sign))]
    text = draw(st.sampled_from(_RANGES)).format(*amounts) + words
    made_of = {"min": low, "max": high, "currency": currency, "period": period}
    return text, {name: part for name, part in made_of.items() if part is not None}


@given(salaries())
@settings(max_examples=500, deadline=None)
def test_a_salary_in_any_of_its_shapes_is_read_back(case: tuple[str, dict[str, Any]]) -> None:
    text, expected = case
    found = made("salary", text)
    found.pop("text")
    assert found == expected


@given(st.text(alphabet="0123456789 .,'€$k-–/àabhmoisanEUR%\u00a0", max_size=40))
@settings(max_examples=500, deadline=None)
def test_the_least_is_never_more_than_the_most(text: str) -> None:
    found = made("salary", text) or {}
    if "min" in found and "max" in found:
        assert 0 < found["min"] <= found["max"]
