"""Values of offers, moments and spans of time, in words."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # What has become of an offer.
    "value_live": ("online", "en ligne"),
    "value_expired": ("gone", "partie"),
    "value_excluded": ("left out", "écartée"),
    "value_none": ("never online", "jamais en ligne"),
    # Why.
    "value_absent": ("not in your file any more", "plus dans votre fichier"),
    "value_closed": ("closed by you", "close par vous"),
    "value_ended": ("its end has come", "arrivée à sa date de fin"),
    "value_removed": ("taken down", "retirée"),
    "value_rule": ("by a rule", "par une règle"),
    "value_keep": ("by an agreed rule", "par une règle convenue"),
    "value_person": ("by hand", "à la main"),
    "value_near_duplicate": ("the same job is online already", "la même offre est déjà en ligne"),
    "value_other_reason": ("for another reason", "pour une autre raison"),
    # Of its fields.
    "value_permanent": ("permanent", "CDI"),
    "value_fixed_term": ("fixed term", "CDD"),
    "value_temporary": ("temporary work", "intérim"),
    "value_internship": ("internship", "stage"),
    "value_apprenticeship": ("apprenticeship", "alternance"),
    "value_freelance": ("freelance", "indépendant"),
    "value_volunteer": ("volunteer", "bénévolat"),
    "value_other": ("other", "autre"),
    "value_full_time": ("full time", "temps plein"),
    "value_part_time": ("part time", "temps partiel"),
    "value_on_site": ("on site", "sur place"),
    "value_hybrid": ("partly remote", "télétravail partiel"),
    "value_remote": ("remote", "télétravail"),
    "value_hour": ("an hour", "par heure"),
    "value_day": ("a day", "par jour"),
    "value_week": ("a week", "par semaine"),
    "value_month": ("a month", "par mois"),
    "value_year": ("a year", "par an"),
    # Moments and spans of time.
    "months": (
        "January February March April May June July August September October November December",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    ),
    "moment": ("{day}, {time}", "{day} à {time}"),
    "just_now": ("just now", "à l'instant"),
    "never": ("never", "jamais"),
    "ago": ("{span} ago", "il y a {span}"),
    "ahead": ("in {span}", "dans {span}"),
    "seconds": ("s", "s"),
    "minutes": ("min", "min"),
    "hours": ("h", "h"),
    "days": ("d", "j"),
}
