"""A site whose every answer takes its time, in a process of its own.

    python -m bench.slow_site PAGES LATENCY

Prints its port, and serves until its input closes; then it prints what it saw.  List pages lead to `PAGES` postings,
each with a JobPosting in JSON-LD amid the markup that pages have.  An answer is written at once, header and body, by
the timer that ends its wait: waiting costs nothing, and nobody waits for another's answer.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from html import escape

from bench.words import Text

SEED = 20261124
LINKS_A_LIST = 200
_NAVIGATION, _RELATED = 60, 40


@dataclass(slots=True)
class Seen:
    answers: int = 0
    missing: int = 0
    most_at_once: int = 0
    # Seconds by which answers were later than they should be: on the average, and the worst.
    late: float = 0.0
    latest: float = 0.0
    # When the first request came and the last answer went, on the clock that all processes share.
    first: float = 0.0
    last: float = 0.0


def pages_of(count: int) -> dict[str, bytes]:
    """The bodies by their paths."""
    text = Text.of(SEED, vocabulary=4_000, sentences=4_000)
    dice = random.Random(SEED)
    numbers = range(1, count + 1)
    lists = -(-count // LINKS_A_LIST)
    made = {f"/job/{number}": _posting(number, text, dice) for number in numbers}
    further = "".join(f'<a class="page" href="/jobs/{one}">{one}</a>' for one in range(1, lists + 1))
    for one in range(1, lists + 1):
        shown = numbers[(one - 1) * LINKS_A_LIST : one * LINKS_A_LIST]
        links = "".join(f'<li class="job"><a href="/job/{number}">Offre {number}</a></li>' for number in shown)
        made[f"/jobs/{one}"] = _page("Offres", f"<ul>{links}</ul><nav>{further}</nav>")
    return made


def lists_of(count: int) -> int:
    return -(-count // LINKS_A_LIST)


def _posting(number: int, text: Text, dice: random.Random) -> bytes:
    title = f"{dice.choice(text.words).title()} {dice.choice(text.words)} {number}"
    description = "".join(f"<p>{escape(' '.join(dice.sample(text.sentences, 5)), quote=False)}</p>" for _ in range(5))
    data = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": title,
        "description": description,
        "identifier": {"@type": "PropertyValue", "name": "board", "value": f"J{number}"},
        "datePosted": f"2026-11-{1 + number % 24:02}",
        "validThrough": "2027-01-31",
        "employmentType": dice.choice(["FULL_TIME", "PART_TIME", "INTERN"]),
        "hiringOrganization": {"@type": "Organization", "name": dice.choice(text.words).title()},
        "jobLocation": {
            "@type": "Place",
            "address": {"addressLocality": dice.choice(["Lyon", "Lille", "Nantes"]), "addressCountry": "FR"},
        },
        "baseSalary": {
            "currency": "EUR",
            "value": {"minValue": 25_000 + number, "maxValue": 30_000 + number, "unitText": "YEAR"},
        },
    }
    related = "".join(f"<li><a href='/about/{one}'>{dice.choice(text.words)}</a></li>" for one in range(_RELATED))
    script = f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>'
    return _page(title, f"<h1>{title}</h1>{script}<div>{description}</div><ul>{related}</ul>")


def _page(title: str, body: str) -> bytes:
    navigation = "".join(f"<li class='n'><a href='/about/{one}'>Rubrique {one}</a></li>" for one in range(_NAVIGATION))
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>{title}</title></head><body>"
        f"<header><ul>{navigation}</ul></header><main>{body}</main></body></html>"
    ).encode()


class _Connection(asyncio.Protocol):
    def __init__(self, answers: dict[bytes, bytes], latency: float, seen: Seen, under_way: list[int]) -> None:
        self._answers = answers
        self._latency = latency
        self._seen = seen
        self._under_way = under_way
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        while b"\r\n\r\n" in self._held:
            request, _, self._held = self._held.partition(b"\r\n\r\n")
            self._under_way[0] += 1
            self._seen.most_at_once = max(self._seen.most_at_once, self._under_way[0])
            loop = asyncio.get_running_loop()
            self._seen.first = self._seen.first or time.monotonic()
            due = loop.time() + self._latency
            loop.call_at(due, self._answer, request.split(b" ", 2)[1], due)

    def _answer(self, path: bytes, due: float) -> None:
        late = asyncio.get_running_loop().time() - due
        seen = self._seen
        seen.answers += 1
        seen.last = time.monotonic()
        seen.late += late
        seen.latest = max(seen.latest, late)
        self._under_way[0] -= 1
        answer = self._answers.get(path)
        if answer is None:
            seen.missing += 1
            answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        self._transport.write(answer)


async def _serve(count: int, latency: float) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\r\n"
    answers = {path.encode(): head.format(len(body)).encode() + body for path, body in pages_of(count).items()}
    seen, under_way = Seen(), [0]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Connection(answers, latency, seen, under_way), "127.0.0.1", 0, backlog=512
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    seen.late /= max(1, seen.answers)
    print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2])))
