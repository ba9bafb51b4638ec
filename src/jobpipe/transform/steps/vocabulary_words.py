"""The words of labels for contracts, working times, remote work and the periods of salaries, in ten languages.

Under each value stand its words (`jobpipe.transform.steps.vocabulary`).  Earlier values win: a "CDI" in a "contrat
d'apprentissage en CDI" is an apprenticeship, a "temporary contract" fixed-term before agency work.
"""

from __future__ import annotations

from jobpipe.transform.steps.vocabulary import Vocabulary

CONTRACT = Vocabulary(r"""
apprenticeship:
  alternance | alternant\w* | alternating | apprentissage | apprenti\w* | apprenticeships? | apprentices? |
  contrat de pro(?:fessionnalisation)? | professionnalisation | ausbildung | azubi\w* | lehrstelle | lehre |
  duales studium | duale\w* student\w* | formacion dual | aprendizaje | aprendiz | apprendistato |
  apprendista | larling\w* | laerling\w* | larlingsplass | elev | leerwerk\w* | leerling\w* | bbl |
  aprendizagem | learnership | cifre |
  jovem aprendiz | menor aprendiz | nauka zawodu | uczen | przyuczenie\w* | leercontract | ausbildungs\w* |
  contrato? (?:de|para la) formacion\w*
internship:
  stages? | stagiaires? | internships? | interns? | praktik\w* | praktisk | pflichtpraktikum | werkstudent\w* |
  working student | stageplaats | stageplek | afstudeer\w* | practicas | becas? | becario | becaria |
  pasantia\w* | tirocinio | tirocinant\w* | stagista | trainee(?:ship)?s? | estagios? | estagiari\w* |
  (?:industrial|work|student) placement | meewerkstage | diplomarbeit | abschlussarbeit | thesis | exjobb |
  staz\w* | praktyk\w* | masterarbeit | bachelorarbeit |
  student job scheme | contrato formativo | en practicas
volunteer:
  volunt\w* | benevol\w* | service civique | vie | v i e | civic service | ehrenamt\w* |
  bundesfreiwilligendienst | bfd | fsj | freiwillig\w* | vrijwillig\w* | voluntari\w* | volontari\w* |
  ideell\w* | frivillig\w* |
  wolontari\w*
freelance:
  free ?lancers? | free ?lance | independants? | independent contractor | contractors? | self employed |
  auto entrepreneur\w* | micro entrepreneur\w* | portage salarial | prestataire | lib | fra | prestation |
  profession liberale | liberale? | freiberuf\w* | freie mitarbeit | selbst ?standig\w* | zzp\w* |
  zelfstandig\w* | autonomo | autonoma | mercantil | partita iva | libero professionista | p iva | konsult\w* |
  selvstendig\w* | recibos verdes | prestacao de servicos | b2b | franchis\w* | agent commercial | vrp |
  contract for services | honorar\w* |
  werkvertrag | freier mitarbeiter\w* | samozatrudnien\w* | co co co | collaborazione |
  pessoa juridica | pj | autonome | autonomos? | independent | indipendente | self employment |
  dzialalnosc gospodarcza
fixed_term:
  non permanent | nicht unbefristet | cdd\w* | duree determinee | contrat determine | fixed term\w* |
  fixed contract | ftc |
  (?:maternity|parental leave|sick leave|leave) cover | temporary contract | limited term | term contract |
  definite |
  maaraaikai\w* | befrist\w* | zeitvertrag | auf zeit | bepaalde (?:tijd|duur) | tijdelijk contract | tijdelijk\w* |
  jaarcontract | temporal\w* | duracion determinada | plazo fijo | obra y servicio | obra o servicio |
  tempo determinato | a termine | determinato | visstid\w* | tidsbegransa\w* | vikariat\w* | vikar |
  tidsbegrenset | engasjement | midlertidig\w* | termo certo | a termo | prazo determinado |
  contratto a termine | remplacement | ater | contract duration limited | remplacant |
  (?:na )?czas okreslony | na zastepstwo | okres probny | interin[oa] | interinidad | vertretung\w* |
  elternzeitvertretung | schwangerschaftsvertretung | tijdelijke vervanging | sostituzione |
  (?<=^ )(?:\d{1,2}|une?|one|two|six|ein|een|twaalf|zes)(?: (?:a|to|bis|tot|till))?(?: \d{1,2})? ?(?:mois | months? |
  monate?n? | maand(?:en)? | mes(?:es)? | mesi | mese | miesi[ea]c\w* | manader | maneder | semaines? | weeks? |
  wochen? | weken | semanas? | settimane | ans? | years? | jahre?n? | jaar | anos? | anni)(?: (?:ou plus | or more |
  or longer | oder langer | of langer | eller langre | eller mer | o mas | ou mais | e oltre))?(?= $) |
  \d{1,2} (?:months?|monats|years?) (?:contract|vertrag|ftc|fixed|assignment)
temporary:
  interim\w* | interimaires? | mission | travail temporaire | temporaires? | temporary | temp | mis | sai |
  din | agency | agence d emploi | leiharbeit\w* | zeitarbeit\w* | arbeitnehmeruberlassung |
  personaluberlassung | uitzend\w* | detachering | somministrazione | interinale | bemanning\w* | bemannings |
  saisonn\w* | seasonal | saison | saisonarbeit | seizoen\w* | temporada | stagional\w* | sasong\w* |
  sesong\w* | extras? | vacation | vacataire | casual | zero hours? | on call | per diem | aushilfe\w* |
  extrajobb | behovsanst\w* | timanstalld | tilkalling\w* | job etudiant | student job | ferienjob | minijob |
  mini job | geringfugig\w* | bijbaan | vakantiewerk | job d ete | summer job | sommarjobb | sommerjobb |
  eventual | temporari[oa]s? | temporaneo | a chiamata | intermittente? | nul ?uren\w* | oproep\w* | flexi ?jobs? |
  weekendwerk | praca tymczasowa | tymczasow\w* | sezonow\w* | dorywcz\w* | sazonal | zero hour\w* | bank staff
permanent:
  vakituinen | vakinainen | toistaiseksi(?: voimassa oleva)? |
  cdi\w* | direct (?:hire|placement) | duree indeterminee | contrat indetermine | indetermine\w* | permanent\w* |
  perm |
  regular(?: employee)? | open ended | unlimited | indefinite | unbefrist\w* | festanstellung\w* |
  fest ?angestellt\w* | feste anstellung | dauerstelle | onbepaalde (?:tijd|duur) | vast |
  vaste (?:baan|aanstelling|dienst|contract) | vast contract | indefinid\w* | indefinit | fijo | fijo discontinuo |
  indeterminato | tempo indeterminato | tillsvidare\w* | tills vidare | fast | fast ansettelse |
  faste stillinger | efetivo | sem termo | efectivo | titulaires? | fonctionnaires? | statutaire |
  vollzeit festanstellung |
  (?:na )?czas nieokreslony | nieokreslony | contratos? fijos? | fija | clt | efetiva |
  (?:tempo|prazo|termo) indeterminado |
  indeterminad[oa] | tempo indeterminata | feste stelle | vaste job | dauerhaft\w* | dauerauftrag |
  employee permanent |
  full ?time permanent | career permanent | tenured?
other:
  other | autres? | andere | overig\w* | otros? | altro | annat | annet | sonstige\w* | outros? | inne | inny |
  umowa (?:zlecenie|o dzielo) | zlecenie
""")

WORKING_TIME = Vocabulary(r"""
part_time:
  osa aika\w* | osaaika\w* |
  part ?time | parttime | temps partiel | mi temps | partiel(?:le)? | temps reduit | non complet |
  teilzeit\w* | teilzeitbeschaftigt\w* | halbtags | halbzeit | minijob | mini job | geringfugig\w* |
  deeltijd\w* | deeltids\w* | tiempo parcial | media jornada | jornada parcial | parcial | jornada reducida |
  meio periodo | tempo parcial | part time orizzontale | tempo parziale | deltid\w* | pt | few hours |
  student hours | p t |
  niepelny | (?:niepelny|niepelnym) (?:etat|wymiar\w*) | czesc etatu | (?:pol|1 2|3 4|1 4) etatu |
  weniger als vollzeit | temps non complet | deeltijdse? | jornada de tarde | medio tiempo | meio expediente |
  (?:[1-9]|1\d|2\d|3[0-1])(?: \d\d?)? ?(?:h\d*|heures|hours|stunden|std|uur)(?: .*)? |
  [1-9]\d? ?%
full_time:
  kokoaika\w* | koko ?paivaty\w* |
  full ?time | fulltime | temps (?:plein|complet) | plein temps | plein | complet | vollzeit\w* |
  vollzeitbeschaftigt\w* | ganztags | voltijd\w* | voltids\w* | tiempo completo | jornada completa | completa |
  tempo pieno | tempo integral | tempo inteiro | periodo integral | heltid\w* | fuldtid\w* | ft | f t | full |
  pelny | (?:pelny|pelnym) (?:etat|wymiar\w*) | caly etat | etat | ganztag\w* | completo | integral | full day |
  voltijdse? | tiempo integral | jornada continua |
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
  home ?office (?:moglich|option\w*|teilweise) | mobiles arbeiten moglich | flexible |
  remote (?:moglich|possible|option\w*|friendly) | hybrydow\w* | czesciowo zdaln\w* | hibryd\w* |
  some remote | remote flexible | flexible remote | teletravail (?:a temps )?partiel | occasional\w* | mix
on_site:
  no remote | non | no | false | 0 | pas de teletravail | aucun | kein | sans teletravail | not remote |
  on ?site | onsite | sur (?:site|place) | presentiel | in (?:office|person) | office | office based | bureau |
  vor ort | prasenz | vor ort arbeit | op (?:locatie|kantoor) | presencial | in (?:sede|presenza) | pa plats |
  pa kontoret | pa arbeidsplassen | stedet | physical | physique | workplace |
  pas teletravail | none | aucun teletravail | stacjonarn\w* | w biurze | na miejscu | in persona | non remoto |
  presencia | in presenza | niet mogelijk | nicht moglich | kein home ?office | geen thuiswerk
remote:
  (?:100 ?% |full |fully )?remote\w* | telecommut\w* | work from home | wfh | home ?based | home ?office |
  teletravail\w* | tele travail | total | full | complet | a distance | distanciel | anywhere | remot\w* |
  mobiles arbeiten | fern\w* | thuiswerk\w* | op afstand | volledig thuis | teletrabajo | trabajo remoto |
  a distancia | smart ?working | da remoto | telelavoro | distans\w* | pa distans | hjemmekontor | fjern\w* |
  hjemmefra | teletrabalho | trabalho remoto | oui | yes | true | 1 | distributed |
  zdaln\w* | praca zdalna | full ?remote | remoto | remota | en remoto | telelavoro | virtual | von zu ?hause |
  ja | si | sim | tak
""")


# Numbers before these count something: 13 mois, 35 h, 40 hours.
PERIOD = Vocabulary(r"""
hour:
  (?<!\d )(?:hours?|hourly|hrs?|h|heures?|horaires?|stunden?|stundlich\w*|stundenlohn|std|uur|uurloon|horas?|ora|oraria|
  orario|ore|timme|timlon|time|tim|timelonn|ph|godzin\w*|godz)
year:
  (?<!\d )(?:years?|yearly|yrs?|annual\w*|annum|pa|p a|ans?(?! (?:hour|day|week|month|h))|annees?|annuel\w*|jahre?s?|
  jahrlich\w*|jahresgehalt|jaar|jaarlijks\w*|jaarsalaris|ano|anual\w*|anno|annu[oai]|annuale|ral|ar|aret|arligen|arlig|
  arslon\w*|rok|roku|rocznie|roczne)
month:
  (?<!\d )(?:months?|monthly|mth|pcm|pm|p m|mois|mensuel\w*|monate?s?|monatlich\w*|mtl|monatsgehalt|monatslohn|maand|
  maandelijks\w*|mes|mensual\w*|mensal\w*|mese|mensil\w*|manad|manaden|manadslon|maned|manedlig\w*|mnd|md|miesiac\w*|
  miesiecz\w*|mies|mc)
week:
  (?<!\d )(?<!bi )(?:weeks?|weekly|wk|pw|semaines?|hebdomadaires?|hebdo|sem|wochen?|wochentlich\w*|semana|semanal\w*|
  settiman\w*|vecka|veckan|uke|uge|tydzien|tygodnio\w*)
day:
  (?<!\d )(?:days?|daily|diem|jours?|journali\w*|journee|tjm|tage?s?|taglich\w*|tagessatz|dag|dagen|dagtarief|dias?|
  diari[oa]|giorno|giornalier[oa]|dzien\w*|dniowka)
""")
