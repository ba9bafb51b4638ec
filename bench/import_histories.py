"""Histories of imports that live as real ones do, and the ways in which a source breaks without an error.

Nothing here is random but by its seed.  A history is a population of postings from which a run is made every day:
postings come in batches of one department or agency that share what they have, are edited, and go.  Imports differ in
size (5 to 50 000 postings), in what their postings have, in how they turn over; some rest at weekends, some grow, have
waves, campaigns that come and end at once, whole rewritings, dates that are refreshed, keys that change with each run.
"""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from jobpipe.incidents.expectations.figures import Counting, Figures, count_pairs, one_in
from jobpipe.posting import Category, Company, JobPosting, Location, Salary
from jobpipe.posting_facts import facts_of

BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
WORDS = {
    "fr": "Nous cherchons pour notre équipe une personne motivée qui aime le métier et les clients. "
    "Vous êtes à l’écoute, vous avez de l’expérience dans la région et le goût du travail bien fait. ",
    "de": "Wir suchen für unser Team eine Person, die gern mit Kunden arbeitet. Sie sind zuverlässig, "
    "haben Freude an der Arbeit und möchten mit uns wachsen. Wir bieten Ihnen faire Löhne. ",
    "en": "We are looking for a person who likes to work with our customers. You’ll be part of a small "
    "team, and you have some experience in the field. We offer you training and a fair wage. ",
    "es": "Buscamos para nuestro equipo una persona con ganas de trabajar. Usted tiene experiencia con "
    "los clientes, y le gusta la atención al público. Ofrecemos una buena relación en la región. ",
}
TITLES = {
    "fr": ("Boulanger", "Comptable général", "Développeur web", "Infirmière de nuit", "Chargé de clientèle"),
    "de": ("Bäcker", "Buchhalterin", "Softwareentwickler", "Pflegefachkraft für Nächte", "Verkäufer"),
    "en": ("Baker", "Accountant", "Web developer", "Night nurse’s aide", "Sales assistant"),
    "es": ("Panadero", "Contable", "Programador de páginas", "Enfermera de noche", "Vendedor en almacén"),
}
CITIES = (
    "Lyon",
    "Lille",
    "Nantes",
    "Bordeaux",
    "Köln",
    "Bremen",
    "Leeds",
    "York",
    "Sevilla",
    "Bilbao",
    "Gent",
    "Brugge",
)
CONTRACTS = ("permanent", "fixed_term", "temporary", "internship", "apprenticeship", "freelance")
OPTIONAL = (
    *(
        "salary",
        "contract",
        "working_time",
        "remote",
        "valid_through",
        "experience",
        "education",
        "industry",
        "apply_url",
    ),
    *("postal_code", "coordinates", "category", "skills"),
)
# Fields with one value.
PLAIN = {
    "experience": "some",
    "education": "some",
    "industry": "some",
    "apply_url": "https://jobs.example/apply",
    "valid_through": "2027-06-01",
    "skills": ["one"],
}


@dataclass(kw_only=True)
class Habits:
    """How an import lives."""

    size: int
    languages: tuple[str, ...]
    # Field -> the share of batches that have it.
    has: dict[str, float]
    contracts: tuple[float, ...]
    cities: tuple[str, ...]
    # Shares of the postings, a working day.
    turnover: float
    edited: float
    rests_at_weekends: bool
    # A day, of the size; and of a wave of so many days.
    growth: float
    wave: float
    wave_days: int
    # How often, a day.
    campaigns: float
    rewritings: float
    closings: float
    # Every Monday all dates are today's.
    refreshes_dates: bool
    keys_change: bool
    flaps: bool
    batch: int
    # Hours between runs.
    every: int = 24


def habits_of(rng: random.Random, size: int | None = None) -> Habits:
    languages = tuple(rng.sample(sorted(WORDS), rng.choice((1, 1, 1, 2))))
    shares = [rng.random() ** 3 for _ in CONTRACTS]
    return Habits(
        size=size or round(math.exp(rng.uniform(math.log(5), math.log(3_000)))),
        languages=languages,
        has={name: rng.choice((0.0, 1.0, 1.0, rng.uniform(0.5, 0.97), rng.uniform(0.02, 0.2))) for name in OPTIONAL},
        contracts=tuple(share / sum(shares) for share in shares),
        cities=tuple(rng.sample(CITIES, rng.randint(1, len(CITIES)))),
        turnover=rng.uniform(0.004, 0.05),
        edited=rng.uniform(0.002, 0.03),
        rests_at_weekends=rng.random() < 0.6,
        growth=rng.choice((0, 0, 0, rng.uniform(-0.004, 0.008))),
        wave=rng.choice((0, 0, rng.uniform(0.05, 0.25))),
        wave_days=rng.randint(40, 200),
        campaigns=rng.choice((0, 0, 0, 1 / 45)),
        rewritings=rng.choice((0, 0, 1 / 60)),
        closings=rng.choice((0, 0, 0, 1 / 60)),
        refreshes_dates=rng.random() < 0.08,
        keys_change=rng.random() < 0.06,
        flaps=rng.random() < 0.08,
        batch=rng.choice((1, 2, 4, 8)),
    )


@dataclass
class Live:
    posting: JobPosting
    facts: bytes
    # The day on which a campaign takes it away; 0 = none does.
    until: int = 0


@dataclass
class Day:
    at: datetime
    figures: Figures
    # Whether the source had anything new.
    changed: bool


class History:
    def __init__(self, seed: int, size: int | None = None) -> None:
        self.rng = random.Random(seed)
        self.habits = habits_of(self.rng, size)
        self.live: dict[str, Live] = {}
        self.day = 0
        self._numbers = 0
        self._hidden: set[str] = set()
        while len(self.live) < self.habits.size:
            self._come(first=True)

    def days(self, count: int) -> Iterator[Day]:
        for _ in range(count):
            yield self.next_day()

    def next_day(self) -> Day:
        self.day += 1
        before = {key: one.facts for key, one in self.live.items()}
        self._live_a_day()
        return self.seen(before)

    def seen(self, before: dict[str, bytes], postings: dict[str, Live] | None = None) -> Day:
        """What a run makes of the source; `before`: key -> facts, of the last run."""
        live = self.live if postings is None else postings
        read = {key: one for key, one in live.items() if key not in self._hidden}
        if self.habits.keys_change:
            before = {}
        counting = Counting()
        step = one_in(len(live))
        counting.add(b"".join([one.facts for number, one in enumerate(live.values()) if number % step == 0]))
        figures = counting.figures()
        figures.live = len(live)
        changed = [(before[key], one.facts) for key, one in live.items() if key in before and before[key] != one.facts]
        new = sum(key not in before for key in live)
        gone = sum(key not in live for key in before)
        figures.account = {"read": len(read), "new": new, "updated": len(changed)}
        figures.gone = gone
        figures.pairs = count_pairs(changed[:20_000], len(changed))
        return Day(BEGIN + timedelta(days=self.day), figures, bool(changed or new or gone))

    # How it lives -----------------------------------------------------------------------------------

    def _live_a_day(self) -> None:
        rng, habits = self.rng, self.habits
        weekday = (self.day - 1) % 7
        self._hidden = set()
        if habits.flaps and rng.random() < 0.15:
            self._hidden = {key for key in self.live if rng.random() < 0.3}
        for key in [key for key, one in self.live.items() if one.until and one.until <= self.day]:
            del self.live[key]
        is_holiday = rng.random() < 0.03
        if habits.rests_at_weekends and (weekday >= 5 or is_holiday):
            return
        self._go()
        wanted = habits.size * (1 + habits.growth) ** self.day
        wanted *= 1 + habits.wave * math.sin(2 * math.pi * self.day / habits.wave_days)
        base = sum(not one.until for one in self.live.values())
        comes = habits.turnover * wanted + max(-0.5 * habits.turnover * wanted, 0.15 * (wanted - base))
        for _ in range(_poisson(rng, max(0.0, comes) / ((1 + habits.batch) / 2))):
            self._come()
        self._edit()
        if rng.random() < habits.campaigns:
            size, until = rng.uniform(0.2, 0.8) * habits.size, self.day + rng.randint(5, 20)
            kind = self._batch_look()
            for _ in range(round(size)):
                self._add(kind, until)
        if rng.random() < habits.closings:
            # A department closes all that it has.
            share = rng.uniform(0.04, 0.12)
            for key in [key for key in self.live if rng.random() < share]:
                del self.live[key]
        if rng.random() < habits.rewritings:
            self._rewrite()
        if habits.refreshes_dates and weekday == 0:
            self._refresh()

    def _go(self) -> None:
        rate = self.habits.turnover
        for key in [key for key in self.live if self.rng.random() < rate]:
            if len(self.live) > 2:
                del self.live[key]

    def _come(self, *, first: bool = False) -> None:
        look = self._batch_look()
        for _ in range(self.rng.randint(1, self.habits.batch)):
            self._add(look, 0, first=first)

    def _edit(self) -> None:
        for one in self.live.values():
            if self.rng.random() >= self.habits.edited:
                continue
            what = self.rng.random()
            posting = one.posting
            if what < 0.05:
                posting.salary = None
            elif what < 0.1 and posting.salary is None and self.habits.has["salary"] > 0.3:
                posting.salary = _salary(self.rng)
            elif what < 0.2:
                posting.contract = self._contract() if posting.contract else None
            elif what < 0.4:
                posting.title += " confirmé"[: self.rng.randint(0, 9)]
            else:
                posting.description_text = self._text(posting.language or self.habits.languages[0])
            one.facts = facts_of(posting)

    def _rewrite(self) -> None:
        """All texts at once, honestly: they stay texts of their own, of about their length."""
        for one in self.live.values():
            text = one.posting.description_text or ""
            one.posting.description_text = f"{self.rng.random()} {text}"[: max(40, round(len(text) * 0.95))]
            one.facts = facts_of(one.posting)

    def _refresh(self) -> None:
        for one in self.live.values():
            one.posting.posted_at = _date(self.day)
            one.facts = facts_of(one.posting)

    # Postings ---------------------------------------------------------------------------------------

    def _batch_look(self) -> dict[str, bool | str]:
        """What the postings of one department or agency have in common."""
        rng, habits = self.rng, self.habits
        look: dict[str, bool | str] = {name: rng.random() < share for name, share in habits.has.items()}
        look["language"] = rng.choice(habits.languages)
        look["company"] = f"Agency {rng.randint(1, 40)}"
        return look

    def _add(self, look: dict[str, bool | str], until: int, *, first: bool = False) -> None:
        rng = self.rng
        self._numbers += 1
        language = str(look["language"])
        city = rng.choice(self.habits.cities)
        day = self.day - (min(rng.expovariate(self.habits.turnover), 200) if first else 0)
        posting = JobPosting(
            reference=f"r{self._numbers}",
            title=f"{rng.choice(TITLES[language])}{rng.choice(('', ' (H/F)', ' senior', ' junior', f' {city}'))}",
            url=f"https://jobs.example/{self._numbers}",
            company=Company(name=str(look["company"])),
            description="<p>…</p>",
            description_text=self._text(language),
            locations=[Location(text=city, city=city, country="FR")],
            posted_at=_date(round(day)),
            language=language,
        )
        place = posting.locations[0]
        if look["postal_code"]:
            place.postal_code = "69001"
        if look["coordinates"]:
            place.latitude, place.longitude = 45.7, 4.8
        if look["salary"]:
            posting.salary = _salary(rng)
        if look["contract"]:
            posting.contract = self._contract()
        if look["category"]:
            posting.category = [Category(label="x", code=f"C{rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 6))}")]
        if look["working_time"]:
            posting.working_time = "full_time" if rng.random() < 0.8 else "part_time"
        if look["remote"]:
            posting.remote = rng.choice(("on_site", "on_site", "hybrid", "remote"))
        for name, value in PLAIN.items():
            if look[name]:
                setattr(posting, name, value)
        self.live[posting.reference] = Live(posting, facts_of(posting), until)

    def _contract(self) -> str:
        return self.rng.choices(CONTRACTS, self.habits.contracts)[0]

    def _text(self, language: str) -> str:
        size = max(80, round(self.rng.lognormvariate(7.3, 0.6)))
        text = WORDS[language]
        start = self.rng.randrange(len(text))
        return (f"{text[start:]}{self._numbers}.{self.rng.random()} " + text * (size // len(text) + 1))[:size]


def _salary(rng: random.Random) -> Salary:
    return Salary(min=round(rng.lognormvariate(10.4, 0.25)), currency="EUR", period="year")


def _date(day: int) -> str:
    return f"{BEGIN + timedelta(days=day):%Y-%m-%d}"


def _poisson(rng: random.Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, number, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        number += 1
        product *= rng.random()
    return number


# How a source breaks ----------------------------------------------------------------------------------

Harm = Callable[[JobPosting, random.Random], None]


def _salary_gone(posting: JobPosting, rng: random.Random) -> None:
    posting.salary = None


def _same_text(posting: JobPosting, rng: random.Random) -> None:
    posting.description_text = WORDS["fr"] * 3


def _text_gone(posting: JobPosting, rng: random.Random) -> None:
    posting.description = posting.description_text = None


def _text_cut(posting: JobPosting, rng: random.Random) -> None:
    posting.description_text = (posting.description_text or "")[:120]


def _half_of_cities(posting: JobPosting, rng: random.Random) -> None:
    if rng.random() < 0.5:
        posting.locations = [Location(text=one.text) for one in posting.locations]


def _one_contract(posting: JobPosting, rng: random.Random) -> None:
    if posting.contract:
        posting.contract = "other"


def _damaged(posting: JobPosting, rng: random.Random) -> None:
    posting.title = posting.title.encode().decode("cp1252", "replace")
    posting.description_text = (posting.description_text or "").encode().decode("cp1252", "replace")


def _dates_equal(posting: JobPosting, rng: random.Random) -> None:
    posting.posted_at = "2026-12-24"


def _title_cut(posting: JobPosting, rng: random.Random) -> None:
    posting.title = posting.title[:5]


def _other_language(posting: JobPosting, rng: random.Random) -> None:
    posting.description_text = WORDS["en" if posting.language != "en" else "de"] * 4 + posting.reference


def _shifted(posting: JobPosting, rng: random.Random) -> None:
    """Each column is one to the left."""
    city, company = posting.locations[0].city, posting.company
    posting.locations[0].city = "69001"
    posting.title, posting.company = (company.name or "") if company else "", Company(name=city)


def _markup(posting: JobPosting, rng: random.Random) -> None:
    posting.title = f"<b>{posting.title}</b>"


def _cents(posting: JobPosting, rng: random.Random) -> None:
    if posting.salary is not None and posting.salary.min:
        posting.salary.min *= 100


def _category_gone(posting: JobPosting, rng: random.Random) -> None:
    for one in posting.category:
        one.code = None


BREAKS: dict[str, Harm] = {
    "salary gone": _salary_gone,
    "all descriptions the same": _same_text,
    "descriptions gone": _text_gone,
    "descriptions cut": _text_cut,
    "half of the cities unmapped": _half_of_cities,
    "one contract for all": _one_contract,
    "encoding damaged": _damaged,
    "all dates the same": _dates_equal,
    "titles cut": _title_cut,
    "texts in another language": _other_language,
    "columns shifted": _shifted,
    "markup in titles": _markup,
    "salaries in cents": _cents,
    "codes of categories gone": _category_gone,
}
COLLAPSE = "a fifth to three tenths of the records missing"


# Days in which a source loses a field by and by.
DRIFT_DAYS = 42
DRIFT = "salary lost by and by, within six weeks"


def drifting_days(history: History, rng: random.Random) -> Iterator[Day]:
    """What runs would see if from now on ever more postings had no salary, until hardly any has one."""
    shadow = _shadow_of(history, rng)
    for number in range(1, DRIFT_DAYS + 1):
        before = {key: one.facts for key, one in shadow.live.items()}
        shadow.day += 1
        shadow._live_a_day()
        for key, one in shadow.live.items():
            # The same ones each day, and some more.
            if one.posting.salary is not None and random.Random(key).random() < number / DRIFT_DAYS:
                one.posting.salary = None
                one.facts = facts_of(one.posting)
        yield shadow.seen(before)


def _shadow_of(history: History, rng: random.Random) -> History:
    shadow = copy.copy(history)
    shadow.rng = rng
    shadow.live = {key: _copied(one) for key, one in history.live.items()}
    return shadow


def broken_day(history: History, name: str, rng: random.Random) -> tuple[Day, int]:
    """What the next run would see if the source broke before it, and how many postings that changes."""
    before = {key: one.facts for key, one in history.live.items()}
    shadow = _shadow_of(history, rng)
    shadow.day += 1
    # A day like any other, and the break.
    shadow._live_a_day()
    harmed = 0
    if name == COLLAPSE:
        share = rng.uniform(0.2, 0.29)
        lost = {key for key in shadow.live if rng.random() < share}
        shadow._hidden = lost | shadow._hidden
        return shadow.seen(before), len(lost)
    for one in shadow.live.values():
        facts = one.facts
        BREAKS[name](one.posting, rng)
        one.facts = facts_of(one.posting)
        harmed += one.facts != facts
    return shadow.seen(before), harmed


def _copied(one: Live) -> Live:
    return Live(msgspec.json.decode(msgspec.json.encode(one.posting), type=JobPosting), one.facts, one.until)
