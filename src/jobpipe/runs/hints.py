"""What a run tells its developer at its end: labels without a mapping, paths to ignore, keys that are none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations, islice
from typing import Any

import msgspec

from jobpipe.definition.models import Definition
from jobpipe.documents.body import Body, unpack
from jobpipe.documents.store import Documents, Role, Selection
from jobpipe.errors import JobpipeError
from jobpipe.ledger.models import Run
from jobpipe.runs.applying import Applier, VainChange
from jobpipe.runs.notices import note
from jobpipe.runs.stored_records import context_of
from jobpipe.sources.formats.readers import reader_for
from jobpipe.transform.keys import value_at

MAX_LABELS = 10
# A run with fewer records in question says nothing of them: it may be chance.
LEAST_RECORDS = 5
# Of the records read.
VAIN_SHARE = 0.5
REPEATED_SHARE = 0.1
MAX_SAMPLES = 300
MAX_PATHS = 5
# Fields that often tell apart what shares a reference.
_KEY_FIELDS = ("url", "apply_url", "locations.text", "title", "company.name", "posted_at", "contract", "working_time")


def give_hints(run: Run, documents: Documents, definition: Definition, applier: Applier, *, read: int) -> None:
    """Add what there is to say to the run's notices; `read`: how many records it has read."""
    _hint_unmapped(run, applier.unmapped)
    _hint_rules(run, applier)
    if applier.changed_in_vain >= max(LEAST_RECORDS, VAIN_SHARE * read):
        _hint_ignore(run, documents, definition, applier)
    _hint_key(run, documents, definition, read)


def _hint_unmapped(run: Run, unmapped: Counter[tuple[str, str]]) -> None:
    labels = unmapped.most_common(MAX_LABELS)
    if not labels:
        return
    shown = ", ".join(f"{label!r} ({table}, {count:,}×)" for (table, label), count in labels)
    rest = f" and {len(unmapped) - len(labels)} more" if len(unmapped) > len(labels) else ""
    note(run, "unmapped", f"labels without a mapping: {shown}{rest}")


def _hint_rules(run: Run, applier: Applier) -> None:
    """Overrides that were passed over for some of the records."""
    for number, count in applier.rule_faults.most_common(MAX_LABELS):
        key, why = applier.rule_samples[number]
        records = "1 record" if count == 1 else f"{count:,} records"
        note(run, "override", f"override #{number} was passed over for {records}, for example {key}: {why}")


# Bytes that change in vain ---------------------------------------------------------------------------


def _hint_ignore(run: Run, documents: Documents, definition: Definition, applier: Applier) -> None:
    """Name the paths that differ in records whose postings are equal."""
    differing: Counter[str] = Counter()
    for sample in applier.vain_samples:
        differing.update(_differing_paths(run, documents, sample))
    many = [path for path, count in differing.most_common() if 2 * count >= len(applier.vain_samples)]
    paths = [path for path in many if path not in definition.source.ignore]
    # Another revision or another context changes every digest, and no path of any record.
    if not paths:
        return
    shown = ", ".join(paths[:MAX_PATHS])
    note(
        run,
        "ignore",
        f"{applier.changed_in_vain:,} records changed though their postings did not: to know them again, write "
        f"source: {{ignore: [{shown}]}}",
    )


def _differing_paths(run: Run, documents: Documents, sample: VainChange) -> set[str]:
    before = _leaves_of(run, documents, unpack(sample.before))
    now = _leaves_of(run, documents, unpack(sample.now))
    return {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)}


def _leaves_of(run: Run, documents: Documents, body: Body) -> dict[str, Any]:
    context = context_of(documents, run.import_row_id, body.context)
    if context is None:
        return {}
    try:
        reader = reader_for(context.kind)
        value = reader.as_value(reader.read(body.raw, context).root)
    except JobpipeError:
        return {}
    return dict(_leaves(value, "", "/" if context.kind == "xml" else "."))


def _leaves(value: Any, path: str, separator: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            below = path if name == "#text" else f"{path}{separator if path else ''}{name}"
            yield from _leaves(item, below, separator)
    elif isinstance(value, list):
        yield path, json.dumps(value, sort_keys=True, default=str)
    else:
        yield path, value


# Keys that are none ----------------------------------------------------------------------------------


def _hint_key(run: Run, documents: Documents, definition: Definition, read: int) -> None:
    """Where a good part of the records share their keys, name fields that would tell them apart."""
    duplicates = documents.counts(run.import_row_id)
    number = sum(count for (role, _, _), count in duplicates.items() if role is Role.DUPLICATE)
    if number < max(LEAST_RECORDS, REPEATED_SHARE * read):
        return
    used = ", ".join(definition.key) or ("reference" if "reference" in definition.posting else "url")
    better = _better_keys(run, documents, definition)
    advice = f"; {' or '.join(better)} would tell them apart" if better else "; no two fields would tell them apart"
    note(run, "key", f"{number:,} of {read:,} records repeat a key ({used}): it is no identity{advice}")


def _better_keys(run: Run, documents: Documents, definition: Definition) -> list[str]:
    import_id = run.import_row_id
    selection = Selection(role=Role.DUPLICATE)
    found = list(islice(documents.bodies(import_id, selection), MAX_SAMPLES))
    keys = tuple(dict.fromkeys(row.key for row, _ in found))
    frames = [frame for _, frame in found]
    frames += [frame for _, frame in documents.bodies(import_id, Selection(keys=keys))]
    # A record that is there twice, byte by byte, is told apart by nothing.
    bodies = {body.raw: body.posting for body in map(unpack, frames) if body.posting}
    postings = [msgspec.json.decode(posting) for posting in bodies.values()]
    rule = definition.posting.get("extra")
    extra = tuple(f"extra.{name}" for name in rule.parts) if rule is not None else ()
    own = tuple(field for field in ("reference", *_KEY_FIELDS, *extra) if field.partition(".")[0] in definition.posting)
    candidates: list[tuple[str, ...]] = [(field,) for field in own] + [
        ("reference", field) for field in own if field != "reference"
    ]
    candidates += [("reference", *pair) for pair in combinations(own[1:], 2)]
    good = [fields for fields in candidates if _tells_apart(fields, postings)]
    shortest = min((len(fields) for fields in good), default=0)
    return [f"key: [{', '.join(fields)}]" for fields in good if len(fields) == shortest][:2]


def _tells_apart(fields: tuple[str, ...], postings: list[Any]) -> bool:
    values = [tuple(value_at(posting, field) for field in fields) for posting in postings]
    return len(postings) > 1 and all(all(value) for value in values) and len(set(values)) == len(values)
