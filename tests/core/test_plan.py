"""From what runs and what is wanted to a Plan: just the difference, and a reason for each step."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core.plan import Action, Plan, Step, plan
from hub.core.spec import Config, Problem, Replace, ServerSpec, Severity, ToolPolicy

A = ServerSpec(name="a", command="a")
B = ServerSpec(name="b", command="b")
BROKEN = Problem("mcpServers.a.command", 1, "Wrong.", "Right.", "a")


def wanted(*specs: ServerSpec, problems: tuple[Problem, ...] = (), readable: bool = True) -> Config:
    return Config(servers={spec.name: spec for spec in specs}, problems=problems, readable=readable)


def test_what_is_new_starts_in_the_order_of_the_file() -> None:
    steps = plan({}, wanted(B, A)).start
    assert [(step.server, step.spec) for step in steps] == [("b", B), ("a", A)]


def test_what_did_not_change_is_kept() -> None:
    found = plan({"a": A, "b": B}, wanted(A, B))
    assert [step.action for step in found.steps] == [Action.KEEP, Action.KEEP]
    assert found.keep == found.steps


def test_what_is_gone_from_the_file_stops() -> None:
    (step,) = plan({"a": A}, wanted()).stop
    assert (step.server, step.spec, step.why, step.beside) == ("a", None, "no longer in the file", False)


def test_what_is_switched_off_stops_or_does_not_start() -> None:
    off = replace(A, disabled=True)
    assert plan({}, wanted(off)).steps == ()
    (step,) = plan({"a": A}, wanted(off)).stop
    assert step.why == "disabled"


@pytest.mark.parametrize(
    ("before", "how", "beside"),
    [
        (Replace.BESIDE, Replace.BESIDE, True),
        (Replace.BESIDE, Replace.AFTER, False),
        (Replace.AFTER, Replace.BESIDE, False),  # what runs still owns its port
        (Replace.AFTER, Replace.AFTER, False),
    ],
)
def test_what_needs_a_new_process_is_replaced(before: Replace, how: Replace, beside: bool) -> None:
    new = replace(A, args=("--new",), replace=how, concurrency=2)
    (step,) = plan({"a": replace(A, replace=before)}, wanted(new)).replace
    assert (step.spec, step.beside) == (new, beside)
    assert "args" in step.why
    assert "concurrency" in step.why


def test_a_new_policy_needs_no_new_process() -> None:
    new = replace(A, tools=ToolPolicy(deny=("x",)))
    (step,) = plan({"a": A}, wanted(new)).update
    assert (step.spec, step.why) == (new, "no restart needed: tools")


def test_a_running_server_stays_when_its_edit_lacks_a_variable() -> None:
    lacking = replace(A, command="", missing=("KEY", "REF"))
    (step,) = plan({"a": A}, wanted(lacking)).hold
    assert step.spec is A
    assert "KEY, REF" in step.why


def test_what_lacks_a_variable_and_does_not_run_waits_for_it() -> None:
    (step,) = plan({}, wanted(replace(A, command="", missing=("KEY", "REF")))).wait
    assert (step.spec, step.why) == (None, "waits for KEY, REF")


def test_a_running_server_stays_when_its_edit_is_broken() -> None:
    found = plan({"a": A, "b": B}, wanted(B, problems=(BROKEN,)))
    (step,) = found.hold
    assert (step.server, step.spec) == ("a", A)
    assert found.keep[0].server == "b"
    assert found.problems == (BROKEN,)


def test_a_warning_or_a_problem_of_another_holds_nothing() -> None:
    for problem in (replace(BROKEN, severity=Severity.WARNING), replace(BROKEN, server=None)):
        assert plan({"a": A}, wanted(problems=(problem,))).stop


def test_all_that_runs_stays_while_the_file_cannot_be_read() -> None:
    found = plan({"a": A, "b": B}, wanted(readable=False))
    assert [step.spec for step in found.hold] == [A, B]
    assert found.hold == found.steps


SPECS = st.builds(
    ServerSpec,
    name=st.just("x"),
    command=st.sampled_from(["p", "q"]),
    concurrency=st.sampled_from([1, 2]),
    disabled=st.booleans(),
    missing=st.sampled_from([(), (), ("V",)]),
)
NAMES = st.sampled_from("abcd")


def named(specs: dict[str, ServerSpec]) -> dict[str, ServerSpec]:
    return {name: replace(spec, name=name) for name, spec in specs.items()}


RUNNING = st.dictionaries(NAMES, SPECS).map(named)
CONFIGS = st.builds(
    lambda servers, broken, readable: Config(
        servers={name: spec for name, spec in servers.items() if name not in broken and readable},
        problems=tuple(replace(BROKEN, server=name) for name in sorted(broken)),
        readable=readable,
    ),
    RUNNING,
    st.sets(NAMES),
    st.booleans(),
)


def applied(running: dict[str, ServerSpec], found: Plan) -> dict[str, ServerSpec]:
    """Do what a Plan says to a set of running specs."""
    after = dict(running)
    for step in found.steps:
        if step.action is Action.WAIT:
            continue
        if step.spec is None:
            del after[step.server]
        else:
            after[step.server] = step.spec
    return after


@given(RUNNING.map(lambda all_: {name: spec for name, spec in all_.items() if spec.runnable}), CONFIGS)
def test_applying_a_plan_gives_what_is_wanted_and_touches_nothing_else(
    running: dict[str, ServerSpec], config: Config
) -> None:
    found = plan(running, config)
    after = applied(running, found)
    held = {step.server for step in found.hold}
    assert held <= set(running)
    assert {name: spec for name, spec in after.items() if name not in held} == {
        name: spec for name, spec in config.servers.items() if spec.runnable
    }
    assert all(after[name] is running[name] for name in held)
    assert len({step.server for step in found.steps}) == len(found.steps)
    assert all(step.why for step in found.steps)
    touched = {step.server for step in (*found.start, *found.replace, *found.stop)}
    same = {
        name
        for name, spec in running.items()
        if name in after and after[name].fingerprint == spec.fingerprint
    }
    assert not touched & same
    again = plan(after, config)
    assert {step.action for step in again.steps} <= {Action.KEEP, Action.HOLD, Action.WAIT}


def test_a_step_of_a_stop_is_beside_nothing() -> None:
    assert not Step(server="a", action=Action.STOP, why="x").beside
