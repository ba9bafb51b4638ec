"""Rules of a client."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    "rules_intro": (
        "A rule leaves some offers out, or keeps some alone. It counts for all your offers, also for those to come.",
        "Une règle écarte certaines offres, ou n'en garde que certaines. Elle vaut pour toutes, même à venir.",
    ),
    "rules_none": ("You have no rules yet.", "Vous n'avez pas encore de règles."),
    "rules_rule": ("rule", "règle"),
    "rules_for": ("for", "pour"),
    "rules_by": ("by", "par"),
    "rules_new": ("A new rule", "Nouvelle règle"),
    "rules_why": ("Why (for your colleagues)", "Pourquoi (pour vos collègues)"),
    "rules_for_whom": ("It counts for", "Elle vaut pour"),
    "rules_remove": ("Take it away", "Supprimer"),
    "rules_off": ("(does nothing at present)", "(sans effet actuellement)"),
    "rules_looked_at": ("looked at", "examinées"),
    "rules_change": ("change", "changent"),
    "rules_let_in": ("come in again", "reviennent"),
    "rules_part": (
        "There are more offers: these are the first.",
        "Il y a d'autres offres : ce sont les premières.",
    ),
    "rules_field": ("field", "champ"),
    "rules_is_removed": ("This rule is taken away:", "Cette règle est supprimée :"),
    "rules_left_out": ("left out", "écartées"),
    "rules_live": ("online", "en ligne"),
    "rules_no_offer": ("No stored offer changes.", "Aucune offre actuelle ne change."),
    # Chosen from lists.
    "rules_what": ("What is done", "Que faire"),
    "rules_which": ("With which offers", "De quelles offres"),
    "rules_words": (
        "Which words (where the line above ends in “…”)",
        "Quels mots (si la ligne ci-dessus finit par « … »)",
    ),
    "rules_no_words": ("Say which words.", "Indiquez les mots."),
    "rules_no_choice": ("Choose with which offers.", "Choisissez de quelles offres il s'agit."),
    "rules_written": ("Write the rule yourself (for those who know how)", "Écrire la règle soi-même (pour initiés)"),
    "rules_written_hint": (
        "With this filled in, the lists above do not count.",
        "Si ce champ est rempli, les listes ci-dessus ne comptent pas.",
    ),
    "rules_text": ("Rule", "Règle"),
    "rules_unreadable": (
        (
            "This rule cannot be used: the marked part (line {line}, column {column}) is not right. Choose from the "
            "lists instead, or ask your contact."
        ),
        (
            "Cette règle ne peut pas être utilisée : la partie marquée (ligne {line}, colonne {column}) n'est pas "
            "correcte. Choisissez plutôt dans les listes, ou demandez à votre contact."
        ),
    ),
    "rules_passed_over": (
        "Offers that the rule cannot be used for: {count}",
        "Offres auxquelles la règle ne peut pas s'appliquer : {count}",
    ),
    "rules_with_words": ("with words of yours", "avec vos mots"),
    "rules_missing": ("where something is missing", "quand il manque quelque chose"),
    "rules_do_drop": ("leave these offers out", "écarter ces offres"),
    "rules_do_keep": ("keep only these offers", "ne garder que ces offres"),
    "rules_said_drop": ("Leave out offers {which}", "Écarter les offres {which}"),
    "rules_said_keep": ("Keep only offers {which}", "Ne garder que les offres {which}"),
    "rules_if_contract": ("with the type of contract “{value}”", "dont le type de contrat est « {value} »"),
    "rules_if_working_time": ("with the working time “{value}”", "dont le temps de travail est « {value} »"),
    "rules_if_remote": ("with the place of work “{value}”", "dont le lieu d'exercice est « {value} »"),
    "rules_if_title": ("whose title has “{value}” in it", "dont l'intitulé contient « {value} »"),
    "rules_if_description": ("whose description has “{value}” in it", "dont la description contient « {value} »"),
    "rules_if_company": (
        "of a company with “{value}” in its name",
        "d'une entreprise dont le nom contient « {value} »",
    ),
    "rules_if_city": ("in a town with “{value}” in its name", "dans une ville dont le nom contient « {value} »"),
    "rules_if_country": (
        "in the country “{value}” (two letters: FR, BE)",
        "dans le pays « {value} » (deux lettres : FR, BE)",
    ),
    "rules_if_no_contract": ("without a type of contract", "sans type de contrat"),
    "rules_if_no_description": ("without a description", "sans description"),
    "rules_if_no_locations": ("without a place", "sans lieu"),
    "rules_if_no_apply_url": ("without an address to apply at", "sans adresse de candidature"),
    "rules_group_contract": ("type of contract", "type de contrat"),
    "rules_group_working_time": ("working time", "temps de travail"),
    "rules_group_remote": ("place of work", "lieu d'exercice"),
}
