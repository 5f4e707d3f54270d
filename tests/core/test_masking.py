"""What people see of an entry: never a secret."""

import pytest

from hub.core.masking import masked_argv, masked_fields, masked_text, masked_url, redacted, secret_name


@pytest.mark.parametrize(
    "name", ["API_KEY", "Authorization", "--access-token", "DB_PASSWORD", "ClientSecret", "cookie"]
)
def test_names_tell_secrets(name: str) -> None:
    assert secret_name(name)


@pytest.mark.parametrize("name", ["DEBUG", "PORT", "--project-ref", "Accept"])
def test_other_names_do_not(name: str) -> None:
    assert not secret_name(name)


def test_fields_show_references_and_plain_values_but_no_secrets() -> None:
    fields = {"API_KEY": "abcdef", "TOKEN": "${TOKEN}", "DEBUG": "1", "DB": "postgresql://me:pw@host/x"}
    assert masked_fields(fields, all_secret=False) == {
        "API_KEY": "***",
        "TOKEN": "${TOKEN}",
        "DEBUG": "1",
        "DB": "postgresql://me:***@host/x",
    }
    assert masked_fields({"Accept": "x", "X-Key": "Bearer ${K}"}, all_secret=True) == {
        "Accept": "***",
        "X-Key": "Bearer ${K}",
    }


def test_arguments_are_masked_by_the_flag_before_them() -> None:
    args = [
        "--token",
        "t0p",
        "--api-key=k3y",
        "--name",
        "t",
        "--key",
        "${K}",
        "--token",
        "--verbose",
        8080,
        "k3y",
    ]
    shown = [
        "--token",
        "***",
        "--api-key=***",
        "--name",
        "t",
        "--key",
        "${K}",
        "--token",
        "--verbose",
        "8080",
        "***",
    ]
    assert masked_argv(args) == shown


def test_an_address_is_masked_in_password_and_query() -> None:
    assert masked_url("https://me:pw@host/mcp?api_key=abc&x=1") == "https://me:***@host/mcp?api_key=***&x=1"
    assert masked_url("https://${HOST}/mcp?key=${KEY}") == "https://${HOST}/mcp?key=${KEY}"


def test_what_looks_like_a_token_is_masked_anywhere() -> None:
    assert masked_text("use sbp_0123456789abcdef now") == "use *** now"
    assert masked_text("skip this") == "skip this"


def test_longer_secrets_go_first_so_that_nothing_is_left_of_them() -> None:
    assert redacted("token=abcdef-123 and abcdef", ("abcdef-123", "abcdef")) == "token=*** and ***"
