"""Remembered values are those that would be made again, and what is to be noted is noted for each record."""

from __future__ import annotations

import xml.sax.saxutils
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.definition.models import Definition
from jobpipe.sources.record import Context
from jobpipe.transform.compile import Transformer, compile_definition
from jobpipe.transform.outcome import Item, Transformed
from jobpipe.transform.remembering import _UNBOUNDED
from jobpipe.transform.steps.registry import steps

DEFINITION = Definition.model_validate(
    {
        "import": "offers",
        "source": {"feed": "feed.xml"},
        "posting": {
            "reference": "@id",
            "title": ["titre", "clean"],
            "company": {"name": ["firme/nom", "clean"], "url": "firme/site"},
            "locations": {"from": "lieu", "split": " / ", "each": "place"},
            "contract": ["contrat", "contract"],
            "category": {"from": "metier", "map": {"Cuisine": "cook"}},
            "salary": {"from": "paie", "then": "salary"},
            "posted_at": {"from": "date", "then": {"date": {"order": "DMY", "languages": ["fr"], "relative": True}}},
        },
    }
)
# Steps that look at the workbench only to note something of the record, or at the day.
NOTING = {
    "education",
    "experience",
    "coordinates",
    "region",
    "period",
    "contract",
    "country",
    "date",
    "language",
    "lookup",
    "remote",
    "working_time",
}

values = st.fixed_dictionaries(
    {
        "titre": st.sampled_from(["Cuisinière", "Chef", ""]),
        "nom": st.sampled_from([" Les Fournils ", "Atelier"]),
        "site": st.sampled_from(["https://example.org", "pas une adresse"]),
        "lieu": st.sampled_from(["Lyon", "Lyon / Nantes", ""]),
        "contrat": st.sampled_from(["CDI", "inconnu"]),
        "metier": st.sampled_from(["Cuisine", "Salle"]),
        "paie": st.sampled_from(["30k-38k EUR", "2 150 € brut/mois", "à négocier"]),
        "date": st.sampled_from(["24/11/2026", "hier", "jamais"]),
    }
)


def record(fields: dict[str, str]) -> bytes:
    text = {name: xml.sax.saxutils.escape(value) for name, value in fields.items()}
    firm = f"<firme><nom>{text.pop('nom')}</nom><site>{text.pop('site')}</site></firme>"
    return f'<o id="1">{firm}{"".join(f"<{name}>{value}</{name}>" for name, value in text.items())}</o>'.encode()


def transform(transformer: Transformer, fields: dict[str, str], day: str) -> Transformed:
    return transformer.transform(Item(1, record(fields), 0, "", day), Context(kind="xml"))


def compiled() -> Transformer:
    return compile_definition(DEFINITION, hooks_source=None, tables={})


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(values, st.sampled_from(["2026-11-24", "2026-03-01"])), min_size=2, max_size=12))
def test_a_transformer_that_remembers_makes_what_a_new_one_makes(history: list[tuple[Any, str]]) -> None:
    remembering = compiled()
    for fields, day in history:
        assert transform(remembering, fields, day) == transform(compiled(), fields, day)


def test_every_step_that_sees_the_workbench_is_known_to_look_at_other_fields_or_not() -> None:
    seeing = {name for name, step in steps().items() if step.needs_bench}
    assert seeing <= NOTING | _UNBOUNDED
