"""The step that reads salaries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.transform.codes import CURRENCIES
from jobpipe.transform.plain_values import shown
from jobpipe.transform.problems import nearest
from jobpipe.transform.steps.date_words import fold
from jobpipe.transform.steps.salary_reading import read_salary
from jobpipe.transform.steps.salary_words import PERIODS, SIGNS
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.steps.values import plain_text, read_number

# The parts of a salary, and schema.org's names of them.
_PARTS = {
    "min": ("min", "minValue", "minvalue", "from", "minimum"),
    "max": ("max", "maxValue", "maxvalue", "to", "maximum"),
    "value": ("value", "amount"),
    "currency": ("currency", "currencyCode", "currencycode"),
    "period": ("period", "unitText", "unittext", "interval", "unit"),
    "text": ("text", "description"),
}
_KNOWN = frozenset(name for names in _PARTS.values() for name in names) | {"@type"}


@step(
    "salary",
    version=2,
    takes="value",
    summary="Reads a salary: its range, currency and period.",
    examples=[
        Example(
            "salary",
            "35 000 € - 42 000 € brut annuel",
            {
                "min": 35000.0,
                "max": 42000.0,
                "currency": "EUR",
                "period": "year",
                "text": "35 000 € - 42 000 € brut annuel",
            },
        ),
        Example(
            "{salary: EUR}",
            "de 1 850 à 2 100 par mois",
            {"min": 1850.0, "max": 2100.0, "currency": "EUR", "period": "month", "text": "de 1 850 à 2 100 par mois"},
        ),
        Example(
            "salary",
            "Up to $75k/year",
            {"max": 75000.0, "currency": "USD", "period": "year", "text": "Up to $75k/year"},
        ),
        Example("salary", "selon profil", {"text": "selon profil"}),
        Example("salary", "0", None),
        Example("salary", {"min": "30000", "max": 28000}, {"min": 28000.0, "max": 30000.0}),
    ],
)
def salary(
    currency: Annotated[str | None, "The currency of texts that name none, ISO 4217: EUR."] = None,
    period: Annotated[
        Literal["hour", "day", "week", "month", "year"] | None, "The period of texts that name none."
    ] = None,
) -> Run:
    """One amount is both the least and the most, unless the text says `from` or `up to`. Of a text without an
    amount only the text is kept; zero is nothing. Neither currency nor period is guessed from the size of an amount.

    An object with `min`, `max`, `currency`, `period` and `text`, or with schema.org's names, is taken as it is.
    """
    if currency is not None and currency.upper() not in CURRENCIES:
        error = DefinitionError(f"{currency!r} is no currency of ISO 4217", hint=nearest(currency.upper(), CURRENCIES))
        error.path = ("params", "currency")  # type: ignore[attr-defined]
        raise error
    code = currency.upper() if currency else None
    read = lru_cache(maxsize=4096)(lambda text: read_salary(text, code, period))

    def run(value: Any) -> dict[str, Any] | None:
        if isinstance(value, Mapping):
            return _of_parts(value, code, period)
        text = value if type(value) is str else plain_text(value, "salary")
        found = read(text)
        return dict(found) if found else None

    return run


def _of_parts(value: Mapping[str, Any], currency: str | None, period: str | None) -> dict[str, Any] | None:
    if not value.keys() <= _KNOWN:
        unknown = min(value.keys() - _KNOWN)
        raise RecordError(f"a salary has no part {unknown!r}", reason="step", hint="min, max, currency, period, text")
    parts = {
        name: next((value[one] for one in names if value.get(one) is not None), None) for name, names in _PARTS.items()
    }
    if isinstance(parts["value"], Mapping):
        return _of_parts({**value, **parts["value"], "value": parts["value"].get("value")}, currency, period)
    low, high = (_amount(parts[end] if parts[end] is not None else parts["value"]) for end in ("min", "max"))
    if low is not None and high is not None and low > high:
        low, high = high, low
    has_amount = low is not None or high is not None
    made = {
        "min": low,
        "max": high,
        "currency": _currency(parts["currency"]) or (currency if has_amount else None),
        "period": _period(parts["period"]) or (period if has_amount else None),
        "text": parts["text"],
    }
    made = {name: part for name, part in made.items() if part is not None}
    return made if has_amount or made.get("text") else None


def _amount(value: Any) -> float | None:
    """Zero is nothing."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) or None
    text = plain_text(value, "salary").strip()
    if not text:
        return None
    found = read_salary(text, None, None) or {}
    amount = found.get("min", found.get("max"))
    if amount is None and text.strip("0., "):
        raise RecordError(f"{shown(value)} is no amount", reason="step")
    return amount if amount is not None else read_number(text) or None


def _currency(value: Any) -> str | None:
    text = str(value or "").strip()
    return SIGNS.get(text.casefold(), text.upper()) if text else None


def _period(value: Any) -> str | None:
    """A period's name, in whatever language; schema.org writes YEAR."""
    text = fold(str(value or "")).strip()
    if not text:
        return None
    words = text.replace("per ", "").replace("-", " ").split()
    return next((PERIODS[word] for word in words if word in PERIODS), None)
