"""Names of regions by country: states, Länder, régions, provinces; and the départements of France by number."""

from __future__ import annotations

from jobpipe.transform.steps.country_words import normal_name

_US_STATES = """
AL Alabama; AK Alaska; AZ Arizona; AR Arkansas; CA California; CO Colorado; CT Connecticut; DE Delaware; DC District
of Columbia; FL Florida; GA Georgia; HI Hawaii; ID Idaho; IL Illinois; IN Indiana; IA Iowa; KS Kansas; KY Kentucky;
LA Louisiana; ME Maine; MD Maryland; MA Massachusetts; MI Michigan; MN Minnesota; MS Mississippi; MO Missouri; MT
Montana; NE Nebraska; NV Nevada; NH New Hampshire; NJ New Jersey; NM New Mexico; NY New York; NC North Carolina; ND
North Dakota; OH Ohio; OK Oklahoma; OR Oregon; PA Pennsylvania; RI Rhode Island; SC South Carolina; SD South Dakota;
TN Tennessee; TX Texas; UT Utah; VT Vermont; VA Virginia; WA Washington; WV West Virginia; WI Wisconsin; WY Wyoming
"""
_CA_PROVINCES = """
AB Alberta; BC British Columbia; MB Manitoba; NB New Brunswick; NL Newfoundland and Labrador; NS Nova Scotia; NT
Northwest Territories; NU Nunavut; ON Ontario; PE Prince Edward Island; QC Québec; SK Saskatchewan; YT Yukon
"""
_DEPARTMENTS = """
01 Ain; 02 Aisne; 03 Allier; 04 Alpes-de-Haute-Provence; 05 Hautes-Alpes; 06 Alpes-Maritimes; 07 Ardèche; 08
Ardennes; 09 Ariège; 10 Aube; 11 Aude; 12 Aveyron; 13 Bouches-du-Rhône; 14 Calvados; 15 Cantal; 16 Charente; 17
Charente-Maritime; 18 Cher; 19 Corrèze; 2A Corse-du-Sud; 2B Haute-Corse; 21 Côte-d'Or; 22 Côtes-d'Armor; 23 Creuse;
24 Dordogne; 25 Doubs; 26 Drôme; 27 Eure; 28 Eure-et-Loir; 29 Finistère; 30 Gard; 31 Haute-Garonne; 32 Gers; 33
Gironde; 34 Hérault; 35 Ille-et-Vilaine; 36 Indre; 37 Indre-et-Loire; 38 Isère; 39 Jura; 40 Landes; 41 Loir-et-Cher;
42 Loire; 43 Haute-Loire; 44 Loire-Atlantique; 45 Loiret; 46 Lot; 47 Lot-et-Garonne; 48 Lozère; 49 Maine-et-Loire;
50 Manche; 51 Marne; 52 Haute-Marne; 53 Mayenne; 54 Meurthe-et-Moselle; 55 Meuse; 56 Morbihan; 57 Moselle; 58
Nièvre; 59 Nord; 60 Oise; 61 Orne; 62 Pas-de-Calais; 63 Puy-de-Dôme; 64 Pyrénées-Atlantiques; 65 Hautes-Pyrénées; 66
Pyrénées-Orientales; 67 Bas-Rhin; 68 Haut-Rhin; 69 Rhône; 70 Haute-Saône; 71 Saône-et-Loire; 72 Sarthe; 73 Savoie;
74 Haute-Savoie; 75 Paris; 76 Seine-Maritime; 77 Seine-et-Marne; 78 Yvelines; 79 Deux-Sèvres; 80 Somme; 81 Tarn; 82
Tarn-et-Garonne; 83 Var; 84 Vaucluse; 85 Vendée; 86 Vienne; 87 Haute-Vienne; 88 Vosges; 89 Yonne; 90 Territoire de
Belfort; 91 Essonne; 92 Hauts-de-Seine; 93 Seine-Saint-Denis; 94 Val-de-Marne; 95 Val-d'Oise; 971 Guadeloupe; 972
Martinique; 973 Guyane; 974 La Réunion; 976 Mayotte
"""


def _by_code(pairs: str) -> dict[str, str]:
    return dict(pair.split(" ", 1) for pair in " ".join(pairs.split()).split("; "))


US_STATES = _by_code(_US_STATES)
CA_PROVINCES = _by_code(_CA_PROVINCES)
DEPARTMENTS = _by_code(_DEPARTMENTS)
AU_STATES = {"NSW": "New South Wales", "VIC": "Victoria", "QLD": "Queensland", "TAS": "Tasmania", "ACT": "ACT"}
# Codes that as the last part of a place are as often a country as a state: Berlin, DE; Wilmington, DE.
UNDECIDED = frozenset(("DE", "IN", "IL"))

_REGIONS = """
FR Auvergne-Rhône-Alpes; Bourgogne-Franche-Comté; Bretagne; Brittany; Centre-Val de Loire; Corse; Grand Est;
   Hauts-de-France; Île-de-France; Normandie; Normandy; Nouvelle-Aquitaine; Occitanie; Pays de la Loire;
   Provence-Alpes-Côte d'Azur; PACA; Alsace; Aquitaine; Auvergne; Bourgogne; Champagne-Ardenne; Franche-Comté;
   Languedoc-Roussillon; Limousin; Lorraine; Midi-Pyrénées; Nord-Pas-de-Calais; Picardie; Poitou-Charentes;
   Rhône-Alpes
DE Baden-Württemberg; Bayern; Bavaria; Brandenburg; Hessen; Hesse; Mecklenburg-Vorpommern; Niedersachsen;
   Lower Saxony; Nordrhein-Westfalen; North Rhine-Westphalia; NRW; Rheinland-Pfalz; Rhineland-Palatinate;
   Saarland; Sachsen; Saxony; Sachsen-Anhalt; Schleswig-Holstein; Thüringen; Thuringia
AT Burgenland; Kärnten; Niederösterreich; Oberösterreich; Steiermark; Tirol; Vorarlberg; Lower Austria; Upper
   Austria; Styria; Tyrol
CH Aargau; Appenzell Ausserrhoden; Appenzell Innerrhoden; Basel-Landschaft; Basel-Stadt; Graubünden; Jura;
   Nidwalden; Obwalden; Thurgau; Ticino; Tessin; Valais; Wallis; Vaud; Waadt
BE Wallonie; Wallonia; Vlaanderen; Flandre; Flanders; Brussels-Capital; Bruxelles-Capitale; Hainaut; Brabant
   wallon; Vlaams-Brabant; Oost-Vlaanderen; West-Vlaanderen
NL Noord-Holland; Zuid-Holland; Noord-Brabant; Gelderland; Overijssel; Flevoland; Friesland; Drenthe; Zeeland;
   Limburg; North Holland; South Holland; North Brabant
GB England; Scotland; Wales; Northern Ireland; Greater London; West Midlands; East Midlands; Greater
   Manchester; West Yorkshire; South Yorkshire; North Yorkshire; Merseyside; Kent; Surrey; Essex;
   Hertfordshire; Oxfordshire; Cambridgeshire; Hampshire; Devon; Cornwall; Dorset; Somerset; Norfolk; Suffolk;
   Lancashire; Cheshire; Buckinghamshire; Berkshire; Gloucestershire; Leicestershire; Nottinghamshire;
   Derbyshire; Staffordshire; Warwickshire; Worcestershire; Wiltshire; West Sussex; East Sussex; Bedfordshire;
   Northamptonshire; Lincolnshire; Cumbria; County Durham; Tyne and Wear
ES Andalucía; Andalusia; Aragón; Asturias; Islas Baleares; Canarias; Cantabria; Castilla-La Mancha; Castilla y
   León; Cataluña; Catalunya; Catalonia; Comunidad de Madrid; Comunidad Valenciana; Extremadura; Galicia;
   Navarra; País Vasco; Euskadi
IT Abruzzo; Basilicata; Calabria; Campania; Emilia-Romagna; Friuli-Venezia Giulia; Lazio; Liguria; Lombardia;
   Lombardy; Marche; Molise; Piemonte; Piedmont; Puglia; Sardegna; Sicilia; Toscana; Tuscany; Trentino-Alto
   Adige; Umbria; Valle d'Aosta; Veneto
AU New South Wales; Queensland; South Australia; Western Australia; Tasmania; Northern Territory; Australian
   Capital Territory
"""
_AMBIGUOUS = ("Georgia", "Washington", "New York", "Victoria", "Maine")


def _regions() -> dict[str, str]:
    made = {}
    for line in _REGIONS.strip().replace("\n   ", " ").splitlines():
        made.update({normal_name(name): line[:2] for name in line[3:].split(";")})
    made.update({normal_name(name): "US" for name in US_STATES.values() if name not in _AMBIGUOUS})
    made.update({normal_name(name): "CA" for name in CA_PROVINCES.values()})
    return made


# The country of each region whose name is of one country only.
REGIONS = _regions()
