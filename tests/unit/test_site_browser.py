"""Pages that need JavaScript are read by a browser, which reaches nothing that the crawl itself may not reach."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest
from http_source import Resource
from job_site import ALL, JobSite, job_posting, json_ld_page, list_page, written_page
from project_folder import ProjectFolder, adds_up

from jobpipe.errors import DefinitionError
from jobpipe.ledger.models import RunState
from jobpipe.sources.site.browsers import find_browser

pytest.importorskip("scrapy_playwright", reason="needs the extra browser (scrapy-playwright)")


def has_browser() -> bool:
    try:
        return bool(find_browser())
    except DefinitionError:
        return False


needs_browser = pytest.mark.skipif(not has_browser(), reason="needs Chromium")


def project(tmp_path: Path, definition: str) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project", definition)


def in_browser(site: JobSite, **more: Any) -> str:
    return site.definition(**{"browser": True, "settings": {"RETRY_TIMES": 0}, **more})


def one_page(site: JobSite, **more: Any) -> str:
    return in_browser(site, start=site.url("/careers"), follow=None, postings=None, **more)


# What it reads ---------------------------------------------------------------------------------------


@needs_browser
@pytest.mark.usefixtures("crawls_from_nothing")
def test_postings_that_scripts_write_are_imported(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    folder = project(tmp_path, in_browser(site))
    report = folder.run()
    assert (report.state, report.complete, report.account["new"]) == (RunState.SUCCEEDED, True, 6)
    assert adds_up(report)
    assert folder.keys() == ALL
    assert folder.postings()["J1"]["description"] == "<p>Cooking for 1 people.</p>"
    second = folder.run()
    assert second.complete
    assert folder.keys() == ALL


@needs_browser
def test_a_posting_that_changed_behind_an_unchanged_page_is_read(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    site.resources["/job/1"].modified = 1_700_000_000.0
    folder = project(tmp_path, in_browser(site))
    folder.run()
    site.serve("/data/1", site.resources["/data/1"].body.replace(b"Cook 1", b"Chef"), content_type="application/json")
    assert folder.run().account["updated"] == 1
    assert folder.postings()["J1"]["title"] == "Chef"


@needs_browser
def test_a_page_is_waited_for_until_what_it_must_have_is_there(site: JobSite, tmp_path: Path) -> None:
    later = "setInterval(() => fetch('/beat'), 100); setTimeout(() => { link('/job/1') }, 6000)"
    site.page("/beat", b"")
    site.page("/jobs", written_page(later))
    folder = project(tmp_path, in_browser(site, follow=None, wait=["css:.nothing", "css:a.job", "xpath://h6"]))
    site.page("/job/1", json_ld_page(job_posting(1)).replace(b"<body>", b"<body><h6>Job</h6>"))
    assert folder.run().complete
    assert folder.keys() == {"J1"}


@needs_browser
def test_a_page_that_never_shows_what_it_must_have_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    text = in_browser(site, wait="css:a, script[type]") + "expire: {misses: 1, guard: 100%}\n"
    text = text.replace('{"site"', '{"timeout": 20.0, "site"')
    folder = project(tmp_path, text)
    assert folder.run().complete
    site.page("/jobs-2", b"<html><body>Be back soon</body></html>")
    report = folder.run()
    assert (report.state, report.complete) == (RunState.PARTIAL, False)
    assert "/jobs-2: does not show css:a, script[type]" in report.why
    assert folder.keys() == ALL


@needs_browser
def test_a_page_that_is_gone_closes_its_posting_in_a_browser_too(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    folder = project(tmp_path, in_browser(site))
    folder.run()
    del site.resources["/job/6"]
    assert folder.run().complete
    assert folder.keys() == ALL - {"J6"}


@needs_browser
def test_text_that_its_page_s_own_encoding_lacks_comes_whole(site: JobSite, tmp_path: Path) -> None:
    title = "Køk “chef” 厨"
    script = f"show({{'@type': 'JobPosting', title: '{title.encode('unicode_escape').decode()}', identifier: 'J1'}})"
    page = written_page(script).replace(b"<html>", b"<html><head><meta charset=iso-8859-1></head>")
    site.page("/careers", page, content_type="text/html; charset=iso-8859-1")
    folder = project(tmp_path, one_page(site))
    folder.run()
    assert folder.postings()["J1"]["title"] == title


@needs_browser
def test_a_form_is_sent_through_the_browser(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    site.page("/search", b'<html><form action="/found" method="post"><input name="q"></form></html>')
    site.page("/found", written_page("link('/job/1'); link('/job/2')"), headers={"Set-Cookie": "session=s1; Path=/"})
    form = {"url": site.url("/search"), "fields": {"q": "cook"}}
    folder = project(tmp_path, in_browser(site, start=None, follow=None, form=form))
    assert folder.run().complete
    (sent,) = site.seen("/found")
    assert (sent.method, sent.content) == ("POST", b"q=cook")
    assert folder.keys() == {"J1", "J2"}
    assert {request.header("Cookie") for request in site.seen("/data/2")} == {"session=s1"}


@needs_browser
def test_robots_txt_holds_for_the_browser(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    site.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs-2\n", content_type="text/plain")
    report = project(tmp_path, in_browser(site)).run()
    assert "robots.txt forbids it" in report.why
    assert not site.seen("/jobs-2")


# What it does not reach --------------------------------------------------------------------------------

# Each asks for a path of its own, so that it shows which of them came through.
WAYS = {
    "fetch": "fetch('{}', {{mode: 'no-cors'}}).catch(() => null)",
    "redirect": "fetch('/away', {{mode: 'no-cors'}}).catch(() => null)",
    "script": "put('script', '{}')",
    "frame": "put('iframe', '{}')",
    "socket": "new WebSocket('{}'.replace('http', 'ws'))",
    "beacon": "navigator.sendBeacon('{}', 'x')",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('{}', {{mode: 'no-cors'}})`])))",
    "image": "new Image().src = '{}'",
    "window": "window.open('{}')",
}


def reaching(site: JobSite, beside: JobSite) -> None:
    """A page that tries each way to the other site, and then shows its posting."""
    put = "const one = document.createElement(name); one.src = src; document.body.append(one)"
    lines = [f"const put = (name, src) => {{ {put} }}"]
    for way, script in WAYS.items():
        beside.page(f"/{way}", b"")
        lines.append(f"try {{ {script.format(beside.url(f'/{way}', host='localhost'))} }} catch (trouble) {{ }}")
    site.serve("/away", redirect=beside.url("/redirect", host="localhost"))
    lines.append(f"setTimeout(() => show({job_posting(1)!r}), 1000)")
    site.page("/careers", written_page(";\n".join(lines)))


@needs_browser
def test_scripts_of_a_page_reach_no_private_address(site: JobSite, beside: JobSite, tmp_path: Path) -> None:
    reaching(site, beside)
    folder = project(tmp_path, one_page(site, wait="css:script[type]"))
    report = folder.run()
    assert folder.keys() == {"J1"}
    assert beside.requests == []
    assert any("the browser was not let reach localhost" in str(notice) for notice in report.notices)


@needs_browser
def test_what_the_house_allows_is_reached(site: JobSite, beside: JobSite, tmp_path: Path) -> None:
    reaching(site, beside)
    text = one_page(site, wait="css:script[type]")
    folder = project(tmp_path, text.replace('{"site"', '{"allow": ["127.0.0.0/8", "::1"], "site"'))
    folder.run()
    assert folder.keys() == {"J1"}
    # Images are never asked for, and a window that opens is closed at once.
    assert {request.path[1:] for request in beside.requests} >= WAYS.keys() - {"image", "window"}
    assert not beside.seen("/image")


@needs_browser
def test_a_redirect_of_the_page_into_a_private_network_is_refused(
    site: JobSite, beside: JobSite, tmp_path: Path
) -> None:
    beside.page("/jobs", json_ld_page(job_posting(1)))
    site.serve("/careers", redirect=beside.url("/jobs", host="localhost"))
    report = project(tmp_path, one_page(site)).run()
    assert not report.complete
    assert "an address of a private network" in report.why
    assert beside.requests == []


@needs_browser
def test_a_script_that_leads_the_page_into_a_private_network_is_refused(
    site: JobSite, beside: JobSite, tmp_path: Path
) -> None:
    beside.page("/jobs", json_ld_page(job_posting(1)))
    site.page("/careers", written_page(f"location.href = '{beside.url('/jobs', host='localhost')}'"))
    folder = project(tmp_path, one_page(site))
    folder.run()
    assert folder.keys() == set()
    assert beside.requests == []


@needs_browser
def test_files_of_this_machine_are_not_read(site: JobSite, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_bytes(json_ld_page(job_posting(1)))
    frame = f"const one = document.createElement('iframe'); one.src = 'file://{secret}'; document.body.append(one)"
    site.page("/careers", written_page(f"{frame}; location.href = 'file://{secret}'"))
    folder = project(tmp_path, one_page(site))
    folder.run()
    assert folder.keys() == set()


# Logins ----------------------------------------------------------------------------------------------


def with_login(text: str) -> str:
    return text.replace('{"site"', '{"auth": {"bearer": "geheim"}, "allow": ["127.0.0.0/8", "::1"], "site"')


@needs_browser
def test_a_login_goes_to_the_named_host_and_what_its_scripts_ask_of_it(site: JobSite, tmp_path: Path) -> None:
    site.write_with_scripts()
    site.serve("/old", redirect="/jobs")
    folder = project(tmp_path, with_login(in_browser(site, start=site.url("/old"), cookies={"seen": "yes"})))
    assert folder.run().complete
    assert folder.keys() == ALL
    for path in ("/old", "/jobs", "/job/4", "/data/4"):
        (request,) = site.seen(path)
        assert (request.header("Authorization"), request.header("Cookie")) == ("Bearer geheim", "seen=yes")


@needs_browser
@pytest.mark.parametrize("path", ["/careers", "/old"])
def test_a_login_goes_to_no_other_host_that_the_browser_is_led_to(
    site: JobSite, beside: JobSite, tmp_path: Path, path: str
) -> None:
    here = beside.url("/data", host="localhost")
    beside.page("/data", json_ld_page(job_posting(1)), headers={"Access-Control-Allow-Origin": "*"})
    site.serve("/old", redirect=here)
    site.page(
        "/careers", written_page(f"fetch('/old').catch(() => null); fetch('{here}').then(() => location = '{here}')")
    )
    text = in_browser(site, start=site.url(path), follow=None, postings=None, cookies={"seen": "yes"})
    folder = project(tmp_path, with_login(text))
    folder.run()
    assert beside.seen("/data")
    assert {request.header("Authorization") + request.header("Cookie") for request in beside.seen("/data")} == {""}


# Trouble ---------------------------------------------------------------------------------------------


def hostile(site: JobSite, tmp_path: Path, limits: str) -> ProjectFolder:
    """Three pages among the good ones."""
    site.page("/jobs", list_page(["/job/1", "/job/3", "/job/4", "/job/5"]))
    text = in_browser(site, follow=None).replace('{"site"', f'{{{limits}, "site"')
    return project(tmp_path, text)


@needs_browser
def test_pages_without_end_cost_only_themselves(site: JobSite, tmp_path: Path) -> None:
    site.page("/job/3", b"x" * 100, stalls=[10], silence=60)
    site.page("/job/4", written_page("alert(1); for (;;) {}"))
    site.page("/job/5", written_page("fetch('/job/3'); location.reload()"))
    folder = hostile(site, tmp_path, '"timeout": 20.0')
    report = folder.run()
    assert folder.keys() == {"J1"}
    assert "/job/3: was not read within 20 s" in report.why
    assert "/job/4: was not read within 20 s" in report.why


@needs_browser
def test_pages_that_are_too_large_or_none_cost_only_themselves(site: JobSite, tmp_path: Path) -> None:
    site.page("/job/3", b"x" * 3_000_000)
    site.page("/job/4", written_page("document.body.append('x'.repeat(3000000))"))
    site.serve("/job/5", b"%PDF-1.7 \x00\x01\x02", content_type="application/pdf")
    folder = hostile(site, tmp_path, '"limits": {"record": "1MB"}')
    report = folder.run()
    assert folder.keys() == {"J1"}
    assert "/job/3: gives more than" in report.why
    assert "/job/4: is more than" in report.why
    assert "/job/5: is no web page but application/pdf" in report.why


@needs_browser
def test_a_host_that_is_not_there_is_told(tmp_path: Path) -> None:
    with JobSite() as gone:
        text = in_browser(gone, robots=False)
    report = project(tmp_path, text).run()
    assert not report.complete
    assert "/jobs: " in report.why
    assert "Traceback" not in report.why


@needs_browser
@pytest.mark.usefixtures("crawls_from_nothing")
def test_no_browser_is_left_when_the_crawl_is_killed(site: JobSite, tmp_path: Path) -> None:
    watched: list[int] = []

    def kill(resource: Resource) -> None:
        (crawl,) = (one for one in below(os.getpid()) if "jobpipe.sources.site.crawler" in command_of(one))
        watched.extend(os.pidfd_open(one) for one in below(crawl) if "chrom" in command_of(one))
        os.kill(crawl, signal.SIGKILL)

    site.write_with_scripts()
    site.resources["/jobs-2"].before.append(kill)
    report = project(tmp_path, in_browser(site)).run()
    assert "the crawl's process was killed by signal 9" in report.why
    assert watched
    for process in watched:
        # Readable when it has ended.
        assert select.select([process], [], [], 20)[0], "a browser goes on"
        os.close(process)


def below(parent: int) -> list[int]:
    """The processes that one has started, and theirs."""
    parents = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [parent]
    for one in found:
        found += [child for child, above in parents.items() if above == one]
    return found[1:]


def command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


# Which browser ---------------------------------------------------------------------------------------


def test_a_browser_that_is_not_there_is_told_before_anything_is_asked(
    site: JobSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("JOBPIPE_CHROMIUM", raising=False)
    with pytest.raises(DefinitionError, match="needs Chromium, which is not installed"):
        project(tmp_path, in_browser(site)).run()
    assert site.requests == []


def test_a_browser_that_is_named_wrongly_is_told(
    site: JobSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBPIPE_CHROMIUM", str(tmp_path / "chrome"))
    with pytest.raises(DefinitionError, match="JOBPIPE_CHROMIUM names"):
        project(tmp_path, in_browser(site)).run()


def test_playwright_s_own_browser_is_found_the_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("JOBPIPE_CHROMIUM", raising=False)
    for version in ("chromium-999", "chromium-1200"):
        path = tmp_path / version / "chrome-linux" / "chrome"
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    assert find_browser() == str(tmp_path / "chromium-1200" / "chrome-linux" / "chrome")
