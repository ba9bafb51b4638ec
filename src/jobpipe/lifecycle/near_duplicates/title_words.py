"""Words of titles that say a level, a kind of contract, or nothing at all of the job."""

from __future__ import annotations

from jobpipe.lifecycle.near_duplicates.words import word_set

LEVELS = {
    word: level
    for level, words in {
        "junior": "junior jr debutant debutante einsteiger berufseinsteiger beginner starter entry graduate absolvent "
        "absolventin juniors",
        "senior": "senior sr seniors confirme confirmee experimente experimentee erfahren erfahrene erfahrener "
        "experienced ervaren",
        "mid": "mid midlevel intermediate medior",
        "lead": "lead leads teamlead teamleiter teamleiterin teamleitung referent leading chef cheffe",
        "principal": "principal staff expert experte expertin experts",
        "head": "head leiter leiterin leitung responsable director directeur directrice direktor direktorin vp chief "
        "hoofd",
        "deputy": "deputy stellvertretender stellvertretende stellvertreter stv adjoint adjointe vice",
        "assistant": "assistant assistants assistante assistenz assistent assistentin helper helfer helferin aide "
        "associate",
        "trainee": "trainee trainees volontariat volontaer",
    }.items()
    for word in words.split()
}

# What a word in a title says of the contract, as `JobPosting.contract` names it.
CONTRACTS = {
    word: contract
    for contract, words in {
        "internship": "intern interns internship internships stage stages stagiaire stagiaires praktikum praktikant "
        "praktikantin praktika stageplek",
        "apprenticeship": "apprentice apprentices apprenticeship apprenti apprentie apprentissage alternance alternant "
        "alternante ausbildung auszubildende auszubildender azubi lehrling lehre leerling",
        "working_student": "werkstudent werkstudentin werkstudenten",
        "volunteer": "volunteer volunteers benevole benevolat ehrenamt freiwillige",
        "freelance": "freelance freelancer freelancers freiberufler freiberuflich independant",
    }.items()
    for word in words.split()
}

# Times of work: one job at night and one by day are two.
SHIFTS = word_set(
    "night nights nuit nuits nacht nachtdienst nachtschicht day days jour jours tag tagdienst tagschicht weekend "
    "weekends wochenende morning evening matin soir fruh fruhschicht spat spatschicht spatdienst fruhdienst dimanche "
    "saturday sunday samedi samstag sonntag"
)

NEUTRAL = (
    # Of the advertisement, not of the job.
    word_set(
        "job jobs offer offre offres emploi poste stelle stellenangebot position vacancy vacature hiring wanted "
        "gesucht gesuchte suchen recrute recrutement recherche recherchons urgent sofort asap new neu nouveau ref "
        "reference referenz"
    )
    # Of the contract, which has a field of its own.
    | word_set(
        "cdi cdd interim permanent permanente unbefristet befristet fixed term temporary temporaire temps plein "
        "partiel full part time fulltime parttime vollzeit teilzeit minijob contract contrat"
    )
    # Of the place.
    | word_set(
        "remote hybrid hybride homeoffice home office teletravail onsite site standort region raum grossraum near area"
    )
    # Of gender.
    | word_set("mwd mfd mfx hf fh gn wmd all genders gender divers geschlecht")
    # Small words.
    | word_set(
        "a an the of for and or in at to on with as la le les l de du des d un une et ou au aux en pour avec sur "
        "chez der die das den dem und oder im am bei fur mit als ein eine von zu zum zur het een voor van op bij te el "
        "los y con para por il e per da di s"
    )
)

# Ends by which forms of one word differ: number and gender; a word without one is a form too.
ENDINGS = frozenset({""}) | word_set(
    "s es e en n r rs in innen er ere eres ers eur euse eurs euses se ses rice rices ice ices teur trice ne nes if ive "
    "x ux al ale aux te tes ies y rin"
)

ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
