"""Which errors are alike: the real messages of this project, and values of every kind in them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.incidents.fingerprint import fingerprint_of, shape_of
from jobpipe.incidents.kinds import KINDS
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.source_troubles import kind_of_trouble

SOURCES = Path(__file__).parent.parent.parent / "src" / "jobpipe"

ALIKE = [
    ("the table contracts does not have 'CDI'", 'the table contracts does not have "l\'intérim"'),
    ("'31/02/2026' is no day", "'le 7 mai' is no day"),
    (
        "Opening and ending tag mismatch: title line 1 and titel (line 1 of the record)",
        "Opening and ending tag mismatch: Offre line 31 and x-y (line 7 of the record)",
    ),
    ("12 cells where the header has 14 columns", "1 cells where the header has 1,400 columns"),
    ("answers without a file (HTTP 502)", "answers without a file (HTTP 503)"),
    ("cannot be reached: 10.0.0.1:443 refused", "cannot be reached: 192.168.1.20:8080 refused"),
    ("https://example.org/a?id=1 does not answer", "https://jobs.example.com:8443/feed.xml does not answer"),
    ("record 17 at byte 12,345 is larger than 10 MB", "record 1,000 at byte 9 is larger than 10 MB"),
    ("/srv/feeds/a.xml: cannot be opened", "/home/jobs/in/b-2.xml: cannot be opened"),
    ("offer 5f1d7a84-9a1e-4b0c-8d55-6f1a2b3c4d5e is broken", "offer 00000000-0000-0000-0000-000000000000 is broken"),
    ("since 2026-01-02T03:04:05Z nothing came", "since 2025-12-31 nothing came"),
    ("'a value that was cut in its mid…", "'another one, cut too…"),
    ("mail to jobs@example.org bounced", "mail to a.b+c@mail.example.com bounced"),
]
DIFFERENT = [
    ("answers without a file (HTTP 404)", "answers without a file (HTTP 403)"),
    ("the posting has no title", "the posting has no url"),
    ("`salary` takes text, not a list", "`date` takes text, not a list"),
    ("is not there", "refuses the login"),
    ("the table contracts does not have 'x'", "the table cities does not have 'x'"),
]
# Never to be changed: what is open in a ledger would open anew with the next version.
PINNED = {
    (
        "record-malformed",
        "",
        "Opening and ending tag mismatch: a line 1 and b (line 1 of the record)",
    ): "fc73eb170ab963668ecebfddbf22d4ec",
    ("posting-invalid", "title", "the posting has no title (nothing at title)"): "5ee1126d75e0b3219e439996387d23fb",
    ("source-unreachable", "", "cannot be reached: Connection refused"): "d9d268978a9c5388a356a34c09b7eff1",
    ("source-missing", "", "answers without a file (HTTP 404)"): "b1315d2cb3fa940b16b0fbb8fd7f2fed",
}


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_what_differs_from_record_to_record_does_not_count(one: str, other: str) -> None:
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_says_something_else_is_something_else(one: str, other: str) -> None:
    assert shape_of(one) != shape_of(other)


def test_kind_place_and_import_are_part_of_it() -> None:
    first = Occurrence(kind="posting-invalid", message="is no day", field="posted_at")
    others = [
        Occurrence(kind="record-malformed", message="is no day", field="posted_at"),
        Occurrence(kind="posting-invalid", message="is no day", field="valid_through"),
        Occurrence(kind="posting-invalid", message="is no day", field="posted_at", step="date"),
        Occurrence(kind="posting-invalid", message="is no day", field="posted_at", stage="transform"),
    ]
    prints = {fingerprint_of(one, "acme") for one in (first, *others)} | {fingerprint_of(first, "other")}
    assert len(prints) == 6


def test_fingerprints_stay_from_version_to_version() -> None:
    found = {
        (kind, field, message): fingerprint_of(Occurrence(kind=kind, field=field, message=message), "acme")
        for kind, field, message in PINNED
    }
    assert found == PINNED


VALUES = st.one_of(
    st.integers(-(10**12), 10**12).map("{:,}".format),
    st.floats(allow_nan=False, allow_infinity=False, width=32).map("{:.3f}".format),
    st.text(max_size=60).map(repr),
    st.uuids().map(str),
    st.dates().map(str),
    st.datetimes().map(lambda at: at.isoformat(" ", "seconds")),
    st.ip_addresses(v=4).map(str),
    st.from_regex(r"https://[a-z]{1,9}\.example/[a-z0-9/]{0,20}", fullmatch=True),
    st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.org", fullmatch=True),
)


@settings(max_examples=300, deadline=None)
@given(
    VALUES, st.sampled_from(["the value {} cannot be read", "field x: {} is too long", "{}", "met {} and {} (again)"])
)
def test_any_value_of_a_kind_gives_the_shape_of_its_kind(value: str, sentence: str) -> None:
    shape = shape_of(sentence.replace("{}", value))
    marks = {"<value>", "<n>", "<id>", "<date>", "<url>", "<mail>", "<address>"}
    assert any(sentence.replace("{}", mark) == shape for mark in marks), shape


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=1_000))
def test_any_text_has_a_shape(message: str) -> None:
    assert len(shape_of(message)) <= 8 * 600
    assert shape_of(message) == shape_of(message)


# Messages about sources: their literal parts, read from the code ---------------------------------------


def raised(names: set[str]) -> list[str]:
    """The first argument of every such error, with X where a value is put in."""
    found = []
    for path in (SOURCES / "sources").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
                text = literal(node.args[0])
                if text:
                    found.append(text)
    return found


def literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "X" for part in node.values]
        return "".join(map(str, parts))
    return ""


def test_what_transports_say_has_a_kind_of_its_own() -> None:
    messages = raised({"SourceError", "LimitExceededError", "PassingTroubleError", "HostIsDownError"})
    assert len(messages) > 80
    unknown = [message for message in messages if kind_of_trouble(message) == "source-damaged"]
    # What is left is damage indeed, or says of a definition what `source-damaged` says as well.
    assert len(unknown) < len(messages) / 4, unknown


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("refuses the login (FTP 530 Login incorrect)", "source-refused"),
        ("answers with an error (HTTP 401)", "source-refused"),
        ("its certificate is not trusted: certificate has expired", "source-untrusted"),
        ("cannot be reached: the host jobs.invalid is not known", "source-unreachable"),
        ("has trouble of its own (HTTP 503)", "source-unreachable"),
        ("there is no such file", "source-missing"),
        ("is not there (HTTP 404)", "source-missing"),
        ("is no JSON: it begins with '<html>'", "source-changed-shape"),
        ("unpacks to more than 10 GB", "source-over-limit"),
        ("leads to 10.0.0.1, an address of a private network", "source-forbidden"),
        ("the document ends in the middle of a record", "source-damaged"),
    ],
)
def test_troubles_of_sources_are_told_apart(message: str, kind: str) -> None:
    assert kind_of_trouble(message) == kind


def test_every_kind_says_whom_it_is_for_and_what_to_do() -> None:
    for kind in KINDS.values():
        assert kind.title[0].islower(), kind.name
        assert not kind.title.endswith("."), kind.name
        assert kind.advice.endswith((".", "?")), kind.name
