"""How often `jobpipe repair` finds the right edit, and whether it is ever wrong without saying that it is unsure.

    python -m bench.repairs [--write] [--show TEXT]

Into real feeds, read where they lie (JOBPIPE_SAMPLES, otherwise ../shared/samples), changes of shape are put, one at a
time: what was read of the feed as it is, under its definition of `examples/`, is what is known from before.  An edit is
right where every field that the change touched is again what it was in every record; a sure edit that is not right is
wrong.  Where a field is truly gone no edit may be sure.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jobpipe.definition.loading import LoadedDefinition, parse_definition
from jobpipe.drafting.repairing.evidence import Workshop, evidence_of
from jobpipe.drafting.repairing.likeness import is_same
from jobpipe.drafting.repairing.pairing import Past
from jobpipe.drafting.repairing.proposal import Proposal
from jobpipe.drafting.repairing.repairing import repair
from jobpipe.drafting.repairing.shapes import NewDocument, records_of
from jobpipe.errors import JobpipeError, SourceError
from jobpipe.sources.formats.feed_level import feed_paths
from jobpipe.sources.formats.settings import settings_of

ROOT = Path(__file__).parent.parent
SAMPLES = Path(os.environ.get("JOBPIPE_SAMPLES", ROOT.parent / "shared" / "samples"))
PAGE = ROOT / "docs" / "benchmarks-repairs.md"

Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Case:
    name: str
    kind: str
    example: str
    change: Change
    # What is replaced in the definition of the example before anything is read.
    definition: tuple[tuple[str, str], ...] = ()
    # Of the feed as it was.
    before: Change = field(default=lambda content: content)
    # Fields that are otherwise for what was changed in their text.
    apart: tuple[str, ...] = ()
    # Nothing can bring back what is gone.
    hopeless: bool = False


# Ways to change a document ----------------------------------------------------------------------------


def renamed(**names: str) -> Change:
    """Elements by other names."""

    def change(content: bytes) -> bytes:
        text = content.decode()
        for old, new in names.items():
            old, new = old.replace("__", "-"), new.replace("__", "-")
            text = re.sub(rf"<(/?){re.escape(old)}(?=[\s/>])", rf"<\1{new}", text)
        return text.encode()

    return change


def replaced(*pairs: tuple[str, str]) -> Change:
    """By regular expressions."""

    def change(content: bytes) -> bytes:
        text = content.decode()
        for pattern, by in pairs:
            text, count = re.subn(pattern, by, text, flags=re.DOTALL)
            assert count, pattern
        return text.encode()

    return change


def values(name: str, make: Callable[[str], str]) -> Change:
    """What stands in the elements of this name, CDATA or not."""

    def change(content: bytes) -> bytes:
        pattern = rf"(<{re.escape(name)}(?:\s[^>]*)?>\s*(?:<!\[CDATA\[)?)(.*?)((?:\]\]>)?\s*</{re.escape(name)}>)"
        text, count = re.subn(
            pattern, lambda found: found[1] + make(found[2]) + found[3], content.decode(), flags=re.DOTALL
        )
        assert count, name
        return text.encode()

    return change


def dropped(*names: str) -> Change:
    return replaced(*((rf"<{re.escape(name)}(?:\s[^>]*)?(?:/>|>.*?</{re.escape(name)}>)\s*", "") for name in names))


def both(*changes: Change) -> Change:
    def change(content: bytes) -> bytes:
        for one in changes:
            content = one(content)
        return content

    return change


def objects(edit: Callable[[Any], Any]) -> Change:
    """A JSON document, changed as a value."""

    def change(content: bytes) -> bytes:
        value = json.loads(content)
        made = edit(value)
        return json.dumps(value if made is None else made, ensure_ascii=False, indent=1).encode()

    return change


def each(path: str, edit: Callable[[dict[str, Any]], None]) -> Change:
    """Each of the objects in a list."""

    def whole(value: Any) -> None:
        for name in filter(None, path.split(".")):
            value = value[name]
        for item in value:
            edit(item)

    return objects(whole)


def key(path: str, old: str, new: str) -> Change:
    """Another name for a key, in its place."""

    def edit(item: dict[str, Any]) -> None:
        *way, last = old.split(".")
        holder = item
        for name in way:
            holder = holder.get(name) or {}
        if last in holder:
            value = holder.pop(last)
            *far, leaf = new.split(".")
            target = item
            for name in far:
                target = target.setdefault(name, {})
            target[leaf] = value

    return each(path, edit)


def gone(path: str, *names: str) -> Change:
    def edit(item: dict[str, Any]) -> None:
        for name in names:
            *way, last = name.split(".")
            holder: Any = item
            for one in way:
                holder = holder.get(one) or {}
            holder.pop(last, None)

    return each(path, edit)


def table(edit: Callable[[list[str], list[list[str]]], None], *, delimiter: str = ",") -> Change:
    """Header and rows."""

    def change(content: bytes) -> bytes:
        rows = list(csv.reader(io.StringIO(content.decode())))
        header, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
        edit(header, body)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(body)
        return out.getvalue().encode()

    return change


def column(old: str, new: str) -> Change:
    def edit(header: list[str], _: list[list[str]]) -> None:
        header[header.index(old)] = new

    return table(edit)


def no_column(name: str) -> Change:
    def edit(header: list[str], rows: list[list[str]]) -> None:
        place = header.index(name)
        for row in (header, *rows):
            del row[place]

    return table(edit)


def cells(name: str, make: Callable[[str], str]) -> Change:
    def edit(header: list[str], rows: list[list[str]]) -> None:
        place = header.index(name)
        for row in rows:
            row[place] = make(row[place])

    return table(edit)


def redated(old: str, new: str) -> Callable[[str], str]:
    return lambda text: datetime.strptime(text.strip(), old).strftime(new) if text.strip() else text


# Cases ------------------------------------------------------------------------------------------------


def _together(header: list[str], rows: list[list[str]]) -> None:
    low, high = header.index("Salary Range From"), header.index("Salary Range To")
    for row in rows:
        row[low] = f"{row[low]} - {row[high]}"
        del row[high]
    header[low] = "Salary Range"
    del header[high]


def _place(header: list[str], rows: list[list[str]]) -> None:
    code, town = header.index("code postal"), header.index("ville")
    for row in rows:
        row[town] = f"{row[code]} {row[town]}"
    header[town] = "lieu"
    for row in (header, *rows):
        del row[code]


def _wrapped(value: Any) -> None:
    value["ads"] = [{"position": number, "ad": ad} for number, ad in enumerate(value["ads"])]


def _as_list(item: dict[str, Any]) -> None:
    """Fields as a list of names and values."""
    item["fields"] = [{"name": name, "value": item.pop(name)} for name in ("title", "updated_at") if name in item]


def _epoch(item: dict[str, Any]) -> None:
    item["publishedOn"] = int(datetime.fromisoformat(item.pop("published_at")).timestamp() * 1000)


_BODY = ("description", "description_text")
_APEC_DATE = "%d/%m/%Y %H:%M:%S"
_WINDOWS = (("/apec_export_offres.xml", "/apec_export_offres.xml\n  encoding: windows-1252"),)
_COMMA = (("/nyc_jobs.csv", "/nyc_jobs.csv\n  csv: {delimiter: ','}"),)


def _in_windows(content: bytes) -> bytes:
    text = content.decode().replace("<?xml version='1.0' encoding='UTF-8'?>", "<?xml version='1.0'?>")
    return text.encode("windows-1252", "xmlcharrefreplace")


def _in_utf8(content: bytes) -> bytes:
    return content.decode().replace("<?xml version='1.0' encoding='UTF-8'?>", "<?xml version='1.0'?>").encode()


CASES = (
    # Renamed
    Case("title", "renamed element", "apec", renamed(Intitule="Libelle_poste")),
    Case("reference, the key", "renamed element", "indeed-xml", renamed(referencenumber="jobid")),
    Case("title in another language", "renamed element", "jooble", renamed(name="stellenbezeichnung")),
    Case("body, with a plain twin beside it", "renamed element", "talentview", renamed(html_description="text_html")),
    Case("url", "renamed element", "laposte", renamed(url__de__l__offre="lien")),
    Case(
        "three fields at once",
        "renamed element",
        "jobrapido",
        renamed(title="position", company="employer", url="link"),
    ),
    Case("names swapped", "renamed element", "hellowork", renamed(company_title="tmp_", title="company_title")),
    Case("a group of parts", "renamed element", "apec", renamed(Lieu="Localisation")),
    Case("a group around fields", "renamed element", "jobteaser", renamed(job_details="details")),
    Case("key of an object", "renamed key", "greenhouse", key("jobs", "title", "name")),
    Case("short key", "renamed key", "lever", key("", "text", "position")),
    Case("deep key", "renamed key", "amedia", key("hits.hits", "_source.title", "_source.headline")),
    Case("reference", "renamed key", "france-travail-api", key("resultats", "id", "identifiantOffre")),
    Case("a column", "renamed column", "leboncoin", column("titre", "intitulé du poste")),
    Case("the column of the key", "renamed column", "nyc", column("Job ID", "Requisition")),
    Case("a column of many", "renamed column", "france-travail-csv", column("romeLibelle", "metier")),
    # Moved
    Case(
        "into an element",
        "moved",
        "talentcom",
        replaced((r"<company>(.*?)</company>", r"<employer><label>\1</label></employer>")),
    ),
    Case("from an element to an attribute", "moved", "jobvite", replaced((r"<job><id>(.*?)</id>", r'<job key="\1">'))),
    Case(
        "from an attribute to an element", "moved", "jooble", replaced((r'<job id="([^"]*)">', r"<job><ref>\1</ref>"))
    ),
    Case("to another object", "moved", "digital-recruiters", key("ads", "address.parts.city", "place.town")),
    Case("up a level", "moved", "france-travail-api", key("resultats", "lieuTravail.codePostal", "codePostal")),
    Case("into a list of names and values", "moved", "greenhouse", each("jobs", _as_list)),
    Case("all records one level deeper", "moved", "digital-recruiters", objects(_wrapped)),
    # The records
    Case(
        "the record's element",
        "changed record",
        "hr-xml-cruiter",
        replaced((r"(</?m0:)PositionOpening", r"\1JobOpening")),
    ),
    Case(
        "the record's list",
        "changed record",
        "france-travail-api",
        objects(lambda value: {"offres": value["resultats"], "filtres": value["filtresPossibles"]}),
    ),
    Case(
        "the list, two levels down",
        "changed record",
        "france-travail-api",
        objects(lambda value: {"data": {"page": 1, "items": value["resultats"]}}),
    ),
    # Split, joined
    Case(
        "coordinates in two fields",
        "split",
        "hellowork",
        replaced((r"<geoloc><!\[CDATA\[([^,]*),([^]]*)\]\]></geoloc>", r"<lat>\1</lat><lon>\2</lon>")),
    ),
    Case(
        "company out of the title",
        "split",
        "weworkremotely",
        replaced(
            (r"<item>\s*<title>([^:<]+): ([^<]*)</title>", r"<item><employer>\1</employer><position>\2</position>")
        ),
    ),
    Case(
        "postal code and town in two",
        "split",
        "laposte",
        replaced((r"<localite>(\d{5}) ([^<]*)</localite>", r"<cp>\1</cp><commune>\2</commune>")),
    ),
    Case("postal code and town in one", "joined", "leboncoin", table(_place)),
    Case("the ends of a salary in one", "joined", "nyc", table(_together)),
    # Dates
    Case(
        "day and month change places",
        "re-dated",
        "apec",
        values("Date_parution", redated(_APEC_DATE, "%m/%d/%Y %H:%M:%S")),
    ),
    Case("year first", "re-dated", "apec", values("Date_parution", redated(_APEC_DATE, "%Y-%m-%dT%H:%M:%S"))),
    Case(
        "dots become slashes, month first",
        "re-dated",
        "surprise",
        both(*(values(name, redated("%d.%m.%Y", "%m/%d/%Y")) for name in ("pubdate", "updated"))),
    ),
    Case("eight digits, day first", "re-dated", "surprise", values("pubdate", redated("%d.%m.%Y", "%d%m%Y"))),
    Case("milliseconds under another name", "re-dated", "digital-recruiters", each("ads", _epoch)),
    Case(
        "month first from year first",
        "re-dated",
        "hellowork",
        values("publication_date", redated("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M")),
    ),
    # Written otherwise
    Case("UTF-8 where the definition says Windows-1252", "re-encoded", "apec", _in_utf8, _WINDOWS, _in_windows),
    Case(
        "semicolons where the definition says commas",
        "re-encoded",
        "nyc",
        table(lambda header, rows: None, delimiter=";"),
        _COMMA,
    ),
    Case(
        "HTML escaped once more",
        "re-encoded",
        "talentcom",
        values("description", lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")),
    ),
    Case("a prefix before the address", "re-encoded", "jobrapido", values("url", lambda text: f"link:{text}")),
    Case(
        "links without their host",
        "re-encoded",
        "lever",
        each("", lambda item: item.update(hostedUrl=item["hostedUrl"].removeprefix("https://jobs.lever.co"))),
    ),
    Case(
        "amounts in thousands",
        "units",
        "nyc",
        both(
            cells("Salary Range From", lambda text: str(float(text) / 1000)),
            cells("Salary Range To", lambda text: str(float(text) / 1000)),
        ),
    ),
    # Words
    Case(
        "a label in a text",
        "changed word",
        "councils-rss",
        replaced((r"Salary:", "Remuneration package:")),
        apart=_BODY,
    ),
    Case("a label in markup", "changed word", "oleeo-atom", replaced((r"Closing Date:", "Apply by:")), apart=_BODY),
    Case(
        "the label of a custom field",
        "changed word",
        "talentsoft",
        replaced((r'label="Rémunération"', 'label="Salaire proposé"')),
    ),
    Case(
        "labels of a table",
        "changed word",
        "talentcom",
        both(values("isremote", lambda text: {"yes": "Fully remote", "no": "At the office"}.get(text, text))),
    ),
    Case(
        "codes of a table",
        "changed word",
        "personio",
        values(
            "employmentType",
            lambda text: {
                "permanent": "PERM",
                "intern": "INT",
                "trainee": "TRN",
                "freelance": "FRL",
                "working_student": "WST",
            }.get(text, text),
        ),
    ),
    # Truly gone
    Case("title", "gone", "apec", dropped("Intitule"), hopeless=True),
    Case("town, another field has it by chance", "gone", "jobrapido", dropped("location"), hopeless=True),
    Case(
        "day of publication, that of a change is there",
        "gone",
        "greenhouse",
        gone("jobs", "first_published"),
        hopeless=True,
    ),
    Case("reference", "gone", "indeed-xml", dropped("referencenumber"), hopeless=True),
    Case("company, one for all", "gone", "indeed-xml", dropped("company"), hopeless=True),
    Case("salary", "gone", "jooble", dropped("salary"), hopeless=True),
    Case("url", "gone", "talentcom", dropped("url"), hopeless=True),
    Case("body, a teaser is left", "gone", "talentview", dropped("html_description"), hopeless=True),
    Case("upper end of the salary, the lower is there", "gone", "nyc", no_column("Salary Range To"), hopeless=True),
    Case("category", "gone", "france-travail-csv", no_column("romeLibelle"), hopeless=True),
    Case(
        "town, the formatted address has it",
        "gone",
        "digital-recruiters",
        gone("ads", "address.parts.city"),
        hopeless=True,
    ),
    Case(
        "body replaced by one sentence",
        "gone",
        "hellowork",
        values("description", lambda text: "Voir l'annonce sur notre site."),
        hopeless=True,
    ),
)


# Judging ----------------------------------------------------------------------------------------------


@dataclass
class Result:
    case: Case
    # right, unsure (the right edit, or none, and it is said), wrong (a sure edit that is not right).
    verdict: str
    detail: str
    seconds: float
    proposal: Proposal | None


def judge(case: Case) -> Result:
    began = time.perf_counter()
    text = (ROOT / "examples" / "imports" / f"{case.example}.yaml").read_text()
    for old, new in case.definition:
        assert old in text, old
        text = text.replace(old, new)
    loaded = parse_definition(text, f"imports/{case.example}.yaml")
    feed = (loaded.definition.source.feed or "").partition("}/")[2]
    name = Path(feed).name
    content = (SAMPLES / feed).read_bytes()
    source = loaded.definition.source
    settings = settings_of(source, max_record_bytes=1 << 24, feed_paths=feed_paths(loaded.definition))
    workshop = Workshop(None, {}, "2026-11-30")
    original, changed = case.before(content), case.change(content)
    past = Past(records_of([NewDocument(name, original)], settings, 500))
    proposal = repair(loaded, past, [NewDocument(name, changed)], settings, workshop)
    seconds = time.perf_counter() - began
    wrong, missing = compared(loaded, proposal.sure_text or text, past, changed, name, workshop, case)
    full_wrong, full_missing = compared(loaded, proposal.full_text or text, past, changed, name, workshop, case)
    if case.hopeless:
        verdict = "wrong" if proposal.sure else "right"
        return Result(case, verdict, "; ".join(edit.what for edit in proposal.sure), seconds, proposal)
    if wrong:
        return Result(case, "wrong", f"differs: {', '.join(sorted(wrong))}", seconds, proposal)
    if not missing:
        return Result(case, "right", "", seconds, proposal)
    found = "the right edit, unsure" if not full_wrong and not full_missing else "not found"
    return Result(case, "unsure", f"{found}: {', '.join(sorted(missing))}", seconds, proposal)


def compared(
    loaded: LoadedDefinition, text: str, past: Past, changed: bytes, name: str, workshop: Workshop, case: Case
) -> tuple[set[str], set[str]]:
    """Fields that an edit has made something else of, and fields that are not there again."""
    now = parse_definition(text, loaded.shown)
    found = evidence_of(past, _split(now, changed, name), 500)
    if len(found.pairs) < 0.9 * len(past):
        return set(), {"records"}
    pairs = found.pairs
    was, made = found.old.outcomes(loaded.definition, workshop), found.new.outcomes(now.definition, workshop)
    untouched = found.new.outcomes(loaded.definition, workshop)
    wrong: dict[str, int] = {}
    missing: dict[str, int] = {}
    for pair in pairs:
        one, other, plain = (_flat(value or {}) for value in (was[pair.old], made[pair.new], untouched[pair.new]))
        for part in one:
            if part in case.apart or is_same(one[part], other.get(part)):
                continue
            # Sanitised texts and the like differ by what is around them, not by what the edit does.
            into = missing if other.get(part) is None or is_same(other.get(part), plain.get(part)) else wrong
            into[part] = into.get(part, 0) + 1
    least = max(1, 0.02 * len(pairs))
    return {part for part, count in wrong.items() if count > least or len(pairs) < 50}, {
        part for part, count in missing.items() if count > least or len(pairs) < 50
    }


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """The parts of a posting by their paths."""
    if isinstance(value, dict):
        return {name: one for part, below in value.items() for name, one in _flat(below, f"{path}.{part}").items()}
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return {name: one for n, item in enumerate(value) for name, one in _flat(item, f"{path}[{n}]").items()}
    return {path.removeprefix("."): value}


def _split(loaded: LoadedDefinition, content: bytes, name: str) -> list[Any]:
    source = loaded.definition.source
    settings = settings_of(source, max_record_bytes=1 << 24, feed_paths=feed_paths(loaded.definition))
    try:
        return records_of([NewDocument(name, content)], settings, 500)
    except SourceError:
        return []


def page(results: list[Result]) -> str:
    """The figures, for the documentation."""
    mendable, hopeless = _halves(results)
    right = sum(one.verdict == "right" for one in mendable)
    held = sum(one.verdict == "right" for one in hopeless)
    wrong = sum(one.verdict == "wrong" for one in results)
    seconds = [one.seconds for one in results]
    mean, slowest = sum(seconds) / len(seconds), max(seconds)
    lines = [
        "# Repairs, measured",
        "",
        "<!-- Made by bench/repairs.py: `make bench-repairs` runs it again. -->",
        "",
        "How often [`jobpipe repair`](how-to/repair.md) finds the right edit, on changes that are put into real feeds",
        "one at a time. What was read of the feed as it is, under its definition of `examples/`, is what is known from",
        "before. An edit is right where every part of every posting is again what it was; a sure edit that makes",
        "something else is wrong. Where a field is truly gone, no edit may be sure.",
        "",
        f"- **Changes that can be met**: {right} of {len(mendable)} by the right edit, called sure.",
        f"- **Fields that are truly gone**: {held} of {len(hopeless)} without a sure edit.",
        f"- **Wrong edits that were called sure**: {wrong} of {len(results)}.",
        f"- **Time**: {mean:.1f} s each, {slowest:.1f} s at most, on one core.",
        "",
        "These changes are ours, and the rules were made while looking at them: of others expect less.",
        "",
        "| kind | import | what has changed | verdict |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {one.case.kind} | {one.case.example} | {one.case.name} | {_said(one)} |" for one in results]
    return "\n".join([*lines, ""])


def _said(result: Result) -> str:
    if result.case.hopeless and result.verdict == "right":
        return "nothing sure"
    return result.verdict + (f": {result.detail}" if result.detail else "")


def _halves(results: list[Result]) -> tuple[list[Result], list[Result]]:
    return [one for one in results if not one.case.hopeless], [one for one in results if one.case.hopeless]


def _judged(case: Case) -> Result:
    try:
        return judge(case)
    except (JobpipeError, AssertionError, ValueError) as error:
        return Result(case, "broken", f"{type(error).__name__}: {error}", 0.0, None)


def _show(result: Result) -> None:
    proposal = result.proposal
    if proposal is None:
        return
    for edit in proposal.edits:
        word = "sure" if edit.is_sure else "unsure"
        print(f"    {word} {edit.confidence:.2f} {edit.name}: {edit.what}; {edit.reasons} {edit.doubts}")
    for lost in proposal.lost:
        print(f"    lost {lost.name}: {lost.had} → {lost.has}; {lost.why}")
    print(f"    postings {proposal.postings}, as before {proposal.as_before}, of {proposal.paired}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Judge repairs of changes that are put into real feeds.")
    parser.add_argument("--write", action="store_true", help="Write docs/benchmarks-repairs.md.")
    parser.add_argument(
        "--show", default="", metavar="TEXT", help="Only the changes whose description has this, at length."
    )
    given = parser.parse_args()
    results = []
    for case in CASES:
        if given.show not in f"{case.kind}: {case.name} ({case.example})":
            continue
        result = _judged(case)
        results.append(result)
        print(f"{result.verdict:7} {case.kind}: {case.name} ({case.example})  {result.seconds:.1f} s  {result.detail}")
        if given.show:
            _show(result)
    mendable, hopeless = _halves(results)
    right, held = (sum(one.verdict == "right" for one in half) for half in (mendable, hopeless))
    wrong = sum(one.verdict in ("wrong", "broken") for one in results)
    print(f"{right} of {len(mendable)} right, {held} of {len(hopeless)} without a sure edit, {wrong} wrong")
    if given.write:
        PAGE.write_text(page(results), encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
