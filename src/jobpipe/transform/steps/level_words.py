"""The words of experience and education, in ten languages; the least that is asked for stands first."""

from __future__ import annotations

from jobpipe.transform.steps.vocabulary import Vocabulary

EXPERIENCE = Vocabulary(r"""
entry:
  debut(?:ant\w*)? | tous niveaux\w* | all levels | indifferent | alle niveaus | sans experience |
  aucune experience | jeunes? diplomee?s? | premier emploi | no experience\w* |
  without experience | entry | graduates? | new grad\w* | school leaver | student\w* | trainee\w* | internship |
  berufseinsteiger\w* | einsteiger\w* | berufsanfanger\w* | absolvent\w* | hochschulabsolvent\w* | berufseinstieg |
  (?:ohne|keine) (?:berufs)?erfahrung\w* | geen (?:werk)?ervaring | zonder ervaring | starters? | schoolverlater |
  sin experiencia | primer empleo | recien titulad\w* | nessuna esperienza | senza esperienza | neolaureat\w* |
  prima esperienza | sem experiencia | recem formad\w* | primeiro emprego | bez doswiadczenia | absolwent\w* |
  student praca | ingen erfarenhet | nyutdannet | nyutexaminerad
junior:
  junior\w* | associate | premiere experience | some experience | erste (?:berufs)?erfahrung\w* | enige ervaring |
  mlodszy | poco? experiencia | poca esperienza | alguma experiencia
experienced:
  confirmee?s? | experimentee?s? | experienced | mid | mid ?level | mid ?senior | intermediate | medior |
  professionals? |
  mit berufserfahrung | berufserfahren\w* | berufserfahrung | erfahren\w* | fachkraft | ervaren | con experiencia |
  experiencia | con esperienza | espert[oai] | pleno | com experiencia | regular | specjalista | doswiadczon\w* |
  experience (?:exigee|requise|demandee) | erfaren | z doswiadczeniem
senior:
  (?<!mid )senior\w* | expert\w* | lead | principal | staff | langjahrig\w* | starszy | ekspert\w* | esperta senior
executive:
  executives? | directors? | direct(?:eur|rice)s? | cadres? dirigeants? | dirigeants? | c level | head of | vp |
  vice president | geschaftsfuhr\w* | vorstand\w* | fuhrungskr\w* | direktor\w* | dirigente | direccion |
  director[ae]s? |
  dyrektor\w* | directie | bereichsleit\w*
""")

EDUCATION = Vocabulary(r"""
none:
  (?:sans|aucune?) (?:diplome|formation|niveau)\w* | no (?:formal )?(?:qualifications?|education|degree|diploma) |
  (?:ohne|kein|keinen?) (?:schul)?abschluss | geen (?:opleiding|diploma) | sin (?:estudios|titulacion) |
  nessun (?:titolo|diploma)\w* | sem (?:escolaridade|estudos) | bez wyksztalcenia | not required | none
lower_secondary:
  brevet | dnb | brevet des colleges | hauptschul\w* | mittlere reife | realschul\w* | mittelschul\w* | vmbo | eso |
  educacion secundaria obligatoria | graduado escolar | licenza media | terza media | scuola media |
  ensino fundamental |
  ensino basico | 9 ano | gimnazjum | podstawowe | gcses? | middle school | grundskola | peruskoulu
vocational:
  cap | bep | bpa | mc | cap bep | titres? professionnels? | formation professionnelle | niveau 3 | niveau v |
  (?:abgeschlossene )?(?:berufs)?ausbildung\w* | lehre | lehrabschluss | efz | cfc | gesell\w* |
  facharbeiter\w* | mbo\w* |
  (?:fp|ciclo|formacion profesional)(?: formativo)?(?: de)?(?: grado)? medio | formacion profesional |
  qualifica professionale |
  diploma professionale | (?:zasadnicze )?zawodowe | nvq\w*(?: [1-3])? | vocational\w* | apprenticeship |
  professional certificate | ensino profissional | tecnico profissional | curso tecnico | fagbrev | yrkesutbildning
upper_secondary:
  bac(?! ?\+? ?[1-9])(?! (?:plus|ii)) | bac pro\w* | baccalaureat | abitur | fachabitur | matura\w* | maturite |
  niveau 4 |
  niveau iv | (?:fach)?hochschulreife | allgemeine hochschulreife | a ?levels? | high ?school\w* | ged | vwo |
  havo |
  bachillerato | diploma di maturita | maturita | diploma(?: di)?(?: scuola)? superiore | scuola superiore |
  ensino medio |
  ensino secundario | 12 ano | srednie | liceum | gymnasie\w* | gymnasium | lukio | secondary\w* | secundair\w* |
  sekundarstufe ii | videregaende | upper secondary\w* | secundaria
short_cycle:
  bac ?\+? ?2 | bac plus 2 | bts\w* | dut | deug | deust | niveau 5 | niveau iii | hnd | hnc | foundation degree |
  associates?(?: s)?(?: degree)? | some college |
  (?:fp|ciclo|formacion profesional)(?: formativo)?(?: de)?(?: grado)? superior |
  tecnico superior | its | ctesp | tecnologo | policealne | graduaat | yrkeshogskola
bachelor:
  bac ?\+? ?[34] | bac plus [34] | licence\w* | niveau 6 | niveau ii | bachelor\w* | b ?sc | b ?eng | b ?a |
  undergraduate\w* |
  (?:university|college|first|four year|4 year) degree | (?<! s )(?<!master )(?<!masters )(?<!graduate )degree |
  hbo\w* | fachhochschul\w* | fh | meister\w* |
  techniker\w* | fachwirt\w* |
  grado(?: universitario)? | diplomatura | laurea(?! (?:magistrale|specialistica)) | laureat\w* | licenciatura\w* |
  licencjat\w* |
  graduacao | ensino superior | kandidat\w* | hochschulabschluss\w* | (?:hochschul)?studium | hochschule |
  universitat\w* |
  inzynier\w* | wyzsze | estudios universitarios | universitari[oa]s? | hogskol\w* | hogere opleiding
master:
  bac ?\+? ?[5-7] | bac plus [5-7] | masters?\w* | niveau 7 | niveau i | m ?sc | m ?eng | mba | m ?a |
  diplom\w*ingenieur\w* | diplom |
  diplomes? d ingenieur | ecoles? d ingenieurs? | ingenieur | grandes? ecoles? | magister\w* | staatsexamen |
  laurea (?:magistrale|specialistica) | mestrado | postgraduate\w* | graduate degree | wo | universitair\w* |
  civilingenjor\w* | dea | dess
doctorate:
  bac ?\+? ?[89] | doctora\w* | doctors? | doktor\w* | ph ?d\w* | niveau 8 | dottorato | d ?phil | doutor\w* |
  promoviert\w*
""")

EDUCATION_IN_PROSE = Vocabulary(r"""
vocational:
  (?:un|de|du|en) (?:cap|bep) | (?:cap|bep) (?:ou|or|minimum|exige) |
  abgeschlossene\w* (?:\w+ )?(?:berufs)?ausbildung |
  mbo (?:niveau|werk|opleiding|diploma)\w* | formacion profesional | qualifica professionale
upper_secondary:
  (?:niveau|titulaire d un|un) bac(?! ?\+? ?[1-9]) | high school diploma | abitur | baccalaureat | bachillerato |
  diploma di maturita | wyksztalcenie srednie
short_cycle:
  bac ?\+ ?2 | (?:un|de|du|niveau) (?:bts|dut) | associate s degree | ciclo formativo de grado superior
bachelor:
  bac ?\+ ?[34] | bachelor s? ?(?:degree|abschluss|in|of) | (?:university|college) degree |
  hbo (?:niveau|werk|opleiding|diploma)\w* |
  abgeschlossenes (?:\w+ )?(?:hochschul|fachhochschul)?studium | laurea triennale | licenciatura em | grado en |
  wyksztalcenie wyzsze | licence (?:pro|professionnelle)
master:
  bac ?\+ ?[5-7] | master s? ?(?:degree|abschluss|in|2|ii) |
  master of (?:science|arts|business|engineering|laws?) | diplomes? d ingenieur | ecoles? d ingenieurs? |
  masterabschluss |
  laurea magistrale | masterstudium | mestrado em | msc (?:in|degree)
doctorate:
  (?:a|un|une|eine|in|or|ou) (?:ph ?d|doctorat|doctorate|promotion) | ph ?d (?:in|degree|required|candidate) |
  dottorato di ricerca
""")
