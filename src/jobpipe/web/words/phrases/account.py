"""One's own account, logging in, tokens."""

from __future__ import annotations

PHRASES: dict[str, tuple[str, str]] = {
    # One's own account.
    "account_password": ("Password", "Mot de passe"),
    "account_old": ("The one you have", "L'actuel"),
    "account_new": ("A new one of at least 12 characters", "Un nouveau, de 12 caractères au moins"),
    "account_others_end": ("All your other sessions end.", "Toutes vos autres sessions se terminent."),
    "account_change": ("Change it", "Le changer"),
    "account_factor": ("Second factor", "Second facteur"),
    "account_factor_on": (
        "It is on: logging in asks for a code of your device. Recovery codes left:",
        "Il est actif : la connexion demande un code de votre appareil. Codes de secours restants :",
    ),
    "account_factor_off": (
        "A code of your phone besides the password: who has learnt the password alone is not let in.",
        "Un code de votre téléphone en plus du mot de passe : qui n'a appris que le mot de passe n'entre pas.",
    ),
    "account_code": ("Code", "Code"),
    "account_switch_off": ("Switch it off", "Le désactiver"),
    "account_set_up": ("Set it up", "Le mettre en place"),
    "account_you": ("You", "Vous"),
    "account_language": ("Language", "Langue"),
    "account_keep": ("Keep", "Enregistrer"),
    "account_sessions": ("Where you are logged in", "Vos connexions en cours"),
    "account_browser": ("browser", "navigateur"),
    "account_since": ("since", "depuis"),
    "account_seen": ("seen", "vue pour la dernière fois"),
    "account_act": ("what to do", "action"),
    "account_browser_on": ("{browser} on {system}", "{browser} sur {system}"),
    "account_not_said": ("not said", "inconnu"),
    "account_this_one": ("this one", "celle-ci"),
    "account_end_it": ("End it", "La terminer"),
    "account_tokens": ("Access for programs", "Accès pour vos logiciels"),
    "account_tokens_about": (
        "for software of yours that sends offers to us, or reads them.",
        "pour ceux de vos logiciels qui nous envoient des offres, ou les lisent.",
    ),
    "account_codes": ("Recovery codes", "Codes de secours"),
    "account_codes_yours": ("Your recovery codes", "Vos codes de secours"),
    "account_codes_about": (
        (
            "The second factor is on. Should the device be lost, each of these lets you in once. They are not shown "
            "again: print them, or keep them where your passwords are."
        ),
        (
            "Le second facteur est actif. Si l'appareil est perdu, chacun de ces codes vous laisse entrer une fois. "
            "Ils ne seront plus affichés : imprimez-les, ou gardez-les là où sont vos mots de passe."
        ),
    ),
    "account_copy": ("Copy them", "Les copier"),
    "account_kept": ("I have kept them", "Je les ai gardés"),
    "account_set_up_factor": ("Set up a second factor", "Mettre en place un second facteur"),
    "account_picture": (
        "Take a picture of this with an authenticator, then give the code that it shows.",
        "Photographiez ceci avec une application d'authentification, puis donnez le code qu'elle affiche.",
    ),
    "account_picture_alt": ("QR code for an authenticator", "QR code pour une application d'authentification"),
    "account_type_this": ("Or type this into it:", "Ou saisissez-y ceci :"),
    "account_switch_on": ("Switch it on", "L'activer"),
    "account_password_changed": (
        "Your password is changed; all other sessions have ended.",
        "Votre mot de passe est changé ; toutes les autres sessions sont terminées.",
    ),
    "account_details_kept": ("Kept.", "Enregistré."),
    "account_factor_gone": ("Your password alone lets you in now.", "Votre mot de passe suffit désormais."),
    "account_session_ended": ("That session has ended.", "Cette session est terminée."),
    # Logging in.
    "login_log_in": ("Log in", "Se connecter"),
    "login_name": ("Name", "Nom"),
    "login_give_code": (
        "Give the code that your device shows now, or one of your recovery codes.",
        "Donnez le code que votre appareil affiche maintenant, ou l'un de vos codes de secours.",
    ),
    "login_forgotten": (
        "Password forgotten? Your contact sends you a link for a new one.",
        "Mot de passe oublié ? Votre contact vous envoie un lien pour en choisir un autre.",
    ),
    "login_wrong": ("Name or password is wrong.", "Le nom ou le mot de passe est incorrect."),
    "login_wrong_code": (
        "That code is wrong, or was used before.",
        "Ce code est incorrect, ou a déjà servi.",
    ),
    "login_wait": ("Too many tries: wait {seconds} seconds.", "Trop d'essais : attendez {seconds} secondes."),
    "login_too_late": ("That took too long: begin again.", "Trop de temps a passé : recommencez."),
    "login_again": ("Begin again.", "Recommencez."),
    "login_has_factor": (
        "You have a second factor: switch it off first.",
        "Vous avez un second facteur : désactivez-le d'abord.",
    ),
    # Setting a password by a link.
    "password_set": ("Set your password", "Choisissez votre mot de passe"),
    "password_long": ("A password of at least 12 characters", "Un mot de passe d'au moins 12 caractères"),
    "password_set_and_log_in": ("Set it, and log in", "L'enregistrer, et se connecter"),
    "password_short": ("A password has at least 12 characters.", "Un mot de passe a au moins 12 caractères."),
    "password_easy": (
        "That password is too easy: not the name, and not the same few characters.",
        "Ce mot de passe est trop simple : ni le nom, ni les mêmes quelques caractères.",
    ),
    "password_changed_meanwhile": (
        "The password was changed meanwhile: ask for another link.",
        "Le mot de passe a été changé entre-temps : demandez un autre lien.",
    ),
    "link_void": ("This link is void", "Ce lien n'est plus valable"),
    "link_void_words": (
        "It was used, or is older than a day: ask for another one.",
        "Il a servi, ou date de plus d'un jour : demandez-en un autre.",
    ),
    # Tokens.
    "tokens_intro": (
        (
            "Software of yours asks in your name with one of these. It sees and may do what you may, and of that what "
            "the token was made for. It sends:"
        ),
        (
            "Vos logiciels demandent en votre nom avec l'un de ces jetons. Ils voient et peuvent faire ce que vous "
            "pouvez, et de cela ce que le jeton permet. Ils envoient :"
        ),
    ),
    "tokens_made": (
        "Your token. Keep it now: it is not shown again.",
        "Votre jeton. Gardez-le maintenant : il ne sera plus affiché.",
    ),
    "tokens_copy": ("Copy it", "Le copier"),
    "tokens_name": ("name", "nom"),
    "tokens_begins": ("begins with", "commence par"),
    "tokens_may": ("may", "peut"),
    "tokens_at": ("made", "créé"),
    "tokens_used": ("last used", "dernier usage"),
    "tokens_ends": ("ends", "prend fin"),
    "tokens_when_revoked": ("when revoked", "à sa révocation"),
    "tokens_revoke": ("Revoke", "Révoquer"),
    "tokens_sure": (
        "Whatever uses {name} stops working. Go on?",
        "Ce qui utilise {name} ne marchera plus. Continuer ?",
    ),
    "tokens_new": ("Make a token", "Créer un jeton"),
    "tokens_for": ("What it is for", "À quoi il sert"),
    "tokens_may_do": ("What it may do", "Ce qu'il permet"),
    "tokens_how_long": ("How long", "Pour combien de temps"),
    "tokens_days": ("{count} days", "{count} jours"),
    "tokens_for_ever": ("until it is revoked", "jusqu'à sa révocation"),
    "tokens_make": ("Make it", "Le créer"),
    "tokens_wrong": (
        "A token has a name, an end, and may do at least one thing.",
        "Un jeton a un nom, une fin, et permet au moins une chose.",
    ),
    "tokens_void": ("The token {name} is void.", "Le jeton {name} n'est plus valable."),
    "scope_imports_read": ("see sources and how they are", "voir les sources et leur état"),
    "scope_runs_read": ("see readings and their figures", "voir les lectures et leurs chiffres"),
    "scope_postings_read": ("read offers and their changes", "lire les offres et leurs modifications"),
    "scope_postings_decide": ("take offers down, and put them back", "retirer des offres, et les remettre"),
    "scope_mappings_read": ("see what words mean", "voir le sens des mots"),
    "scope_mappings_write": ("say what words mean", "indiquer le sens des mots"),
    "scope_push_write": ("send offers to us", "nous envoyer des offres"),
}
