"""French."""

from jobpipe.runs.source_reports.languages.texts import ReasonText, Texts

_TOO_MUCH = ReasonText(
    what="L'offre n'a pas pu être traitée",
    mend="Elle demande plus de place ou de temps que nous n'en accordons. Si son texte est extrêmement long, "
    "ou contient des images ou des fichiers, retirez-les ; sinon, c'est à nous de corriger.",
)
_OURS = "Vous n'avez rien à faire : c'est à nous de corriger. L'offre est conservée et sera réessayée."

TEXTS = Texts(
    code="fr",
    moment="%d/%m/%Y à %H:%M %Z",
    day="%d/%m/%Y",
    thousands="\N{NARROW NO-BREAK SPACE}",
    heading="Vos offres d'emploi : {client}",
    read_at="Lu le {moment} (passage {run}).",
    nothing_read="Votre flux n'a pas encore été lu.",
    unchanged="Votre flux n'avait pas changé depuis la lecture précédente : ce qui a été dit alors reste vrai.",
    older="Ce n'est pas le dernier passage ; parmi les offres refusées alors, celles qui le sont encore aujourd'hui "
    "sont listées.",
    all_fine="Les {read} offres que nous avons lues sont toutes utilisables.",
    one_refused="Une offre sur {read} a été refusée. Les autres ont été importées.",
    some_refused="{refused} offres sur {read} ont été refusées. Les autres ont été importées.",
    figures={
        "read": "lues",
        "fine": "importées",
        "refused": "refusées",
        "repeated": "en double",
        "left_out": "écartées selon les règles convenues",
        "closed": "closes par vous",
    },
    refused_heading="Ce qui a été refusé, et comment le corriger",
    one_offer="1 offre",
    offers="{count} offres",
    how_to_mend="Comment corriger",
    for_example="Par exemple",
    where="Où, dans votre fichier",
    more="et {count} de plus : la liste jointe (CSV) les contient toutes.",
    line="ligne {line}",
    row="ligne {line}",
    byte="octet {byte}",
    record="enregistrement {number}",
    reference="référence",
    no_title="(intitulé illisible)",
    also_heading="À savoir aussi",
    labels="Nous ne connaissons pas encore {count} de vos libellés. Les offres sont importées ; dites-nous ce que ces "
    "libellés signifient, ou employez ceux dont nous sommes convenus :",
    fields_lost="Par rapport à vos flux précédents, il manque quelque chose :",
    end_soon="{count} de vos offres se terminent dans moins de {days} jours. Si elles sont encore ouvertes, "
    "donnez-leur une date de fin plus lointaine.",
    repeated="{count} enregistrements portent la référence d'un autre enregistrement du même flux. Chaque offre doit "
    "avoir la sienne ; parmi plusieurs, la première compte.",
    footer="Les lignes et les octets sont comptés dans votre fichier tel que vous le publiez, une fois décompressé. Il "
    "n'y a rien à faire chez nous : corrigez le fichier, et le prochain passage en tiendra compte.",
    subject="{client} : {count} de vos offres d'emploi refusées",
    subject_fine="{client} : toutes vos offres d'emploi sont utilisables",
    columns={
        "import": "import",
        "file": "fichier",
        "line": "ligne",
        "column": "colonne",
        "byte": "octet",
        "record": "enregistrement",
        "reference": "référence",
        "title": "intitulé",
        "field": "champ",
        "problem": "problème",
        "mend": "comment corriger",
        "detail": "détail technique",
    },
    fields={
        "key": "référence",
        "reference": "référence",
        "title": "intitulé",
        "url": "adresse de l'offre",
        "apply_url": "adresse de candidature",
        "company": "entreprise",
        "company.name": "nom de l'entreprise",
        "company.url": "adresse de l'entreprise",
        "company.logo": "logo",
        "description": "description",
        "description_text": "description",
        "locations": "lieu de travail",
        "locations.city": "ville",
        "locations.region": "région",
        "locations.postal_code": "code postal",
        "locations.country": "pays",
        "locations.latitude": "latitude",
        "locations.longitude": "longitude",
        "remote": "télétravail",
        "contract": "type de contrat",
        "working_time": "temps de travail",
        "category": "catégorie",
        "salary": "salaire",
        "salary.min": "salaire minimum",
        "salary.max": "salaire maximum",
        "salary.currency": "devise",
        "salary.period": "période du salaire",
        "posted_at": "date de publication",
        "updated_at": "date de modification",
        "valid_through": "date de fin",
        "experience": "expérience",
        "education": "formation",
        "industry": "secteur",
        "skills": "compétences",
        "language": "langue",
        "positions": "nombre de postes",
    },
    reasons={
        "malformed": ReasonText(
            what="L'offre est illisible : le fichier est abîmé à cet endroit",
            mend="Quelque chose casse le fichier ici : une balise ou un guillemet non fermé, un & ou un < isolé, une "
            "ligne avec trop ou trop peu de cellules, ou des caractères dans un autre encodage que celui annoncé. "
            "Regardez la ligne indiquée et celles qui la précèdent.",
            example="Recherche & Développement   →   Recherche &amp; Développement",
        ),
        "missing": ReasonText(
            what="« {field} » manque", mend="Remplissez « {field} » pour chaque offre ; il ne doit pas être vide."
        ),
        "invalid": ReasonText(
            what="« {field} » a une valeur inutilisable",
            mend="Écrivez « {field} » sous la forme de l'exemple, et rien d'autre au même endroit.",
        ),
        "unmapped": ReasonText(
            what="« {field} » a un libellé que nous ne connaissons pas",
            mend="Employez l'un des libellés convenus, écrit de la même façon, ou dites-nous ce que le nouveau "
            "signifie.",
        ),
        "step": ReasonText(
            what="« {field} » n'a pas été compris",
            mend="Écrivez « {field} » simplement, sous la même forme pour chaque offre, comme dans l'exemple.",
        ),
        "path": ReasonText(what="« {field} » n'a pas pu être cherché", mend=_OURS),
        "rule": ReasonText(what="Une règle n'a pas pu être appliquée à l'offre", mend=_OURS),
        "hook": ReasonText(what="« {field} » n'a pas pu être calculé de notre côté", mend=_OURS),
        "crash": _TOO_MUCH,
        "timeout": _TOO_MUCH,
        "internal": ReasonText(what="Une erreur de notre côté", mend=_OURS),
    },
    troubles={
        "source-unreachable": "L'adresse de votre flux ne répond pas. Le serveur est-il en marche, et ouvert pour "
        "nous ?",
        "source-refused": "Votre serveur refuse notre accès. Le mot de passe ou la clé a-t-il changé ?",
        "source-untrusted": "Le certificat ou la clé de votre serveur n'est pas celui que nous attendons ; rien n'a "
        "été lu. A-t-il expiré, ou été remplacé ?",
        "source-missing": "Il n'y a pas de fichier à l'adresse que vous nous avez donnée. A-t-il été déplacé ?",
        "source-changed-shape": "Votre fichier est construit autrement qu'avant et n'a pas pu être lu. Qu'est-ce qui a "
        "changé ?",
        "source-damaged": "Votre fichier n'a pas pu être lu jusqu'à la fin. A-t-il été coupé pendant l'écriture ? Rien "
        "n'est retiré tant qu'il n'est pas complet.",
        "source-over-limit": "Votre fichier est plus gros que ce que nous acceptons. Si c'est voulu, dites-le-nous.",
        "source-forbidden": "L'adresse de votre flux mène à un endroit que nous n'avons pas le droit de lire.",
        "source-suspected": "Votre fichier finit plus tôt que prévu : il contient un nombre rond d'offres, ou moins "
        "qu'il n'en annonce. Y a-t-il une limite dans votre export ?",
        "source-held": "Un très grand nombre de vos offres a disparu d'un coup. Nous les gardons en ligne jusqu'à ce "
        "que quelqu'un confirme.",
        "source-shrank": "Beaucoup de vos offres manquent dans le flux. Elles seront retirées si le prochain ne les "
        "contient pas non plus.",
    },
    other_reason=ReasonText(what="L'offre n'a pas pu être utilisée", mend=_OURS),
)
