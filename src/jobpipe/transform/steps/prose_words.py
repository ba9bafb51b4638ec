"""The same as `vocabulary_words` for whole texts: only wordings that hardly mean anything else."""

from __future__ import annotations

from jobpipe.transform.steps.vocabulary import Vocabulary

CONTRACT_IN_PROSE = Vocabulary(r"""
apprenticeship:
  contrats? d ?apprentissage | en (?:alternance|apprentissage) | contrats? de professionnalisation |
  contrats? en alternance |
  ausbildung (?:zum|zur|als) | ausbildungs(?:platz|beginn|stelle) | duales studium | contratto di apprendistato |
  contrato de aprendizaje | apprenticeship (?:contract|position|role) | leerwerktraject | umowa o nauke
internship:
  convention de stage | stage de \d{1,2} (?:mois|semaines) | offre de stage | stage conventionne |
  (?:internship|intern) (?:position|role|opportunity|program\w*) | paid internship | praktikumsplatz |
  praktikum im |
  pflichtpraktikum | contrato de practicas | contratto di (?:stage|tirocinio) |
  tirocinio (?:curriculare|extracurriculare) |
  stageovereenkomst | stagevergoeding | contrato de estagio | umowa stazowa
freelance:
  (?:as|als|en) (?:a )?free ?lancer? | free ?lance (?:contract|basis|position|mission|vertrag) | portage salarial |
  auf (?:freiberuflicher|selbststandiger) basis | zzp basis | con partita iva | contrato mercantil |
  recibos verdes |
  independent contractor | (?:umowa|kontrakt) b2b
fixed_term:
  (?:en|contrats?|type|de) cdd | contrats? a duree determinee | duree determinee de |
  fixed term (?:contract|position|appointment|role) |
  (?:position|contract|appointment|role) is fixed term | (?:maternity|parental leave) cover |
  befristete\w* (?:stelle|arbeitsvertrag|vertrag|anstellung) |
  (?:stelle|position|vertrag|anstellung|arbeitsverhaltnis) ist (?:zunachst )?(?:auf \w+ \w+ )?befristet |
  zunachst (?:auf \w+ \w+ )?befristet |
  (?:contract|dienstverband|aanstelling) voor bepaalde (?:tijd|duur) |
  contrato? (?:temporal|de duracion determinada) |
  contratto a (?:termine|tempo determinato) | tempo determinato | contrato a termo certo | umowa na czas okreslony |
  \d{1,2} months? (?:fixed term )?contract
temporary:
  mission d interim | contrats? (?:d interim|interimaire|saisonnier) | en interim |
  temporary (?:assignment|agency work) | zeitarbeit |
  arbeitnehmeruberlassung | uitzendbasis | via een uitzendbureau | contratto di somministrazione |
  somministrazione |
  praca tymczasowa | seasonal (?:position|contract|role|work) | saisonarbeit
permanent:
  (?:en|contrats?|type|de|un) cdi | contrats? a duree indeterminee | duree indeterminee |
  permanent (?:contract|position|role|employment|appointment) |
  (?:position|contract|role) is permanent |
  unbefristete\w* (?:stelle|arbeitsvertrag|vertrag|anstellung|arbeitsverhaltnis|festanstellung) |
  (?:stelle|position|vertrag|anstellung|arbeitsverhaltnis) ist unbefristet | in festanstellung | festanstellung |
  (?:contract|dienstverband|aanstelling) voor onbepaalde (?:tijd|duur) | onbepaalde (?:tijd|duur) |
  vaste? (?:contract|dienst|aanstelling) |
  contrato (?:fijo|indefinido) | contratto a tempo indeterminato | tempo indeterminato | contrato sem termo |
  umowa na czas nieokreslony | czas nieokreslony
""")

WORKING_TIME_IN_PROSE = Vocabulary(r"""
part_time:
  (?:a|en) (?:temps partiel|mi temps) | poste a temps (?:partiel|non complet) |
  part time (?:position|role|job|contract|basis|hours) |
  (?:position|role|job) is part time | in teilzeit | teilzeit(?:stelle|beschaftigung|position) |
  parttime (?:functie|baan) | in deeltijd |
  media jornada | jornada (?:parcial|reducida) | a tempo parziale | part time orizzontale | a tempo parcial |
  niepelny etat |
  niepelnym wymiarze
full_time:
  (?:a|en) temps (?:plein|complet) | poste a temps (?:plein|complet) |
  full time (?:position|role|job|contract|basis|employment) |
  (?:position|role|job) is full time | in vollzeit | vollzeit(?:stelle|beschaftigung|position) |
  fulltime (?:functie|baan) | in voltijd |
  (?:a )?jornada completa | a tempo pieno | (?:a|em) tempo (?:inteiro|integral) | pelny etat | pelnym wymiarze |
  (?:35|37|38|39|40) ?(?:h|heures|hours|stunden|uur) (?:par semaine|hebdomadaires|per week|a week|pro woche|per week)
""")

REMOTE_IN_PROSE = Vocabulary(r"""
hybrid:
  hybrid (?:working|work|role|position|model|schedule|setup|arrangement) |
  hybrides? (?:arbeiten|arbeitsmodell|modell|werken) |
  (?:teletravail|home ?office) (?:partiel|possible|ponctuel|occasionnel|teilweise|moglich) | mobiles arbeiten |
  [1-4] (?:jours?|days?|tage?|dagen|dias|giorni|dni) (?:de |of |per week )?(?:teletravail | remote |
  home ?office | thuiswerken | teletrabajo|smart ?working|pracy zdalnej)\w* |
  [1-4] days? (?:a week|per week)? ?(?:in|from) (?:the|our) office | modalidad hibrida | modalita ibrida |
  praca hybrydowa
on_site:
  (?:no|not a) remote (?:work|position|role) | (?:this )?(?:position|role|job) is (?:on ?site|not remote) |
  pas de teletravail |
  kein home ?office | 100 ?% (?:presentiel|on ?site|presencial|vor ort)
remote:
  (?:100 ?%|full|fully|completely) (?:en )?(?:remote|teletravail|remoto|home ?office|zdaln\w*) |
  (?:this )?(?:position|role|job) is (?:fully )?remote |
  remote (?:position|role|job|first|only) | work(?:ing)? from (?:home|anywhere) |
  teletravail (?:complet|total|integral|a 100 ?%) |
  volledig (?:thuiswerken|remote) | praca zdalna
""")
