"""Rules that are meant to harm: refused when they are saved, or bounded where they run. No worker dies of one."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from jobpipe.definition.overrides import OverrideError, OverrideRule, Overrides, parse_rule
from jobpipe.runs.executors.executor import Charge, Done, Work
from jobpipe.runs.executors.worker import receive, send
from jobpipe.sources.record import Context
from jobpipe.transform.outcome import Item, Made
from jobpipe.transform.override_checks import check_rule

SOURCES = Path(__file__).parent.parent.parent / "src"
DEFINITION = b"""{
  "import": "offers", "source": {"feed": "feed.json"},
  "posting": {"reference": "id", "title": "title", "description": "text", "skills": "skills"}
}"""
# Of a worker with everything loaded; what a rule may add is far less.
MEMORY = 1_500 * 1024 * 1024
SECONDS = 60


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("+".join(["1"] * 20_000), id="a sum of 20 000 terms"),
        pytest.param("(" * 1_500 + "1" + ")" * 1_500, id="deep brackets"),
        pytest.param("[" * 1_500 + "]" * 1_500, id="deep lists"),
        pytest.param("not " * 20_000 + "1", id="not not not"),
        pytest.param("'" + "a" * 5_000 + "'", id="a long text"),
        pytest.param("[1]*99999999", id="a list multiplied"),
        pytest.param("posting.skills*99999999", id="a field that is a list, multiplied"),
        pytest.param("posting['ski' ~ 'lls']*9999", id="a name put together"),
        pytest.param("(posting.title|list)*9999", id="letters multiplied"),
        pytest.param("9**9**9", id="powers"),
        pytest.param("1" * 500, id="a huge number"),
        pytest.param("posting.clear()", id="a method that empties"),
        pytest.param("posting['clear']()", id="a method by its name"),
        pytest.param("(posting.skills.append)('x')", id="a method in brackets"),
        pytest.param("posting|attr('__class__')", id="an attribute by a filter"),
        pytest.param("posting.__class__.__mro__", id="a class"),
        pytest.param("posting.skills|map('attr', '__class__')|list", id="an attribute of each"),
        pytest.param("posting.skills|map('indent', 99999)|list", id="a filter by its name"),
        pytest.param("posting.title|indent(99999999)", id="an indentation"),
        pytest.param("posting.title|regex_search(posting.description)", id="a pattern of the source's"),
        pytest.param("posting.title|regex_search('^(a|a)*$')", id="a slow pattern"),
        pytest.param("posting.title|regex_search('(')", id="no pattern"),
        pytest.param("range(99999999)|list", id="a range"),
        pytest.param("namespace(a=1)", id="a function"),
        pytest.param("debug()", id="all that there is"),
        pytest.param("record", id="the record"),
        pytest.param("loop.index", id="a loop's word"),
        pytest.param("caller()", id="a macro's word"),
        pytest.param("1) %}{% for x in range(9) %}{% endfor %}{% if (1", id="out of the tag"),
        pytest.param("1 }}{{ 2", id="out of the braces"),
        pytest.param("{% include 'x' %}", id="a tag"),
        pytest.param("1 #}", id="a comment"),
        pytest.param("lambda: 1", id="Python"),
        pytest.param("posting.title\x00", id="a zero byte"),
        pytest.param("\ud800", id="half a letter"),
    ],
)
def test_what_could_harm_is_refused_when_it_is_saved(expression: str) -> None:
    for rule in (f"drop when {expression}", f"set title = {expression}"):
        with pytest.raises(OverrideError):
            check_rule(parse_rule(rule))


# Each is valid, or was saved by another version, and wants more than it may have.
GREEDY = [
    "set title = 'a' * 999999999",
    "set title = posting.description|replace('a', posting.description)",
    "set title = posting.description|replace('', posting.description)",
    "set title = " + " ~ ".join(["posting.description"] * 150),
    "set extra.x = posting.description|regex_replace('', '" + "b" * 900 + "')",
    "set skills = posting.description|split('')",
    "set skills = posting.description|list",
    "set skills = posting.description|split('a')|join(posting.description)",
    "set title = [posting.description, posting.description]|join(posting.description)",
    "set extra.x = posting",
    "set extra.x = [[posting, posting], [posting, posting]]",
    "drop when posting.description|regex_search('(x+x+)+y$')",
    "drop when posting.description|regex_search('^(.*a){12}$')",
    "drop when posting.description|regex_match('(a?){40}a{40}')",
    "drop when posting.title|int > posting.skills",
    "drop when " + "+".join(["1"] * 1_900) + " == 0",
    "drop when posting.nothing.at.all",
    "set title = [1]*99999999",
    "set title = posting.description|indent(99999)",
    "set title = posting.clear()",
    "drop when range(99999999)|list",
    "drop when " + "(" * 200 + "1" + ")" * 200,
]
# The last ones are refused when they are saved; here they come as if a ledger had been written by hand.
UNCHECKED = len(GREEDY) - 6


def rule_of(number: int, text: str) -> OverrideRule:
    return msgspec.structs.replace(parse_rule(text), number=number)


def transformed(rules: list[str], count: int = 4) -> Done:
    """By a real worker process, whose memory is limited."""
    above = Overrides(rules=tuple(rule_of(number, text) for number, text in enumerate(rules, 1)))
    worker = subprocess.Popen(
        [sys.executable, "-m", "jobpipe.runs.executors.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCES)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    # What slow patterns explode on, and long texts.
    text = "<p>" + "xa " * 30_000 + "a" * 60 + "x" * 60 + "</p>"
    raw = msgspec.json.encode({"id": "k", "title": "Chef", "text": text, "skills": ["a", "b"]})
    items = [Item(number, raw.replace(b'"k"', f'"k{number}"'.encode()), 0, "", "2026-11-29") for number in range(count)]
    try:
        send(worker.stdin, msgspec.msgpack.encode(Charge(definition=DEFINITION, overrides=above)))
        send(worker.stdin, msgspec.msgpack.encode(Work(1, [Context(kind="json")], items)))
        answer = receive(worker.stdout)
    finally:
        worker.stdin.close()
        code = worker.wait(timeout=SECONDS)
    assert answer is not None, f"the worker died of it ({code})"
    assert code == 0
    return msgspec.msgpack.decode(answer, type=Done)


def test_greedy_rules_kill_no_worker_and_cost_neither_posting_nor_other_rules() -> None:
    rules = [*GREEDY, "set contract = 'permanent'"]
    done = transformed(rules)
    assert [made.made for made in done.results] == [Made.POSTING] * 4
    for made in done.results:
        passed_over = {number for number, _ in made.rule_faults}
        assert len(rules) not in passed_over
        assert set(range(UNCHECKED + 1, len(GREEDY) + 1)) <= passed_over
        assert made.key.startswith("k")
    assert done.peak_rss < MEMORY // 1024


def test_many_slow_patterns_take_a_bounded_time_together() -> None:
    """Each would take its whole time on each posting; 40 of them on 40 postings."""
    slow = [
        f"drop when posting.description|regex_search('(?:{letter}?x?a?)*{number}$')"
        for number in range(10)
        for letter in "bcde"
    ]
    done = transformed(slow, count=40)
    assert {made.made for made in done.results} == {Made.POSTING}


def test_the_source_s_posting_is_not_changed_by_looking_at_it() -> None:
    done = transformed(["drop when posting.skills.append('x')", "drop when posting.update(title='x')"], count=1)
    assert done.results[0].title == "Chef"
    assert {number for number, _ in done.results[0].rule_faults} == {1, 2}
