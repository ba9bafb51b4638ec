"""The languages of the pages that clients see."""

from __future__ import annotations

# As in `Account.language`, in the order of the phrases -> as each calls itself.
LANGUAGES = {"en": "English", "fr": "Français"}
