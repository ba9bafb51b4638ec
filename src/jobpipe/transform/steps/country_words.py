"""Names of countries by ISO 3166-1 alpha-2: alpha-3, then names in English, French, German, Spanish, Italian, Dutch,
Portuguese, Swedish and Norwegian, and the country's own, as far as they differ. Written for this project.
"""

from __future__ import annotations

import re

from jobpipe.transform.steps.date_words import fold

_NAMES = """
AD AND Andorra; Andorre
AE ARE United Arab Emirates; Émirats arabes unis; Vereinigte Arabische Emirate; Emiratos Árabes Unidos; Emirati
   Arabi Uniti; Verenigde Arabische Emiraten; UAE; Dubai; Abu Dhabi
AL ALB Albania; Albanie; Albanien; Albanië; Shqipëria
AM ARM Armenia; Arménie; Armenien
AO AGO Angola
AR ARG Argentina; Argentine; Argentinien; Argentinië
AT AUT Austria; Autriche; Österreich; Oostenrijk; Áustria; Österrike; Østerrike
AU AUS Australia; Australie; Australien; Australië; Austrália
AZ AZE Azerbaijan; Azerbaïdjan; Aserbaidschan
BA BIH Bosnia and Herzegovina; Bosnia; Bosnie-Herzégovine; Bosnien und Herzegowina; Bosnia y Herzegovina; Bosnië
BD BGD Bangladesh; Bangladesch
BE BEL Belgium; Belgique; Belgien; Bélgica; Belgio; België; Belgia; Bélgique
BF BFA Burkina Faso
BG BGR Bulgaria; Bulgarie; Bulgarien; Bulgarije; Bulgária; България
BH BHR Bahrain; Bahreïn
BJ BEN Benin; Bénin
BL BLM Saint-Barthélemy; Saint Barthélemy
BO BOL Bolivia; Bolivie; Bolivien
BR BRA Brazil; Brésil; Brasilien; Brasil; Brasile; Brazilië
BY BLR Belarus; Biélorussie; Weißrussland; Bielorrusia; Bielorussia; Wit-Rusland
CA CAN Canada; Kanada; Canadá
CD COD Democratic Republic of the Congo; République démocratique du Congo; RDC; Congo-Kinshasa
CG COG Congo; République du Congo; Congo-Brazzaville
CH CHE Switzerland; Suisse; Schweiz; Suiza; Svizzera; Zwitserland; Suíça; Sveits
CI CIV Ivory Coast; Côte d'Ivoire; Elfenbeinküste; Costa de Marfil; Costa d'Avorio
CL CHL Chile; Chili; Cile
CM CMR Cameroon; Cameroun; Kamerun; Camerún
CN CHN China; Chine; Cina; People's Republic of China; 中国
CO COL Colombia; Colombie; Kolumbien
CR CRI Costa Rica
CU CUB Cuba; Kuba
CY CYP Cyprus; Chypre; Zypern; Chipre; Cipro; Cypern; Kypros
CZ CZE Czech Republic; Czechia; République tchèque; Tchéquie; Tschechien; Tschechische Republik; República Checa;
   Chequia; Repubblica Ceca; Tsjechië; Tjeckien; Tsjekkia; Česko; Česká republika
DE DEU Germany; Allemagne; Deutschland; Alemania; Germania; Duitsland; Alemanha; Tyskland
DJ DJI Djibouti
DK DNK Denmark; Danemark; Dänemark; Dinamarca; Danimarca; Denemarken; Danmark
DO DOM Dominican Republic; République dominicaine; República Dominicana
DZ DZA Algeria; Algérie; Algerien; Argelia; Algerije
EC ECU Ecuador; Équateur
EE EST Estonia; Estonie; Estland; Eesti
EG EGY Egypt; Égypte; Ägypten; Egipto; Egitto; Egypte
ES ESP Spain; Espagne; Spanien; España; Espanya; Spagna; Spanje; Espanha; Spania
ET ETH Ethiopia; Éthiopie; Äthiopien
FI FIN Finland; Finlande; Finnland; Finlandia; Suomi
FO FRO Faroe Islands; Îles Féroé
FR FRA France; Frankreich; Francia; Frankrijk; França; Frankrike; France métropolitaine; République française
GA GAB Gabon
GB GBR United Kingdom; Great Britain; Britain; UK; U.K.; England; Scotland; Wales; Northern Ireland; Royaume-Uni;
   Grande-Bretagne; Angleterre; Écosse; Vereinigtes Königreich; Großbritannien; Reino Unido; Regno Unito; Gran
   Bretagna; Verenigd Koninkrijk; Groot-Brittannië; Storbritannien; Storbritannia; Inglaterra; Inghilterra; Engeland
GE GEO Georgia (country); Géorgie; Georgien
GF GUF French Guiana; Guyane; Guyane française
GG GGY Guernsey; Guernesey
GH GHA Ghana
GI GIB Gibraltar
GL GRL Greenland; Groenland; Grönland
GN GIN Guinea; Guinée
GP GLP Guadeloupe
GR GRC Greece; Grèce; Griechenland; Grecia; Griekenland; Grécia; Grekland; Hellas; Ελλάδα
GT GTM Guatemala
HK HKG Hong Kong; Hongkong; Hong Kong SAR
HN HND Honduras
HR HRV Croatia; Croatie; Kroatien; Croacia; Croazia; Kroatië; Croácia; Kroatia; Hrvatska
HT HTI Haiti; Haïti
HU HUN Hungary; Hongrie; Ungarn; Hungría; Ungheria; Hongarije; Hungria; Ungern; Magyarország
ID IDN Indonesia; Indonésie; Indonesien; Indonesië
IE IRL Ireland; Irlande; Irland; Irlanda; Ierland; Republic of Ireland; Éire
IL ISR Israel; Israël; Israele
IM IMN Isle of Man; Île de Man
IN IND India; Inde; Indien
IQ IRQ Iraq; Irak
IR IRN Iran
IS ISL Iceland; Islande; Island; Islandia; Islanda; IJsland; Ísland
IT ITA Italy; Italie; Italien; Italia; Italië; Itália
JE JEY Jersey (island)
JM JAM Jamaica; Jamaïque
JO JOR Jordan; Jordanie; Jordanien; Jordania
JP JPN Japan; Japon; Japón; Giappone; Japão; 日本
KE KEN Kenya; Kenia
KG KGZ Kyrgyzstan; Kirghizistan
KH KHM Cambodia; Cambodge; Kambodscha
KM COM Comoros; Comores
KR KOR South Korea; Korea; Republic of Korea; Corée du Sud; Corée; Südkorea; Corea del Sur; Corea del Sud;
   Zuid-Korea; Sydkorea; Sør-Korea
KW KWT Kuwait; Koweït
KZ KAZ Kazakhstan; Kasachstan; Kazajistán
LB LBN Lebanon; Liban; Libanon; Líbano; Libano
LI LIE Liechtenstein
LK LKA Sri Lanka
LT LTU Lithuania; Lituanie; Litauen; Lituania; Litouwen; Lituânia; Lietuva
LU LUX Luxembourg; Luxemburg; Luxemburgo; Lussemburgo; Grand-Duché de Luxembourg; Lëtzebuerg
LV LVA Latvia; Lettonie; Lettland; Letonia; Lettonia; Letland; Letónia; Latvija
LY LBY Libya; Libye; Libyen
MA MAR Morocco; Maroc; Marokko; Marruecos; Marocco; Marrocos; Marocko
MC MCO Monaco; Mónaco
MD MDA Moldova; Moldavie; Moldau; Moldavia; Republic of Moldova
ME MNE Montenegro; Monténégro; Crna Gora
MF MAF Saint-Martin
MG MDG Madagascar; Madagaskar
MK MKD North Macedonia; Macedonia; Macédoine du Nord; Nordmazedonien; Macedonia del Norte; Noord-Macedonië
ML MLI Mali
MM MMR Myanmar; Birmanie
MN MNG Mongolia; Mongolie
MO MAC Macao; Macau
MQ MTQ Martinique
MR MRT Mauritania; Mauritanie
MT MLT Malta; Malte
MU MUS Mauritius; Maurice; Île Maurice
MX MEX Mexico; Mexique; Mexiko; México; Messico
MY MYS Malaysia; Malaisie; Maleisië
MZ MOZ Mozambique; Moçambique
NC NCL New Caledonia; Nouvelle-Calédonie
NE NER Niger
NG NGA Nigeria; Nigéria
NL NLD Netherlands; The Netherlands; Holland; Pays-Bas; Niederlande; Holanda; Países Bajos; Paesi Bassi; Olanda;
   Nederland; Países Baixos; Nederländerna
NO NOR Norway; Norvège; Norwegen; Noruega; Norvegia; Noorwegen; Norge; Noreg
NP NPL Nepal; Népal
NZ NZL New Zealand; Nouvelle-Zélande; Neuseeland; Nueva Zelanda; Nuova Zelanda; Nieuw-Zeeland; Nova Zelândia
OM OMN Oman
PA PAN Panama; Panamá
PE PER Peru; Pérou; Perú
PF PYF French Polynesia; Polynésie française
PH PHL Philippines; Philippinen; Filipinas; Filippine; Filipijnen
PK PAK Pakistan
PL POL Poland; Pologne; Polen; Polonia; Polonia; Polónia; Polska
PM SPM Saint-Pierre-et-Miquelon
PR PRI Puerto Rico; Porto Rico
PT PRT Portugal; Portogallo
PY PRY Paraguay
QA QAT Qatar; Katar
RE REU Réunion; La Réunion; Reunion
RO ROU Romania; Roumanie; Rumänien; Rumania; Roemenië; Roménia; România
RS SRB Serbia; Serbie; Serbien; Servië; Sérvia; Srbija
RU RUS Russia; Russian Federation; Russie; Russland; Rusia; Rusland; Rússia; Ryssland; Россия
RW RWA Rwanda; Ruanda
SA SAU Saudi Arabia; Arabie saoudite; Saudi-Arabien; Arabia Saudita; Arabia Saudí; Saoedi-Arabië; KSA
SE SWE Sweden; Suède; Schweden; Suecia; Svezia; Zweden; Suécia; Sverige
SG SGP Singapore; Singapour; Singapur
SI SVN Slovenia; Slovénie; Slowenien; Eslovenia; Slovenië; Eslovénia; Slovenija
SK SVK Slovakia; Slovaquie; Slowakei; Eslovaquia; Slovacchia; Slowakije; Eslováquia; Slovensko
SM SMR San Marino; Saint-Marin
SN SEN Senegal; Sénégal
SV SLV El Salvador
TD TCD Chad; Tchad
TG TGO Togo
TH THA Thailand; Thaïlande; Tailandia; Thailandia
TN TUN Tunisia; Tunisie; Tunesien; Túnez; Tunesië
TR TUR Turkey; Türkiye; Turquie; Türkei; Turquía; Turchia; Turkije; Turquia; Turkiet; Tyrkia
TW TWN Taiwan; Taïwan
TZ TZA Tanzania; Tanzanie; Tansania
UA UKR Ukraine; Ucrania; Ucraina; Oekraïne; Ucrânia; Ukraina; Україна
UG UGA Uganda; Ouganda
US USA United States; United States of America; U.S.A.; U.S.; America; États-Unis; États-Unis d'Amérique; Etats
   Unis; Vereinigte Staaten; Estados Unidos; EE.UU.; EEUU; Stati Uniti; Verenigde Staten; Förenta staterna
UY URY Uruguay
UZ UZB Uzbekistan; Ouzbékistan; Usbekistan
VA VAT Vatican; Vatican City; Vatikanstadt
VE VEN Venezuela; Vénézuéla
VN VNM Vietnam; Viet Nam; Viêt Nam
WF WLF Wallis-et-Futuna
XK XKX Kosovo
YE YEM Yemen; Yémen
YT MYT Mayotte
ZA ZAF South Africa; Afrique du Sud; Südafrika; Sudáfrica; Sudafrica; Zuid-Afrika; África do Sul; Sydafrika;
   Sør-Afrika
ZM ZMB Zambia; Zambie; Sambia
ZW ZWE Zimbabwe; Simbabwe
"""


def normal_name(text: str) -> str:
    """Small letters and digits of a name, single blanks between its words."""
    return " ".join(re.sub(r"[^\w]+", " ", fold(text)).split())


def _table() -> dict[str, str]:
    made: dict[str, str] = {}
    for line in _NAMES.strip().replace("\n   ", " ").splitlines():
        code, three, names = line.split(" ", 2)
        made[three.lower()] = code
        for name in names.split(";"):
            made.setdefault(normal_name(re.sub(r" \((?:country|island)\)", "", name)), code)
    return made


COUNTRY_NAMES = _table()
# Names that are also those of cities, regions or people: a country only where nothing else is said.
AMBIGUOUS = frozenset(("georgia", "jersey", "jordan", "dubai", "abu dhabi", "mali", "per", "can", "and", "col", "mar"))
