"""German."""

from jobpipe.runs.source_reports.languages.texts import ReasonText, Texts

_TOO_MUCH = ReasonText(
    what="Das Angebot konnte nicht verarbeitet werden",
    mend="Es braucht mehr Platz oder Zeit, als wir erlauben. Ist sein Text extrem lang, oder enthält er Bilder "
    "oder Dateien, lassen Sie diese weg; sonst bringen wir das in Ordnung.",
)
_OURS = "Sie müssen nichts tun: Das bringen wir in Ordnung. Das Angebot ist aufgehoben und wird erneut versucht."

TEXTS = Texts(
    code="de",
    moment="%d.%m.%Y um %H:%M %Z",
    day="%d.%m.%Y",
    thousands=".",
    heading="Ihre Stellenangebote: {client}",
    read_at="Gelesen am {moment} (Lauf {run}).",
    nothing_read="Ihr Feed wurde noch nicht gelesen.",
    unchanged="Ihr Feed hatte sich seit dem letzten Lesen nicht geändert: Was damals gesagt wurde, gilt weiter.",
    older="Das ist nicht der letzte Lauf; von den damals abgelehnten Angeboten stehen hier die, die es noch heute "
    "sind.",
    all_fine="Alle {read} gelesenen Angebote konnten übernommen werden.",
    one_refused="Eines von {read} Angeboten wurde abgelehnt. Die anderen wurden übernommen.",
    some_refused="{refused} von {read} Angeboten wurden abgelehnt. Die anderen wurden übernommen.",
    figures={
        "read": "gelesen",
        "fine": "übernommen",
        "refused": "abgelehnt",
        "repeated": "doppelt",
        "left_out": "nach vereinbarten Regeln ausgelassen",
        "closed": "von Ihnen geschlossen",
    },
    refused_heading="Was abgelehnt wurde, und wie Sie es beheben",
    one_offer="1 Angebot",
    offers="{count} Angebote",
    how_to_mend="So beheben Sie es",
    for_example="Zum Beispiel",
    where="Wo in Ihrer Datei",
    more="und {count} weitere: Die angehängte Liste (CSV) enthält alle.",
    line="Zeile {line}",
    row="Zeile {line}",
    byte="Byte {byte}",
    record="Datensatz {number}",
    reference="Referenz",
    no_title="(Titel nicht lesbar)",
    also_heading="Was Sie noch wissen sollten",
    labels="{count} Ihrer Bezeichnungen kennen wir noch nicht. Die Angebote sind übernommen; sagen Sie uns, was die "
    "Bezeichnungen bedeuten, oder verwenden Sie die vereinbarten:",
    fields_lost="Verglichen mit Ihren früheren Feeds fehlt etwas:",
    end_soon="{count} Ihrer Angebote enden in weniger als {days} Tagen. Sind sie noch offen, geben Sie ihnen ein "
    "späteres Enddatum.",
    repeated="{count} Datensätze tragen die Referenz eines anderen Datensatzes im selben Feed. Jedes Angebot braucht "
    "eine eigene; von mehreren zählt das erste.",
    footer="Zeilen und Bytes sind in Ihrer Datei gezählt, wie Sie sie veröffentlichen, nach dem Entpacken. Bei uns ist "
    "nichts zu tun: Beheben Sie es in der Datei, der nächste Lauf übernimmt es.",
    subject="{client}: {count} Ihrer Stellenangebote wurden abgelehnt",
    subject_fine="{client}: alle Ihre Stellenangebote konnten übernommen werden",
    columns={
        "import": "Import",
        "file": "Datei",
        "line": "Zeile",
        "column": "Spalte",
        "byte": "Byte",
        "record": "Datensatz",
        "reference": "Referenz",
        "title": "Titel",
        "field": "Feld",
        "problem": "Problem",
        "mend": "So beheben Sie es",
        "detail": "technische Einzelheit",
    },
    fields={
        "key": "Referenz",
        "reference": "Referenz",
        "title": "Titel",
        "url": "Adresse des Angebots",
        "apply_url": "Adresse für Bewerbungen",
        "company": "Unternehmen",
        "company.name": "Name des Unternehmens",
        "company.url": "Adresse des Unternehmens",
        "company.logo": "Logo",
        "description": "Beschreibung",
        "description_text": "Beschreibung",
        "locations": "Arbeitsort",
        "locations.city": "Stadt",
        "locations.region": "Region",
        "locations.postal_code": "Postleitzahl",
        "locations.country": "Land",
        "locations.latitude": "Breitengrad",
        "locations.longitude": "Längengrad",
        "remote": "Homeoffice",
        "contract": "Vertragsart",
        "working_time": "Arbeitszeit",
        "category": "Kategorie",
        "salary": "Gehalt",
        "salary.min": "Mindestgehalt",
        "salary.max": "Höchstgehalt",
        "salary.currency": "Währung",
        "salary.period": "Zeitraum des Gehalts",
        "posted_at": "Datum der Veröffentlichung",
        "updated_at": "Datum der letzten Änderung",
        "valid_through": "Enddatum",
        "experience": "Erfahrung",
        "education": "Ausbildung",
        "industry": "Branche",
        "skills": "Kenntnisse",
        "language": "Sprache",
        "positions": "Anzahl der Stellen",
    },
    reasons={
        "malformed": ReasonText(
            what="Das Angebot ist nicht lesbar: Die Datei ist hier beschädigt",
            mend="Etwas macht die Datei an dieser Stelle kaputt: ein Tag oder Anführungszeichen ohne Ende, ein "
            "bloßes & oder <, eine Zeile mit zu vielen oder zu wenigen Zellen, oder Zeichen in einer anderen "
            "Kodierung als angegeben. Sehen Sie sich die genannte Zeile und die davor an.",
            example="Forschung & Entwicklung   →   Forschung &amp; Entwicklung",
        ),
        "missing": ReasonText(
            what="„{field}“ fehlt", mend="Füllen Sie „{field}“ bei jedem Angebot aus; es darf nicht leer sein."
        ),
        "invalid": ReasonText(
            what="„{field}“ hat einen Wert, der nicht verwendet werden kann",
            mend="Schreiben Sie „{field}“ in der Form des Beispiels, und nichts anderes an dieselbe Stelle.",
        ),
        "unmapped": ReasonText(
            what="„{field}“ hat eine Bezeichnung, die wir nicht kennen",
            mend="Verwenden Sie eine der vereinbarten Bezeichnungen in derselben Schreibweise, oder sagen Sie uns, was "
            "die neue bedeutet.",
        ),
        "step": ReasonText(
            what="„{field}“ wurde nicht verstanden",
            mend="Schreiben Sie „{field}“ schlicht und bei jedem Angebot in derselben Form, wie im Beispiel.",
        ),
        "path": ReasonText(what="„{field}“ konnte nicht nachgesehen werden", mend=_OURS),
        "rule": ReasonText(what="Eine Regel ließ sich auf das Angebot nicht anwenden", mend=_OURS),
        "hook": ReasonText(what="„{field}“ konnte bei uns nicht ermittelt werden", mend=_OURS),
        "crash": _TOO_MUCH,
        "timeout": _TOO_MUCH,
        "internal": ReasonText(what="Ein Fehler bei uns", mend=_OURS),
    },
    troubles={
        "source-unreachable": "Die Adresse Ihres Feeds ist nicht erreichbar. Läuft der Server, und lässt er uns zu?",
        "source-refused": "Ihr Server lehnt unsere Anmeldung ab. Hat sich das Passwort oder der Schlüssel geändert?",
        "source-untrusted": "Zertifikat oder Schlüssel Ihres Servers sind nicht die erwarteten; es wurde nichts "
        "gelesen. Ist es abgelaufen oder ersetzt worden?",
        "source-missing": "An der Adresse, die Sie uns gegeben haben, liegt keine Datei. Ist sie umgezogen?",
        "source-changed-shape": "Ihre Datei ist anders aufgebaut als zuvor und konnte nicht gelesen werden. Was hat "
        "sich geändert?",
        "source-damaged": "Ihre Datei konnte nicht bis zum Ende gelesen werden. Wurde sie beim Schreiben "
        "abgeschnitten? Nichts wird offline genommen, bis sie wieder ganz ist.",
        "source-over-limit": "Ihre Datei ist größer, als wir annehmen. Ist das gewollt, sagen Sie es uns.",
        "source-forbidden": "Die Adresse Ihres Feeds führt an einen Ort, den wir nicht lesen dürfen.",
        "source-suspected": "Ihre Datei endet früher als erwartet: Sie enthält eine runde Zahl von Angeboten, oder "
        "weniger, als sie angibt. Gibt es in Ihrem Export eine Grenze?",
        "source-held": "Sehr viele Ihrer Angebote waren auf einmal weg. Wir lassen sie online, bis jemand es "
        "bestätigt.",
        "source-shrank": "Viele Ihrer Angebote fehlen im Feed. Sie gehen offline, wenn sie auch im nächsten fehlen.",
    },
    other_reason=ReasonText(what="Das Angebot konnte nicht verwendet werden", mend=_OURS),
)
