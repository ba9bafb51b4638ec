"""Rows of the queue of labels, put together as text as charts are: a page has twenty of them with as many parts each.

What is not ours is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from django.utils.safestring import SafeString

from jobpipe.ledger.models import Scope
from jobpipe.runs.mappings.questions import Question
from jobpipe.taxonomy.suggestions.suggestion import Suggestion
from jobpipe.web.label_forms import Row, value_of
from jobpipe.web.words.saying import Words

# Letters of a title and of a code's name.
_MOST_OF_TITLE, _MOST_OF_NAME = 60, 50


def label_rows(rows: Iterable[Row], say: Words, *, can_map: bool, tables: Mapping[str, str]) -> SafeString:
    """`tables`: as people call them."""
    return SafeString("\n".join(_row(row, say, tables, can_map=can_map) for row in rows))


def suggestion_pieces(rows: Iterable[Row], say: Words) -> SafeString:
    """What is loaded after the page, each to be put in its row."""
    return SafeString("\n".join(_suggested(row, say, ' hx-swap-oob="true"') for row in rows))


def _row(row: Row, say: Words, tables: Mapping[str, str], *, can_map: bool) -> str:
    one = row.question
    label = escape(one.label)
    return (
        f'<tr data-map-row tabindex="-1"><td class="figure">{say.number(one.postings)}</td>\n'
        f'<td class="wide"><strong>{label}</strong>{_about(one, say, tables)}{_samples(row)}</td>\n'
        f"<td>{_hidden(row.number, one)}\n{_field(row, label, say, can_map=can_map)}</td>\n"
        f"<td>{_suggested(row, say)}</td></tr>"
    )


def _about(one: Question, say: Words, tables: Mapping[str, str]) -> str:
    """Whose it is, of which imports, since when, and who decides; clients know whose it is."""
    first = one.labels[0]
    if say.is_plain:
        names = first.name if len(one.labels) == 1 else f"{len(one.labels)} {say['map_imports']}"
        told = (tables.get(one.table, one.table), names, f"{say['map_since']} {say.iso_day(one.since)}")
        return f'<div class="dim small">{escape(" · ".join(told))}</div>'
    of_imports = ""
    if len(one.labels) > 1:
        of_imports = f"{len(one.labels)} " + say["map_imports"]
    elif one.scope != Scope.IMPORT:
        of_imports = first.name
    since = say["map_since"] + f" {one.since}"
    said = (one.table, one.owner or say["map_house"], of_imports, since, first.owner)
    return f'<div class="dim small">{escape(" · ".join(part for part in said if part))}</div>'


def _samples(row: Row) -> str:
    titles = " · ".join(_shortened(title, _MOST_OF_TITLE) for title in row.samples)
    return f'<div class="dim small">{escape(titles)}</div>' if titles else ""


def _hidden(number: int, one: Question) -> str:
    given = (("table", one.table), ("label", one.label), ("scope", one.scope), ("owner", one.owner))
    return "".join(f'<input type="hidden" name="{name}-{number}" value="{escape(said)}">' for name, said in given)


def _field(row: Row, label: str, say: Words, *, can_map: bool) -> str:
    number = row.number
    wrong = f' aria-invalid="true" aria-describedby="wrong-{number}"' if row.wrong else ""
    told = f'\n<p class="error" id="wrong-{number}">{escape(row.wrong)}</p>' if row.wrong else ""
    return (
        f'<input name="value-{number}" value="{escape(row.value)}" list="codes" autocomplete="off" size="18"'
        f'{"" if can_map else " disabled"} maxlength="1000" aria-label="{say["map_meaning"]}: {label}"{wrong}>{told}'
    )


def _suggested(row: Row, say: Words, swap: str = "") -> str:
    return f'<div id="suggested-{row.number}"{swap} class="suggested">{_suggestions(row.suggestions, say)}</div>'


def _suggestions(found: Sequence[Suggestion] | None, say: Words) -> str:
    if found is None:
        return '<span class="dim loading">…</span>'
    if not found:
        return f'<span class="dim">{say["map_nothing_alike"]}</span>'
    return f"<ol>{''.join(_suggestion(place, one, say) for place, one in enumerate(found, 1))}</ol>"


def _suggestion(place: int, one: Suggestion, say: Words) -> str:
    name = escape(_shortened(one.label, _MOST_OF_NAME)) if one.label != one.code else ""
    # How it was found is for the staff, and in English.
    reason = "" if say.is_plain else escape(one.reason)
    likely = f' <span class="dim small">{one.confidence:.0%}</span>'.replace("%", " %") if one.reason else ""
    told_by = f' title="{reason}"' if reason else ""
    told = f' <span class="dim small">{reason}</span>' if reason and place == 1 else ""
    return (
        f'<li><button type="button" class="quiet" tabindex="-1" data-value="{escape(value_of(one))}"{told_by}>'
        f"<kbd>{place}</kbd> <code>{escape(say.value(one.code))}</code> {name}{likely}</button>{told}</li>"
    )


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
