"""One posting as a client's people see it: in their words, without what only the staff can use."""

from __future__ import annotations

from typing import Any

from jobpipe.runs.overrides.layers import today
from jobpipe.web.words import Words
from jobpipe.web.words.fields import name_of_field, names_of_fields, value_in_words

# What a client's people may want to put right themselves.
CORRECTABLE = (
    *("title", "description", "company.name", "contract", "working_time", "remote", "url", "apply_url"),
    *("valid_through", "salary.min", "salary.max", "salary.currency", "salary.period"),
)
# The record's text and what is made of another field say nothing more.
_NOT_SHOWN = ("reference", "description")


def in_words(say: Words, shown: dict[str, Any]) -> dict[str, Any]:
    """`shown`: what the page of a posting knows; this is what a client's page says of it."""
    row, traced = shown["row"], shown["traced"]
    line = traced["source"].get("line")
    return {
        "state_in_words": say.value(shown["state"]),
        "why": why(say, row.reason) if shown["state"] != "live" else "",
        "line": say["offer_line"].format(line=say.number(line)) if line else "",
        "fields": _fields(say, traced["fields"], shown["stored"]),
        "changes": [
            (number, [(name_of_field(say, name), before, after) for name, before, after in changed])
            for number, changed in _in_words(say, shown["revisions_raw"])
            if changed
        ],
        "decisions": [(one, decision(say, one.before), decision(say, one.after)) for one, _, _ in shown["decisions"]],
        "decided": decision(say, shown["decided"].content) if shown["standing"] else "",
        "correctable": [(name, name_of_field(say, name)) for name in CORRECTABLE],
        "today": today(),
    }


def why(say: Words, reason: str) -> str:
    return say.value(reason, otherwise=say["value_other_reason"]) if reason else ""


def _fields(say: Words, traced: list[dict[str, Any]], stored: dict[str, Any]) -> list[dict[str, Any]]:
    rows = traced or [
        {"field": name, "found": [], "made": made, "by": "", "error": ""} for name, made in stored.items()
    ]
    made = []
    for one in rows:
        found = [value_in_words(say, "", value) for part in one["found"] for value in part["values"]]
        if one["field"] in _NOT_SHOWN or not (one["made"] is not None or one["error"] or any(found)):
            continue
        made.append(
            {
                "name": name_of_field(say, one["field"]),
                "shown": value_in_words(say, one["field"], one["made"]),
                "by": _by(say, one["by"]),
                "found": [text for text in found if text],
                "is_unusable": bool(one["error"]),
            }
        )
    return made


def _by(say: Words, by: str) -> str:
    if not by.startswith("override "):
        return ""
    return say["offer_by_hand" if by.endswith("(posting)") else "offer_by_rule"]


def _in_words(say: Words, revisions: list[tuple[int, list[Any]]]) -> list[tuple[int, list[tuple[str, str, str]]]]:
    return [
        (
            number,
            [
                (one.field, value_in_words(say, one.field, one.before), value_in_words(say, one.field, one.after))
                for one in changed
            ],
        )
        for number, changed in revisions
    ]


def decision(say: Words, content: dict[str, Any] | None) -> str:
    """What people decided over one posting."""
    parts = []
    if given := (content or {}).get("exclude"):
        parts.append(say["offer_said_down"] + _limits(say, given))
    if given := (content or {}).get("override"):
        names = names_of_fields(say)
        values = ", ".join(
            f"{names.get(name, name)} : {value_in_words(say, name, value) or '–'}"
            for name, value in given["values"].items()
        )
        parts.append(values + _limits(say, given))
    return " ; ".join(parts) or say["offer_nothing_counts"]


def _limits(say: Words, given: dict[str, Any]) -> str:
    until = f" {say['offer_said_until'].format(day=say.iso_day(given['until']))}" if given.get("until") else ""
    reason = reason_of(say, given)
    return until + (f" ({reason})" if reason else "")


def reason_of(say: Words, exclusion: dict[str, Any]) -> str:
    """As whoever decided wrote it; of a near-duplicate that went with another one, which that is."""
    reason = str(exclusion.get("reason", ""))
    if not exclusion.get("with"):
        return reason
    owner, key = exclusion["with"]
    more = reason.removeprefix(f"the same job as {key} of {owner}").removeprefix(": ")
    same = say["offers_same_job"].format(key=key, source=owner)
    return f"{same} : {more}" if more else same
