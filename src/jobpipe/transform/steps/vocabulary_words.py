"""The words of contracts, working times and remote work, without accents and in small letters.

Under each value stand the words for it, regular expressions between blanks. Earlier values win: a "CDI" in a
"contrat d'apprentissage en CDI" is an apprenticeship, a "temporary contract" fixed-term before agency work.
"""

from __future__ import annotations

import re
from functools import cached_property


class Vocabulary:
    """Values with what finds their words in a label, in the order in which they are tried."""

    def __init__(self, lines: str) -> None:
        self._words: dict[str, str] = {}
        value = ""
        for line in lines.strip().splitlines():
            if line.startswith(" "):
                self._words[value] += line.strip().replace(" | ", "|").replace(" |", "|")
            else:
                value = line.rstrip(":")
                self._words[value] = ""

    @cached_property
    def patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """Compiled when the first label is read: hundreds of words take some milliseconds."""
        return tuple((value, re.compile(rf" (?:{words}) ")) for value, words in self._words.items())


CONTRACT = Vocabulary(r"""
apprenticeship:
  alternance | alternant\w* | alternating | apprentissage | apprenti\w* | apprenticeships? | apprentices? |
  contrat de pro(?:fessionnalisation)? | professionnalisation | ausbildung | azubi\w* | lehrstelle | lehre |
  duales studium | duale\w* student\w* | formacion dual | aprendizaje | aprendiz | apprendistato |
  apprendista | larling\w* | laerling\w* | larlingsplass | elev | leerwerk\w* | leerling\w* | bbl |
  aprendizagem | learnership | cifre
internship:
  stages? | stagiaires? | internships? | interns? | praktik\w* | praktisk | pflichtpraktikum | werkstudent\w* |
  working student | stageplaats | stageplek | afstudeer\w* | practicas | becas? | becario | becaria |
  pasantia\w* | tirocinio | tirocinant\w* | stagista | trainee(?:ship)?s? | estagios? | estagiari\w* |
  (?:industrial|work|student) placement | meewerkstage | diplomarbeit | abschlussarbeit | thesis | exjobb
volunteer:
  volunt\w* | benevol\w* | service civique | vie | v i e | civic service | ehrenamt\w* |
  bundesfreiwilligendienst | bfd | fsj | freiwillig\w* | vrijwillig\w* | voluntari\w* | volontari\w* |
  ideell\w* | frivillig\w*
freelance:
  free ?lancers? | free ?lance | independants? | independent contractor | contractors? | self employed |
  auto entrepreneur\w* | micro entrepreneur\w* | portage salarial | prestataire | lib | fra | prestation |
  profession liberale | liberale? | freiberuf\w* | freie mitarbeit | selbst ?standig\w* | zzp\w* |
  zelfstandig\w* | autonomo | autonoma | mercantil | partita iva | libero professionista | p iva | konsult\w* |
  selvstendig\w* | recibos verdes | prestacao de servicos | b2b | franchis\w* | agent commercial | vrp |
  contract for services | honorar\w*
fixed_term:
  non permanent | nicht unbefristet | cdd\w* | duree determinee | contrat determine | fixed term\w* |
  fixed contract | ftc |
  (?:maternity|parental leave|sick leave|leave) cover | temporary contract | limited term | term contract | definite |
  befrist\w* | zeitvertrag | auf zeit | bepaalde (?:tijd|duur) | tijdelijk contract | tijdelijk\w* |
  jaarcontract | temporal\w* | duracion determinada | plazo fijo | obra y servicio | obra o servicio |
  tempo determinato | a termine | determinato | visstid\w* | tidsbegransa\w* | vikariat\w* | vikar |
  tidsbegrenset | engasjement | midlertidig\w* | termo certo | a termo | prazo determinado |
  contratto a termine | remplacement | ater | contract duration limited | remplacant
temporary:
  interim\w* | interimaires? | mission | travail temporaire | temporaires? | temporary | temp | mis | sai |
  din | agency | agence d emploi | leiharbeit\w* | zeitarbeit\w* | arbeitnehmeruberlassung |
  personaluberlassung | uitzend\w* | detachering | somministrazione | interinale | bemanning\w* | bemannings |
  saisonn\w* | seasonal | saison | saisonarbeit | seizoen\w* | temporada | stagional\w* | sasong\w* |
  sesong\w* | extras? | vacation | vacataire | casual | zero hours? | on call | per diem | aushilfe\w* |
  extrajobb | behovsanst\w* | timanstalld | tilkalling\w* | job etudiant | student job | ferienjob | minijob |
  mini job | geringfugig\w* | bijbaan | vakantiewerk | job d ete | summer job | sommarjobb | sommerjobb
permanent:
  cdi\w* | direct (?:hire|placement) | duree indeterminee | contrat indetermine | indetermine\w* | permanent\w* | perm |
  regular(?: employee)? | open ended | unlimited | indefinite | unbefrist\w* | festanstellung\w* |
  fest ?angestellt\w* | feste anstellung | dauerstelle | onbepaalde (?:tijd|duur) | vast |
  vaste (?:baan|aanstelling|dienst|contract) | vast contract | indefinid\w* | fijo | fijo discontinuo |
  indeterminato | tempo indeterminato | tillsvidare\w* | tills vidare | fast | fast ansettelse |
  faste stillinger | efetivo | sem termo | efectivo | titulaires? | fonctionnaires? | statutaire |
  vollzeit festanstellung
other:
  other | autres? | andere | overig\w* | otros? | altro | annat | annet | sonstige\w* | outros?
""")

WORKING_TIME = Vocabulary(r"""
part_time:
  part ?time | parttime | temps partiel | mi temps | partiel(?:le)? | temps reduit | non complet |
  teilzeit\w* | teilzeitbeschaftigt\w* | halbtags | halbzeit | minijob | mini job | geringfugig\w* |
  deeltijd\w* | deeltids\w* | tiempo parcial | media jornada | jornada parcial | parcial | jornada reducida |
  meio periodo | tempo parcial | part time orizzontale | tempo parziale | deltid\w* | pt | few hours |
  student hours | p t | (?:[1-9]|1\d|2\d|3[0-1])(?: \d\d?)? ?(?:h\d*|heures|hours|stunden|std|uur)(?: .*)? |
  [1-9]\d? ?%
full_time:
  full ?time | fulltime | temps (?:plein|complet) | plein temps | plein | complet | vollzeit\w* |
  vollzeitbeschaftigt\w* | ganztags | voltijd\w* | voltids\w* | tiempo completo | jornada completa | completa |
  tempo pieno | tempo integral | tempo inteiro | periodo integral | heltid\w* | fuldtid\w* | ft | f t | full |
  (?:3[2-9]|4\d)(?: \d\d?)? ?(?:h\d*|heures|hours|stunden|std|uur)(?: .*)? | 100 ?%
""")

REMOTE = Vocabulary(r"""
hybrid:
  hybrid\w* | hybride | ibrid\w* | hibrid\w* |
  teletravail (?:partiel|occasionnel|ponctuel|possible|regulier|autorise)\w* | partiel(?:lement)? |
  partial\w* | partly | occasionnel | ponctuel | teilweise | gelegentlich | tijdelijk thuis | deels | delvis |
  parcial\w* | parzial\w* | misto | mixto | mixte | semi presencial | semipresencial |
  remote or (?:office|onsite) | [1-4] (?:jours?|days?|tage?|dagen|dias|giorni|dagar)(?: .*)? |
  [1-9]\d ?% (?:remote|teletravail|home ?office|thuis|distans).* |
  home ?office (?:moglich|option\w*|teilweise) | mobiles arbeiten moglich | flexible
on_site:
  no remote | non | no | false | 0 | pas de teletravail | aucun | kein | sans teletravail | not remote |
  on ?site | onsite | sur (?:site|place) | presentiel | in (?:office|person) | office | office based | bureau |
  vor ort | prasenz | vor ort arbeit | op (?:locatie|kantoor) | presencial | in (?:sede|presenza) | pa plats |
  pa kontoret | pa arbeidsplassen | stedet | physical | physique | workplace
remote:
  (?:100 ?% |full |fully )?remote\w* | telecommut\w* | work from home | wfh | home ?based | home ?office |
  teletravail\w* | tele travail | total | full | complet | a distance | distanciel | anywhere | remot\w* |
  mobiles arbeiten | fern\w* | thuiswerk\w* | op afstand | volledig thuis | teletrabajo | trabajo remoto |
  a distancia | smart ?working | da remoto | telelavoro | distans\w* | pa distans | hjemmekontor | fjern\w* |
  hjemmefra | teletrabalho | trabalho remoto | oui | yes | true | 1 | distributed
""")
