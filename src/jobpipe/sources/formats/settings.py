"""What a definition's source tells the splitters of its documents."""

from __future__ import annotations

from jobpipe.definition.source import Source
from jobpipe.sources.record import FormatSettings


def settings_of(source: Source, *, max_record_bytes: int, feed_paths: tuple[str, ...] = ()) -> FormatSettings:
    table, site = source.csv, source.site
    return FormatSettings(
        format=source.format or ("html" if site is not None else None),
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
        fields=tuple(site.fields.items()) if site is not None else (),
        items=(site.items or "") if site is not None else "",
        max_record_bytes=max_record_bytes,
    )
