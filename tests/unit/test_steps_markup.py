"""HTML to text and back: what is harmful goes, what is text stays."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stepping import made

markup = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<br>",
            "<BR/>",
            "<ul>",
            "<li>",
            "</li>",
            "</ul>",
            "<b>",
            "</b>",
            "<div class='x'>",
            "</div>",
            "<td>",
            "<script>alert(1)</script>",
            "<!-- c -->",
            "<a href='https://example.org/?a=1&b=2'>",
            "</a>",
            "<o:p>",
            "<",
            ">",
            "&",
            "&amp;",
            "&lt;b&gt;",
            "&nbsp;",
            "&eacute;",
            "texte",
            " ",
            "\n",
            "été",
            "2 < 3",
            "<p",
            '"',
            "<svg/onload=x()>",
            "]]>",
        ]
    ),
    max_size=14,
).map("".join)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>x()</script>",
        "<img src=x onerror=x()>",
        '<a href="javascript:x()">a</a>',
        '<a href="java\nscript:x()">a</a>',
        '<a href="data:text/html,x">a</a>',
        '<p style="background:url(javascript:x())">a</p>',
        "<svg><script>x()</script></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=x()&gt;'>",
        "<iframe srcdoc='<script>x()</script>'></iframe>",
        "<form action=x><input name=y></form>",
        '<a href="//example.org">a</a>',
        "<noscript><p title='</noscript><img src=x onerror=x()>'>",
        '<p onclick="x()">a</p>',
    ],
)
def test_nothing_harmful_passes(attack: str) -> None:
    clean = made("sanitize_html", attack) or ""
    assert not re.search(r"script|onerror|onclick|style|srcdoc|data:|<(?:img|svg|form|input|iframe)|href=", clean)


def test_links_are_kept_and_marked() -> None:
    clean = made(
        "sanitize_html", '<a href="https://example.org/" target=_blank>a</a> <a href="mailto:rh@example.org">b</a>'
    )
    assert clean.count("nofollow") == 2 and 'href="https://example.org/"' in clean and "mailto:" in clean


def test_blocks_that_html_knows_do_not_run_into_each_other() -> None:
    text = made("html_to_text", made("sanitize_html", "<section>un</section><article>deux</article><center>3</center>"))
    assert text.split() == ["un", "deux", "3"]


@given(markup)
@settings(max_examples=500, deadline=None)
def test_sanitising_twice_is_sanitising_once(text: str) -> None:
    once = made("sanitize_html", text)
    assert made("sanitize_html", once) == once


@given(markup)
@settings(max_examples=500, deadline=None)
def test_the_text_of_html_is_the_text_of_what_remains_of_it(text: str) -> None:
    """Plain HTML is read directly, other by way of the sanitiser: both give the same words."""
    if "<" in text:
        by_way = made("html_to_text", made("sanitize_html", text) or "") or ""
        assert "".join((made("html_to_text", text) or "").split()) == "".join(by_way.split())


@pytest.mark.parametrize(
    ("given_html", "text"),
    [
        ("<p>un <b>deux</b>, trois</p>", "un deux, trois"),
        ("a<br><br>b", "a\n\nb"),
        ("<ul><li>a</li><li><p>b</p></li></ul>c", "- a\n- b\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<h2>Profil</h2>texte", "Profil\n\ntexte"),
        ("<p>35\u00a0000&nbsp;€</p>", "35 000 €"),
        ("<p>a &lt;b&gt; c</p>", "a <b> c"),
        ("<p title='a>b'>x</p>", "x"),
        ("un\n\n\n\ndeux  trois", "un\n\ndeux trois"),
        ("2 < 3", "2 < 3"),
        ("<p></p>", None),
    ],
)
def test_html_becomes_readable_text(given_html: str, text: str | None) -> None:
    assert made("html_to_text", given_html) == text


@given(st.text(alphabet="ab <>&\"'\n-•é/=", max_size=60))
@settings(max_examples=500, deadline=None)
def test_html_made_of_text_is_safe_and_says_the_same(text: str) -> None:
    html = made("text_to_html", text)
    if html is None:
        assert not text.strip()
        return
    assert made("sanitize_html", html) is not None
    letters = re.sub(r"[^ab<>&\"'é/=]", "", text)
    assert re.sub(r"[^ab<>&\"'é/=]", "", made("html_to_text", html) or "") == letters


def test_lines_with_bullets_become_a_list() -> None:
    html = made("text_to_html", "Missions :\n• Vendre\n• Acheter\nProfil :\n- Bac+2 & plus\n\nFin")
    assert html == (
        "<p>Missions :</p><ul><li>Vendre</li><li>Acheter</li></ul>"
        "<p>Profil :</p><ul><li>Bac+2 &amp; plus</li></ul><p>Fin</p>"
    )
