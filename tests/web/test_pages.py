"""The pages as files: their headers, what is served and what is not, and what they are made of."""

import json
import re
import shutil
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hub.web.pages import LIBRARIES, PAGES, page_routes, security_headers, signed_out_page
from tests.conftest import missing

SHELLS = ("/", "/calls/abc", "/servers/notes", "/join/abc")
MODULE_LINES = 400
WRITTEN = sorted([*PAGES.glob("*.html"), *(PAGES / "css").rglob("*.css"), *(PAGES / "js").rglob("*.js")])


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """The pages' folder with stand-ins for its libraries."""
    folder = tmp_path / "pages"
    shutil.copytree(PAGES, folder, ignore=shutil.ignore_patterns("vendor", "node_modules"))
    (folder / "vendor").mkdir()
    for library in LIBRARIES:
        (folder / "vendor" / library).write_text("export {};")
    return folder


@pytest.fixture
def client(pages: Path) -> TestClient:
    return TestClient(Starlette(routes=page_routes(pages)))


@pytest.mark.parametrize(
    "path", [*SHELLS, "/assets/js/dom.js", "/assets/css/theme.css", "/assets/vendor/standalone.module.js"]
)
def test_everything_carries_the_security_headers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    for name, value in security_headers().items():
        assert answer.headers[name] == value


def test_the_policy_allows_nothing_inline_nothing_from_elsewhere_and_no_eval() -> None:
    policy = dict(rule.split(" ", 1) for rule in security_headers()["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in security_headers()["Content-Security-Policy"]


def test_an_asset_that_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/assets/js/dom.js")
    again = client.get("/assets/js/dom.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/js",
        "/assets/package.json",
        "/assets/join.html",
        "/assets/js/%2e%2e/package.json",
        "/assets/none.js",
    ],
)
def test_nothing_but_styles_modules_and_libraries_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", SHELLS)
def test_without_the_libraries_a_page_says_which_command_fetches_them(
    client: TestClient, pages: Path, path: str
) -> None:
    (pages / "vendor" / LIBRARIES[0]).unlink()
    answer = client.get(path)
    assert answer.status_code == 503
    assert "./scripts/pages" in answer.text


def test_a_browser_that_is_not_signed_in_is_told_how_to_get_a_link() -> None:
    page = signed_out_page()
    assert page.status_code == 401
    assert "hub open" in (PAGES / "signed-out.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda path: path.name)
def test_pages_have_no_inline_script_or_style_and_load_only_from_here(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    for link in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert link == "data:," or (link.startswith("/assets/") and not link.startswith("//"))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_pages_name_no_other_host_and_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    hosts = set(re.findall(r"https?://([\w.-]+)", text)) - {"www.w3.org"}
    assert hosts == set()
    assert "innerHTML" not in text
    assert "eval(" not in text
    assert len(text.splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", sorted((PAGES / "js").rglob("*.js")), ids=lambda path: path.name)
def test_every_module_that_is_imported_is_there(path: Path) -> None:
    for target in re.findall(r'from "([^"]+)"', path.read_text(encoding="utf-8")):
        if target.startswith("/assets/vendor/"):
            assert target.removeprefix("/assets/vendor/") in LIBRARIES
        else:
            assert (path.parent / target).resolve().is_file()


def test_the_lock_file_pins_every_library_and_names_no_registry() -> None:
    lock = json.loads((PAGES / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((PAGES / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")


def test_the_libraries_here_are_those_of_the_lock_file() -> None:
    stamp = PAGES / "vendor" / "package-lock.json"
    if not stamp.is_file():
        missing("The libraries of the pages", "run ./scripts/pages.")
    assert stamp.read_bytes() == (PAGES / "package-lock.json").read_bytes()
