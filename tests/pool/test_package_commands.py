"""What an npx or uvx command line means."""

import pytest

from hub.pool.package_commands import Package, Registry, Wanted, understood

NPM, PYPI = Registry.NPM, Registry.PYPI


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("npx -y notes@1.2.3 --a b", Wanted(Package(NPM, "notes", "1.2.3"), "", ("--a", "b"))),
        ("npx --yes -q @a/notes", Wanted(Package(NPM, "@a/notes", ""), "", ())),
        ("npx @a/notes@latest x", Wanted(Package(NPM, "@a/notes", "latest"), "", ("x",))),
        ("npx -y -p notes@1.2.3 serve -p 1", Wanted(Package(NPM, "notes", "1.2.3"), "serve", ("-p", "1"))),
        ("npx --package=notes serve", Wanted(Package(NPM, "notes", ""), "serve", ())),
        ("npx --package notes -- serve -- x", Wanted(Package(NPM, "notes", ""), "serve", ("--", "x"))),
        ("npx -- notes -y", Wanted(Package(NPM, "notes", ""), "", ("-y",))),
        ("/opt/node/bin/npx notes@^1", Wanted(Package(NPM, "notes", "^1"), "", ())),
        ("uvx notes", Wanted(Package(PYPI, "notes", ""), "notes", ())),
        ("uvx notes@1.2 --a", Wanted(Package(PYPI, "notes", "1.2"), "notes", ("--a",))),
        ("uvx notes==1.2", Wanted(Package(PYPI, "notes", "1.2"), "notes", ())),
        ("uvx notes[cli]@1.2", Wanted(Package(PYPI, "notes", "1.2", "[cli]"), "notes", ())),
        ("uvx --from notes==1.2 serve x", Wanted(Package(PYPI, "notes", "1.2"), "serve", ("x",))),
    ],
)
def test_what_is_wanted(line: str, wanted: Wanted) -> None:
    command, *args = line.split()
    assert understood(command, args) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "node server.js",
        "npx",
        "npx -y",
        "npx --",
        "npx -p notes",
        "npx -c 'notes x'",
        "npx --no-install notes",
        "npx -p a -p b serve",
        "npx github:a/b",
        "npx ./notes",
        "npx ../notes",
        "npx https://host/notes.tgz",
        "npx notes@file:../notes",
        "npx -p notes ../serve",
        "uvx --from git+https://host/notes serve",
        "uvx --with other notes",
        "uvx --from notes serve@1.2",
        "uvx notes>=1.0",
    ],
)
def test_what_only_the_runner_itself_can_do_is_left_to_it(line: str) -> None:
    command, *args = line.split()
    assert understood(command, args) is None


@pytest.mark.parametrize(
    ("package", "exact", "folder"),
    [
        (Package(NPM, "@a/notes", "1.2.3"), True, "@a+notes@1.2.3"),
        (Package(NPM, "notes", "1.2.3-beta.1+x"), True, "notes@1.2.3-beta.1+x"),
        (Package(NPM, "notes", "1.2"), False, "notes@1.2"),
        (Package(NPM, "notes", "^1.2.3"), False, "notes@^1.2.3"),
        (Package(NPM, "notes", ""), False, "notes@latest"),
        (Package(PYPI, "notes", "2025.1.2"), True, "notes==2025.1.2"),
        (Package(PYPI, "notes", "1.0rc1"), True, "notes==1.0rc1"),
        (Package(PYPI, "notes", "1.0.post1", "[cli]"), True, "notes[cli]==1.0.post1"),
        (Package(PYPI, "notes", "latest"), False, "notes"),
        (Package(PYPI, "notes", ""), False, "notes"),
    ],
)
def test_a_version_is_exact_or_has_to_be_looked_up(package: Package, exact: bool, folder: str) -> None:
    assert (package.exact, package.folder) == (exact, folder)
