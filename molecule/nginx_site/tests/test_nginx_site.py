# Copyright (c) 2026 The Slipway authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the role refuses, and what nginx serves then, with HTTPS and a backend that gets whole paths."""

from __future__ import annotations

import json
import re

import pytest

REFUSED = {
    "a directive is unknown": (
        r'^/etc/nginx/conf.d/salitemihret.conf:\d+: nginx refuses the configuration: unknown directive "serve_well"'
    ),
    "the certificate is missing": ("^/etc/ssl/private/absent.pem: not on the host. .*Get a first certificate"),
    "the certificate has no key": "^salitemihret: nginx_site_certificate and nginx_site_key must be set together",
    "another program has the port": (
        "nginx keeps the old configuration after a reload: .*8443 failed .*[Aa]ddress already in use"
    ),
    "another site has the name": "another site answers to site.example.org on port 80",
    "another site is broken": (
        r"^/etc/nginx/conf\.d/other\.conf:1: nginx refuses .* nginx refuses what was there before, too"
    ),
}
HTTPS = "https://site.example.org"
ASK = "curl -sk --resolve site.example.org:443:127.0.0.1 --resolve site.example.org:80:127.0.0.1"


def ask(host, path, *options):
    """(status, headers, body) of an answer."""
    given = " ".join(f"'{option}'" for option in options)
    text = host.check_output(f"{ASK} -i {given} '{path if '://' in path else HTTPS + path}'")
    head, _blank, body = text.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)}
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(("case", "message"), REFUSED.items())
def test_a_refusal_gives_its_reason_and_leaves_the_site_as_it_was(results, case, message):
    result = results["refused"][case]
    assert re.search(message, result["message"])
    assert len(result["message"].splitlines()) == 1
    assert result["site"] == results["site"]
    assert result["site"][-1] == "releases/two/index.html"


def test_the_backend_redirects_below_the_path_of_its_api(results):
    items, page, elsewhere = results["locations"]
    # The module that asked makes a whole address of a relative one.
    assert items.endswith("http://127.0.0.1/api/items/")
    assert page.endswith("http://127.0.0.1/api/items/?page=2")
    assert elsewhere == "http://site.example.org/members"


def test_a_staged_configuration_is_not_served(results):
    assert len(results["staged_links"]) == 1
    assert not results["staged_header"]


def test_a_run_takes_up_a_killed_one(results):
    assert results["taken_up"]["changed"]
    assert results["taken_up"]["state"] == "reloaded"


def test_nginx_is_reloaded_and_not_restarted(results):
    before, after = results["processes"]
    assert results["https"]["state"] == "reloaded"
    assert before == after != "0"


@pytest.mark.parametrize("path", ["/", "/index.html", "/members/12", "/members?page=1"])
def test_the_page_is_asked_for_each_time(host, path):
    status, headers, body = ask(host, path)
    assert (status, body) == (200, "releases/two/index.html")
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["server"] == "nginx"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("two-BqH2x1sT.js", "releases/two/assets/two-BqH2x1sT.js"),
        ("one-BqH2x1sT.js", "assets/one-BqH2x1sT.js"),
    ],
)
def test_assets_of_all_releases_are_kept_by_browsers(host, name, body):
    status, headers, content = ask(host, f"/assets/{name}")
    assert (status, content) == (200, body)
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_asset_without_a_hash_is_asked_for_each_time(host):
    status, headers, content = ask(host, "/assets/same.js")
    assert (status, content) == (200, "releases/two/assets/same.js")
    assert headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/gone-BqH2x1sT.js", "/gone.js", "/.slipway-complete", "/assets/.hidden"])
def test_a_missing_file_is_not_answered_with_the_page(host, path):
    status, headers, body = ask(host, path)
    assert status == 404
    assert "cache-control" not in headers
    assert "releases" not in body


def test_the_backend_gets_its_requests(host):
    status, headers, body = ask(host, "/api/members?page=1", "-HX-Forwarded-For: 1.2.3.4")
    request = json.loads(body)
    assert status == 200
    assert request["path"] == "/api/members?page=1"
    assert request["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert request["headers"]["x-forwarded-proto"] == "https"
    assert request["headers"]["host"] == "site.example.org"
    assert request["headers"]["connection"] == "close"
    assert "cache-control" not in headers


def test_http_redirects_to_https(host):
    status, headers, _body = ask(host, "http://site.example.org/members?page=1")
    assert (status, headers["location"]) == (308, f"{HTTPS}/members?page=1")


def test_http2(host):
    assert host.check_output(f"{ASK} -o /dev/null -w '%{{http_version}}' {HTTPS}/") == "2"


def test_a_switch_of_the_link_is_seen_at_once(host):
    host.check_output("ln -sfn releases/one /var/www/salitemihret/current")
    assert ask(host, "/")[2] == "releases/one/index.html"
    assert ask(host, "/assets/two-BqH2x1sT.js")[2] == "assets/two-BqH2x1sT.js"
    host.check_output("ln -sfn releases/two /var/www/salitemihret/current")
    assert ask(host, "/")[2] == "releases/two/index.html"


def test_it_starts_at_boot(host):
    assert host.service("nginx").is_enabled
    assert host.run("nginx -t").rc == 0
    assert not host.file("/etc/nginx/sites-enabled/default").exists


def test_nothing_is_left_of_changes(host):
    assert host.check_output("find /etc/nginx -name '*.slipway-new'") == ""
    assert host.file("/var/lib/slipway/nginx").listdir() == []
