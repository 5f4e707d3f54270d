"""What an `npx` or `uvx` command line means: which package, which of its programs, with which arguments."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

_NPM = re.compile(
    r"(?P<name>(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(?P<version>[^@/:\s]+))?",
    re.IGNORECASE,
)
_PYPI = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)(?P<extras>\[[a-z0-9._,-]+\])?(?:(?:@|==)(?P<version>[^\s@/:=]+))?",
    re.IGNORECASE,
)
_EXACT = {
    "npm": re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?"),
    "pypi": re.compile(r"\d+(?:\.\d+)*(?:[-.]?(?:a|b|rc|post|dev)\.?\d+)*"),
}
_SILENT = frozenset({"-y", "--yes", "-q", "--quiet"})
_PACKAGE_OPTIONS = {"npx": ("-p", "--package"), "uvx": ("--from",)}


class Registry(StrEnum):
    """Where a package comes from."""

    NPM = "npm"
    PYPI = "pypi"


@dataclass(frozen=True, slots=True)
class Package:
    """A package and its version as wanted: exact, a range or tag, or "" for the newest."""

    registry: Registry
    name: str
    version: str
    extras: str = ""

    @property
    def exact(self) -> bool:
        return _EXACT[self.registry].fullmatch(self.version) is not None

    @property
    def text(self) -> str:
        """The package as its installer wants it written."""
        if self.registry is Registry.NPM:
            return f"{self.name}@{self.version or 'latest'}"
        newest = self.version in {"", "latest"}
        return f"{self.name}{self.extras}" + ("" if newest else f"=={self.version}")

    @property
    def folder(self) -> str:
        """The name of the folder that it is installed in."""
        return self.text.replace("/", "+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command line starts; `program` is "" for the package's only or eponymous one."""

    package: Package
    program: str
    args: tuple[str, ...]


def understood(command: str, args: Sequence[str]) -> Wanted | None:
    """Read a command line; None for other commands and for what only npx or uvx itself can do."""
    runner = PurePath(command).name
    if runner not in _PACKAGE_OPTIONS:
        return None
    registry = Registry.NPM if runner == "npx" else Registry.PYPI
    split = _split(args, _PACKAGE_OPTIONS[runner])
    if split is None:
        return None
    given, first, rest = split
    package = _package(registry, given or first)
    if package is None:
        return None
    program = first if given else package.name if registry is Registry.PYPI else ""
    return None if "/" in program or "@" in program else Wanted(package, program, tuple(rest))


def _split(args: Sequence[str], package_options: Sequence[str]) -> tuple[str, str, Sequence[str]] | None:
    """Take the runner's own options off: the package they name, the first word, and the rest."""
    given = ""
    left = list(args)
    while left:
        word = left.pop(0)
        option, equals, value = word.partition("=")
        if option in package_options and not given and (equals or left):
            given = value if equals else left.pop(0)
        elif word == "--" and left:
            return given, left[0], left[1:]
        elif not word.startswith("-"):
            return given, word, left
        elif word not in _SILENT:
            return None
    return None


def _package(registry: Registry, text: str) -> Package | None:
    match = (_NPM if registry is Registry.NPM else _PYPI).fullmatch(text)
    if match is None:
        return None
    found = match.groupdict()
    return Package(registry, found["name"], found["version"] or "", found.get("extras") or "")
