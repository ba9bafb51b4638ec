"""A posting as it is compared."""

from __future__ import annotations

from functools import cached_property

from jobpipe.lifecycle.near_duplicates.addresses import address_of
from jobpipe.lifecycle.near_duplicates.places import place_words
from jobpipe.lifecycle.near_duplicates.titles import Title, title_of
from jobpipe.lifecycle.near_duplicates.words import plain_text, shingles_of, word_set, words_of
from jobpipe.posting import JobPosting

# Of a company's name, which it may be called with or without.
_LEGAL_FORMS = word_set(
    "gmbh ag se kg co ohg mbh ev sa sas sarl eurl sasu snc bv nv inc llc ltd limited plc corp corporation company "
    "group groupe gruppe holding spa srl sl ab as oy the"
)
# A reference that is shorter, or has no digit, says nothing outside its source.
MIN_REFERENCE = 4


class Profile:
    """Each view is made when it is first asked for: most pairs are told apart by a few of them."""

    def __init__(self, posting: JobPosting) -> None:
        self.posting = posting
        self.title: Title = title_of(posting.title)
        self.text = plain_text(posting.description_text, posting.description)

    @cached_property
    def words(self) -> list[str]:
        return words_of(self.text)

    @cached_property
    def shingles(self) -> frozenset[str]:
        return shingles_of(self.words)

    @cached_property
    def places(self) -> frozenset[str]:
        return place_words(self.posting.locations)

    @cached_property
    def company(self) -> frozenset[str]:
        name = self.posting.company.name if self.posting.company is not None else None
        words = frozenset(words_of(name or ""))
        return words - _LEGAL_FORMS or words

    @cached_property
    def addresses(self) -> frozenset[str]:
        return frozenset(filter(None, (address_of(self.posting.apply_url), address_of(self.posting.url))))

    @cached_property
    def reference(self) -> str:
        """ "" = none that could be the same in another source by more than chance."""
        text = "".join(words_of(self.posting.reference))
        return text if len(text) >= MIN_REFERENCE and any(one.isdigit() for one in text) else ""

    @property
    def contract(self) -> str:
        """What title and field say together; "" = nothing."""
        said = self.posting.contract or ""
        return self.title.contract or ("" if said == "other" else said)


def profile_of(posting: JobPosting) -> Profile:
    return Profile(posting)
