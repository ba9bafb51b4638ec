"""A message as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from jobpipe.incidents.notifications.message import Group, Message, Told


def as_text(message: Message, zone: ZoneInfo) -> str:
    parts = ["\n".join(_of_group(group, message.link, zone)) for group in message.groups]
    return "\n\n".join([*parts, "All that waits: jobpipe incidents"]) + "\n"


def affected(group: Group) -> str:
    """How much, in words."""
    parts = []
    if group.imports:
        parts.append("1 import" if len(group.imports) == 1 else f"{len(group.imports):,} imports")
    if group.postings:
        parts.append(f"{group.postings:,} live postings")
    if group.failures > group.incidents:
        parts.append(f"{group.failures:,} failures in the last run")
    return ", ".join(parts)


def command_for(told: Told) -> str:
    return f"jobpipe incidents show {told.number}"


def _of_group(group: Group, link: str, zone: ZoneInfo) -> Iterator[str]:
    yield f"{group.what.upper()} ({group.severity}): {group.title}"
    since = f"since {group.since.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    yield "  " + "; ".join(part for part in (since, affected(group)) if part)
    if group.what != "resolved":
        yield from _wrapped(f"What to do: {group.advice}")
        if group.hint:
            yield from _wrapped(group.hint)
    for told in group.listed:
        yield from _wrapped(f"- {told.import_name or 'the project'}: {told.message}")
        yield f"    {command_for(told)}" + (f"   {link}/incidents/{told.number}" if link else "")
    if group.incidents > len(group.listed):
        yield f"  … and {group.incidents - len(group.listed):,} more" + _same(group)


def _same(group: Group) -> str:
    return " that say the same" if group.is_one_cause else ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, 78, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
