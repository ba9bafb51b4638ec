"""What the pages say that clients see: in English and in French, side by side in `jobpipe.web.words.phrases`."""

from jobpipe.web.words.languages import LANGUAGES
from jobpipe.web.words.phrases import PHRASES
from jobpipe.web.words.saying import (
    CHOSEN,
    Words,
    is_for_clients,
    language_of,
    words_of,
    words_of_house,
    words_to,
)

__all__ = [
    "CHOSEN",
    "LANGUAGES",
    "PHRASES",
    "Words",
    "is_for_clients",
    "language_of",
    "words_of",
    "words_of_house",
    "words_to",
]
