"""A report as one self-contained page that mail programs show too: no script, no picture, styles on the elements.

Everything that comes from a source is escaped here, by one function.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from jobpipe.runs.quarantine import Rejected
from jobpipe.runs.source_reports.gathering import END_SOON
from jobpipe.runs.source_reports.report import FeedReport, Refusals, SourceReport
from jobpipe.runs.source_reports.wording import Wording
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_QUIET = "color:#5b6470;font-size:14px"
_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;overflow-wrap:anywhere"
_CARD = "border:1px solid #d9dee5;border-radius:8px;padding:16px;margin:16px 0;background:#ffffff"


def as_page(report: SourceReport, wording: Wording) -> str:
    heading = one_line(wording.texts.heading.format(client=report.client))
    body = "".join(_of_feed(feed, wording, named=len(report.feeds) > 1) for feed in report.feeds)
    return (
        f'<!DOCTYPE html>\n<html lang="{wording.texts.code}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(heading)}</title></head>\n<body style="margin:0;background:#f4f6f8;color:#1c2530;{_FONT}">'
        '<div style="max-width:680px;margin:0 auto;padding:20px 14px;font-size:16px;line-height:1.5">'
        f'<h1 style="font-size:23px;line-height:1.25;margin:0 0 12px;overflow-wrap:anywhere">{escape(heading)}</h1>\n'
        f'{body}<p style="{_QUIET};margin-top:24px">{escape(wording.texts.footer)}</p></div></body></html>\n'
    )


def _of_feed(feed: FeedReport, wording: Wording, *, named: bool) -> str:
    return "".join(_parts(feed, wording, named=named))


def _parts(feed: FeedReport, wording: Wording, *, named: bool) -> Iterator[str]:
    texts = wording.texts
    if named:
        yield f'<h2 style="font-size:19px;margin:28px 0 6px;overflow-wrap:anywhere">{escape(feed.name)}</h2>'
    read = (
        texts.read_at.format(moment=wording.moment(feed.at), run=feed.run)
        if feed.at is not None
        else texts.nothing_read
    )
    said = [read, *([texts.unchanged] if feed.unchanged else []), *([texts.older] if feed.is_older else [])]
    yield f'<p style="{_QUIET};margin:0 0 4px">{escape(" ".join(said))}</p>'
    for place in feed.places:
        yield f'<p style="{_MONO};color:#5b6470;margin:0 0 4px">{escape(redact(one_line(place)))}</p>'
    for kind in feed.troubles:
        style = "background:#fdecea;border-left:4px solid #b3261e;padding:10px 14px;margin:14px 0;border-radius:4px"
        yield f'<p style="{style}"><strong>!</strong> {escape(wording.trouble(kind))}</p>'
    if feed.figures.get("read"):
        yield _figures(feed, wording)
    if feed.refusals:
        yield _heading(texts.refused_heading)
        yield from (_of_group(group, wording) for group in feed.refusals)
    also = wording.also(feed, END_SOON)
    if also:
        yield _heading(texts.also_heading)
    for sentence, listed in also:
        items = "".join(f'<li style="overflow-wrap:anywhere">{escape(one)}</li>' for one in listed)
        yield f'<div style="{_CARD}">{escape(sentence)}'
        yield f'<ul style="margin:8px 0 0;padding-left:22px">{items}</ul></div>' if items else "</div>"


def _heading(text: str) -> str:
    return f'<h3 style="font-size:17px;margin:24px 0 4px">{escape(text)}</h3>'


def _figures(feed: FeedReport, wording: Wording) -> str:
    cells = "".join(
        f'<span style="display:inline-block;margin:8px 22px 0 0"><strong style="font-size:21px;'
        f'color:{"#b3261e" if name == "refused" else "#1c2530"}">{escape(wording.number(count))}</strong><br>'
        f'<span style="{_QUIET}">{escape(wording.texts.figures[name])}</span></span>'
        for name, count in feed.figures.items()
        if count
    )
    return f'<div style="{_CARD}"><div>{escape(wording.summary(feed))}</div>{cells}</div>\n'


def _of_group(group: Refusals, wording: Wording) -> str:
    texts = wording.texts
    reason = wording.reason(group.reason, group.field)
    example = ""
    if reason.example:
        style = f"{_MONO};background:#eef6ee;padding:2px 6px;border-radius:4px"
        example = f'<br>{escape(texts.for_example)}: <code style="{style}">{escape(reason.example)}</code>'
    more = ""
    if group.count > len(group.examples):
        said = texts.more.format(count=wording.number(group.count - len(group.examples)))
        more = f'<p style="{_QUIET};margin:10px 0 0">{escape(said)}</p>'
    count = f'<span style="{_QUIET};white-space:nowrap">{escape(wording.offers(group.count))}</span>'
    return (
        f'<div style="{_CARD}"><div style="overflow-wrap:anywhere"><strong>{escape(reason.what)}</strong> {count}</div>'
        f'<p style="margin:8px 0 12px"><strong>{escape(texts.how_to_mend)}:</strong> {escape(reason.mend)}{example}</p>'
        f'<div style="{_QUIET}">{escape(texts.where)}</div>'
        f"{''.join(_of_record(record, wording) for record in group.examples)}{more}</div>\n"
    )


def _of_record(record: Rejected, wording: Wording) -> str:
    title = one_line(record.title) or wording.texts.no_title
    key = f" · {wording.texts.reference} {one_line(record.key)}" if record.key else ""
    # The file's name alone: the whole place stands above.
    file = record.part.rstrip("/").rpartition("/")[2] if "/" in record.part else record.part
    place = ", ".join(part for part in (redact(one_line(file, 80)), wording.place(record)) if part)
    return (
        '<div style="border-top:1px solid #e6eaef;padding:8px 0 6px;margin-top:6px;overflow-wrap:anywhere">'
        f"<strong>{escape(title)}</strong>{escape(key)}"
        f'<div style="{_QUIET}">{escape(place)}</div>'
        f'<div style="{_MONO};color:#5b6470">{escape(wording.said(record))}</div></div>'
    )
