"""A draft as the file of a definition, as a person would write it, with comments where it is not certain."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from jobpipe.drafting.draft import CERTAIN, Choice, Draft

_WIDTH = 118
# What needs no quotes in YAML's flow style, whatever stands around it.
_PLAIN = re.compile(r"[A-Za-z_/][\w./@*-]*(?: [\w./-]+)*")
_WORDS = frozenset("true false yes no on off null y n ~ nan inf".split())  # noqa: SIM905
# Within double quotes, as a person writes them.
_NAMED = {"\n": "\\n", "\t": "\\t"}
_SCHEMA = "# yaml-language-server: $schema=../definition.schema.json"


def definition_text(draft: Draft) -> str:
    lines = [_SCHEMA, *_heading(draft), f"import: {_scalar(draft.import_)}"]
    if draft.client:
        lines.append(f"client: {_scalar(draft.client)}")
    lines += _source(draft)
    for word, value in draft.more.items():
        lines.append(f"{word}: {flow(value)}")
    lines += _posting(draft)
    return "\n".join(lines) + "\n"


def _heading(draft: Draft) -> list[str]:
    looked = f"{draft.looked_at:,} record{'' if draft.looked_at == 1 else 's'}"
    said = f"Drafted from {looked} of the source" if draft.looked_at else "Drafted"
    open_points = len(draft.questions)
    if open_points:
        said += f"; {open_points} {'thing is' if open_points == 1 else 'things are'} open, marked with a question"
    return _comment(f"{said}.", "")


def _source(draft: Draft) -> list[str]:
    source = draft.source
    lines = ["source:"]
    for word, value in source.block.items():
        reason = source.reasons.get(word, "")
        if reason:
            lines += _comment(reason, "  ")
        written = f"  {word}: {flow(value)}"
        if isinstance(value, dict) and len(written) > _WIDTH:
            lines.append(f"  {word}:")
            lines += _items(value)
        else:
            lines.append(written)
    lines += [
        line
        for one in draft.questions
        if one.about.startswith("source")
        for line in _comment(f"QUESTION: {one.text}", "  ")
    ]
    return lines


def _items(block: dict[str, Any]) -> list[str]:
    """Of a block that is too long for one line, a line each; one that is in it, the same."""
    lines: list[str] = []
    for name, item in block.items():
        line = f"    {name}: {flow(item)}"
        if isinstance(item, dict) and len(line) > _WIDTH:
            lines.append(f"    {name}:")
            lines += [f"      {inner}: {flow(one)}" for inner, one in item.items()]
        else:
            lines.append(line)
    return lines


def _posting(draft: Draft) -> list[str]:
    if not draft.choices and draft.source.brings_posting:
        return [line for one in draft.questions for line in _comment(f"QUESTION, {one.about}: {one.text}", "")]
    lines = ["posting:"]
    asked = {one.about: one for one in draft.questions}
    taken = {one.field for one in draft.taken}
    width = max((len(name) for name in taken), default=0) + 1
    for one in draft.choices:
        if one.field not in taken:
            lines += _left_out(one, asked[one.field].text if one.field in asked else "")
            continue
        if one.confidence < CERTAIN:
            lines += _comment(f"{one.confidence:.0%} sure: {one.reason}.", "  ")
        lines += _field(one, width)
    missing = [one for one in draft.questions if one.about not in {choice.field for choice in draft.choices}]
    for question in missing:
        if not question.about.startswith("source"):
            lines += _comment(f"QUESTION, {question.about}: {question.text}", "  ")
    return lines if taken else [*lines, "  {}"]


def _left_out(one: Choice, question: str) -> list[str]:
    said = question or f"is this right? ({one.reason})"
    return [
        *_comment(f"QUESTION, {one.field}: {said} ({one.confidence:.0%} sure of it)", "  "),
        f"  # {one.field}: {flow(one.rule)}",
    ]


def _field(one: Choice, width: int) -> list[str]:
    written = f"  {one.field + ':':<{width}} {flow(one.rule)}"
    if len(written) <= _WIDTH or not isinstance(one.rule, dict):
        return [written]
    return [f"  {one.field}:", *_items(one.rule)]


def _comment(text: str, indent: str) -> list[str]:
    plain = "".join(character if character.isprintable() else " " for character in text)
    return textwrap.wrap(
        " ".join(plain.split()),
        width=_WIDTH,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}#   ",
        break_long_words=True,
        break_on_hyphens=False,
    )


def flow(value: Any) -> str:
    """A value in YAML's flow style, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(name)}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if "\\" in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    if text.isprintable() and '"' in text and "'" not in text:
        return f"'{text}'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    """Within double quotes."""
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    if character in _NAMED:
        return _NAMED[character]
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
