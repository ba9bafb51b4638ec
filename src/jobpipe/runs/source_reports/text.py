"""A report as plain text: for a terminal, and beside the page in a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from jobpipe.runs.source_reports.gathering import END_SOON
from jobpipe.runs.source_reports.report import FeedReport, Refusals, SourceReport
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

_WIDTH = 78


def as_text(report: SourceReport, wording: Wording) -> str:
    texts = wording.texts
    lines = [*_wrapped(one_line(texts.heading.format(client=report.client))), ""]
    for feed in report.feeds:
        lines += [*_of_feed(feed, wording, named=len(report.feeds) > 1), ""]
    lines += _wrapped(texts.footer)
    return "\n".join(lines) + "\n"


def _of_feed(feed: FeedReport, wording: Wording, *, named: bool) -> Iterator[str]:
    texts = wording.texts
    if named:
        yield from (f"== {feed.name} ==", "")
    for place in feed.places:
        yield redact(one_line(place))
    if feed.at is None:
        yield from _wrapped(texts.nothing_read)
    else:
        yield from _wrapped(texts.read_at.format(moment=wording.moment(feed.at), run=feed.run))
    for flag, said in ((feed.unchanged, texts.unchanged), (feed.is_older, texts.older)):
        if flag:
            yield from _wrapped(said)
    for kind in feed.troubles:
        yield from ("", *_wrapped("! " + wording.trouble(kind), indent="  "))
    if feed.figures.get("read"):
        yield from ("", *_wrapped(wording.summary(feed)))
        shown = [f"{texts.figures[name]} {wording.number(count)}" for name, count in feed.figures.items() if count]
        yield from _wrapped(" · ".join(shown))
    if feed.refusals:
        yield from ("", texts.refused_heading, "-" * len(texts.refused_heading))
        for group in feed.refusals:
            yield from ("", *_of_group(group, wording))
    also = wording.also(feed, END_SOON)
    if also:
        yield from ("", texts.also_heading, "-" * len(texts.also_heading))
    for sentence, listed in also:
        yield from ("", *_wrapped(sentence), *(line for one in listed for line in _wrapped("- " + one, indent="  ")))


def _of_group(group: Refusals, wording: Wording) -> Iterator[str]:
    texts = wording.texts
    reason = wording.reason(group.reason, group.field)
    yield from _wrapped(f"{reason.what} ({wording.offers(group.count)})")
    yield from _wrapped(f"{texts.how_to_mend}: {reason.mend}", start="  ", indent="  ")
    if reason.example:
        yield f"  {texts.for_example}: {reason.example}"
    yield f"  {texts.where}:"
    for record in group.examples:
        title = one_line(record.title) or texts.no_title
        key = f"{texts.reference} {one_line(record.key)}: " if record.key else ""
        yield from _wrapped(f"- {wording.place(record)}: {key}{title}", start="  ", indent="    ")
        yield from _wrapped(wording.said(record), start="    ", indent="    ")
    if group.count > len(group.examples):
        yield f"  {texts.more.format(count=wording.number(group.count - len(group.examples)))}"


def _wrapped(text: str, *, start: str = "", indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=start, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
