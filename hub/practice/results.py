"""Reads a tool result in whatever form it arrives: rows, an error, a sign that it still runs, or words."""

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Row = Mapping[str, Any]
_UNTRUSTED = re.compile(r"<untrusted-data-([0-9a-f-]+)>\s*(.*?)\s*</untrusted-data-\1>", re.DOTALL)
_RUNNING = re.compile(
    r"still running|still in progress|keeps running in the background|is taking a while|taking longer|"
    r"has updated, message:",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^\s*(error\b|failed\b|an? (internal )?error occurred|cannot |could not )|\bfailed: |ERROR:\s|"
    r"Failed to run sql|"
    r"\b(was refused|timed out|is unavailable|is not available)\b",
    re.IGNORECASE,
)
_DONE = re.compile(r"(ok|done|success)?\.?$|done\. the tool gave no further answer", re.IGNORECASE)
_TOTAL = re.compile(r"\b(\d[\d,]*) (?:rows?|results?|items?|entries|records)\b", re.IGNORECASE)
_FIELD = re.compile(r"^\s*[-*]?\s*([A-Za-z_]\w*(?: \w+){0,2})\s*[:=]\s*(.+)$")
_DELIMITERS = (",", "\t", "|", ";")
MAX_PROSE = 400  # characters of a result in words that are said


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool result says. `total` may be more than the rows shown."""

    kind: Literal["rows", "done", "prose", "error", "running"]
    rows: Sequence[Row] = ()
    total: int = 0
    text: str = ""


def read(content: str) -> Result:
    """What this content of a tool message says."""
    text = content.strip()
    wrapped = _UNTRUSTED.search(text)
    if wrapped is not None and not text.startswith("{"):
        return read(wrapped[2])
    try:
        return _of_json(json.loads(text))
    except ValueError:
        return _of_words(text)


def _of_json(data: Any) -> Result:
    if isinstance(data, list):
        return _of_list(data)
    if isinstance(data, dict):
        return _of_object(data)
    if isinstance(data, str):
        return read(data)
    return Result("rows", rows=[{"value": data}], total=1)


def _of_list(items: list[Any]) -> Result:
    texts = [item.get("text") for item in items if isinstance(item, dict) and item.get("type") == "text"]
    if texts and len(texts) == len(items):
        return read("\n".join(str(text) for text in texts))
    rows = [item if isinstance(item, dict) else {"value": item} for item in items]
    return Result("rows", rows=rows, total=len(rows))


def _of_object(data: dict[str, Any]) -> Result:
    error = data.get("error")
    if error:
        return Result("error", text=str(error.get("message", "")) if isinstance(error, dict) else str(error))
    if data.get("type") == "text" and "text" in data:
        return read(str(data["text"]))
    if isinstance(data.get("result"), str | list | dict):
        inner = data["result"]
        found = _UNTRUSTED.search(inner) if isinstance(inner, str) else None
        return read(found[2]) if found else _of_json(inner)
    lists = [value for value in data.values() if isinstance(value, list)]
    if len(lists) == 1 and ("total" in data or all(isinstance(item, dict) for item in lists[0])):
        rows = _of_list(lists[0])
        return Result("rows", rows=rows.rows, total=max(rows.total, _stated(data)))
    if set(data) <= {"success", "ok", "status"}:
        return Result("done" if all(value not in (False, "error") for value in data.values()) else "error")
    return Result("rows", rows=[data], total=1)


def _stated(data: Mapping[str, Any]) -> int:
    numbers = [
        data[key] for key in ("total", "count", "row_count", "total_rows") if isinstance(data.get(key), int)
    ]
    return max(numbers, default=0)


def _of_words(text: str) -> Result:
    before, rows = _table_in(text)  # what stands in a table is data, whatever it says
    if _RUNNING.search(before):
        return Result("running", text=text)
    if _DONE.match(text):
        return Result("done")
    if _ERROR.search(before):
        return Result("error", text=text)
    rows = rows or _fields_in(text)
    stated = [int(number.replace(",", "")) for number in _TOTAL.findall(before)]
    if rows or 0 in stated or re.search(r"\bno rows\b", before, re.IGNORECASE):
        return Result("rows", rows=rows, total=max([len(rows), *stated]))
    return Result("prose", text=_shortened(text))


def _table_in(text: str) -> tuple[str, list[dict[str, str]]]:
    """The first block of lines that is a header and rows with as many fields, and the words before it."""
    lines = [line for line in text.splitlines() if line.strip() and not re.fullmatch(r"[\s|:+-]+", line)]
    for at, line in enumerate(lines[:-1]):
        for delimiter in _DELIMITERS:
            header = _cells(line, delimiter)
            if len(header) > 1 and all(re.fullmatch(r"[A-Za-z_][\w ]*", name) for name in header):
                rows = _rows_below(lines[at + 1 :], header, delimiter)
                if rows:
                    return "\n".join(lines[:at]), rows
    return text, []


def _rows_below(lines: list[str], header: list[str], delimiter: str) -> list[dict[str, str]]:
    rows = []
    for line in lines:
        cells = _cells(line, delimiter)
        if len(cells) != len(header):
            break
        rows.append(dict(zip(header, cells, strict=True)))
    return rows


def _cells(line: str, delimiter: str) -> list[str]:
    bare = line.strip().strip("|") if delimiter == "|" else line.strip()
    return [cell.strip() for cell in next(csv.reader([bare], delimiter=delimiter), [])]


def _fields_in(text: str) -> list[dict[str, str]]:
    """One row written as "name: value" lines, or "name: value; name: value"."""
    parts = [part for line in text.splitlines() for part in line.split(";") if part.strip()]
    matches = [_FIELD.match(part) for part in parts]
    if not parts or not all(matches):
        return []
    return [{match[1].strip(): match[2].strip() for match in matches if match is not None}]


def _shortened(text: str) -> str:
    """The first sentences of a text, as many as an ear can take."""
    flat = " ".join(text.split())
    if len(flat) <= MAX_PROSE:
        return flat
    cut = flat[:MAX_PROSE]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? "))
    return cut[: end + 1] if end > 0 else cut.rsplit(" ", 1)[0] + " and so on."
