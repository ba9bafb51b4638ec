"""Days that are said from another day: yesterday, il y a 3 jours, vor 2 Wochen."""

from __future__ import annotations

import calendar
import datetime
import re

from jobpipe.transform.steps.date_words import AROUND, fold

_DAYS = {
    "-2": "day before yesterday|avant-hier|avant hier|vorgestern|eergisteren|anteayer|antes de ayer|altro ieri"
    "|i förrgår|förrgår|i forgårs|anteontem",
    "-1": "yesterday|hier|gestern|gisteren|ayer|ieri|igår|i går|ontem",
    "0": "today|now|just now|just posted|aujourd'hui|aujourd hui|maintenant|à l'instant|ce jour|heute|jetzt|gerade"
    "|gerade eben|vandaag|nu|zojuist|hoy|ahora|oggi|adesso|idag|i dag|hoje|agora",
    "1": "tomorrow|demain|morgen|mañana|domani|imorgon|i morgon|i morgen|amanhã",
    "2": "day after tomorrow|après-demain|après demain|übermorgen|overmorgen|pasado mañana|dopodomani|i övermorgon",
}
_NAMED = {fold(word): int(days) for days, words in _DAYS.items() for word in words.split("|")}

# Days in a unit; a month and a year go by the calendar: -1 and -12.
_UNITS = """
0 second seconds sec secs s seconde secondes sekunde sekunden seconden segundo segundos secondo secondi sekund
0 minute minutes min mins minuten minuto minutos minuti minut minuter minutt minutter
0 hour hours hr hrs h heure heures stunde stunden std uur uren hora horas ora ore timme timmar time timer tim
1 day days d jour jours j tag tage tagen dag dagen dagar dager dage día días giorno giorni dia dias
7 week weeks w wk wks semaine semaines sem woche wochen weken semana semanas settimana settimane vecka veckor uke
7 uker uge uger
-1 month months mo mois monat monate monaten maand maanden mes meses mese mesi månad månader mnd måned måneder mês
-12 year years yr yrs an ans année années jahr jahre jahren jaar jaren año años anno anni år ano anos
"""
_UNIT = {fold(word): int(line.split()[0]) for line in _UNITS.strip().splitlines() for word in line.split()[1:]}
_ONE = frozenset(
    """
    a an one un une ein eine einem einer einen een una uno en ett et um uma
""".split()  # noqa: SIM905
)
_NUMBERS = {"two": 2, "deux": 2, "zwei": 2, "twee": 2, "dos": 2, "due": 2, "tva": 2, "three": 3, "trois": 3, "drei": 3}
_BEFORE = r"il y a|vor|hace|for|ha|depuis|seit"
_AFTER = r"ago|geleden|fa|sedan|siden|atras"
_FUTURE = r"in|dans|over|en|tra|fra|om|em"
_MORE = r"(?:(?:plus de|more than|over|about|environ|circa|mehr als|meer dan|piu di|mas de|mer an|mer enn|etwa) )?"
_AMOUNT = rf"{_MORE}(\d+|[a-z]+) ?\+? ?([a-z]+)\+?"
_PAST = (re.compile(rf"(?:{_BEFORE}) {_AMOUNT}(?: (?:{_AFTER}))?"), re.compile(rf"{_AMOUNT} (?:{_AFTER})"))
_AHEAD = (re.compile(rf"(?:{_FUTURE}) {_AMOUNT}"),)


def relative_day(text: str, day: datetime.date) -> datetime.date | None:
    """The day that a text says from `day`; None = it says none. Hours and minutes are of the same day."""
    words = re.sub(r"[^\w\s'+-]", " ", fold(text)).strip("-+ ").split()
    for start, word in enumerate(words):
        found = _said(" ".join(words[start:]), day)
        if found is not None:
            return found
        # "Publié hier", "Posted 3 days ago"
        if word not in AROUND:
            break
    return None


def _said(words: str, day: datetime.date) -> datetime.date | None:
    if words in _NAMED:
        return day + datetime.timedelta(days=_NAMED[words])
    for patterns, sign in ((_PAST, -1), (_AHEAD, 1)):
        for pattern in patterns:
            found = pattern.fullmatch(words)
            number = _number(found[1]) if found else None
            unit = _UNIT.get(found[2]) if found else None
            if number is not None and unit is not None:
                return _moved(day, sign * number, unit)
    return None


def _number(word: str) -> int | None:
    if word.isdigit():
        return int(word) if len(word) < 5 else None
    return 1 if word in _ONE else _NUMBERS.get(word)


def _moved(day: datetime.date, number: int, unit: int) -> datetime.date | None:
    try:
        if unit >= 0:
            return day + datetime.timedelta(days=number * unit)
        months = day.year * 12 + day.month - 1 + number * -unit
        year, month = divmod(months, 12)
        return datetime.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
    except (ValueError, OverflowError):
        return None
