"""The words of one language, put together: figures, moments, reasons, places."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from jobpipe.runs.quarantine import Rejected
from jobpipe.runs.source_reports.languages import LANGUAGES, ReasonText, Texts
from jobpipe.runs.source_reports.report import FeedReport, SourceReport
from jobpipe.safety.one_line import one_line
from jobpipe.safety.secrets import redact

# Field of a posting -> a value that is right in every language.
EXAMPLES = {
    "reference": "4711-A",
    "key": "4711-A",
    "url": "https://www.example.org/jobs/4711",
    "apply_url": "https://www.example.org/jobs/4711/apply",
    "company.url": "https://www.example.org",
    "company.logo": "https://www.example.org/logo.png",
    "company.name": "Acme",
    "company": "Acme",
    "locations": "75001 Paris, FR",
    "locations.city": "Paris",
    "locations.postal_code": "75001",
    "locations.country": "FR",
    "locations.latitude": "48.8566",
    "locations.longitude": "2.3522",
    "salary": "35000 - 42000 EUR",
    "salary.min": "35000",
    "salary.max": "42000",
    "salary.currency": "EUR",
    "salary.period": "year",
    "posted_at": "2031-05-01",
    "updated_at": "2031-05-02T09:30:00+02:00",
    "valid_through": "2031-05-31",
    "language": "fr",
    "positions": "3",
}
# The reasons for which a value of the publisher's own could be written otherwise.
_OF_VALUES = ("missing", "invalid", "step")
# What may be done about it in the definition, at the end of a message.
_HINT = re.compile(r" \((?!line ).*\)$", re.DOTALL)
# As Python shows a text: what the record says comes first, what may stand there after it.
_QUOTED = re.compile(r"(?<!\w)(['\"])((?:(?!\1).)+)\1(?!\w)", re.DOTALL)


class Wording:
    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.texts: Texts = LANGUAGES[language]
        self._zone = ZoneInfo(zone)

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", self.texts.thousands)

    def moment(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime(self.texts.moment)

    def field(self, name: str) -> str:
        """As people call it; one that no posting of the schema has keeps its name."""
        fields = self.texts.fields
        return fields.get(name) or fields.get(name.partition(".")[0]) or one_line(name.removeprefix("extra."))

    def reason(self, reason: str, field: str) -> ReasonText:
        """With the field's name put in, and the example that fits it best."""
        found = self.texts.reasons.get(reason, self.texts.other_reason)
        name = self.field(field) if field else "…"
        example = EXAMPLES.get(field) or EXAMPLES.get(field.partition(".")[0], "")
        return ReasonText(
            what=found.what.replace("{field}", name),
            mend=found.mend.replace("{field}", name),
            example=found.example or (example if reason in _OF_VALUES else ""),
        )

    def trouble(self, kind: str) -> str:
        return self.texts.troubles.get(kind) or self.texts.other_reason.what

    def offers(self, count: int) -> str:
        return self.texts.one_offer if count == 1 else self.texts.offers.format(count=self.number(count))

    def summary(self, feed: FeedReport) -> str:
        refused, read = feed.figures.get("refused", 0), feed.figures.get("read", 0)
        if not refused:
            return self.texts.all_fine.format(read=self.number(read))
        if refused == 1:
            return self.texts.one_refused.format(read=self.number(read))
        return self.texts.some_refused.format(refused=self.number(refused), read=self.number(read))

    def place(self, record: Rejected) -> str:
        """Line, byte and number, as far as they are known: `line 12, byte 4,711`."""
        texts = self.texts
        parts = [texts.line.format(line=self.number(record.line))] if record.line else []
        if record.offset >= 0 and record.offset != record.line:
            parts.append(texts.byte.format(byte=self.number(record.offset)))
        if not parts and record.ordinal:
            parts.append(texts.record.format(number=self.number(record.ordinal)))
        return ", ".join(parts)

    def detail(self, record: Rejected) -> str:
        """What job-pipe itself says of it, in English, without what is for whoever wrote the definition."""
        said = record.message if record.reason == "malformed" else _HINT.sub("", record.message)
        return redact(one_line(said))

    def said(self, record: Rejected) -> str:
        """For the publisher: what it is stands above, in their language; here English in English only."""
        return self.detail(record) if self.texts.code == "en" else self.found(record)

    def found(self, record: Rejected) -> str:
        """What stands there: the words of the record that the message quotes; "" = there are none."""
        quoted = _QUOTED.search(record.message)
        return redact(one_line(quoted[2])) if quoted is not None and record.reason != "malformed" else ""

    def also(self, feed: FeedReport, days: int) -> list[tuple[str, list[str]]]:
        """What else there is to know: a sentence, and what it lists."""
        texts = self.texts
        found: list[tuple[str, list[str]]] = []
        if repeated := feed.figures.get("repeated", 0):
            found.append((texts.repeated.format(count=self.number(repeated)), []))
        if feed.labels_in_all:
            listed = [f"{one_line(label)} ({self.number(count)}×)" for label, count in feed.labels]
            listed += ["…"] if feed.labels_in_all > len(feed.labels) else []
            found.append((texts.labels.format(count=self.number(feed.labels_in_all)), listed))
        if feed.fields_lost:
            found.append((texts.fields_lost, [one_line(one) for one in feed.fields_lost]))
        if feed.end_soon:
            found.append((texts.end_soon.format(count=self.number(feed.end_soon), days=days), []))
        return found

    def subject(self, report: SourceReport) -> str:
        """Of a mail: one line."""
        if report.refused or report.has_trouble:
            said = self.texts.subject if report.refused else self.texts.heading
            return one_line(said.format(client=report.client, count=self.number(report.refused)))
        return one_line(self.texts.subject_fine.format(client=report.client))
