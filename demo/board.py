"""The export of a job board that does not exist, on three days, with all the dirt of real ones.

The shape is that of a large French board's export: an element a field, texts as HTML in CDATA, days first,
salaries as people write them.  All text was written for this project; the same seed gives the same bytes.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

TRADES = [
    ("Développeur back-end Python", "Informatique", "concevoir et faire vivre les services qui portent nos échanges"),
    ("Développeuse web", "Informatique", "construire des pages que tout le monde peut lire, même lentement connecté"),
    ("Administrateur systèmes & réseaux", "Informatique", "tenir les serveurs debout et documenter ce qui les menace"),
    ("Comptable fournisseurs", "Comptabilité", "enregistrer les factures, rapprocher les comptes et payer à l’heure"),
    ("Contrôleur de gestion", "Comptabilité", "éclairer les choix de l’équipe par des chiffres vérifiés"),
    ("Infirmier de nuit", "Santé", "veiller sur trente résidents avec une équipe soudée"),
    ("Aide-soignante", "Santé", "accompagner les gestes du quotidien avec douceur et méthode"),
    ("Chef de partie", "Restauration", "préparer une carte courte, de saison, avec des produits d’à côté"),
    ("Serveur en salle", "Restauration", "accueillir, conseiller et servir une quarantaine de couverts"),
    ("Maçon traditionnel", "Bâtiment", "restaurer des murs en pierre à la chaux et monter des cloisons"),
    ("Électricien d’équipement", "Bâtiment", "tirer, raccorder et contrôler des installations neuves"),
    ("Conductrice de travaux", "Bâtiment", "suivre quatre chantiers, leurs délais et leur sécurité"),
    ("Technicien de maintenance", "Industrie", "dépanner des lignes de conditionnement et prévenir les pannes"),
    ("Opératrice de production", "Industrie", "régler, alimenter et surveiller une machine d’emballage"),
    ("Conseiller de vente", "Commerce", "écouter les clients et tenir un rayon clair"),
    ("Responsable de magasin", "Commerce", "animer huit personnes et répondre des résultats"),
    ("Chargée de recrutement", "Ressources humaines", "rencontrer, évaluer et accompagner les nouveaux venus"),
    ("Chauffeur poids lourd", "Transport", "livrer la région au départ de notre entrepôt, sans découcher"),
]
EMPLOYERS = [
    "Atelier des Trois Ponts", "Maison Verdier-Exemple", "Clinique du Val Exemple", "Transports Exemple & Fils",
    "Les Fournils d’Exemple", "Groupe Exemple Énergie", "Bâti-Exemple Ouest", "Coopérative de l’Exemple",
]  # fmt: skip
PLACES = [
    "69003 Lyon", "44000 Nantes", "75011 Paris", "59800 Lille", "67000 Strasbourg", "13002 Marseille", "35000 Rennes",
    "31000 Toulouse", "38000 Grenoble", "21000 Dijon", "29200 Brest", "06000 Nice", "63000 Clermont-Ferrand",
]  # fmt: skip
CONTRACTS = ["CDI", "CDI", "CDI", "CDD", "CDD", "Intérim", "Stage", "Alternance", "Freelance"]
SALARIES = [
    "35 000 € - 42 000 € par an", "2 150 € brut/mois", "12,50 €/h", "30k-38k EUR", "Selon profil",
    "de 1 850 à 2 100 euros par mois", "", "45 000 € annuels", "à négocier",
]  # fmt: skip
REASONS = [
    "Vous rejoignez une équipe qui prend le temps d’expliquer.", "Le poste est à pourvoir dès que possible.",
    "Une période de tuilage de trois semaines est prévue.", "Les horaires sont connus un mois à l’avance.",
    "Le matériel est récent et bien entretenu.", "Nous avons déménagé l’an dernier dans des locaux clairs.",
    "Chaque décision technique est relue à plusieurs.", "Le télétravail est possible deux jours par semaine.",
    "Un véhicule est mis à disposition pour les déplacements.", "La mutuelle est prise en charge à 70 %.",
    "Nos clients nous connaissent depuis plus de vingt ans.", "La formation interne dure dix jours par an.",
]  # fmt: skip
PROFILES = [
    "Vous aimez le travail soigné et dites quand quelque chose ne va pas.",
    "Une première expérience est appréciée, la curiosité davantage.",
    "Vous écrivez clairement et savez lire un plan.",
    "Le permis B est nécessaire ; un diplôme ne l’est pas.",
    "À l’aise avec les chiffres, vous l’êtes aussi avec les gens.",
]


@dataclass(frozen=True)
class Offer:
    number: int
    title: str
    trade: str
    employer: str
    place: str
    contract: str
    salary: str
    published: str
    text: str
    profile: str
    status: str = "ouverte"
    # Whole fields written in another way than they should be.
    spoilt: dict[str, str] = field(default_factory=dict)


def offers_of_day_one() -> list[Offer]:
    """300 offers: most of them clean, some of them as sources really are."""
    dice = random.Random(20261124)
    offers = [_offer(dice, 1000 + number) for number in range(300)]
    return [_spoil(offer, position) for position, offer in enumerate(offers)]


def day_one() -> bytes:
    offers = offers_of_day_one()
    # The same offer twice, and another one with a number that is taken.
    twice = offers[40]
    same_number = replace(offers[77], number=offers[20].number)
    return document([*offers[:150], twice, *offers[150:], same_number])


def day_two() -> bytes:
    """A quiet day: some texts changed, a few offers are new, a few have gone, one is filled."""
    dice = random.Random(20261125)
    offers = offers_of_day_one()
    gone = {7, 88, 123, 199, 250, 251}
    kept = [offer for position, offer in enumerate(offers) if position not in gone]
    for position in (3, 30, 61, 90, 140, 180, 222, 260):
        kept[position] = replace(
            kept[position], text=kept[position].text + "<p>Mise à jour : entretien sous huit jours.</p>"
        )
    kept[200] = replace(kept[200], status="pourvue")
    return document([*kept, *(_offer(dice, 2000 + number) for number in range(5))])


def day_three() -> bytes:
    """A day on which the board's generator has lost three fifths of its offers: well-formed, and wrong."""
    offers = offers_of_day_one()
    return document(offers[: len(offers) * 2 // 5])


def large(postings: int) -> bytes:
    """So many clean offers."""
    dice = random.Random(20261126)
    return document([_offer(dice, 10_000 + number) for number in range(postings)])


def document(offers: list[Offer]) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<offres genere="2026-11-24">\n'
    records = [malformed_record() if offer.number == 1111 else record_of(offer) for offer in offers]
    return head.encode() + b"".join(records) + b"</offres>\n"


def record_of(offer: Offer) -> bytes:
    fields = {
        "intitule": _escape(offer.title),
        "entreprise": f"<nom>{_escape(offer.employer)}</nom>",
        "lieu": _escape(offer.place),
        "typeContrat": offer.contract,
        "fonction": _escape(offer.trade),
        "salaire": _escape(offer.salary),
        "datePublication": offer.published,
        "statut": offer.status,
        "url": f"https://jobs.example.org/offre/{offer.number}?de=flux&amp;v=1",
        "texteHtml": f"<![CDATA[{offer.text}]]>",
        "profil": f"<![CDATA[<p>{offer.profile}</p>]]>",
        **offer.spoilt,
    }
    lines = "".join(f"    <{name}>{value}</{name}>\n" for name, value in fields.items())
    return f'  <offre id="{offer.number}">\n{lines}  </offre>\n'.encode()


def malformed_record() -> bytes:
    """A record whose title is never closed: it costs itself, not its neighbours."""
    return b'  <offre id="1111">\n    <intitule>Magasinier cariste\n    <lieu>54000 Nancy</lieu>\n  </offre>\n'


def _offer(dice: random.Random, number: int) -> Offer:
    title, trade, mission = dice.choice(TRADES)
    reasons = dice.sample(REASONS, 4)
    tasks = "".join(f"<li>{reason}</li>" for reason in reasons[2:])
    text = (
        f"<p><strong>Votre mission :</strong> {mission}.</p><p>{reasons[0]} {reasons[1]}</p>"
        f"<ul>{tasks}</ul><p>Référence interne {number}-{dice.randrange(100, 999)}.</p>"
    )
    return Offer(
        number=number,
        title=title + dice.choice([" (H/F)", " H/F", "", " F/H", ""]),
        trade=trade,
        employer=dice.choice(EMPLOYERS),
        place=dice.choice(PLACES),
        contract=dice.choice(CONTRACTS),
        salary=dice.choice(SALARIES),
        published=f"{dice.randrange(1, 24):02}/11/2026",
        text=text,
        profile=dice.choice(PROFILES),
    )


def _spoil(offer: Offer, position: int) -> Offer:
    """Every so many records, one of the faults that feeds really have."""
    if position % 29 == 5:  # UTF-8 that was read as Windows-1252 somewhere upstream
        return replace(offer, text=_misread(offer.text), title=_misread(offer.title))
    if position % 41 == 9:  # escaped once too often
        return replace(offer, text=offer.text.replace("é", "&amp;eacute;").replace("’", "&amp;rsquo;"))
    if position % 53 == 11:  # a bare ampersand, outside CDATA
        return replace(offer, spoilt={"fonction": "Recherche & développement"})
    if position % 61 == 13:  # no title
        return replace(offer, spoilt={"intitule": ""})
    if position % 47 == 17:  # a date in words
        return replace(offer, published="il y a 3 jours")
    if position % 59 == 19:  # a script, as if nobody looked
        return replace(offer, text=offer.text + "<script>alert('offre')</script><p onclick=\"x()\">Postulez !</p>")
    if position % 67 == 21:  # abroad: the demo keeps France only
        return replace(offer, place="Genève, Suisse")
    if position % 71 == 23:  # not-breaking spaces, soft hyphens, tabs
        return replace(offer, title=offer.title.replace(" ", "\u00a0").replace("ment", "\u00adment") + "\t")
    return offer


def _misread(text: str) -> str:
    return text.encode().decode("cp1252", "replace") if "à" not in text else text.encode().decode("latin-1")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
