"""What `hub practice` was asked for: its arguments, and what the environment says where they are missing."""

import argparse
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

KINDS = ("stt", "llm", "tts", "supabase")


@dataclass(frozen=True, slots=True)
class Options:
    """What `hub practice` was asked for."""

    host: str
    port: int
    only: tuple[str, ...]
    home: Path
    phrases: Path | None
    token: str

    @property
    def folder(self) -> Path:
        """Where practice keeps what it keeps."""
        return self.home / "practice"


def options(argv: Sequence[str]) -> Options:
    """Read the arguments; what is missing comes from the environment."""
    parser = argparse.ArgumentParser(
        prog="hub practice", description="Plays the providers that have no key, on their real protocols."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (any free one)")
    parser.add_argument(
        "--only", default=",".join(KINDS), help="which to play, with commas (stt,llm,tts,supabase)"
    )
    parser.add_argument("--home", type=Path, help="data folder (HUB_HOME, else the platform's)")
    parser.add_argument("--phrases", type=Path, help="phrases file (HOME/phrases.toml, else the shipped one)")
    parser.add_argument("--token", help="key that clients must send (HUB_PRACTICE_TOKEN, else a random one)")
    given = parser.parse_args(argv)
    only = tuple(kind.strip() for kind in given.only.split(",") if kind.strip())
    unknown = [kind for kind in only if kind not in KINDS]
    if unknown or not only:
        parser.error(f"--only knows {', '.join(KINDS)}; not {', '.join(unknown) or 'nothing'}")
    if given.phrases is not None and not given.phrases.is_file():
        parser.error(f"--phrases: there is no file {given.phrases}")
    home = given.home or Path(os.environ.get("HUB_HOME") or user_data_path("voice-hub"))
    token = given.token or os.environ.get("HUB_PRACTICE_TOKEN") or f"practice-{secrets.token_hex(16)}"
    return Options(given.host, given.port, only, home.expanduser().absolute(), given.phrases, token)
