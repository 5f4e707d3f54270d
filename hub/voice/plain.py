"""What went wrong in a ToolCall, in one sentence for a caller: never raw JSON, never a code alone."""

import re
from collections.abc import Mapping
from typing import Any, Final

from hub.core.speech import parsed, text_of

SENTENCE: Final = 240
UNKNOWN: Final = "The tool failed without saying why."
_SQL: Final = re.compile(r"\b(?:ERROR:\s*)?([0-9][0-9A-Z]{4}|[A-Z]{2}[0-9]{3}|P0[0-9]{3}):\s*(.+)")
_STATES: Final[Mapping[str, str]] = {
    "25006": "That would change data, and this call may only read",
    "42501": "The database does not allow that here",
    "42P01": "There is no such table",
    "42703": "There is no such column",
    "42883": "The database does not know a function that was used",
    "42601": "The query was not written correctly",
    "42P07": "Something with that name exists already",
    "42701": "There is such a column already",
    "22P02": "A value has the wrong form",
    "22012": "The query divides by zero",
    "23502": "A value that is required is missing",
    "23503": "Another record depends on it or is missing",
    "23505": "Such a record exists already",
    "23514": "A value breaks a rule of the table",
    "3D000": "There is no such database",
    "40P01": "Two operations blocked each other",
    "53300": "The database has too many connections just now",
    "57014": "The query took too long and was stopped",
    "57P01": "The database is restarting",
}
_CLASSES: Final[Mapping[str, str]] = {
    "08": "The database cannot be reached just now",
    "22": "A value has the wrong form",
    "23": "That breaks a rule of the table",
    "28": "The database refused the login",
    "42": "The query was not written correctly",
    "53": "The database has no room or memory left",
    "57": "The database stopped the query",
}


def failure(result: Mapping[str, Any]) -> str:
    """The reason in a result that is an error."""
    return sentence(text_of(result))


def sentence(text: str) -> str:
    """One plain sentence out of an error text, whatever wrapped it."""
    message = _message(text.strip())
    if (found := _SQL.search(message)) is not None:
        return _database(found[1], found[2])
    line = re.sub(r"\s+", " ", message.split("\n", 1)[0]).strip(" .")
    return _ended(line) if line else UNKNOWN


def _message(text: str, depth: int = 3) -> str:
    """The words inside `{"error": {"message": …}}`, `{"error": "…"}`, `{"message": "…"}` and the like."""
    value = parsed(text)
    if not isinstance(value, dict) or not depth:
        return text if value is None else ""
    for key in ("error", "message", "detail", "msg", "reason"):
        inner = value.get(key)
        if isinstance(inner, dict):
            inner = next((inner[name] for name in ("message", "detail", "name") if inner.get(name)), None)
        if isinstance(inner, str) and inner:
            return _message(inner.strip(), depth - 1)
    return ""


def _database(code: str, detail: str) -> str:
    words = _STATES.get(code) or _CLASSES.get(code[:2])
    line = re.sub(r"\s+", " ", detail.split("\n", 1)[0]).strip(" .")
    return _ended(f"{words}: {line}" if words else f"The database said: {line}")


def _ended(text: str) -> str:
    if len(text) > SENTENCE:
        return text[: text.rfind(" ", 0, SENTENCE - 1)].rstrip(" ,;:") + " …"
    return text + "."
