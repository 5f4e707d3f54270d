"""What a worker needs to know."""

import pytest

from hub.core.errors import ConfigurationError
from hub.voice.environment import ASSEMBLYAI, KEYLESS, OPENAI, read_environment

COMPLETE = {
    "HUB_URL": "http://127.0.0.1:7788/",
    "HUB_WORKER_TOKEN": "w",
    "LIVEKIT_URL": "ws://127.0.0.1:1",
    "LIVEKIT_API_KEY": "k",
    "LIVEKIT_API_SECRET": "s",
}


def given(monkeypatch: pytest.MonkeyPatch, **values: str) -> dict[str, str]:
    env = COMPLETE | values
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    return env


def test_without_keys_the_real_addresses_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read_environment(None, given(monkeypatch))
    assert environment.hub_url == "http://127.0.0.1:7788"
    assert (environment.openai_base_url, environment.assemblyai_base_url) == (OPENAI, ASSEMBLYAI)
    assert environment.openai_api_key == KEYLESS


def test_what_is_said_on_the_command_line_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_environment("https://other", given(monkeypatch)).hub_url == "https://other"


@pytest.mark.parametrize("name", list(COMPLETE))
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    env = given(monkeypatch)
    monkeypatch.delenv(name)
    del env[name]
    with pytest.raises(ConfigurationError, match=name) as error:
        read_environment(None, env)
    assert error.value.next_step


def test_an_address_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="ftp"):
        read_environment("ftp://x", given(monkeypatch))


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read_environment(None, given(monkeypatch, OPENAI_API_KEY="sk-very-secret"))
    assert environment.openai_api_key == "sk-very-secret"
    assert "very-secret" not in repr(environment)
