"""One entry of servers.json → ServerSpec: other clients' dialects, the hub's own keys, and what must fit."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from hub.core.backoff import RestartPolicy
from hub.core.jsonc import Path
from hub.core.masking import SHORTEST_SECRET, secret_arguments, secret_name
from hub.core.spec import (
    Confirm,
    Era,
    Overlay,
    Replace,
    ServerSpec,
    Severity,
    Share,
    Timeouts,
    ToolPolicy,
    Transport,
)
from hub.core.spec_fields import (
    BOOLEAN,
    PRESET,
    RENAME,
    TEXT,
    TEXT_MAP,
    TEXTS,
    UNUSABLE,
    Field,
    Kind,
    Report,
    choice,
    close_to,
    globs,
    integer,
    meant,
    number,
    or_null,
    record,
    shown,
)
from hub.core.variables import Expansion

_TRANSPORTS = {
    "stdio": Transport.STDIO,
    "http": Transport.HTTP,
    "streamable-http": Transport.HTTP,
    "streamableHttp": Transport.HTTP,
    "streamable_http": Transport.HTTP,
    "sse": Transport.SSE,
}
_TEXTS = ("command", "args", "env", "cwd", "url", "headers", "read_only")
_SSE_PATH = re.compile(r"/sse/?$")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _read_transport(value: Any, path: Path, report: Report) -> Any:
    if isinstance(value, str) and value in _TRANSPORTS:
        return _TRANSPORTS[value]
    return report.add(path, f"{shown(value)} is no transport.", meant(value, ("stdio", "http", "sse")))


_TRANSPORT = Kind(_read_transport, {"enum": list(_TRANSPORTS)})
_TOOL_GLOBS = globs(annotations=True)
_NAME_GLOBS = globs(annotations=False)
_SECONDS = number(over=True)

TOOLS = {
    "allow": Field(_TOOL_GLOBS, "What is offered: globs, @read, @write, @destructive.", ["*"]),
    "deny": Field(_TOOL_GLOBS, "What is hidden, whatever `allow` says.", []),
    "read": Field(_NAME_GLOBS, "Tools that only read, whatever their annotations say.", []),
    "write": Field(_NAME_GLOBS, "Tools that write, whatever their annotations say.", []),
    "rename": Field(RENAME, "Tool → the name it is offered under.", {}),
    "preset": Field(PRESET, "Tool or glob → arguments that are fixed here and hidden from the model.", {}),
}
OVERLAY = {
    "args": Field(TEXTS, "Appended to the arguments."),
    "env": Field(TEXT_MAP, "Added to the environment."),
    "query": Field(TEXT_MAP, "Added to the query of the url."),
}
RESTART = {
    "first_delay": Field(number(), "Seconds before the second attempt.", 0.5),
    "factor": Field(number(least=1), "How much longer each delay is than the one before.", 2),
    "max_delay": Field(number(), "Seconds that no delay exceeds.", 30),
    "jitter": Field(number(most=1), "The part of a delay that chance may take off.", 0.2),
    "stable_after": Field(number(), "Seconds after which a server counts as well again.", 10),
    "max_attempts": Field(or_null(integer(0)), "Attempts before giving up; null: never gives up."),
}
TIMEOUTS = {
    "start": Field(_SECONDS, "Seconds a start may take.", 60),
    "call": Field(_SECONDS, "Seconds without a sign of life; progress starts them afresh.", 30),
    "total": Field(_SECONDS, "Seconds for a tool call in all, queue included.", 300),
}
SERVER = {
    "type": Field(_TRANSPORT, "How it is reached; found out from command or url where absent."),
    "command": Field(TEXT, "The program to start."),
    "args": Field(TEXTS, "Its arguments."),
    "env": Field(TEXT_MAP, "Its environment, on top of the usual few variables."),
    "cwd": Field(TEXT, "The folder it runs in."),
    "url": Field(TEXT, "Where the server listens."),
    "headers": Field(TEXT_MAP, "HTTP headers of every request."),
    "disabled": Field(BOOLEAN, "true: not started.", default=False),
    "tools": Field(record(ToolPolicy, TOOLS), "Which tools are offered, and as what."),
    "confirm": Field(choice(Confirm), "What needs a spoken yes in a voice call.", "writes"),
    "read_only": Field(record(Overlay, OVERLAY), "How to start a twin of it that cannot write."),
    "restart": Field(record(RestartPolicy, RESTART), "When it is started again."),
    "timeouts": Field(record(Timeouts, TIMEOUTS), "How long things may take."),
    "concurrency": Field(integer(1), "Tool calls at the same time.", 8),
    "share": Field(choice(Share), "One session for all, or one per voice call.", "all"),
    "replace": Field(choice(Replace), "May a new version start before the old has gone?", "beside"),
    "pin": Field(BOOLEAN, "Does what is new or changed of what models read wait for approval?", default=True),
    "era": Field(choice(Era), "The era of the protocol.", "auto"),
}
ALIASES = {"serverUrl": "url", "transport": "type", "enabled": "disabled"}
FOREIGN = {
    "timeout": 'The hub\'s own is "timeouts": {"call": seconds}.',
    "includeTools": 'The hub\'s own is "tools": {"allow": […]}.',
    "excludeTools": 'The hub\'s own is "tools": {"deny": […]}.',
    "disabledTools": 'The hub\'s own is "tools": {"deny": […]}.',
    "envFile": "Put the variables into .env beside this file.",
    "alwaysAllow": 'The hub\'s own is "confirm".',
    "autoApprove": 'The hub\'s own is "confirm".',
    "trust": 'The hub\'s own is "confirm".',
    "oauth": "It is not read.",
    "auth": "It is not read.",
}
"""Keys of other clients that mean something the hub does its own way."""
QUIET = frozenset(
    (
        "$schema",
        "description",
        "name",
        "title",
        "icon",
        "iconUrl",
        "dev",
        "gallery",
        "version",
        "metadata",
        "tags",
        "category",
        "id",
        "provider",
        "providerUrl",
        "inputs",
        "note",
        "notes",
        "comment",
        "author",
        "homepage",
        "license",
        "source",
        "logLevel",
        "roots",
        "initTimeout",
    )
)
"""Keys of other clients whose being ignored changes nothing."""


def read_entry(name: str, raw: Any, path: Path, report: Report, env: Mapping[str, str]) -> ServerSpec | None:
    """Read one entry; None where something in it is wrong, and the report says what."""
    known = len(report.problems)
    if not name.strip() or not name.isprintable():
        report.add(path, "A server needs a name that can be printed.", 'Write "name": {…}.')
    if not isinstance(raw, dict):
        report.add(path, f"{shown(raw)} is not an object.", 'Write {"command": …} or {"url": …}.')
        return None
    written = _written(raw, path, report)
    expansion = Expansion(env)
    values = {
        key: SERVER[key].kind.read(
            expansion.value(raw[as_written], (*path, as_written)), (*path, as_written), report
        )
        for key, as_written in written.items()
    }
    for unusable in expansion.unusable:
        report.add(unusable.path, unusable.message, unusable.remedy)
    if written.get("disabled") == "enabled" and isinstance(values["disabled"], bool):
        values["disabled"] = not values["disabled"]
    transport = _transport(values, path, report)
    usable = {key: value for key, value in values.items() if value is not UNUSABLE}
    _check_texts(usable, path, report, complete=not expansion.missing)
    _check_overlay(usable.get("read_only"), transport, (*path, "read_only"), report)
    _check_sharing(usable, path, report)
    if transport is None or any(each.severity is Severity.ERROR for each in report.problems[known:]):
        return None
    _report_missing(expansion, report, disabled=values.get("disabled", False))
    return _spec(name, transport, values, raw, written, expansion)


def _written(raw: Mapping[str, Any], path: Path, report: Report) -> dict[str, str]:
    """Map each key of ours to the one that stands in the file, and report the others."""
    written: dict[str, str] = {}
    for key in raw:
        ours = ALIASES.get(key, key)
        if ours not in SERVER:
            _report_unknown(key, path, report)
        elif ours in written:
            report.warn(
                (*path, key), f"It has no effect beside {shown(written[ours])}.", "Keep one of the two."
            )
        else:
            written[ours] = key
    return written


def _report_unknown(key: str, path: Path, report: Report) -> None:
    if key in FOREIGN:
        report.warn((*path, key), "This key of another client has no effect here.", FOREIGN[key])
        return
    if key in QUIET or key.startswith(("_", "//", "x-")):
        return
    close = close_to(key, (*SERVER, *ALIASES))
    if close is None:
        report.warn(
            (*path, key), "The hub does not know this key; it has no effect.", "Take it out, or leave it."
        )
    else:
        report.add((*path, key), f"There is no {shown(key)}.", f'Did you mean "{close}"?')


def _transport(values: Mapping[str, Any], path: Path, report: Report) -> Transport | None:
    """Decide how the server is reached, from what the entry says."""
    given = values.get("type")
    if given is UNUSABLE:
        return None
    if given is None:
        return _found_out(values, path, report)
    wants, other = ("command", "url") if given is Transport.STDIO else ("url", "command")
    if wants not in values:
        report.add(
            path, f"A server of type {shown(str(given))} needs {shown(wants)}.", f'Add "{wants}": "…".'
        )
    if other in values:
        report.warn(
            (*path, other), f"It has no effect in a server of type {shown(str(given))}.", "Take it out."
        )
    return Transport(given)


def _found_out(values: Mapping[str, Any], path: Path, report: Report) -> Transport | None:
    if "command" in values and "url" in values:
        report.add(path, "It has both a command and a url.", 'Keep one, or say which by "type".')
        return None
    if "command" in values:
        return Transport.STDIO
    if "url" not in values:
        report.add(path, "It has neither a command nor a url.", 'Add "command": "…" or "url": "https://…".')
        return None
    url = values["url"]
    return (
        Transport.SSE if url is not UNUSABLE and _SSE_PATH.search(url.partition("?")[0]) else Transport.HTTP
    )


def _check_texts(values: Mapping[str, Any], path: Path, report: Report, *, complete: bool) -> None:
    """Find what would fail only when the server is started."""
    command = values.get("command", "")
    if " " in command and not set(command) & set("/\\") and not values.get("args"):
        program, *args = command.split()
        remedy = f'Write "command": {shown(program)}, "args": {shown(args)}.'
        report.add((*path, "command"), "It holds the arguments as well as the program.", remedy)
    if complete and "url" in values and not _is_web_address(values["url"]):
        remedy = "Write http://… or https://… with a host."
        report.add((*path, "url"), f"{shown(values['url'])} is no address of a server.", remedy)
    for name in values.get("env", ()):
        if not name or "=" in name:
            report.add(
                (*path, "env", name), f"{shown(name)} cannot name a variable.", "Write a name without =."
            )
    for name, value in values.get("headers", {}).items():
        if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            remedy = "Write a name without spaces, and a value on one line."
            report.add((*path, "headers", name), f"{shown(name)} cannot be sent as a header.", remedy)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0 and url.isprintable()


def _check_overlay(overlay: Overlay | None, transport: Transport | None, path: Path, report: Report) -> None:
    """Refuse an overlay without effect: a twin that is started like the server itself could write."""
    if overlay is None or transport is None:
        return
    if transport is Transport.STDIO:
        effective, useless, remedy = bool(overlay.args or overlay.env), bool(overlay.query), "args or env"
    else:
        effective, useless, remedy = bool(overlay.query), bool(overlay.args or overlay.env), "query"
    if useless or not effective:
        message = f"It does not make a server of type {shown(str(transport))} read-only."
        report.add(path, message, f'Give it {remedy}, for example "{remedy.split()[0]}".')


def _check_sharing(values: Mapping[str, Any], path: Path, report: Report) -> None:
    """Warn of a server that must be alone and is to be started several times."""
    if values.get("share") is Share.CALL and values.get("replace") is Replace.AFTER:
        message = (
            'It is started once for each voice call, though "replace": "after" says that it must be alone.'
        )
        report.warn((*path, "share"), message, 'Write "share": "all", or "replace": "beside".')


def _report_missing(expansion: Expansion, report: Report, *, disabled: bool) -> None:
    for variable, where in expansion.missing.items():
        if not disabled:
            remedy = "Set it in the environment or in .env beside this file."
            report.add(where, f"{variable} is not set.", remedy)


def _spec(
    name: str,
    transport: Transport,
    values: Mapping[str, Any],
    raw: Mapping[str, Any],
    written: Mapping[str, str],
    expansion: Expansion,
) -> ServerSpec:
    mine = {key: value for key, value in values.items() if key != "type"}
    unwanted = ("url", "headers") if transport is Transport.STDIO else ("command", "args", "env", "cwd")
    for key in _TEXTS if expansion.missing else unwanted:
        mine.pop(key, None)
    return ServerSpec(
        name=name,
        transport=transport,
        missing=tuple(expansion.missing),
        written={key: raw[key] for key in written.values()},
        secrets=() if expansion.missing else _secrets(values, expansion),
        **mine,
    )


def _secrets(values: Mapping[str, Any], expansion: Expansion) -> tuple[str, ...]:
    """Collect what must not be shown: secret by the variable's name, the flag's, the header's."""
    overlay = values.get("read_only") or Overlay()
    named = [
        *expansion.used.items(),
        *values.get("env", {}).items(),
        *overlay.env.items(),
        *overlay.query.items(),
    ]
    found = {value for name, value in named if secret_name(name)}
    found.update(secret_arguments((*values.get("args", ()), *overlay.args)))
    for value in values.get("headers", {}).values():
        found.update((value, value.rpartition(" ")[2]))
    found.add(urlsplit(values.get("url", "")).password or "")
    long_enough = (value for value in found if len(value) >= SHORTEST_SECRET)
    return tuple(sorted(long_enough, key=lambda value: (-len(value), value)))
