"""Destinations and deliveries in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jobpipe.cli.printing import console, plain_text, print_rows
from jobpipe.ledger.models import Delivery
from jobpipe.runs.deliveries.report import DeliveryReport

_STYLES = {"done": "green", "waiting": "yellow", "held": "yellow", "stopped": "yellow", "failed": "red"}


def print_report(report: DeliveryReport) -> None:
    style = _STYLES.get(report.state, "dim")
    out = console()
    out.print(f"[{style}]{report.state:8}[/] ", plain_text(f"{report.name}  {what_was_done(report)}"), sep="")
    if report.error:
        out.print(plain_text(f"         {report.error}"))
    if report.next_try is not None:
        out.print(
            plain_text(f"         tried again at {report.next_try:%Y-%m-%d %H:%M:%S} UTC, with what changes until then")
        )
    if report.waits is not None:
        out.print(plain_text(f"         jobpipe deliveries show {report.waits}; then accept or dismiss {report.waits}"))
    for rule, why in report.faults.items():
        out.print(plain_text(f"         passed over where it failed: {rule}: {why}"))


def what_was_done(report: DeliveryReport) -> str:
    said: list[str] = []
    if report.postings is not None:
        said.append(f"{report.postings:,} postings: {report.said}")
    if report.upserts:
        said.append(f"{report.upserts:,} sent")
    if report.removals:
        said.append(f"{report.removals:,} withdrawn")
    if report.refused:
        said.append(f"{report.refused:,} refused")
    if report.held_back:
        said.append(f"{report.held_back:,} held back (jobpipe preflight {report.name})")
    return ", ".join(said) or ("nothing new" if report.state == "done" else "")


def print_destinations(documents: Iterable[dict[str, Any]]) -> None:
    rows = [
        (
            one["destination"],
            one["state"],
            one["kind"],
            f"{one['there']:,}",
            f"{one['held_back']:,}",
            f"{one['refused']:,}",
            (one["last_success"] or "never")[:16].replace("T", " "),
            one["fault"].splitlines()[0] if one["fault"] else one["error"],
        )
        for one in documents
    ]
    headings = ("destination", "state", "gets", "there", "held back", "refused", "last answer", "")
    print_rows(headings, rows, nothing="no destinations yet: write one into destinations/NAME.yaml")


def print_deliveries(found: Sequence[Delivery]) -> None:
    rows = [
        (
            str(one.pk),
            one.destination.name,
            one.state,
            f"{one.created_at:%Y-%m-%d %H:%M:%S}",
            _size_of(one),
            one.error or one.said,
        )
        for one in found
    ]
    headings = ("delivery", "destination", "state", "made", "what", "")
    print_rows(headings, rows, nothing="nothing was delivered yet: jobpipe deliver", whole=("made", "what"))


def print_one_delivery(document: dict[str, Any]) -> None:
    out = console()
    out.print(plain_text(f"delivery {document['delivery']} to {document['destination']}: {document['state']}"))
    for file in document["files"]:
        out.print(plain_text(f"  {file['name']}  {file['size']:,} bytes  sha256 {file['sha256']}"))
    for word in ("postings", "upserts", "removals", "refused", "attempts"):
        if document[word]:
            out.print(plain_text(f"  {word} {document[word]:,}"))
    for rule, count in document["left_out"].items():
        out.print(plain_text(f"  left out by {rule}: {count:,}"))
    for text in (document["error"], document["said"]):
        if text:
            out.print(plain_text(f"  {text}"))
    for one in document.get("would_vanish", ()):
        samples = ", ".join(one["samples"])
        out.print(plain_text(f"  would vanish: {one['postings']:,} of {one['import']}: {samples} …"))


def _size_of(one: Delivery) -> str:
    if one.kind == "snapshot":
        return f"{one.postings:,} postings"
    parts = [f"{one.upserts:,} sent", f"{one.removals:,} withdrawn" if one.removals else ""]
    parts.append(f"{one.refused:,} refused" if one.refused else "")
    return ", ".join(part for part in parts if part)
