"""What `make fuzz` fuzzes, in short: the inputs it begins with, what it has found so far, and a few blind changes."""

from __future__ import annotations

import gc
import random
import weakref
from pathlib import Path

import pytest

from fuzz.targets import TARGETS
from jobpipe.definition.overrides import parse_rule
from jobpipe.transform.override_templates import Answers

FOUND = Path(__file__).parent.parent / "data/fuzz"
# Changes of each input.
CHANGES = 12


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_changed_in_an_input_it_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]()
    dice = random.Random(name)
    for seed in target.seeds:
        target.check(seed)
        for _ in range(CHANGES):
            target.check(changed(seed, dice))


@pytest.mark.parametrize("found", sorted(FOUND.glob("*/*")), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_is_read_or_refused(found: Path) -> None:
    TARGETS[found.parent.name]().check(found.read_bytes())


def changed(data: bytes, dice: random.Random) -> bytes:
    """With a few bytes lost, doubled, moved or replaced."""
    made = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        start = dice.randrange(len(made) + 1)
        piece = made[start : start + dice.randrange(1, 9)]
        match dice.randrange(4):
            case 0:
                del made[start : start + len(piece)]
            case 1:
                made[start:start] = piece * dice.randrange(1, 9)
            case 2:
                made[dice.randrange(len(made) + 1) : 0] = piece
            case _:
                made[start : start + 1] = bytes([dice.randrange(256)])
    return bytes(made)


def test_rules_that_are_compiled_and_left_are_freed() -> None:
    answers = Answers([parse_rule("drop when posting.title|regex_search('x')", number=1)])
    assert answers.true_of({"title": "x"})[0] == {0}
    alive = weakref.ref(answers)
    del answers
    gc.collect()
    assert alive() is None
