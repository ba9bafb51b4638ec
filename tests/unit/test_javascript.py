"""Data in scripts is read as JavaScript writes it; nothing of it is run."""

from __future__ import annotations

from typing import Any

import pytest

from jobpipe.sources.formats.html.javascript import JavaScriptError, value_after


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{a: 1, 'b': [2, 3,], \"c\": {},}", {"a": 1, "b": [2, 3], "c": {}}),
        (r"'L\'été \u00e0 \x41 \u{1F600}'", "L'été à A 😀"),
        ("`a\nb`", "a\nb"),
        ("[.5, -2, 1e3, 0x1F, +7]", [0.5, -2, 1000.0, 31, 7]),
        ("[true, false, null, undefined]", [True, False, None, None]),
        ("{/* one */ a: 1, // two\n b: 2}", {"a": 1, "b": 2}),
        ("{a: new Date(2026, 1), b: 'x' + y, c: f({d: ','}), e: 5}", {"a": None, "b": None, "c": None, "e": 5}),
        ("{a() { return ',}' }, b, c: 1}", {"c": 1}),
        ("{a: `x ${y} z`, b: 2}", {"a": None, "b": 2}),
        ("{$a: 1, été: 2, 3: 4}", {"$a": 1, "été": 2, "3": 4}),
    ],
)
def test_values_are_read_as_javascript_writes_them(written: str, value: Any) -> None:
    assert value_after(f"var x = 1; window.jobs = {written}; more()", "window.jobs") == value


def test_a_value_within_json_is_read_too() -> None:
    assert value_after('{"props": {"jobs": [{"id": 1}], "more": 2}}', '"jobs"') == [{"id": 1}]


@pytest.mark.parametrize("written", ["", "[1, 2", "{a: ", "{: 1}", "[" * 100_000, "{a:" * 100_000, "[1 , ,"])
def test_what_is_cut_off_or_hostile_is_told(written: str) -> None:
    with pytest.raises(JavaScriptError):
        value_after(f"jobs = {written}", "jobs")


def test_a_mark_that_is_not_there_is_told() -> None:
    with pytest.raises(JavaScriptError, match="is not there"):
        value_after("var a = 1", "jobs")
