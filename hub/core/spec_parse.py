"""servers.json → Config: every problem at once, each with its place and what would be right."""

import re
from collections.abc import Mapping
from typing import Any

from hub.core.jsonc import Document, Path, SyntaxFault, read
from hub.core.spec import VOICE_VIEW, Config, Limits, Problem, Severity, View
from hub.core.spec_entry import read_entry
from hub.core.spec_fields import (
    UNUSABLE,
    Field,
    Report,
    close_to,
    globs,
    integer,
    number,
    or_null,
    record,
    shown,
)

SERVERS_KEYS = ("mcpServers", "servers")
_GLOB = re.compile(r"[*?\[]")
VIEW = {
    "servers": Field(globs(annotations=False), "Globs over the servers' names.", ["*"]),
    "allow": Field(globs(annotations=True), "Globs over tools, @read, @write, @destructive.", ["*"]),
    "deny": Field(globs(annotations=True), "What is hidden, whatever `allow` says.", []),
}
LIMITS = {
    "calls": Field(integer(1), "Voice calls at the same time.", 4),
    "minutes": Field(number(over=True), "Minutes a voice call may take at most.", 15),
    "cost_per_call": Field(or_null(number(over=True)), "What a call may cost; null: no bound."),
    "cost_per_day": Field(or_null(number(over=True)), "What all calls of a day may cost; null: no bound."),
}
VIEW_KIND = record(dict, VIEW)
LIMITS_KIND = record(Limits, LIMITS)


def parse(text: str, env: Mapping[str, str]) -> Config:
    """Read a servers.json with the variables of `env`. Whatever the text is, the answer is a Config."""
    try:
        document = read(text)
    except SyntaxFault as fault:
        message = f"Not JSON: line {fault.line}, column {fault.column}: {fault.message}."
        return Config(problems=(Problem("", fault.line, message, fault.hint),), readable=False)
    return _config(document, env)


def _config(document: Document, env: Mapping[str, str]) -> Config:
    report = Report(document)
    for path in document.duplicates:
        report.server = str(path[1]) if len(path) > 1 and path[0] in SERVERS_KEYS else None
        report.warn(path, "It is there twice; the last one counts.", "Take one of them out.")
    report.server = None
    entries = _entries(document.value, report)
    if entries is None:
        return Config(problems=tuple(report.problems), readable=False)
    servers = {name: read_entry(name, *place, _for(report, name), env) for name, place in entries.items()}
    report.server = None
    usable = {name: spec for name, spec in servers.items() if spec is not None}
    views = _views(document.value, report, servers)
    limits = _limits(document.value, report)
    problems = sorted(report.problems, key=lambda problem: problem.line)
    return Config(servers=usable, views=views, limits=limits, problems=tuple(problems))


def _for(report: Report, server: str) -> Report:
    report.server = server
    return report


def _entries(value: Any, report: Report) -> dict[str, tuple[Any, Path]] | None:
    """Find the entries under either key; None where the file does not say which servers are wanted."""
    if not isinstance(value, dict):
        report.add((), f"{shown(value)} is not an object.", 'Write {"mcpServers": {…}}.')
        return None
    _report_unknown(value, report)
    entries: dict[str, tuple[Any, Path]] = {}
    for key in SERVERS_KEYS:
        group = value.get(key, {})
        if not isinstance(group, dict):
            report.add((key,), f"{shown(group)} is not an object.", 'Write {"name": {"command": …}}.')
            continue
        for name, raw in group.items():
            if name in entries:
                report.server = name
                report.warn(
                    (key, name), "It is in mcpServers as well, which counts.", "Take one of them out."
                )
            entries.setdefault(name, (raw, (key, name)))
    report.server = None
    return None if any(problem.severity is Severity.ERROR for problem in report.problems) else entries


def _report_unknown(value: Mapping[str, Any], report: Report) -> None:
    known = (*SERVERS_KEYS, "views", "limits")
    wanted = any(key in value for key in SERVERS_KEYS)
    for key in value:
        close = None if key in known else close_to(key, known)
        if close in SERVERS_KEYS and not wanted:
            # Read as "no servers", this slip would stop every one of them.
            report.add((key,), f"There is no {shown(key)}.", f'Did you mean "{close}"?')
            wanted = True
        elif close is not None:
            report.warn((key,), f"There is no {shown(key)}; it has no effect.", f'Did you mean "{close}"?')
    if not wanted:
        report.warn((), "The file names no servers.", 'Put them under "mcpServers".')


def _views(value: Mapping[str, Any], report: Report, servers: Mapping[str, Any]) -> dict[str, View]:
    """Read the views. A broken one shows nothing: a filter that is ignored would show everything."""
    written = value.get("views", {})
    if not isinstance(written, dict):
        report.add(("views",), f"{shown(written)} is not an object.", 'Write {"voice": {"deny": […]}}.')
        return {VOICE_VIEW: View(name=VOICE_VIEW, servers=())}
    views = {VOICE_VIEW: View(name=VOICE_VIEW)}
    for name, raw in written.items():
        found = VIEW_KIND.read(raw, ("views", name), report)
        if found is UNUSABLE:
            views[name] = View(name=name, servers=())
            continue
        views[name] = View(name=name, **found)
        for index, pattern in enumerate(views[name].servers):
            if not _GLOB.search(pattern) and pattern not in servers:
                close = close_to(pattern, servers)
                remedy = f'Did you mean "{close}"?' if close else "Correct it, or take it out."
                report.warn(
                    ("views", name, "servers", index), f"No server is called {shown(pattern)}.", remedy
                )
    return views


def _limits(value: Mapping[str, Any], report: Report) -> Limits:
    """Read the limits; while they are broken, the defaults hold."""
    if "limits" not in value:
        return Limits()
    found = LIMITS_KIND.read(value["limits"], ("limits",), report)
    return found if isinstance(found, Limits) else Limits()
