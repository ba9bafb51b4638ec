"""Rules as a YAML or CSV file, out and in: what is written is read back as it was.

A cell that a spreadsheet would take for a formula gets an apostrophe before it, which is taken away again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from jobpipe.definition.loading import parse_yaml
from jobpipe.definition.overrides import OverrideError, parse_rule
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Override, OverrideScope
from jobpipe.runs.overrides.deciding import RuleDecision
from jobpipe.transform.override_checks import check_rule

COLUMNS = ("number", "scope", "owner", "rule", "name", "note", "enabled")
_WRITTEN_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_READ_FORMULA = re.compile(r"'+[=+\-@\t\r]")
_SCOPES = [scope for scope in OverrideScope.values if scope != OverrideScope.POSTING]
_NO = frozenset({"no", "0", "false", "off", "non", "nein", "nee"})


def write_rules(rules: Iterable[Override], *, as_csv: bool) -> str:
    rows = [_row(rule) for rule in rules]
    if not as_csv:
        return yaml.safe_dump(rows, sort_keys=False, allow_unicode=True, width=120) if rows else "[]\n"
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        cells = {name: str(said) for name, said in row.items()} | ({"enabled": "no"} if "enabled" in row else {})
        writer.writerow({name: f"'{cell}" if _WRITTEN_FORMULA.match(cell) else cell for name, cell in cells.items()})
    return out.getvalue()


def _row(rule: Override) -> dict[str, Any]:
    said = rule.content
    row = {"number": rule.pk, "scope": rule.scope, "owner": rule.owner, "rule": said["rule"]}
    row |= {name: said.get(name, "") for name in ("name", "note")}
    if not said.get("enabled", True):
        row["enabled"] = False
    return {name: value for name, value in row.items() if value != ""}


def read_rules(text: str, shown: str, *, scope: str, owner: str) -> list[RuleDecision]:
    """A row with a number changes that rule, one without adds one; without a scope it gets the given one.

    Raises UsageError or DefinitionError with the row, and the place in its rule, of the first that is wrong.
    """
    decisions = []
    for number, row in enumerate(_rows(text, shown), 1):
        where = f"{shown}, rule {number}"
        if not isinstance(row, dict) or not isinstance(row.get("rule"), str):
            raise UsageError(f"{where}: there is no `rule`", hint=f"a rule has {', '.join(COLUMNS)}")
        if unknown := row.keys() - set(COLUMNS):
            raise UsageError(f"{where}: {min(map(str, unknown))!r} is not known here", hint=", ".join(COLUMNS))
        said = str(row.get("scope") or "")
        if said and said not in _SCOPES:
            raise UsageError(f"{where}: no scope is named {said!r}", hint=f"it is one of {', '.join(_SCOPES)}")
        _check(row["rule"], where)
        decisions.append(
            RuleDecision(
                number=_number(row.get("number"), where),
                scope=said or scope,
                owner=str(row.get("owner") or "") if said else owner,
                rule=row["rule"],
                name=str(row.get("name") or ""),
                note=str(row.get("note") or ""),
                enabled=str(row.get("enabled", "yes")).casefold() not in _NO,
            )
        )
    return decisions


def _check(rule: str, where: str) -> None:
    try:
        check_rule(parse_rule(rule))
    except OverrideError as error:
        raise OverrideError(
            error.text, f"{where}: {error.message}", start=error.start, end=error.end, hint=error.hint
        ) from error


def _number(said: Any, where: str) -> int:
    text = str(said or 0)
    if not text.isdecimal():
        raise UsageError(f"{where}: {text!r} is no number of a rule")
    return int(text)


def _rows(text: str, shown: str) -> Iterator[Any]:
    if not shown.lower().endswith(".csv"):
        value = parse_yaml(text, shown).value
        if value is not None and not isinstance(value, list):
            raise UsageError(f"{shown} is no list of rules", hint="- rule: drop when …")
        yield from value or []
        return
    try:
        reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
        for row in reader:
            cells = {str(name).strip(): cell for name, cell in row.items() if name and cell}
            yield {name: cell[1:] if _READ_FORMULA.match(cell) else cell for name, cell in cells.items()}
    except csv.Error as error:
        raise UsageError(f"{shown}: no table: {error}") from error
