"""The offers of a job board that does not exist: what its feed says of each, and how its days differ."""

from __future__ import annotations

import random
from dataclasses import dataclass

from bench.dirt import SHARE, spoil
from bench.words import Text, word

CONTRACTS = {
    "CDI": "permanent",
    "CDD": "fixed_term",
    "Intérim": "temporary",
    "Stage": "internship",
    "Alternance": "apprenticeship",
    "Freelance": "freelance",
}
HOURS = {"Temps plein": "full_time", "Temps partiel": "part_time"}
REMOTE = {"Sur site": "on_site", "Hybride": "hybrid", "À distance": "remote"}
FUNCTIONS = 180

_PLACES = (
    "69003 Lyon", "44000 Nantes", "75011 Paris", "59800 Lille", "67000 Strasbourg", "13002 Marseille", "35000 Rennes",
    "31000 Toulouse", "38000 Grenoble", "21000 Dijon", "29200 Brest", "06000 Nice", "63000 Clermont-Ferrand",
    "76600 Le Havre", "49100 Angers", "57000 Metz", "54000 Nancy", "87000 Limoges", "80000 Amiens", "45000 Orléans",
    "72000 Le Mans", "86000 Poitiers", "66000 Perpignan", "64000 Pau", "17000 La Rochelle", "25000 Besançon",
    "14000 Caen", "37000 Tours", "30000 Nîmes", "83000 Toulon",
)  # fmt: skip
_CONTRACTS_DRAWN = ("CDI",) * 11 + ("CDD",) * 4 + ("Intérim", "Intérim", "Stage", "Alternance", "Freelance")
_HOURS_DRAWN = ("Temps plein",) * 5 + ("Temps partiel",)
_REMOTE_DRAWN = ("Sur site", "Sur site", "Hybride", "À distance")
_EXPERIENCE = ("Débutant accepté", "1 à 2 ans", "2 à 5 ans", "Plus de 5 ans", "10 ans et plus")
_EDUCATION = ("CAP, BEP", "Bac", "Bac +2", "Bac +3, Bac +4", "Bac +5")
_SECTORS = ("Services", "Industrie", "Commerce", "Santé", "Construction", "Énergie", "Éducation", "Hôtellerie")
_GENDERS = (" (H/F)", " H/F", " F/H", " (F/H)", "", "")
_TRADES = (
    "Développeur", "Comptable", "Technicien", "Infirmier", "Serveur", "Conducteur", "Chargé", "Responsable",
    "Assistant", "Ingénieur", "Opérateur", "Conseiller", "Chef", "Agent", "Électricien", "Mécanicien", "Contrôleur",
    "Directeur", "Gestionnaire", "Consultant",
)  # fmt: skip
_LEADS = ("Vos missions :", "Le poste", "Votre rôle :", "Au quotidien :", "Missions principales :", "Ce que vous ferez")

# Names of the fields as the feed has them, in its order; nested ones with a slash.
FIELDS = (
    "id", "reference", "titre", "url", "urlCandidature", "entreprise/nom", "entreprise/code", "entreprise/site",
    "entreprise/logo", "entreprise/effectif", "lieu/texte", "lieu/departement", "lieu/zone", "typeContrat", "duree",
    "tempsTravail", "teletravail", "fonction", "secteur", "salaire", "primes", "datePublication", "dateMiseAJour",
    "dateFin", "experience", "niveauEtudes", "langue", "nombrePostes", "competences", "contact", "description",
    "profil",
)  # fmt: skip
HTML_FIELDS = frozenset({"description", "profil"})
# The fields that may be dirty.
SPOILT = ("titre", "description", "profil")

Offer = dict[str, str]


@dataclass(frozen=True, slots=True)
class Employer:
    name: str
    code: str
    site: str
    size: str
    # The paragraph about itself that it puts above each of its offers.
    about: str
    # Writes with a word processor.
    is_typographic: bool


class Board:
    """Makes any offer of the board from its number; the same seed gives the same offers."""

    def __init__(self, seed: int, *, text: Text | None = None, dirt: float = SHARE) -> None:
        """`dirt` is the share of texts that something has happened to."""
        self._seed = seed
        self._dirt = dirt
        self._text = text or Text.of(seed)
        dice = random.Random(seed + 1)
        self._employers = [self._employer(dice, number) for number in range(2_500)]
        self._functions = functions_of(seed)
        self._skills = [word(dice) for _ in range(600)]

    def offer(self, number: int, *, edition: int = 1) -> Offer:
        """The offer with this number; a later edition of it has another text, salary and date of change."""
        dice = random.Random(self._seed * 1_000_003 + number)
        employer = dice.choice(self._employers)
        offer = self._facts(dice, number, employer)
        sentences = self._text.typographic if employer.is_typographic else self._text.sentences
        offer["description"] = _description(dice, sentences, employer.about)
        offer["profil"] = _profile(dice, sentences)
        if edition > 1:
            _edit(random.Random(self._seed * 7_000_003 + number * 31 + edition), offer, sentences)
        for name in SPOILT:
            if dice.random() < self._dirt:
                offer[name] = spoil(dice, offer[name])
        return offer

    def _facts(self, dice: random.Random, number: int, employer: Employer) -> Offer:
        pick = dice.choice
        reference = f"{employer.code}-{number:07}"
        day = f"{dice.randint(1, 28):02}"
        month = f"{dice.randint(1, 12):02}"
        zip_code, _, town = pick(_PLACES).partition(" ")
        place = f"{zip_code} {town}" if dice.random() < 0.7 else f"{town} ({zip_code[:2]})"
        url = f"https://emploi.example.org/offres/{number}"
        return {
            "id": str(number),
            "reference": reference,
            "titre": f"{pick(_TRADES)} {pick(self._text.words)} {pick(self._text.words)}{pick(_GENDERS)}",
            "url": f"{url}?source=flux&ref={reference}",
            "urlCandidature": f"{url}/candidature",
            "entreprise/nom": employer.name,
            "entreprise/code": employer.code,
            "entreprise/site": employer.site,
            "entreprise/logo": f"{employer.site}/logo.png",
            "entreprise/effectif": employer.size,
            "lieu/texte": place,
            "lieu/departement": zip_code[:2],
            "lieu/zone": f"Zone {dice.randint(1, 40)}",
            "typeContrat": pick(_CONTRACTS_DRAWN),
            "duree": f"{dice.randint(3, 18)} mois" if dice.random() < 0.3 else "",
            "tempsTravail": pick(_HOURS_DRAWN),
            "teletravail": pick(_REMOTE_DRAWN),
            "fonction": pick(self._functions),
            "secteur": pick(_SECTORS),
            "salaire": _salary(dice),
            "primes": "Tickets restaurant, mutuelle, intéressement" if dice.random() < 0.4 else "",
            "datePublication": f"{day}/{month}/2026",
            "dateMiseAJour": f"2026-{month}-{day}T{dice.randint(6, 20):02}:{dice.randint(0, 59):02}:00+01:00",
            # Far away, so that no offer of a benchmark ends while it runs.
            "dateFin": f"{day}/{month}/2079",
            "experience": pick(_EXPERIENCE),
            "niveauEtudes": pick(_EDUCATION),
            "langue": "fr",
            "nombrePostes": str(pick((1, 1, 1, 1, 2, 3, 5))),
            "competences": "; ".join(dice.sample(self._skills, dice.randint(2, 6))),
            "contact": f"recrutement-{employer.code.lower()}@example.org",
        }

    def _employer(self, dice: random.Random, number: int) -> Employer:
        is_typographic = dice.random() < 0.35
        sentences = self._text.typographic if is_typographic else self._text.sentences
        name = f"{dice.choice(self._text.words).capitalize()} Exemple {number}"
        return Employer(
            name=f"{name} & Fils" if dice.random() < 0.05 else name,
            code=f"EX{number:04}",
            site=f"https://e{number}.example.org",
            size=str(dice.choice((8, 45, 120, 600, 3_000, 12_000))),
            about=" ".join(dice.choices(sentences, k=dice.randint(2, 6))),
            is_typographic=is_typographic,
        )


def functions_of(seed: int) -> list[str]:
    """The board's own categories, which a mapping table brings to codes."""
    dice = random.Random(seed + 2)
    made: dict[str, None] = {}
    while len(made) < FUNCTIONS:
        made[f"{word(dice).capitalize()} et {word(dice)}"] = None
    return list(made)


def _description(dice: random.Random, sentences: list[str], about: str) -> str:
    """HTML of 1.5 to 5 KB, in one of the shapes that editors and exports leave."""
    paragraphs = [" ".join(dice.choices(sentences, k=dice.randint(2, 5))) for _ in range(dice.randint(2, 6))]
    tasks = dice.choices(sentences, k=dice.randint(4, 12))
    lead = dice.choice(_LEADS)
    shape = dice.random()
    if shape < 0.5:
        body = "".join(f"<p>{text}</p>\n" for text in paragraphs)
        items = "".join(f"<li>{text}</li>\n" for text in tasks)
        return f"<p>{about}</p>\n<p><strong>{lead}</strong></p>\n<ul>\n{items}</ul>\n{body}"
    if shape < 0.75:
        style = ' style="text-align: justify; margin: 0cm 0cm 8pt;"'
        body = "".join(f'<p{style}><span style="font-size: 11pt;">{text}&nbsp;</span></p>' for text in paragraphs)
        items = "".join(f"<li{style}>{text}</li>" for text in tasks)
        return f'<div class="offre"><p{style}>{about}</p><h2>{lead}</h2><ul type="disc">{items}</ul>{body}</div>'
    body = "<br /><br />".join(paragraphs)
    items = "<br />".join(f"- {text}" for text in tasks)
    link = '<a href="https://emploi.example.org/a-propos" target="_blank">en savoir plus</a>'
    return f"{about} {link}<br /><br /><b>{lead}</b><br />{items}<br /><br />{body}"


def _profile(dice: random.Random, sentences: list[str]) -> str:
    texts = dice.choices(sentences, k=dice.randint(3, 9))
    return "<p>" + "</p><p>".join(texts) + "</p>"


def _salary(dice: random.Random) -> str:
    thousands = dice.randint(22, 70)
    shape = dice.randrange(6)
    if shape == 0:
        return f"{thousands} 000 € - {thousands + 6} 000 € par an"
    if shape == 1:
        return f"{thousands}k-{thousands + 8}k EUR"
    if shape == 2:
        return f"{thousands // 12}{dice.choice(('00', '50'))} € brut par mois"
    if shape == 3:
        return f"{dice.randint(12, 24)},{dice.randint(10, 99)} € par heure"
    return "Selon profil" if shape == 4 else ""


def _edit(dice: random.Random, offer: Offer, sentences: list[str]) -> None:
    """What an employer changes: a sentence, the salary, and with them the date of change."""
    offer["description"] += f"<p>{dice.choice(sentences)}</p>"
    offer["salaire"] = _salary(dice)
    offer["dateMiseAJour"] = f"2026-12-{dice.randint(1, 28):02}T09:{dice.randint(0, 59):02}:00+01:00"
