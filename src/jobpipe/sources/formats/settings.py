"""What a definition's source tells the splitters of its documents."""

from __future__ import annotations

from jobpipe.definition.source import Source
from jobpipe.safety.secrets import redact
from jobpipe.sources.record import FormatSettings


def settings_of(source: Source, *, max_record_bytes: int, feed_paths: tuple[str, ...] = ()) -> FormatSettings:
    table, site = source.csv, source.site
    form = source.format or ("html" if site is not None else None)
    fields = site.fields if site is not None else source.fields
    items = (site.items if site is not None else source.record) if form == "html" else None
    return FormatSettings(
        format=form,
        record=source.record,
        encoding=source.encoding,
        feed_paths=feed_paths,
        total=source.total,
        delimiter=table.delimiter,
        quote=table.quote,
        header=table.header,
        columns=tuple(table.columns),
        skip_rows=table.skip_rows,
        skip_last_rows=table.skip_last_rows,
        comment=table.comment,
        sheet=table.sheet,
        fields=tuple(fields.items()),
        items=items or "",
        page_url=_page_url(source) if form == "html" else "",
        max_record_bytes=max_record_bytes,
    )


def _page_url(source: Source) -> str:
    """Where the links of a web page count from; "" = the page says it itself, or each has another one."""
    location = source.feed or ""
    return redact(location) if location.startswith(("http://", "https://")) else ""
