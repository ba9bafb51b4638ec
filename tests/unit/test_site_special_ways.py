"""The less usual ways into a site: sitemaps of sitemaps, forms, previews, projects, servers that ask for quiet."""

from __future__ import annotations

import gzip
import itertools
import json
import ssl
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from certificates import certificate
from command_line import jobpipe
from http_source import Resource
from job_site import ALL, JobSite, job_posting, json_ld_page, list_page
from project_folder import ProjectFolder, adds_up

from jobpipe.ledger.models import RunState
from jobpipe.runs.previewing import Preview, preview

pytest.importorskip("scrapy")
SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def project(tmp_path: Path, definition: str) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project", definition)


def sitemap(site: JobSite, *numbers: int) -> bytes:
    urls = "".join(f"<url><loc>{site.url(f'/job/{number}')}</loc></url>" for number in numbers)
    return f'<urlset xmlns="{SITEMAPS}">{urls}</urlset>'.encode()


def index(site: JobSite, *paths: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{site.url(path)}</loc></sitemap>" for path in paths)
    return f'<sitemapindex xmlns="{SITEMAPS}">{entries}</sitemapindex>'.encode()


def by_sitemap(site: JobSite) -> str:
    text = site.definition(start=None, follow=None, sitemaps=[site.url("/index.xml")])
    return text + "expire: {misses: 1, guard: 100%}\n"


# Sitemaps --------------------------------------------------------------------------------------------


def test_an_index_leads_to_sitemaps_zipped_or_not(site: JobSite, tmp_path: Path) -> None:
    site.serve("/index.xml", index(site, "/one.xml", "/two.xml.gz", "/three.xml"))
    site.serve("/one.xml", sitemap(site, 1, 2))
    site.serve("/two.xml.gz", gzip.compress(sitemap(site, 3, 4)), content_type="application/gzip")
    site.serve("/three.xml", sitemap(site, 5, 6), gzipped=True)
    folder = project(tmp_path, by_sitemap(site))
    report = folder.run()
    assert (report.complete, report.account["new"]) == (True, 6)
    assert adds_up(report)
    assert folder.keys() == ALL


def test_a_sitemap_of_an_index_that_is_missing_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    site.serve("/index.xml", index(site, "/one.xml", "/two.xml"))
    site.serve("/one.xml", sitemap(site, 1, 2, 3))
    site.serve("/two.xml", sitemap(site, 4, 5, 6))
    folder = project(tmp_path, by_sitemap(site))
    folder.run()
    del site.resources["/two.xml"]
    report = folder.run()
    assert (report.state, report.complete) == (RunState.PARTIAL, False)
    assert "/two.xml: the server answers 404" in report.why
    assert folder.keys() == ALL


def test_a_zipped_sitemap_that_is_cut_off_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    whole = gzip.compress(sitemap(site, 1, 2, 3, 4, 5, 6))
    site.serve("/index.xml", whole)
    folder = project(tmp_path, by_sitemap(site))
    assert folder.run().account["new"] == 6
    site.serve("/index.xml", whole[: len(whole) // 2])
    report = folder.run()
    assert not report.complete
    assert "/index.xml is cut off" in report.why
    assert folder.keys() == ALL


def test_a_zipped_sitemap_that_unpacks_without_end_is_given_up(site: JobSite, tmp_path: Path) -> None:
    site.serve("/index.xml", gzip.compress(b"<urlset>" + b" " * 20_000_000 + b"</urlset>"))
    text = by_sitemap(site).replace('{"site"', '{"limits": {"record": "100KB"}, "site"')
    report = project(tmp_path, text).run()
    assert not report.complete
    assert "unpacks to more than" in report.why


def test_indexes_that_lead_to_each_other_come_to_an_end(site: JobSite, tmp_path: Path) -> None:
    site.serve("/index.xml", index(site, "/other.xml", "/one.xml"))
    site.serve("/other.xml", index(site, "/index.xml", "/other.xml"))
    site.serve("/one.xml", sitemap(site, 1))
    folder = project(tmp_path, by_sitemap(site))
    assert folder.run().account["new"] == 1
    assert len(site.seen("/other.xml")) == 1
    assert len(site.seen("/index.xml")) <= 2


# Forms -----------------------------------------------------------------------------------------------


def test_a_form_is_sent_by_post_with_what_the_page_has_hidden_in_it(site: JobSite, tmp_path: Path) -> None:
    site.page(
        "/search",
        b'<html><form action="/nowhere" id="a"><input name="q"></form><form action="/found" method="post" id="b">'
        b'<input name="q"><input type="hidden" name="token" value="t 7"></form></html>',
    )
    site.page("/found", list_page(["/job/1", "/job/2"], "/jobs-2"))
    form = {"url": site.url("/search"), "fields": {"q": "chef & café"}, "selector": "css:#b"}
    folder = project(tmp_path, site.definition(start=None, form=form))
    report = folder.run()
    (sent,) = site.seen("/found")
    assert (sent.method, sent.content) == ("POST", b"token=t+7&q=chef+%26+caf%C3%A9")
    assert (report.complete, folder.keys()) == (True, {"J1", "J2", "J4", "J5", "J6"})


def test_a_login_by_form_is_kept_for_the_crawl(site: JobSite, tmp_path: Path) -> None:
    site.page("/login", b'<html><form action="/enter" method="post"><input name="user"><input name="word"></form>')
    site.serve("/enter", redirect="/welcome")
    site.page("/welcome", b"<html>Welcome</html>", headers={"Set-Cookie": "session=s1; Path=/"})
    form = {"url": site.url("/login"), "fields": {"user": "ada", "word": "geheim"}}
    folder = project(tmp_path, site.definition(form=form))
    assert folder.run().complete
    assert site.seen("/enter")[0].content == b"user=ada&word=geheim"
    assert all(request.header("Cookie") == "session=s1" for request in site.seen("/job/6"))
    assert folder.keys() == ALL


def test_a_form_that_is_refused_expires_nothing(site: JobSite, tmp_path: Path) -> None:
    site.page("/search", b'<html><form action="/found" method="post"><input name="q"></form></html>')
    site.page("/found", list_page(["/job/1"]))
    text = site.definition(start=None, form={"url": site.url("/search"), "fields": {"q": ""}})
    folder = project(tmp_path, text + "expire: {misses: 1, guard: 100%}\n")
    folder.run()
    site.resources["/found"].statuses = [403]
    report = folder.run()
    assert not report.complete
    assert "the server answers 403" in report.why
    assert folder.keys() == {"J1"}


# Previews --------------------------------------------------------------------------------------------


def previewed(folder: ProjectFolder, count: int) -> Preview:
    with folder.open() as workspace:
        return preview(workspace.project, "offers", count=count)


def assert_nothing_was_asked_twice(site: JobSite) -> None:
    asked = [request.path for request in site.requests]
    assert asked
    assert len(set(asked)) == len(asked)


def test_a_second_preview_of_a_site_asks_nothing_again(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    first = previewed(folder, 2)
    assert [one.posting["title"] for one in first.records if one.posting] == ["Cook 1", "Cook 2"]
    folder.define(site.definition() + "posting: {title: {value: Chef}}\n")
    second = previewed(folder, 2)
    assert [one.posting["title"] for one in second.records if one.posting] == ["Chef", "Chef"]
    # A page that was under way when the first one had enough was kept by nobody.
    asked = Counter(request.path for request in site.requests)
    assert {path: asked[path] for path in ("/jobs", "/job/1", "/job/2")} == {"/jobs": 1, "/job/1": 1, "/job/2": 1}


def test_a_preview_of_a_large_site_asks_for_little(site: JobSite, tmp_path: Path) -> None:
    for number in range(100):
        site.page(f"/job/{number}", json_ld_page(job_posting(number)))
    site.page("/jobs", list_page([f"/job/{number}" for number in range(100)], "/jobs-2"))
    folder = project(tmp_path, site.definition())
    assert len(previewed(folder, 3).records) == 3
    asked = [request.path for request in site.requests]
    assert asked[:5] == ["/robots.txt", "/jobs", "/job/0", "/job/1", "/job/2"]
    # One more may be under way when it is known to be enough.
    assert len(asked) <= 6


def test_a_run_reads_nothing_that_a_preview_kept(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    previewed(folder, 1)
    site.page("/job/1", json_ld_page(job_posting(1, title="Another")))
    folder.run()
    assert folder.postings()["J1"]["title"] == "Another"


def test_what_failed_is_asked_for_again_at_the_next_preview(site: JobSite, tmp_path: Path) -> None:
    site.resources["/jobs"].statuses = [500] * 3
    folder = project(tmp_path, site.definition())
    assert previewed(folder, 1).records == []
    assert len(previewed(folder, 1).records) == 1


def test_a_preview_keeps_no_logins(site: JobSite, tmp_path: Path) -> None:
    site.page("/search", b'<html><form action="/jobs" method="post"><input name="word"></form></html>')
    form = {"url": site.url("/search"), "fields": {"word": "geheim1"}}
    text = site.definition(form=form).replace('{"site"', '{"auth": {"bearer": "geheim2"}, "site"')
    folder = project(tmp_path, text)
    assert previewed(folder, 1).records
    kept = [path for path in (folder.root / ".jobpipe" / "preview-cache").rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if b"geheim" in path.read_bytes()]


def test_another_login_sees_its_own_pages_at_once(site: JobSite, tmp_path: Path) -> None:
    text = site.definition().replace('{"site"', '{"auth": {"bearer": "one"}, "site"')
    folder = project(tmp_path, text)
    previewed(folder, 1)
    folder.define(text.replace('"one"', '"two"'))
    site.requests.clear()
    previewed(folder, 1)
    assert {request.header("Authorization") for request in site.seen("/job/1")} == {"Bearer two"}


def test_a_preview_waits_for_a_host_that_wants_quiet(site: JobSite, tmp_path: Path) -> None:
    quiet(site.resources["/job/1"], 1, "0")
    folder = project(tmp_path, site.definition())
    assert len(previewed(folder, 3).records) == 3


# Certificates ----------------------------------------------------------------------------------------


def over_tls(site: JobSite, pem: Path) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    site._server.socket = context.wrap_socket(site._server.socket, server_side=True)
    return site.definition().replace("http:", "https:")


def test_a_site_with_a_good_certificate_is_read(site: JobSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    folder = project(tmp_path, over_tls(site, pem))
    assert folder.run().complete
    assert folder.keys() == ALL


def test_a_site_whose_certificate_nobody_vouches_for_is_not_read(site: JobSite, tmp_path: Path) -> None:
    report = project(tmp_path, over_tls(site, certificate(tmp_path))).run()
    assert not report.complete
    assert "its certificate is not trusted" in report.why
    assert site.requests == []


def test_a_site_with_the_certificate_of_another_host_is_not_read(
    site: JobSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path, "other.example")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    report = project(tmp_path, over_tls(site, pem)).run()
    assert not report.complete
    assert "its certificate is not trusted: it is not for 127.0.0.1" in report.why
    assert site.requests == []


def test_the_definition_cannot_turn_the_check_of_certificates_off(site: JobSite, tmp_path: Path) -> None:
    text = over_tls(site, certificate(tmp_path)).replace(
        '"throttle"', '"settings": {"DOWNLOAD_VERIFY_CERTIFICATES": false}, "throttle"'
    )
    assert "its certificate is not trusted" in project(tmp_path, text).run().why


# A Scrapy project ------------------------------------------------------------------------------------


def scrapy_project(folder: Path, site: JobSite) -> None:
    package = folder / "kitchens"
    (package / "spiders").mkdir(parents=True)
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = kitchens.settings\n")
    (package / "__init__.py").touch()
    (package / "spiders" / "__init__.py").touch()
    (package / "settings.py").write_text(
        "BOT_NAME = 'kitchens'\n"
        "SPIDER_MODULES = ['kitchens.spiders']\n"
        "ITEM_PIPELINES = {'kitchens.pipelines.Prefixed': 300}\n"
        "TOWN = 'Lyon'\n"
    )
    (package / "pipelines.py").write_text(
        "class Prefixed:\n    def process_item(self, item):\n        return {**item, 'id': 'K' + item['id']}\n"
    )
    (package / "spiders" / "houses.py").write_text(
        "import scrapy\n"
        "class Houses(scrapy.Spider):\n"
        "    name = 'houses'\n"
        f"    start_urls = [{site.url('/jobs')!r}]\n"
        "    def parse(self, response):\n"
        "        for number, link in enumerate(response.css('a.job')):\n"
        "            yield {'id': str(number), 'title': 'Cook in ' + self.settings['TOWN']}\n"
        "        for link in response.css('a.next'):\n"
        "            yield response.follow(link)\n"
    )


def by_name(name: str) -> str:
    return (
        f"import: offers\nsource: {{site: {{spider: {name}, project: scraping}}}}\n"
        "posting: {reference: id, title: title}\n"
    )


def test_a_spider_of_a_project_is_found_by_its_name(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, by_name("houses"))
    scrapy_project(folder.root / "scraping", site)
    report = folder.run()
    assert report.complete
    # The second list's items have the same numbers.
    assert (report.account["new"], report.account["duplicate"]) == (3, 3)
    assert folder.keys() == {"K0", "K1", "K2"}
    assert folder.postings()["K0"]["title"] == "Cook in Lyon"


def test_a_preview_of_a_project_s_spider_asks_once(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, by_name("houses"))
    scrapy_project(folder.root / "scraping", site)
    assert len(previewed(folder, 2).records) == 2
    assert len(previewed(folder, 2).records) == 2
    assert_nothing_was_asked_twice(site)


def test_a_spider_that_the_project_does_not_have_is_told(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, by_name("house"))
    scrapy_project(folder.root / "scraping", site)
    report = folder.run()
    assert report.state is RunState.FAILED
    assert "the spider 'house' is not there" in report.error


def test_a_folder_that_is_no_scrapy_project_is_told(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, by_name("houses"))
    (folder.root / "scraping").mkdir()
    report = folder.run()
    assert report.state is RunState.FAILED
    assert "scraping is no Scrapy project" in report.error


# Servers that ask for quiet --------------------------------------------------------------------------


def quiet(resource: Resource, times: int, retry_after: str) -> None:
    resource.statuses = [429] * times
    resource.retry_after = retry_after


def test_a_page_that_is_asked_for_too_often_is_not_lost(site: JobSite, tmp_path: Path) -> None:
    quiet(site.resources["/job/2"], 5, "0")
    quiet(site.resources["/jobs-2"], 1, "1")
    folder = project(tmp_path, site.definition())
    report = folder.run()
    assert (report.complete, report.account["new"]) == (True, 6)
    assert folder.keys() == ALL
    assert [request.status for request in site.seen("/job/2")] == [429] * 5 + [200]


def test_nothing_at_all_is_asked_of_a_host_while_it_wants_quiet(site: JobSite, tmp_path: Path) -> None:
    moments: list[tuple[float, int]] = []

    def note(resource: Resource) -> None:
        moments.append((time.monotonic(), resource.statuses[0] if resource.statuses else 200))
        resource.before.append(note)

    for path in ("/job/1", "/job/2", "/job/3"):
        site.resources[path].before.append(note)
        quiet(site.resources[path], 1, "1")
    assert project(tmp_path, site.definition(per_host=1, delay=0.05)).run().complete
    gaps = [after - before for (before, status), (after, _) in itertools.pairwise(moments) if status == 429]
    assert len(gaps) == 3
    # Those that the crawl had queued wait too; without a `delay`, Scrapy would have two under way here.
    assert min(gaps) >= 0.9


def test_rules_for_robots_are_waited_for(site: JobSite, tmp_path: Path) -> None:
    robots = site.serve("/robots.txt", b"User-agent: *\nDisallow: /jobs-2\n", content_type="text/plain")
    quiet(robots, 4, "0")
    report = project(tmp_path, site.definition()).run()
    assert "robots.txt forbids it" in report.why
    assert not site.seen("/jobs-2")


def test_a_host_that_does_not_say_how_long_is_asked_again(site: JobSite, tmp_path: Path) -> None:
    site.resources["/job/2"].statuses = [429]
    folder = project(tmp_path, site.definition())
    assert folder.run().complete
    assert folder.keys() == ALL


def test_a_host_that_wants_hours_of_quiet_is_left_alone(site: JobSite, tmp_path: Path) -> None:
    quiet(site.resources["/job/2"], 10, "7200")
    folder = project(tmp_path, site.definition())
    report = folder.run()
    assert not report.complete
    assert "/job/2: the server answers 429" in report.why
    assert folder.keys() == ALL - {"J2"}
    assert len(site.seen("/job/2")) == 1


def test_a_host_that_never_has_enough_quiet_is_given_up(site: JobSite, tmp_path: Path) -> None:
    quiet(site.resources["/job/2"], 100, "0")
    report = project(tmp_path, site.definition()).run()
    assert not report.complete
    assert "/job/2: the server answers 429" in report.why
    assert len(site.seen("/job/2")) < 20


# The command -----------------------------------------------------------------------------------------


def test_the_command_imports_a_site(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition())
    shown = jobpipe("-C", folder.root, "preview", "offers", "--records", "1", "--json")
    assert (shown.returncode, json.loads(shown.stdout)["records"][0]["posting"]["title"]) == (0, "Cook 1")
    done = jobpipe("-C", folder.root, "run", "offers", "--json")
    assert done.returncode == 0, done.stderr
    (document,) = json.loads(done.stdout)
    assert (document["state"], document["account"]["new"], document["evidence"]["complete"]) == ("succeeded", 6, True)
    lines = jobpipe("-C", folder.root, "postings", "offers", "--json").stdout.splitlines()
    assert sorted(json.loads(line)["title"] for line in lines) == [f"Cook {number}" for number in range(1, 7)]


def test_the_command_says_what_it_could_not_read_of_a_site(site: JobSite, tmp_path: Path) -> None:
    site.resources["/jobs-2"].statuses = [404]
    folder = project(tmp_path, site.definition())
    done = jobpipe("-C", folder.root, "run", "offers", columns=400)
    assert done.returncode == 1
    assert "/jobs-2: the server answers 404" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


# Politeness ------------------------------------------------------------------------------------------


def test_a_host_is_never_asked_more_at_once_than_it_may(site: JobSite, tmp_path: Path) -> None:
    counting = threading.Lock()
    under_way: list[int] = [0]
    most: list[int] = [0]

    def take_a_while(resource: Resource) -> None:
        with counting:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        site.is_closing.wait(0.1)
        with counting:
            under_way[0] -= 1

    site.page("/jobs", list_page([f"/job/{number}" for number in range(1, 7)]))
    for number in range(1, 7):
        site.resources[f"/job/{number}"].before = [take_a_while]
    folder = project(tmp_path, site.definition(per_host=2, at_once=16, follow=None))
    report = folder.run()
    assert report.account["new"] == 6
    assert most[0] <= 2


# Spiders by hand, and the network guard ----------------------------------------------------------------


def house_spider(folder: ProjectFolder, site: JobSite, lines: str = "", start: str = "") -> None:
    (folder.root / "house_spider.py").write_text(
        "import scrapy\n"
        "class House(scrapy.Spider):\n"
        "    name = 'house'\n"
        f"    start_urls = [{start or site.url('/jobs')!r}]\n"
        f"{lines}"
        "    def parse(self, response):\n"
        "        for link in response.css('a.job'):\n"
        "            yield response.follow(link, self.job)\n"
        "    def job(self, response):\n"
        "        yield {'id': response.url, 'title': 'A job'}\n"
    )


def by_hand(**more: object) -> str:
    given = {"site": {"spider": "house_spider:House"}, **more}
    return f"import: offers\nsource: {json.dumps(given)}\nposting: {{reference: id, title: title}}\n"


TO_ITSELF = "'TWISTED_DNS_RESOLVER', 'scrapy.resolver.CachingThreadedResolver'"
BY_UPDATE = f"""\
    @classmethod
    def update_settings(cls, settings):
        settings.set({TO_ITSELF}, priority=100)
"""
BY_CUSTOM = f"    custom_settings = dict([({TO_ITSELF})])\n"


@pytest.mark.parametrize("lines", ["", BY_CUSTOM, BY_UPDATE], ids=["as it is", "custom_settings", "update_settings"])
def test_a_spider_by_hand_is_not_led_into_a_private_network(site: JobSite, tmp_path: Path, lines: str) -> None:
    with JobSite() as beside:
        site.page("/jobs", list_page(["/job/1", beside.url("/job/2", host="localhost"), "/moved"]))
        site.serve("/moved", redirect=beside.url("/job/3", host="localhost"))
        folder = project(tmp_path, by_hand())
        house_spider(folder, site, lines)
        report = folder.run()
        assert beside.requests == []
        assert not report.complete
        assert "localhost" in report.why
        assert "an address of a private network" in report.why
        assert folder.keys() == {site.url("/job/1")}


def test_a_spider_by_hand_goes_where_the_house_allows(site: JobSite, tmp_path: Path) -> None:
    with JobSite() as beside:
        site.page("/jobs", list_page([beside.url("/job/2", host="localhost")]))
        folder = project(tmp_path, by_hand(allow=["127.0.0.0/8", "::1"]))
        house_spider(folder, site)
        assert folder.run().complete
        assert len(beside.seen("/job/2")) == 1


def test_a_spider_s_own_way_to_download_is_not_led_into_a_private_network(site: JobSite, tmp_path: Path) -> None:
    with JobSite() as beside:
        site.page("/jobs", list_page(["/job/1", beside.url("/job/2", host="localhost")]))
        folder = project(tmp_path, by_hand())
        out = "'DOWNLOADER_MIDDLEWARES': {'jobpipe.sources.site.guarding.Guarded': None}"
        way = "'DOWNLOAD_HANDLERS': {'http': 'house_handler.Handler'}, 'ROBOTSTXT_OBEY': False"
        house_spider(folder, site, f"    custom_settings = {{{out}, {way}}}\n")
        (folder.root / "house_handler.py").write_text(
            "import urllib.request\n"
            "from scrapy.http import HtmlResponse\n"
            "class Handler:\n"
            "    lazy = True\n"
            "    async def download_request(self, request):\n"
            "        return HtmlResponse(request.url, body=urllib.request.urlopen(request.url).read())\n"
            "    async def close(self):\n"
            "        pass\n"
        )
        report = folder.run()
        assert beside.requests == []
        assert "an address of a private network" in report.why
        assert folder.keys() == {site.url("/job/1")}
