"""`hub rehearse`: calls that are played as text, from files, as regression tests of one's own personas."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import typer

from hub.calls.rehearsal_arguments import RehearseCall
from hub.cli.api import HubApi, NoHub, Values, connected, settings
from hub.cli.dialogue import END_SECONDS, GRACE_SECONDS, START_SECONDS, retried
from hub.cli.look import Json
from hub.cli.show import as_json, clean, complain, line
from hub.core.errors import HubError
from hub.core.rehearsal_expected import Finding, judge
from hub.core.rehearsal_file import RehearsalFile, read

WAIT_SECONDS: Final = 25.0
FAILED, UNREADABLE = 1, 2
UNKNOWN: Final = {False: "not met", "unknown": "not shown"}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One file that can be rehearsed."""

    name: str
    path: Path
    file: RehearsalFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one rehearsal."""

    name: str
    passed: bool
    seen: Values = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    error: str | None = None


def rehearse(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file, or a folder of *.toml.")],
    *,
    only: Annotated[str | None, typer.Option("--only", metavar="NAME", help="Only this one.")] = None,
    repeat: Annotated[int, typer.Option("--repeat", metavar="N", min=1, help="Each one N times.")] = 1,
    json: Json = False,
) -> None:
    """Play calls as text, with tools that only read, and say which criteria and expectations fail.

    Exit status 1: one failed; 2: a file cannot be read.
    """
    wanted, broken = _rehearsals(path, only)
    outcomes = anyio.run(partial(_all, wanted, repeat, json=json)) if wanted else []
    failed = sum(not one.passed for one in outcomes)
    if json:
        as_json({"rehearsals": [_told(one) for one in outcomes], "failed": failed, "unreadable": broken})
    elif outcomes:
        line(_sum(len(outcomes), failed), "red" if failed else "green")
    if broken or failed:
        raise typer.Exit(UNREADABLE if broken else FAILED)


def _rehearsals(path: Path, only: str | None) -> tuple[list[Rehearsal], list[str]]:
    """Those that can be run, and the files that cannot, each of which is complained of."""
    paths = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    named = [one for one in paths if only in {None, one.stem}]
    if not named:
        known = ", ".join(one.stem for one in paths)
        complain(f"There is no {only} in {path}; there are {known}." if known else f"{path} has no *.toml.")
        return [], [str(path)]
    wanted, broken = [], list[str]()
    for one in named:
        file = _read(one)
        if file is None:
            broken.append(str(one))
        else:
            wanted.append(Rehearsal(one.stem, one, file))
    return wanted, broken


def _read(path: Path) -> RehearsalFile | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        complain(f"{path} cannot be read: {why}.")
        return None
    file = read(text, RehearseCall)
    for wrong in file.wrong:
        complain(f"{path}:{wrong.line}: {wrong.message}")
    return None if file.wrong else file


async def _all(wanted: Sequence[Rehearsal], repeat: int, *, json: bool) -> list[Outcome]:
    outcomes: list[Outcome] = []
    async with connected(settings()) as api:
        for one in wanted:
            for n in range(1, repeat + 1):
                name = f"{one.name} {n}/{repeat}" if repeat > 1 else one.name
                outcomes.append(await _one(api, name, one))
                if not json:
                    _show(outcomes[-1])
    return outcomes


async def _one(api: HubApi, name: str, one: Rehearsal) -> Outcome:
    """Run one; a hub that refuses it says why, and the others go on."""
    start = partial(api.post, "/api/rehearsals", one.file.arguments, seconds=START_SECONDS)
    try:
        begun = await retried(api, start)
        seen = await _followed(api, str(begun["call_id"])) | {"warnings": begun["warnings"]}
    except NoHub:
        raise
    except HubError as error:
        return Outcome(name, passed=False, error=f"{error.message} {error.next_step}".strip())
    tools = [tool["name"] for tool in seen["tools"]]
    findings = judge(one.file.expected, seen["turns"], tools, seen["ended_reason"])
    return Outcome(name, bool(seen["passed"]) and all(each.met for each in findings), seen, findings)


async def _followed(api: HubApi, call_id: str) -> Values:
    """Wait until it is over and judged; whoever gives up before ends the call."""
    over = False
    try:
        while True:
            path = f"/api/rehearsals/{call_id}"
            query = {"wait_seconds": WAIT_SECONDS}
            seen = await api.get(path, query, seconds=WAIT_SECONDS + GRACE_SECONDS)
            over = bool(seen["done"])
            if seen["passed"] is not None:
                return seen
    finally:
        if not over:
            with anyio.move_on_after(END_SECONDS, shield=True):
                await api.post(f"/api/calls/{call_id}/end", {}, seconds=END_SECONDS)


def _show(one: Outcome) -> None:
    mark = "✓" if one.passed else "✗"
    turns = sum(turn["role"] == "caller" for turn in one.seen.get("turns", ()))
    took = f"  {float(one.seen['duration_s']):.1f} s  {turns} turns" if one.seen else ""
    line(f"{mark} {clean(one.name):24}{took}".rstrip(), "green" if one.passed else "red")
    for text in _reasons(one):
        line(f"    {clean(text)}")


def _reasons(one: Outcome) -> Iterator[str]:
    """Why it failed, one line each."""
    if one.passed:
        return
    if one.error is not None:
        yield one.error
        return
    yield from (*one.seen["warnings"], *one.seen["problems"])
    for criterion in one.seen.get("criteria") or ():
        if criterion["met"] is not True:
            yield f"{UNKNOWN[criterion['met']]}: {criterion['text']}{_proof(criterion)}"
    for finding in one.findings:
        if not finding.met:
            where = f" (turn {finding.turn})" if finding.turn is not None else ""
            yield f"expected: {finding.text}; {finding.instead}{where}"
    yield f"hub calls {one.seen['call_id']} has every word."


def _proof(criterion: Mapping[str, Any]) -> str:
    return f" — “{criterion['quote']}” (turn {criterion['turn']})" if criterion.get("quote") else ""


def _told(one: Outcome) -> dict[str, Any]:
    """One rehearsal for programs."""
    expectations = [asdict(finding) for finding in one.findings]
    told = {"name": one.name, "passed": one.passed, "expectations": expectations, "error": one.error}
    kept = {key: value for key, value in one.seen.items() if key not in {"passed", "next_step"}}
    return told | kept


def _sum(n: int, failed: int) -> str:
    return f"{n} rehearsed, {n - failed} passed, {failed} failed."
