"""How a plan looks in a terminal: what would change, how many postings, field by field from what to what, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jobpipe.cli.preview_table import shown_value
from jobpipe.cli.printing import console, plain_text

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_KINDS = {
    "reprocess": "the stored records under another definition",
    "mappings": "the stored records whose labels would mean something else",
    "source": "what the last runs read of the source, read anew",
}
_STATES = {"open": "cyan", "applying": "yellow", "applied": "green", "stale": "yellow"}
# Outcomes in the order in which people ask for them, and how they look.
_OUTCOMES = {
    "new": "green",
    "updated": "cyan",
    "unchanged": "dim",
    "filtered": "yellow",
    "closed": "yellow",
    "rejected": "red",
    "duplicate": "dim",
}
# Columns of a table that are no text of values: name, count, gaps.
_NARROW = 34
_LINES = 2
_MOST_LABELS = 8
# Of what is the same, before what differs.
_LEAD = 12


def print_plan(document: dict[str, Any], *, samples: int) -> None:
    out = console()
    for line in _headline(document):
        out.print(line)
    out.print()
    out.print(_counts(document))
    for line in _consequences(document):
        out.print(line)
    if document["fields"]:
        out.print()
        out.print(_fields(document["fields"], out.width, samples))
    for line in _lists(document):
        out.print(line)
    out.print()
    out.print(_next(document))


def print_nothing(name: str) -> None:
    out = console()
    out.print(plain_text(f"{name}: nothing would change"))
    out.print("  its stored postings are made by this very definition and these mappings", style="dim")


def print_plans(documents: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(box=None, header_style="dim", pad_edge=False)
    for heading in ("plan", "import", "state", "made (UTC)"):
        table.add_column(heading, no_wrap=True)
    table.add_column("change", overflow="fold", ratio=1)
    table.add_column("would be", overflow="fold", ratio=1)
    for one in documents:
        table.add_row(
            str(one["plan"]),
            plain_text(one["import"]),
            _styled(_state(one), _STATES.get(one["state"], "")),
            one["made_at"][:16].replace("T", " "),
            plain_text(_subject(one)),
            _outcomes(one, separator=", "),
        )
    console().print(table)


# The parts ------------------------------------------------------------------------------------------


def _headline(document: dict[str, Any]) -> Iterator[Text]:
    from rich.text import Text

    yield Text.assemble(
        (document["import"], "bold"),
        f"  plan {document['plan']}  ",
        (_state(document), _STATES.get(document["state"], "")),
        (f"  {document['seconds']:.1f} s, by {document['made_by'] or 'nobody'}", "dim"),
    )
    yield Text.assemble(("  change  ", "dim"), _subject(document))
    yield Text.assemble(("  of      ", "dim"), _KINDS[document["kind"]])


def _state(document: dict[str, Any]) -> str:
    words = document["state"]
    if document["partial"]:
        words = f"partial, {words}"
    return f"{words} by run {document['run']}" if words == "applied" and document["run"] else words


def _subject(document: dict[str, Any]) -> str:
    """What is changed, in few words."""
    changes = document["changes"]
    parts = []
    if changes["definition"]:
        parts.append(", ".join(changes["definition"][:6]) + (" …" if len(changes["definition"]) > 6 else ""))
    if labels := changes["labels"]:
        tables = ", ".join(sorted({one["table"] for one in labels}))
        parts.append(f"{len(labels):,} {_plural('label', len(labels))} in {tables}")
    if document["definition"]:
        parts.append(f"(from {document['definition']})")
    return " ".join(parts) or "hooks, steps or rules"


def _counts(document: dict[str, Any]) -> Text:
    from rich.text import Text

    account = document["account"]
    text = Text(f"  {account['read']:,} {_plural('record', account['read'])}: ")
    text.append(_outcomes(document, separator=" + "))
    before, after = document["live"]["before"], document["live"]["after"]
    text.append(f"\n  {before:,} live now, ")
    text.append(f"{after:,} live then", "bold" if before == after else "bold yellow")
    if document["expired"]:
        text.append(f"; {document['expired']:,} expired")
    return text


def _outcomes(document: dict[str, Any], *, separator: str) -> Text:
    from rich.text import Text

    account = document["account"]
    parts = [Text(f"{account[word]:,} {word}", style) for word, style in _OUTCOMES.items() if account[word]]
    if document["expired"] and separator == ", ":
        parts.append(Text(f"{document['expired']:,} expired", "yellow"))
    return Text(separator, "dim").join(parts) if parts else Text("none", "dim")


def _consequences(document: dict[str, Any]) -> Iterator[Text]:
    """What somebody should know before applying it."""
    from rich.text import Text

    gone = document["no_longer_live"]
    if gone:
        words = ", ".join(f"{count:,} {word}" for word, count in gone.items())
        yield Text(f"  no longer live: {words}", "yellow")
    if left := document["left_behind"]:
        yield Text(
            f"  {left:,} {_plural('posting', left)} would stay without a record: under other keys their records make "
            "other postings. The next complete run expires them, or is held.",
            "yellow",
        )
    if document["outcome"] == "held":
        yield Text(f"  the run would be held, its expiries wait for a person: {document['why']}", "yellow")
    if document["state"] == "stale":
        yield Text("  a run was made since: these figures are of what was stored before it", "yellow")
    for words in document["missing"]:
        yield Text(f"  not kept: {words}", "yellow")


def _fields(fields: list[dict[str, Any]], width: int, samples: int) -> Table:
    from rich import box
    from rich.table import Table

    names = min(max(len(one["field"]) for one in fields), 18)
    cell = max(16, (width - names - 16) // 2)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim", width=width)
    table.add_column("field", width=names, overflow="fold")
    table.add_column("postings", justify="right", no_wrap=True)
    table.add_column("before", ratio=1, overflow="fold")
    table.add_column("after", ratio=1, overflow="fold")
    for one in fields:
        table.add_row(plain_text(one["field"]), _styled(f"{one['changed']:,}", "bold"), *_summary(one))
        for sample in one["samples"][:samples]:
            before, after = _side_by_side(sample["before"], sample["after"], cell)
            table.add_row("", _styled(_times(sample), "dim"), before, after)
    return table


def _summary(one: dict[str, Any]) -> tuple[Any, Any]:
    filled, emptied = one["filled"], one["emptied"]
    return (
        _styled(f"{filled:,} had nothing" if filled else "", "dim italic"),
        _styled(f"{emptied:,} would have nothing" if emptied else "", "dim italic"),
    )


def _times(sample: dict[str, Any]) -> str:
    return f"{sample['postings']:,} ×" if sample["postings"] > 1 else ""


def _side_by_side(before: Any, after: Any, cell: int) -> tuple[Text, Text]:
    """Cut to where they differ, which is marked."""
    if before is None or after is None:
        return _one_side(before, cell, "red"), _one_side(after, cell, "green")
    one, other = shown_value(before), shown_value(after)
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    return _marked(one, start, end, cell, "red"), _marked(other, start, end, cell, "green")


def _one_side(value: Any, cell: int, style: str) -> Text:
    from rich.text import Text

    if value is None:
        return Text("nothing", style="dim")
    return _marked(shown_value(value), 0, 0, cell, style)


def _marked(text: str, start: int, end: int, cell: int, style: str) -> Text:
    from rich.text import Text

    most = cell * _LINES
    first = max(start - _LEAD, 0) if len(text) > most else 0
    last = min(first + most - 2, len(text)) if len(text) > most else len(text)
    made = Text("…" if first else "", "dim")
    stop = len(text) - end
    made.append(text[first : max(start, first)], "dim")
    made.append(text[max(start, first) : min(stop, last)], style)
    made.append(text[max(min(stop, last), start) : last], "dim")
    made.append("…" if last < len(text) else "", "dim")
    return made


def _common(one: str, other: str) -> int:
    """How many characters they have in common at their beginning."""
    for place, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return place
    return min(len(one), len(other))


def _lists(document: dict[str, Any]) -> Iterator[Any]:
    from rich.text import Text

    if document["rejected"]:
        yield Text("\nwould be rejected", "red")
        yield _table((f"{one['records']:,}", one["field"], one["message"]) for one in document["rejected"][:5])
    labels = document["labels"]
    for word, style in (("unmapped", "yellow"), ("mapped", "green")):
        if labels[word]:
            more = len(labels[word]) - _MOST_LABELS
            yield Text(f"\nlabels that would {'mean nothing' if word == 'unmapped' else 'mean something'}", style)
            yield _table((f"{one['postings']:,}", one["table"], one["label"]) for one in labels[word][:_MOST_LABELS])
            if more > 0:
                yield Text(f"  and {more:,} more", "dim")
    for word in ("new", "filtered", "closed", "expired"):
        if found := document["samples"][word]:
            yield Text(f"\nwould be {word}, for example", "dim")
            yield _table((one["key"], one["title"]) for one in found)


def _table(rows: Any) -> Table:
    from rich.table import Table

    made = list(rows)
    table = Table(box=None, show_header=False, pad_edge=True, padding=(0, 1))
    for place in range(len(made[0])):
        is_count = place == 0 and len(made[0]) > 2
        table.add_column(justify="right" if is_count else "left", no_wrap=is_count, overflow="fold", max_width=60)
    for row in made:
        table.add_row(*(plain_text(shown_value(cell)[:200]) for cell in row))
    return table


def _next(document: dict[str, Any]) -> Text:
    from rich.text import Text

    number, name = document["plan"], document["import"]
    if document["state"] == "applied":
        return Text.assemble(("see   ", "dim"), f"jobpipe show {document['run']}")
    if document["state"] == "stale":
        return Text.assemble(("next  ", "dim"), f"jobpipe plan {name}")
    if document["partial"]:
        return Text.assemble(("next  ", "dim"), f"put the definition in place, then jobpipe run {name}")
    return Text.assemble(
        ("next  ", "dim"), f"jobpipe apply {number}", ("   or all of it: ", "dim"), f"jobpipe plan show {number} --json"
    )


def _styled(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style)


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"
