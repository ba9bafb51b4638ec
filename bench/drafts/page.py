"""The page of what was measured: Markdown, per kind and per sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.drafts.equality import CORE
from bench.drafts.figures import SampleFigures, Sums, sums
from bench.page import table

KINDS = {"feed": "feeds", "answer": "answers", "page": "pages"}

_READING = """\
`jobpipe new NAME FILE --yes`, in a new project, with nothing said to it; then all records of the file are read with the
definition that it wrote. What is right was written down by hand for each file, by looking at it
(`bench/drafts/expected`), and is read without job-pipe (lxml, jmespath, openpyxl, patterns). `make bench-drafts`
repeats this; `--samples DIR --expected DIR` measures other files.

- A field is **right** where it is on at least 95 % of the records that have it, and is not given to others.
- A record that the source broke, and no definition can read, does not count.
- **No edit**: the records are found, and title, reference, company, place, URL and description are right, those of them
  that are truly there; none that is not there is given.
- **Over all fields**: these six, and country, posted date, contract, salary, address of the form, last day: how many of
  those that are truly there are right. A last change, working time and remote work count where they are given.
- **Precision**: of the fields that the draft gives, how many are right; in brackets by value instead of by field.
"""


def page(samples: Sequence[SampleFigures]) -> str:
    return "\n".join(_lines(samples)).rstrip() + "\n"


def _lines(samples: Sequence[SampleFigures]) -> Iterable[str]:
    yield "# Benchmarks: drafted definitions\n"
    yield _READING
    head = ("", "samples", "no edit", "over all fields", "precision", "asked a sample")
    rows = [(word, *_row(sums(one for one in samples if one.kind == kind))) for kind, word in KINDS.items()]
    yield from table(head, [*rows, ("all", *_row(sums(samples)))])
    yield "## By field\n"
    whole = sums(samples)
    rows = [
        (name, str(there), str(right), share(right, there)) for name, (there, right) in whole.by_field.items() if there
    ]
    yield from table(("field", "there", "right", "share"), rows)
    yield "## By sample\n"
    rows = [
        (
            one.sample,
            f"{one.found}/{one.records}",
            "yes" if one.needs_no_edit else "no",
            share(*_counts(one)),
            ", ".join(one.wrong) or "–",
            ", ".join(one.missing) or "–",
            ", ".join(one.asked) or "–",
        )
        for one in samples
    ]
    yield from table(("sample", "records", "no edit", "right", "wrong", "missing", "asked"), rows)
    yield f"The six fields of *no edit*: {', '.join(CORE)}.\n"


def _row(made: Sums) -> tuple[str, ...]:
    return (
        str(made.samples),
        share(made.without_edit, made.samples),
        share(made.right, made.there),
        f"{ratio(made.given_right, made.given)} ({ratio(made.values_right, made.values)})",
        f"{made.asked / made.samples:.1f}" if made.samples else "–",
    )


def _counts(one: SampleFigures) -> tuple[int, int]:
    made = sums([one])
    return made.right, made.there


def share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def ratio(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"
