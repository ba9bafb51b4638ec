"""Dutch."""

from jobpipe.runs.source_reports.languages.texts import ReasonText, Texts

_TOO_MUCH = ReasonText(
    what="De vacature kon niet worden verwerkt",
    mend="Ze vraagt meer ruimte of tijd dan wij toestaan. Is de tekst extreem lang, of bevat hij "
    "afbeeldingen of bestanden, laat die dan weg; anders lossen wij dit op.",
)
_OURS = "U hoeft niets te doen: dit lossen wij op. De vacature is bewaard en wordt opnieuw geprobeerd."

TEXTS = Texts(
    code="nl",
    moment="%d-%m-%Y om %H:%M %Z",
    day="%d-%m-%Y",
    thousands=".",
    heading="Uw vacatures: {client}",
    read_at="Gelezen op {moment} (run {run}).",
    nothing_read="Uw feed is nog niet gelezen.",
    unchanged="Uw feed was niet veranderd sinds de vorige keer: wat toen gezegd is, geldt nog steeds.",
    older="Dit is niet de laatste run; van de vacatures die toen geweigerd zijn, staan hier die dat nu nog zijn.",
    all_fine="Alle {read} gelezen vacatures konden worden gebruikt.",
    one_refused="Eén van de {read} vacatures is geweigerd. De andere zijn overgenomen.",
    some_refused="{refused} van de {read} vacatures zijn geweigerd. De andere zijn overgenomen.",
    figures={
        "read": "gelezen",
        "fine": "overgenomen",
        "refused": "geweigerd",
        "repeated": "dubbel",
        "left_out": "weggelaten volgens afgesproken regels",
        "closed": "door u gesloten",
    },
    refused_heading="Wat geweigerd is, en hoe u het herstelt",
    one_offer="1 vacature",
    offers="{count} vacatures",
    how_to_mend="Zo herstelt u het",
    for_example="Bijvoorbeeld",
    where="Waar in uw bestand",
    more="en nog {count}: de bijgevoegde lijst (CSV) bevat ze allemaal.",
    line="regel {line}",
    row="rij {line}",
    byte="byte {byte}",
    record="record {number}",
    reference="referentie",
    no_title="(titel niet leesbaar)",
    also_heading="Wat u verder moet weten",
    labels="{count} van uw labels kennen wij nog niet. De vacatures zijn overgenomen; vertel ons wat de labels "
    "betekenen, of gebruik de afgesproken labels:",
    fields_lost="Vergeleken met uw eerdere feeds ontbreekt er iets:",
    end_soon="{count} van uw vacatures eindigen binnen {days} dagen. Staan ze nog open, geef ze dan een latere "
    "einddatum.",
    repeated="{count} records hebben de referentie van een ander record in dezelfde feed. Elke vacature heeft een "
    "eigen referentie nodig; van meerdere telt de eerste.",
    footer="Regels en bytes zijn geteld in uw bestand zoals u het publiceert, na het uitpakken. Bij ons hoeft niets te "
    "gebeuren: herstel het bestand, en de volgende run neemt het over.",
    subject="{client}: {count} van uw vacatures zijn geweigerd",
    subject_fine="{client}: al uw vacatures konden worden gebruikt",
    columns={
        "import": "import",
        "file": "bestand",
        "line": "regel",
        "column": "kolom",
        "byte": "byte",
        "record": "record",
        "reference": "referentie",
        "title": "titel",
        "field": "veld",
        "problem": "probleem",
        "mend": "zo herstelt u het",
        "detail": "technisch detail",
    },
    fields={
        "key": "referentie",
        "reference": "referentie",
        "title": "titel",
        "url": "adres van de vacature",
        "apply_url": "adres om te solliciteren",
        "company": "bedrijf",
        "company.name": "naam van het bedrijf",
        "company.url": "adres van het bedrijf",
        "company.logo": "logo",
        "description": "omschrijving",
        "description_text": "omschrijving",
        "locations": "werkplek",
        "locations.city": "stad",
        "locations.region": "regio",
        "locations.postal_code": "postcode",
        "locations.country": "land",
        "locations.latitude": "breedtegraad",
        "locations.longitude": "lengtegraad",
        "remote": "thuiswerken",
        "contract": "soort contract",
        "working_time": "werktijd",
        "category": "categorie",
        "salary": "salaris",
        "salary.min": "laagste salaris",
        "salary.max": "hoogste salaris",
        "salary.currency": "munteenheid",
        "salary.period": "periode van het salaris",
        "posted_at": "publicatiedatum",
        "updated_at": "datum van de laatste wijziging",
        "valid_through": "einddatum",
        "experience": "ervaring",
        "education": "opleiding",
        "industry": "branche",
        "skills": "vaardigheden",
        "language": "taal",
        "positions": "aantal plaatsen",
    },
    reasons={
        "malformed": ReasonText(
            what="De vacature is niet leesbaar: het bestand is hier beschadigd",
            mend="Iets breekt het bestand op deze plek: een tag of aanhalingsteken zonder einde, een losse & of <, een "
            "rij met te veel of te weinig cellen, of tekens in een andere codering dan is opgegeven. Kijk naar de "
            "genoemde regel en de regels ervoor.",
            example="Onderzoek & Ontwikkeling   →   Onderzoek &amp; Ontwikkeling",
        ),
        "missing": ReasonText(
            what="“{field}” ontbreekt", mend="Vul “{field}” bij elke vacature in; het mag niet leeg zijn."
        ),
        "invalid": ReasonText(
            what="“{field}” heeft een waarde die niet bruikbaar is",
            mend="Schrijf “{field}” in de vorm van het voorbeeld, en niets anders op dezelfde plek.",
        ),
        "unmapped": ReasonText(
            what="“{field}” heeft een label dat wij niet kennen",
            mend="Gebruik een van de afgesproken labels in dezelfde spelling, of vertel ons wat het nieuwe betekent.",
        ),
        "step": ReasonText(
            what="“{field}” is niet begrepen",
            mend="Schrijf “{field}” eenvoudig en bij elke vacature in dezelfde vorm, zoals in het voorbeeld.",
        ),
        "path": ReasonText(what="“{field}” kon niet worden opgezocht", mend=_OURS),
        "rule": ReasonText(what="Een regel kon niet op de vacature worden toegepast", mend=_OURS),
        "hook": ReasonText(what="“{field}” kon bij ons niet worden bepaald", mend=_OURS),
        "crash": _TOO_MUCH,
        "timeout": _TOO_MUCH,
        "internal": ReasonText(what="Een fout bij ons", mend=_OURS),
    },
    troubles={
        "source-unreachable": "Het adres van uw feed is niet bereikbaar. Draait de server, en laat hij ons toe?",
        "source-refused": "Uw server weigert onze aanmelding. Is het wachtwoord of de sleutel veranderd?",
        "source-untrusted": "Het certificaat of de sleutel van uw server is niet de verwachte; er is niets gelezen. Is "
        "het verlopen of vervangen?",
        "source-missing": "Op het adres dat u ons gaf, staat geen bestand. Is het verplaatst?",
        "source-changed-shape": "Uw bestand is anders opgebouwd dan eerst en kon niet worden gelezen. Wat is er "
        "veranderd?",
        "source-damaged": "Uw bestand kon niet tot het einde worden gelezen. Is het bij het schrijven afgebroken? "
        "Niets gaat offline tot het weer heel is.",
        "source-over-limit": "Uw bestand is groter dan wij accepteren. Is dat de bedoeling, laat het ons dan weten.",
        "source-forbidden": "Het adres van uw feed leidt naar een plek die wij niet mogen lezen.",
        "source-suspected": "Uw bestand eindigt eerder dan verwacht: het bevat een rond aantal vacatures, of minder "
        "dan het zelf zegt. Zit er een grens in uw export?",
        "source-held": "Heel veel van uw vacatures waren ineens weg. Wij houden ze online tot iemand dat bevestigt.",
        "source-shrank": "Veel van uw vacatures ontbreken in de feed. Ze gaan offline als de volgende ze ook mist.",
    },
    other_reason=ReasonText(what="De vacature kon niet worden gebruikt", mend=_OURS),
)
