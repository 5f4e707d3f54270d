"""Errors as sentences."""

import json

import pytest

from hub.voice.plain import UNKNOWN, failure, sentence


def wrapped(message: str) -> str:
    return json.dumps({"error": {"name": "Error", "message": message}})


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            wrapped('Failed to run sql query: ERROR:  42P01: relation "nope" does not exist\nLINE 1: select'),
            'There is no such table: relation "nope" does not exist.',
        ),
        (
            wrapped("Failed to run sql query: ERROR:  25006: cannot execute DELETE"),
            "That would change data, and this call may only read: cannot execute DELETE.",
        ),
        (wrapped("ERROR: 57014: canceling"), "The query took too long and was stopped: canceling."),
        (wrapped("ERROR: 08006: gone"), "The database cannot be reached just now: gone."),
        (wrapped("ERROR: XX000: cache lookup failed"), "The database said: cache lookup failed."),
        (wrapped("tool not found"), "tool not found."),
        ('{"error":"no such note"}', "no such note."),
        ('{"message":"try later"}', "try later."),
        (json.dumps({"error": {"message": wrapped("inside")}}), "inside."),
        ("It broke.\nTraceback …", "It broke."),
        ('{"odd":1}', UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_an_error_becomes_one_sentence(text: str, plain: str) -> None:
    assert sentence(text) == plain


def test_a_long_error_is_cut_at_a_word() -> None:
    text = sentence("word " * 200)
    assert len(text) < 250
    assert text.endswith("word …")


def test_the_hubs_own_errors_are_told_by_their_message() -> None:
    body = {"error": {"code": "server_unavailable", "message": "notes is in backoff.", "retryable": True}}
    result = {"isError": True, "content": [{"type": "text", "text": json.dumps(body)}]}
    assert failure(result) == "notes is in backoff."
