"""The languages that reports are written in."""

from jobpipe.runs.source_reports.languages import de, en, fr, nl
from jobpipe.runs.source_reports.languages.texts import ReasonText, Texts

LANGUAGES: dict[str, Texts] = {module.TEXTS.code: module.TEXTS for module in (en, fr, de, nl)}

__all__ = ["LANGUAGES", "ReasonText", "Texts"]
