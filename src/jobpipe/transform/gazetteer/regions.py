"""Regions by country: ISO 3166-2, the code that GeoNames has for the same (admin1), and names in several languages.

ISO 3166-2 subdivisions of the level at which job boards write regions: Länder, régions, cantons, provinces, states.
Codes and names are facts of ISO 3166-2 and GeoNames; the selection of other names is this project's.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from jobpipe.taxonomy.labels import normalise_label
from jobpipe.transform.steps.region_words import CA_PROVINCES, DEPARTMENTS, US_STATES

# A line a region: the part of its ISO code after the country, GeoNames' code, its name; other names.
_REGIONS = """
FR
ARA 84 Auvergne-Rhône-Alpes; Rhône-Alpes; Auvergne; AURA
BFC 27 Bourgogne-Franche-Comté; Bourgogne; Franche-Comté; Burgundy
BRE 53 Bretagne; Brittany
CVL 24 Centre-Val de Loire; Centre
20R 94 Corse; Corsica; Korsika
GES 44 Grand Est; Alsace; Lorraine; Champagne-Ardenne
HDF 32 Hauts-de-France; Nord-Pas-de-Calais; Picardie
IDF 11 Île-de-France; IDF; Région parisienne; Paris Region; Greater Paris
NOR 28 Normandie; Normandy; Haute-Normandie; Basse-Normandie
NAQ 75 Nouvelle-Aquitaine; Aquitaine; Limousin; Poitou-Charentes
OCC 76 Occitanie; Midi-Pyrénées; Languedoc-Roussillon
PDL 52 Pays de la Loire
PAC 93 Provence-Alpes-Côte d'Azur; PACA; Provence; Sud
DE
BW 01 Baden-Württemberg
BY 02 Bayern; Bavaria; Bavière; Beieren; Baviera
HB 03 Bremen
HH 04 Hamburg
HE 05 Hessen; Hesse; Assia
NI 06 Niedersachsen; Lower Saxony; Basse-Saxe; Nedersaksen
NW 07 Nordrhein-Westfalen; North Rhine-Westphalia; NRW; Rhénanie-du-Nord-Westphalie; Noordrijn-Westfalen
RP 08 Rheinland-Pfalz; Rhineland-Palatinate; Rhénanie-Palatinat
SL 09 Saarland; Sarre
SH 10 Schleswig-Holstein
BB 11 Brandenburg; Brandebourg
MV 12 Mecklenburg-Vorpommern; Mecklenburg-Western Pomerania
SN 13 Sachsen; Saxony; Saxe
ST 14 Sachsen-Anhalt; Saxony-Anhalt
TH 15 Thüringen; Thuringia; Thuringe
BE 16 Berlin
AT
1 01 Burgenland
2 02 Kärnten; Carinthia
3 03 Niederösterreich; Lower Austria
4 04 Oberösterreich; Upper Austria
5 05 Salzburg
6 06 Steiermark; Styria
7 07 Tirol; Tyrol
8 08 Vorarlberg
9 09 Wien; Vienna; Vienne
CH
AG AG Aargau; Argovie
AI AI Appenzell Innerrhoden
AR AR Appenzell Ausserrhoden
BE BE Bern; Berne
BL BL Basel-Landschaft; Bâle-Campagne; Baselland
BS BS Basel-Stadt; Bâle-Ville
FR FR Fribourg; Freiburg
GE GE Genève; Geneva; Genf; Ginevra
GL GL Glarus; Glaris
GR GR Graubünden; Grisons; Grigioni
JU JU Jura
LU LU Luzern; Lucerne
NE NE Neuchâtel; Neuenburg
NW NW Nidwalden; Nidwald
OW OW Obwalden; Obwald
SG SG St. Gallen; Saint-Gall
SH SH Schaffhausen; Schaffhouse
SO SO Solothurn; Soleure
SZ SZ Schwyz
TG TG Thurgau; Thurgovie
TI TI Ticino; Tessin
UR UR Uri
VD VD Vaud; Waadt
VS VS Valais; Wallis
ZG ZG Zug; Zoug
ZH ZH Zürich; Zurich; Zurigo
BE
BRU BRU Bruxelles-Capitale; Brussels-Capital; Brussels Hoofdstedelijk Gewest; Région de Bruxelles-Capitale
VLG VLG Vlaanderen; Flandre; Flanders; Flandern; Vlaams-Brabant; Oost-Vlaanderen; West-Vlaanderen; Limburg
WAL WAL Wallonie; Wallonia; Wallonië; Région wallonne; Wallonien; Brabant wallon; Hainaut
NL
DR 01 Drenthe
FR 02 Friesland; Fryslân
GE 03 Gelderland; Gueldre
GR 04 Groningen
LI 05 Limburg
NB 06 Noord-Brabant; North Brabant; Brabant
NH 07 Noord-Holland; North Holland
UT 09 Utrecht
ZE 10 Zeeland
ZH 11 Zuid-Holland; South Holland
OV 15 Overijssel
FL 16 Flevoland
GB
ENG ENG England; Angleterre; Inglaterra; Inghilterra; Engeland
NIR NIR Northern Ireland; Nordirland; Irlande du Nord
SCT SCT Scotland; Écosse; Schottland; Escocia; Scozia; Schotland
WLS WLS Wales; Cymru; Pays de Galles; Gales; Galles
ES
IB 07 Islas Baleares; Illes Balears; Balearic Islands; Baleares
RI 27 La Rioja
MD 29 Comunidad de Madrid; Madrid
MC 31 Región de Murcia; Murcia
NC 32 Navarra; Navarre
AS 34 Asturias
CB 39 Cantabria
AN 51 Andalucía; Andalusia; Andalousie; Andalusien
AR 52 Aragón; Aragon
CN 53 Canarias; Canary Islands; Islas Canarias
CM 54 Castilla-La Mancha
CL 55 Castilla y León
CT 56 Cataluña; Catalunya; Catalonia; Catalogne; Katalonien
EX 57 Extremadura
GA 58 Galicia; Galice
PV 59 País Vasco; Euskadi; Basque Country; Pays basque
VC 60 Comunidad Valenciana; Comunitat Valenciana; Valencian Community
CE CE Ceuta
ML ML Melilla
IT
65 01 Abruzzo
77 02 Basilicata
78 03 Calabria
72 04 Campania
45 05 Emilia-Romagna
36 06 Friuli-Venezia Giulia
62 07 Lazio; Latium
42 08 Liguria
25 09 Lombardia; Lombardy; Lombardie; Lombardei
57 10 Marche
67 11 Molise
21 12 Piemonte; Piedmont; Piémont; Piemont
75 13 Puglia; Apulia; Pouilles
88 14 Sardegna; Sardinia; Sardaigne; Sardinien
82 15 Sicilia; Sicily; Sicile; Sizilien
52 16 Toscana; Tuscany; Toscane; Toskana
32 17 Trentino-Alto Adige; Südtirol; South Tyrol; Trentino-Südtirol; Alto Adige
55 18 Umbria
23 19 Valle d'Aosta; Vallée d'Aoste
34 20 Veneto; Vénétie; Venetien
PL
02 72 Dolnośląskie; Lower Silesia; Niederschlesien
04 73 Kujawsko-Pomorskie
10 74 Łódzkie
06 75 Lubelskie
08 76 Lubuskie
12 77 Małopolskie; Lesser Poland; Małopolska
14 78 Mazowieckie; Masovia; Mazowsze
16 79 Opolskie
18 80 Podkarpackie
20 81 Podlaskie
22 82 Pomorskie; Pomerania
24 83 Śląskie; Silesia; Śląsk
26 84 Świętokrzyskie
28 85 Warmińsko-Mazurskie
30 86 Wielkopolskie; Greater Poland; Wielkopolska
32 87 Zachodniopomorskie; West Pomerania
PT
01 02 Aveiro
02 03 Beja
03 04 Braga
04 05 Bragança
05 06 Castelo Branco
06 07 Coimbra
07 08 Évora
08 09 Faro; Algarve
30 10 Madeira
09 11 Guarda
10 13 Leiria
11 14 Lisboa; Lisbon; Lisbonne; Lissabon
12 16 Portalegre
13 17 Porto; Oporto
14 18 Santarém
15 19 Setúbal
16 20 Viana do Castelo
17 21 Vila Real
18 22 Viseu
20 23 Açores; Azores
SE
K 02 Blekinge
X 03 Gävleborg; Gävleborgs län
I 05 Gotland; Gotlands län
N 06 Halland; Hallands län
Z 07 Jämtland; Jämtlands län
F 08 Jönköping; Jönköpings län
H 09 Kalmar; Kalmar län
W 10 Dalarna; Dalarnas län
G 12 Kronoberg; Kronobergs län
BD 14 Norrbotten; Norrbottens län
T 15 Örebro; Örebro län
E 16 Östergötland; Östergötlands län
D 18 Södermanland; Södermanlands län
C 21 Uppsala; Uppsala län
S 22 Värmland; Värmlands län
AC 23 Västerbotten; Västerbottens län
Y 24 Västernorrland; Västernorrlands län
U 25 Västmanland; Västmanlands län
AB 26 Stockholm; Stockholms län
M 27 Skåne; Skåne län; Scania
O 28 Västra Götaland; Västra Götalands län
IE
C C Connacht; Connaught
L L Leinster
M M Munster
U U Ulster
AU
ACT 01 Australian Capital Territory
NSW 02 New South Wales
NT 03 Northern Territory
QLD 04 Queensland
SA 05 South Australia
TAS 06 Tasmania
VIC 07 Victoria
WA 08 Western Australia
"""
_CANADA_CODES = "01 AB; 02 BC; 03 MB; 04 NB; 05 NL; 07 NS; 08 ON; 09 PE; 10 QC; 11 SK; 12 YT; 13 NT; 14 NU"
_CANADA = {pair[3:]: pair[:2] for pair in _CANADA_CODES.split("; ")}
# The départements of a région, by number.
_DEPARTMENTS_OF = {
    "ARA": "01 03 07 15 26 38 42 43 63 69 73 74",
    "BFC": "21 25 39 58 70 71 89 90",
    "BRE": "22 29 35 56",
    "CVL": "18 28 36 37 41 45",
    "20R": "2A 2B 20",
    "GES": "08 10 51 52 54 55 57 67 68 88",
    "HDF": "02 59 60 62 80",
    "IDF": "75 77 78 91 92 93 94 95",
    "NOR": "14 27 50 61 76",
    "NAQ": "16 17 19 23 24 33 40 47 64 79 86 87",
    "OCC": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "PDL": "44 49 53 72 85",
    "PAC": "04 05 06 13 83 84",
}
# The provinces of a comunidad, by the first two digits of their postal codes.
_PROVINCES_OF = {
    "AN": "04 11 14 18 21 23 29 41",
    "AR": "22 44 50",
    "AS": "33",
    "CB": "39",
    "CL": "05 09 24 34 37 40 42 47 49",
    "CM": "02 13 16 19 45",
    "CN": "35 38",
    "CT": "08 17 25 43",
    "EX": "06 10",
    "GA": "15 27 32 36",
    "IB": "07",
    "MC": "30",
    "MD": "28",
    "NC": "31",
    "PV": "01 20 48",
    "RI": "26",
    "VC": "03 12 46",
    "CE": "51",
    "ML": "52",
}


class Region(NamedTuple):
    # ISO 3166-1 alpha-2.
    country: str
    # ISO 3166-2: FR-ARA.
    code: str
    # `admin1` of GeoNames.
    admin1: str
    # In the country's own language.
    name: str


class Regions(NamedTuple):
    # By (country, GeoNames' code).
    by_admin1: dict[tuple[str, str], Region]
    # By name as `normalise_label` leaves it; several where countries share a name.
    by_name: dict[str, list[Region]]
    # By ISO 3166-2.
    by_code: dict[str, Region]


@cache
def regions() -> Regions:
    """All that are known; made when the first one is asked for."""
    found = Regions({}, {}, {})
    country = ""
    for line in _REGIONS.strip().splitlines():
        if len(line) == 2:
            country = line
            continue
        code, admin1, names = line.split(" ", 2)
        _add(found, Region(country, f"{country}-{code}", admin1, names.split("; ")[0]), names.split("; "))
    for code, name in US_STATES.items():
        _add(found, Region("US", f"US-{code}", code, name), [name])
    for code, name in CA_PROVINCES.items():
        _add(found, Region("CA", f"CA-{code}", _CANADA[code], name), [name])
    for code, numbers in _DEPARTMENTS_OF.items():
        for number in numbers.split():
            department = DEPARTMENTS.get(number, "Paris")
            if department != "Paris":
                _named(found, normalise_label(department), found.by_code[f"FR-{code}"])
    return found


def region_of(text: str, country: str | None = None) -> Region | None:
    """The region of a name or a code (FR-ARA, or ARA where the country is known); a French département is in its
    région. None = no region is named so, or regions of several countries are.
    """
    known = regions()
    code = text.strip().upper()
    if (found := known.by_code.get(code)) is not None and country in (None, found.country):
        return found
    if country is not None and (found := known.by_code.get(f"{country}-{code}")) is not None:
        return found
    named = [one for one in known.by_name.get(normalise_label(text), ()) if country in (None, one.country)]
    return named[0] if len(named) == 1 else None


def region_of_postal_code(postal_code: str, country: str | None) -> Region | None:
    """Of the countries whose postal codes begin with their province or département."""
    digits = postal_code.strip()[:2].upper()
    return _by_postal_code().get((country or "", digits))


@cache
def _by_postal_code() -> dict[tuple[str, str], Region]:
    found = {}
    for country, table in (("FR", _DEPARTMENTS_OF), ("ES", _PROVINCES_OF)):
        for code, numbers in table.items():
            for number in numbers.split():
                found[country, number] = regions().by_code[f"{country}-{code}"]
    return found


def _add(found: Regions, region: Region, names: list[str]) -> None:
    found.by_admin1[region.country, region.admin1] = region
    found.by_code[region.code] = region
    for name in names:
        _named(found, normalise_label(name), region)


def _named(found: Regions, name: str, region: Region) -> None:
    there = found.by_name.setdefault(name, [])
    if region not in there:
        there.append(region)
