"""Ports and keys of the private parts stay the same over restarts."""

import socket
import stat
from pathlib import Path

import pytest

from hub.parts.livekit_server import config, find
from hub.parts.places import LOOPBACK, places
from hub.parts.practice import Practice
from hub.parts.providers import providers, worker_environment
from hub.settings import load_settings


def test_ports_and_keys_stay(hub_home: Path) -> None:
    first = places(hub_home)
    assert places(hub_home) == first
    assert stat.S_IMODE((hub_home / "places.json").stat().st_mode) == 0o600


def test_a_port_that_is_taken_is_chosen_anew_and_the_keys_stay(hub_home: Path) -> None:
    first = places(hub_home)
    with socket.socket() as taken:
        taken.bind((LOOPBACK, first.livekit_port))
        taken.listen()
        second = places(hub_home)
    assert second.livekit_port != first.livekit_port
    assert (second.livekit_secret, second.practice_port) == (first.livekit_secret, first.practice_port)


@pytest.mark.parametrize("text", ["", "[]", "{broken", '{"livekit_port": "x"}'])
def test_a_broken_file_is_made_anew(hub_home: Path, text: str) -> None:
    (hub_home / "places.json").write_text(text, encoding="utf-8")
    assert places(hub_home) == places(hub_home)


def test_livekit_is_told_nothing_that_leaves_the_machine(hub_home: Path) -> None:
    here = places(hub_home)
    told = config(here, "http://127.0.0.1:1/livekit/webhook")
    assert here.livekit_secret not in told
    assert '"stun_servers": ["127.0.0.1:9"]' in told
    assert '"tcp_port": 0' in told


def test_livekit_server_is_looked_for_on_path_and_then_at_home(
    hub_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(hub_home))
    assert find(hub_home) is None
    built = hub_home / "bin" / "livekit-server"
    built.parent.mkdir()
    built.touch(mode=0o755)
    assert find(hub_home) == built


def test_each_provider_is_practice_or_real_on_its_own(
    hub_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(hub_home))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("SUPABASE_API_URL", "http://127.0.0.1:9")
    settings = load_settings()
    assert {one.kind: one.practice for one in providers(settings)} == {
        "stt": True,
        "llm": False,
        "tts": False,
        "supabase": False,
    }
    practice = Practice(None, ("stt",), "http://127.0.0.1:5", "t")  # type: ignore[arg-type]  # not asked
    told = worker_environment(settings, practice)
    assert (told["OPENAI_API_KEY"], told["OPENAI_BASE_URL"]) == ("sk-real", None)
    assert (told["ASSEMBLYAI_API_KEY"], told["ASSEMBLYAI_BASE_URL"]) == ("t", "ws://127.0.0.1:5")


def test_somebodys_own_server_needs_no_key(hub_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_HOME", str(hub_home))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert worker_environment(load_settings(), None)["OPENAI_API_KEY"] == "none"


def test_a_provider_that_nobody_plays_says_what_it_lacks(
    hub_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(hub_home))
    monkeypatch.setenv("HUB_PRACTICE", "off")
    assert [one.name for one in providers(load_settings())] == [
        "none, ASSEMBLYAI_API_KEY is not set",
        "none, OPENAI_API_KEY is not set",
        "none, OPENAI_API_KEY is not set",
        "none, SUPABASE_ACCESS_TOKEN is not set",
    ]
