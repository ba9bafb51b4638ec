"""The words of salaries, without accents and in small letters, in nine languages."""

from __future__ import annotations

from jobpipe.transform.steps.date_words import fold

# Signs and words of money that stand beside a number; "" = money, but of several countries.
SIGNS = {
    "€": "EUR", "£": "GBP", "$": "USD", "us$": "USD", "usd$": "USD", "ca$": "CAD", "c$": "CAD", "cad$": "CAD",
    "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "sg$": "SGD", "r$": "BRL", "mx$": "MXN",
    "¥": "JPY", "₹": "INR", "rs": "", "₽": "RUB", "₺": "TRY", "₪": "ILS", "₩": "KRW", "฿": "THB", "₴": "UAH",
    "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF", "lei": "RON", "fr": "CHF", "sfr": "CHF",
    "kr": "", "euro": "EUR", "euros": "EUR", "eur": "EUR", "dollar": "USD", "dollars": "USD",
    "pound": "GBP", "pounds": "GBP", "livres": "GBP", "francs": "CHF", "franken": "CHF", "kronor": "SEK",
    "kroner": "", "rur": "RUB", "k€": "EUR", "k£": "GBP", "k$": "USD", "keur": "EUR", "teur": "EUR", "t€": "EUR",
    "tkr": "",
}  # fmt: skip
# Of these signs the currency is only a first guess: the source's own counts before it.
SHARED = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "dollar": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "tkr": ("SEK", "NOK", "DKK"),
    "kroner": ("NOK", "DKK"),
    "¥": ("JPY", "CNY"),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "fr": ("CHF", "XOF", "XAF"),
    "francs": ("CHF", "XOF", "XAF", "XPF"),
}
THOUSANDS = frozenset(
    ("k", "k€", "k£", "k$", "keur", "teur", "t€", "tkr", "mille", "tausend", "mil", "thousand", "tsd")
)

_PERIODS = {
    "hour": "hour hours hourly hr hrs h heure heures horaire l'heure stunde stunden std stundlich stundenlohn uur "
    "uurloon hora horas ora oraria orario all'ora timme timlon tim timelonn ph",
    "day": "day days daily diem jour jours journalier journaliere journee tjm j tag tage taglich tagessatz dag dagen "
    "dia dias diario diaria giorno giornaliero giornaliera dagtarief",
    "week": "week weekly weeks wk pw semaine hebdomadaire hebdo sem woche wochentlich semana semanal settimana "
    "settimanale vecka veckan uke uge",
    "month": "month monthly months mth pcm pm mo mois mensuel mensuelle mensuels monat monate monatlich mtl "
    "monatsgehalt monatslohn maand maandelijks mes meses mensual mensuales mensal mese mensile mensili manad "
    "manaden manadslon man maned manedlig maned mnd md",
    "year": "year yearly years yr yrs annual annually annum pa an ans annee annuel annuelle annuels annuellement jahr "
    "jahre jahrlich jahresgehalt pro-jahr jaar jaarlijks jaarsalaris ano anual anuales any anno annuo annua annui "
    "annuale ral ar aret arligen arlig arslon arslonn",
}
PERIODS = {word: period for period, words in _PERIODS.items() for word in words.split()}

# Numbers before these count something else: 13 mois, 35 h, 2 ans, 10 %.
COUNTED = frozenset(
    fold(
        "% h heure heures hours hour hrs std stunden uur uren horas ore timmar timer mois months month monate "
        "monatsgehälter monatsgehalter maanden meses mesi månader jours days tage dagen semaine semaines weeks wochen "
        "weken ans an years year yrs jahre jahren jaar postes poste positions rtt tickets ticket eme ème nd rd th er st"
    ).split()
)
UP_TO = (
    "up to",
    "jusqu'a",
    "jusqu a",
    "jusqua",
    "bis zu",
    "bis",
    "max",
    "maximum",
    "tot",
    "hasta",
    "fino a",
    "upp till",
    "opp til",
    "moins de",
    "less than",
    "below",
    "<",
    "<=",
    "ate",
)
FROM = (
    "from",
    "a partir de",
    "apartir de",
    "a partir d",
    "des",
    "min",
    "minimum",
    "mini",
    "ab",
    "vanaf",
    "desde",
    "a partire da",
    "da",
    "fran",
    "fra",
    "starting at",
    "starting from",
    "starts at",
    "plus de",
    "more than",
    "over",
    "mindestens",
    "minst",
    "au moins",
    "at least",
    ">",
    ">=",
    "+",
)
TO = frozenset(
    fold("- – — / à a au to bis et and und tot y e till til until och og jusqu'à hasta al up.to ~ and.").split()
)

# Words around the numbers that do not make anything else of them.
AROUND = frozenset(
    fold(
        "salaire salary remuneration rémunération pay wage gehalt lohn vergütung loon salaris sueldo salario "
        "retribuzione stipendio lön lønn løn compensation package fixe fixed fix variable brut bruts brute gross "
        "brutto bruto lordo net nets netto neto de du la le les of per par pro por al all a à p m à_partir entre "
        "between zwischen tussen tra von from to and et und en y e range fourchette selon environ env ca circa "
        "approx about approximativement base basis i om the in up jusqu qu partir d l compris estime estimé "
        "estimated est annum minimum maximum min max mini maxi at least starting sur over equivalent etp fte "
        "amount montant est k"
    ).split()
)
