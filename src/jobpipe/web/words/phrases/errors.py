"""What goes wrong."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # What goes wrong.
    "error_not_there": ("Not there", "Introuvable"),
    "error_not_there_words": (
        "There is no such page, or it is not yours to see.",
        "Cette page n'existe pas, ou ne vous est pas ouverte.",
    ),
    "error_not_allowed": ("Not allowed", "Interdit"),
    "error_not_allowed_words": (
        "Your account may not do this. If you need it, ask your contact.",
        "Votre compte ne permet pas cela. Si vous en avez besoin, demandez à votre contact.",
    ),
    "error_failed": ("job-pipe itself failed", "Une erreur de notre côté"),
    "error_failed_words": (
        "It is in the log, and an incident for its developers.",
        "Elle est notée, et signalée à nos développeurs.",
    ),
    "error_away": ("Away for a moment", "Indisponible un instant"),
    "error_away_words": (
        "A store cannot be reached at the moment; nothing is lost.",
        "Nos données sont hors d'atteinte pour l'instant ; rien n'est perdu.",
    ),
    "error_away_hint": ("Load the page again in a minute.", "Rechargez la page dans une minute."),
    "error_busy": ("Busy for a moment", "Occupé un instant"),
    "error_busy_words": (
        "Another process has been writing for a long time, and this was not done.",
        "Un autre traitement écrit depuis longtemps ; ceci n'a pas été fait.",
    ),
    "error_busy_hint": ("Try again in a few seconds.", "Réessayez dans quelques secondes."),
    "error_to_overview": ("To the overview", "Retour à l'accueil"),
    "error_too_large": ("Too large", "Trop grand"),
    "error_too_large_words": (
        "That is more than can be taken at once: nothing of it was read.",
        "C'est plus que ce qui peut être pris en une fois : rien n'a été lu.",
    ),
    "error_not_done": ("Not done", "Pas fait"),
    "error_old_page": (
        "The page was too old, or the request came from another site: nothing was done.",
        "La page était trop ancienne, ou la demande venait d'un autre site : rien n'a été fait.",
    ),
    "error_old_page_hint": ("Load the page again and do it once more.", "Rechargez la page et recommencez."),
    "error_cannot": ("That does not go", "Cela n'est pas possible"),
    "error_cannot_words": (
        "What you asked for cannot be done as things stand, and nothing was changed.",
        "Ce que vous avez demandé n'est pas possible pour le moment, et rien n'a été modifié.",
    ),
    "error_cannot_hint": (
        "Go back, load the page again and try once more. If it stays so, tell your contact.",
        "Revenez en arrière, rechargez la page et réessayez. Si cela persiste, prévenez votre contact.",
    ),
    "error_changed": ("Changed meanwhile", "Modifié entre-temps"),
    "error_changed_words": (
        "Somebody else has changed this since you looked at it, and nothing of yours was saved.",
        "Quelqu'un d'autre l'a modifié depuis que vous l'avez regardé ; rien de votre part n'a été enregistré.",
    ),
    "error_changed_hint": ("Look at it again, and decide then.", "Regardez de nouveau, puis décidez."),
}
