"""The mapping tables of the benchmark's import: the same for all runners."""

from __future__ import annotations

from bench.feeds import SEED
from bench.offers import CONTRACTS, HOURS, REMOTE, functions_of


def read_mappings() -> dict[str, dict[str, str]]:
    """Table -> label -> code."""
    functions = {label: f"F{number:03}" for number, label in enumerate(functions_of(SEED))}
    return {"functions": functions, "contract": CONTRACTS, "hours": HOURS, "remote": REMOTE}


def read_departments() -> dict[str, str]:
    """The names of the French departments that the feed's places lie in, by number."""
    names = (
        "06 Alpes-Maritimes;13 Bouches-du-Rhône;14 Calvados;17 Charente-Maritime;21 Côte-d'Or;25 Doubs;29 Finistère;"
        "30 Gard;31 Haute-Garonne;35 Ille-et-Vilaine;37 Indre-et-Loire;38 Isère;44 Loire-Atlantique;45 Loiret;"
        "49 Maine-et-Loire;54 Meurthe-et-Moselle;57 Moselle;59 Nord;63 Puy-de-Dôme;64 Pyrénées-Atlantiques;"
        "66 Pyrénées-Orientales;67 Bas-Rhin;69 Rhône;72 Sarthe;75 Paris;76 Seine-Maritime;80 Somme;83 Var;86 Vienne;"
        "87 Haute-Vienne"
    )
    return {name[:2]: name[3:] for name in names.split(";")}
