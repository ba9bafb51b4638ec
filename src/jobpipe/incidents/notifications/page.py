"""A message as HTML for mails: styles on the elements, nothing from elsewhere, everything escaped."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from jobpipe.incidents.notifications.message import Group, Message, Told
from jobpipe.incidents.notifications.text import affected, command_for

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_QUIET = "color:#5b6470;font-size:14px"
_MONO = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;overflow-wrap:anywhere"
_COLOURS = {"info": "#2f6fb0", "warning": "#9a6700", "error": "#b3261e", "critical": "#7d0b0b"}
_RESOLVED = "#1a7f37"


def as_page(message: Message, zone: ZoneInfo) -> str:
    body = "".join(_of_group(group, message.link, zone) for group in message.groups)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(message.subject)}</title></head>\n"
        f'<body style="margin:0;background:#f4f6f8;color:#1c2530;{_FONT}">'
        f'<div style="max-width:640px;margin:0 auto;padding:16px 14px;font-size:16px;line-height:1.5">{body}'
        f'<p style="{_QUIET}">All that waits: <code style="{_MONO}">jobpipe incidents</code></p></div></body></html>\n'
    )


def _of_group(group: Group, link: str, zone: ZoneInfo) -> str:
    colour = _RESOLVED if group.what == "resolved" else _COLOURS.get(group.severity, "#1c2530")
    since = f"since {group.since.astimezone(zone):%Y-%m-%d %H:%M %Z}"
    said = affected(group)
    advice = "" if group.what == "resolved" else _advice(group)
    more = ""
    if group.incidents > len(group.listed):
        same = " that say the same" if group.is_one_cause else ""
        more = f'<p style="{_QUIET};margin:10px 0 0">… and {group.incidents - len(group.listed):,} more{same}</p>'
    return (
        f'<div style="border:1px solid #d9dee5;border-left:5px solid {colour};border-radius:6px;padding:14px 16px;'
        f'margin:0 0 16px;background:#ffffff"><div style="color:{colour};font-size:13px;font-weight:bold">'
        f"{escape(group.what)} · {escape(group.severity)}</div>"
        f'<div style="font-size:18px;font-weight:bold;line-height:1.3">{escape(group.title)}</div>'
        f'<div style="{_QUIET}">{escape("; ".join(part for part in (since, said) if part))}</div>'
        f"{advice}{''.join(_of_incident(one, link) for one in group.listed)}{more}</div>\n"
    )


def _advice(group: Group) -> str:
    hint = f"<br>{escape(group.hint)}" if group.hint else ""
    return f'<p style="margin:10px 0"><strong>What to do:</strong> {escape(group.advice)}{hint}</p>'


def _of_incident(told: Told, link: str) -> str:
    name = escape(told.import_name or "the project")
    if link:
        style = "color:#1f5fa8;font-weight:bold"
        name = f'<a href="{escape(link)}/incidents/{told.number}" style="{style}">{name}</a>'
    place = f'<div style="{_MONO};color:#5b6470">{escape(told.place)}</div>' if told.place else ""
    return (
        '<div style="border-top:1px solid #e6eaef;padding:8px 0;overflow-wrap:anywhere">'
        f"<strong>{name}</strong>: {escape(told.message)}{place}"
        f'<div style="{_MONO};color:#5b6470">{escape(command_for(told))}</div></div>'
    )
