"""Pairs of postings of two sources, each with what it is: one job twice, or two that look alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec.structs import replace

from jobpipe.posting import Company, JobPosting, Location, Salary


class Case(NamedTuple):
    how: str
    one: JobPosting
    other: JobPosting
    is_same: bool


ABOUT = (
    "Acme makes measuring instruments for laboratories and has been doing so for sixty years.",
    "Our four hundred colleagues come from many countries, and half of them have been with us for ten years.",
    "We offer a pension, thirty days of leave, a canteen that cooks itself, and bicycles to lease.",
)
BOILERPLATE = (
    "We are an agency that places skilled people with companies in the whole region.",
    "You get an open-ended agreement with us, pay by the collective agreement, and a person to talk to at any time.",
    "Holiday and christmas allowances are paid from the first year on, and we take over the costs of your travel.",
    "Our consultants prepare each interview with you and stay in touch when you have begun.",
    "We have been doing this for thirty years, and most of our people come to us because somebody told them.",
    "Please send us your papers in one file and tell us when you could begin.",
)
# Title, language, sentences of its own.
JOBS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Backend Developer",
        "en",
        (
            "You design and build the services that collect readings from thousands of instruments.",
            "You write tests before anything goes live and look at what the services do at night.",
            "You know one typed language well and have read other people's programs with patience.",
            "Queues, databases and the odd failing disk do not frighten you.",
            "You explain to colleagues in support what changed and why.",
        ),
    ),
    (
        "Nurse",
        "en",
        (
            "You look after twenty residents together with a colleague and two helpers.",
            "You write down what happened, hand over in person and call the doctor in time.",
            "A recognised diploma is needed, experience with dementia is welcome.",
            "Rosters are made six weeks ahead, and we keep to them.",
            "Whoever begins with us walks along with an experienced colleague for a month.",
        ),
    ),
    (
        "Elektroniker",
        "de",
        (
            "Du verdrahtest Schaltschränke nach Plan und prüfst sie, bevor sie das Werk verlassen.",
            "Du suchst Fehler in Anlagen, die seit Jahren laufen, und behebst sie mit Ruhe.",
            "Eine abgeschlossene Lehre und Freude an genauer Arbeit bringst du mit.",
            "Gearbeitet wird in zwei Schichten, der Freitag endet mittags.",
            "Werkzeug und Kleidung bekommst du von uns, die Einarbeitung dauert acht Wochen.",
        ),
    ),
    (
        "Comptable fournisseurs",
        "fr",
        (
            "Vous enregistrez les factures des fournisseurs et suivez les échéances de paiement.",
            "Vous rapprochez les comptes chaque mois et préparez les éléments de la clôture.",
            "Une première expérience dans un service comptable est souhaitée.",
            "Vous maîtrisez un tableur et apprenez vite un nouveau logiciel.",
            "Le poste se trouve à dix minutes de la gare, le télétravail est possible après six mois.",
        ),
    ),
    (
        "Warehouse Operator",
        "en",
        (
            "You receive goods, check them against the papers and store them where they belong.",
            "You pick orders with a scanner and pack them so that they arrive whole.",
            "A licence for forklifts is of use, and we pay for it if you do not have it yet.",
            "Work begins at six in the early weeks and at two in the late ones.",
            "The hall is heated, and nobody lifts more than the law allows.",
        ),
    ),
    (
        "Sales Manager",
        "en",
        (
            "You visit laboratories in your region and understand what they measure.",
            "You make offers that we can keep and follow them until they are signed.",
            "You plan your weeks yourself and report in one page a month.",
            "A car is part of the agreement, and may be used at weekends.",
            "You have sold technical things before and like to come back to your customers.",
        ),
    ),
)
TOWNS = ("Bern", "Lyon", "Hamburg", "Leeds", "Nantes", "Utrecht")


def posting(number: int, *, town: int = 0) -> JobPosting:
    title, language, own = JOBS[number]
    sentences = (ABOUT[0], *own, *ABOUT[1:])
    return JobPosting(
        reference=f"A{number}{town}",
        title=title,
        company=Company(name="Acme GmbH"),
        description_text="\n".join(sentences),
        locations=[Location(city=TOWNS[town])],
        contract="permanent",
        language=language,
    )


def _text(one: JobPosting, change: Callable[[list[str]], list[str]]) -> JobPosting:
    return replace(one, description_text="\n".join(change((one.description_text or "").split("\n"))))


def _reordered(one: JobPosting) -> JobPosting:
    return _text(one, lambda lines: lines[4:] + lines[:4])


def _truncated(one: JobPosting) -> JobPosting:
    text = one.description_text or ""
    return replace(one, description_text=text[: len(text) // 2].rsplit(" ", 1)[0] + " …")


def _as_markup(one: JobPosting) -> JobPosting:
    lines = (one.description_text or "").split("\n")
    body = "".join(f"<li style='margin:0'><b>{line}</b>&nbsp;</li>" for line in lines)
    return replace(one, description_text=None, description=f"<ul class='x'>{body}</ul>")


def _reworded(one: JobPosting) -> JobPosting:
    """A few words are others, as an editor leaves them."""
    others = {"you": "you will", "and": "as well as", "vous": "tu", "du": "du selbst", "with": "along with"}
    return _text(one, lambda lines: [*(_word(line, others) for line in lines[:3]), *lines[3:]])


def _word(line: str, others: dict[str, str]) -> str:
    return " ".join(others.get(word, word) for word in line.split(" "))


def _with_board_words(one: JobPosting) -> JobPosting:
    return _text(one, lambda lines: [*lines, "Apply now with one click and mention where you have seen this offer."])


def _address(one: JobPosting, path: str) -> JobPosting:
    return replace(one, apply_url=f"https://jobs.example.org/{path}?utm_source=board")


def _place(**parts: object) -> list[Location]:
    return [Location(**parts)]  # type: ignore[arg-type]


def same_jobs() -> Iterator[Case]:
    """One job from two sources."""
    for number, (title, _, _) in enumerate(JOBS):
        one = replace(posting(number), reference=f"board-{number}x")
        town = TOWNS[0]
        changes: dict[str, JobPosting] = {
            "copied": one,
            "reordered": _reordered(one),
            "truncated": _truncated(one),
            "as markup": _as_markup(one),
            "reworded": _reworded(one),
            "with the board's words": _with_board_words(one),
            "(m/w/d)": replace(one, title=f"{title} (m/w/d)"),
            "H/F": replace(one, title=f"{title} H/F"),
            "all genders": replace(one, title=f"{title} (all genders)"),
            "upper case": replace(one, title=title.upper()),
            "place in the title": replace(one, title=f"{title} - {town}"),
            "company in the title": replace(one, title=f"Acme: {title} (f/m/x)"),
            "workload in the title": replace(one, title=f"{title} 80-100%"),
            "postal code too": replace(one, locations=_place(city=town, postal_code="3000", country="CH")),
            "place as text": replace(one, locations=_place(text=f"{town}")),
            "another company form": replace(one, company=Company(name="ACME")),
            "without contract": replace(one, contract=None),
            "without language": replace(one, language=None),
            "with salary": replace(one, salary=Salary(min=40_000, max=50_000, currency="EUR", period="year")),
        }
        for how, other in changes.items():
            yield Case(how, posting(number), other, True)
        address = _address(posting(number), f"job/{number}")
        elsewhere = replace(_address(one, f"job/{number}"), description_text="Find out more on our site.", company=None)
        yield Case("same address, no text", address, elsewhere, True)
        reference = replace(posting(number), reference=f"REQ-2026-{number}")
        yield Case("same reference, another text", reference, _truncated(_reworded(reference)), True)


def variants() -> Iterator[Case]:
    """Two jobs, whatever their texts share."""
    for number, (title, _, own) in enumerate(JOBS):
        one = posting(number)
        there = replace(one, reference=f"board-{number}x")
        others: dict[str, JobPosting] = {
            "another town": replace(there, locations=_place(city=TOWNS[1 + number % 5])),
            "another town of one name": replace(there, locations=_place(city="Bern", country="US")),
            "another ward": _text(there, lambda lines: [*lines[:2], "You begin on the ward for children.", *lines[2:]]),
            "a town more": replace(there, locations=[Location(city="Bern"), Location(city="Leeds")]),
            "no place": replace(there, locations=[]),
            "senior": replace(there, title=f"Senior {title}"),
            "II": replace(there, title=f"{title} II"),
            "level 2": replace(there, title=f"{title} 2"),
            "lead": replace(there, title=f"Lead {title}"),
            "night": replace(there, title=f"{title} (night)"),
            "internship": replace(there, title=f"{title} (Internship)"),
            "another contract": replace(there, contract="fixed_term"),
            "working student": replace(there, title=f"{title} - Werkstudent"),
            "another team in the title": replace(there, title=f"{title} Payments"),
            "another company": replace(there, company=Company(name="Example Works")),
            "another language": replace(there, language="it", description_text=" ".join(["Tutta un'altra cosa."] * 20)),
            "another team in the text": _text(there, lambda lines: [*lines, "You join the team Payments in hall 3."]),
        }
        others["another salary"] = replace(there, salary=Salary(min=90_000, max=95_000, currency="EUR", period="year"))
        mine = {
            "another salary": replace(one, salary=Salary(min=40_000, max=50_000, currency="EUR", period="year")),
            "another team in the text": _text(one, lambda lines: [*lines, "You join the team Search in hall 7."]),
            "another ward": _text(one, lambda lines: [*lines[:2], "You begin on the ward for old people.", *lines[2:]]),
            "another town of one name": replace(one, locations=_place(city="Bern", country="CH")),
        }
        for how, other in others.items():
            yield Case(how, mine.get(how, one), other, False)
        part = replace(there, working_time="part_time")
        yield Case("part time", replace(one, working_time="full_time"), part, False)
        address = _address(one, "all-our-jobs")
        elsewhere = replace(_address(there, "all-our-jobs"), locations=_place(city="Leeds"))
        yield Case("same address, another place", address, elsewhere, False)
        reference = replace(one, reference="REQ-7")
        yield Case("same reference, another level", reference, replace(reference, title=f"Junior {title}"), False)
        next_title, _, next_own = JOBS[(number + 1) % len(JOBS)]
        yield Case("another job of the company", one, posting((number + 1) % len(JOBS)), False)
        yield Case(
            "one agency's words around two jobs",
            replace(one, description_text="\n".join((*BOILERPLATE, own[0]))),
            replace(there, title=next_title, description_text="\n".join((*BOILERPLATE, next_own[0]))),
            False,
        )
        yield Case(
            "one agency's words around two jobs of one title",
            replace(one, description_text="\n".join((*BOILERPLATE[:3], *own[:3]))),
            replace(there, description_text="\n".join((*BOILERPLATE[:3], *next_own[:3]))),
            False,
        )


def cases() -> list[Case]:
    found = [*same_jobs(), *variants()]
    random.Random(7).shuffle(found)
    return found
