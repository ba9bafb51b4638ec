"""`salary`: a text, or parts from columns of their own."""

from __future__ import annotations

from typing import Any

from jobpipe.drafting.columns import Column
from jobpipe.drafting.draft import CERTAIN
from jobpipe.drafting.recognising.competing import Assigned, sure_parts
from jobpipe.drafting.recognising.recogniser import Finding
from jobpipe.drafting.rules.reading import long_rule, rule_of
from jobpipe.drafting.shapes import is_number
from jobpipe.transform.steps.salary_reading import read_salary


def salary_findings(assigned: dict[str, Assigned]) -> dict[str, Finding]:
    found = sure_parts(assigned, "salary")
    if found.keys() & {"min", "max"} and "text" in found and found["text"].confidence < CERTAIN:
        del found["text"]
    return found if found.keys() & {"min", "max", "text"} else {}


def salary_rule(found: dict[str, Finding], currency: str) -> Any:
    """`currency`: what the amounts are in, as they name none; "" = they do, or it is not known."""
    columns = {name: one.column for name, one in found.items()}
    if set(columns) == {"text"}:
        return long_rule(columns["text"], {"salary": currency} if currency else "salary")
    bounds = {name: _amount(columns[name]) for name in ("min", "max") if name in columns}
    if bounds:
        return {"parts": {**bounds, **_beside(columns, currency)}, "then": "salary"}
    # A number or a text, with the currency or the period beside it.
    bounds = {name: rule_of(columns["text"], "salary", {"pick": name}) for name in ("min", "max")}
    return {**bounds, **_beside(columns, currency)}


def _amount(column: Column) -> Any:
    return rule_of(column) if column.share(is_number) > 0.99 else rule_of(column, "number")


def _beside(columns: dict[str, Column], currency: str) -> dict[str, Any]:
    """What there is besides the bounds."""
    parts: dict[str, Any] = {}
    if "currency" in columns:
        parts["currency"] = rule_of(columns["currency"], "upper")
    elif currency:
        parts["currency"] = {"value": currency}
    if "period" in columns:
        parts["period"] = rule_of(columns["period"], "period")
    if "text" in columns:
        parts["text"] = rule_of(columns["text"], "clean")
    return parts


def _names_no_currency(column: Column) -> bool:
    read = [read_salary(text, None, None) or {} for text in column.distinct[:60]]
    amounts = [one for one in read if "min" in one or "max" in one]
    return bool(amounts) and not any("currency" in one for one in amounts)


def names_no_currency(found: dict[str, Finding]) -> bool:
    if "currency" in found:
        return False
    return "text" not in found or _names_no_currency(found["text"].column)
