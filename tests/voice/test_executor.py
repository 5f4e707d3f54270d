"""The executor against the livekit-agents that is installed."""

import inspect
from importlib.metadata import version

from livekit.agents.ipc import job_executor, job_thread_executor, proc_pool

from hub.voice.executor import WRITTEN_FOR, LoopJobExecutor


def test_it_was_written_for_the_installed_version() -> None:
    assert version("livekit-agents") == WRITTEN_FOR


def test_its_constructor_takes_what_livekit_gives() -> None:
    theirs = inspect.signature(job_thread_executor.ThreadJobExecutor.__init__)
    mine = inspect.signature(LoopJobExecutor.__init__)
    assert list(mine.parameters) == list(theirs.parameters)


def test_it_has_every_member_of_livekits_protocol() -> None:
    members = [name for name in vars(job_executor.JobExecutor) if not name.startswith("_")]
    assert {"launch_job", "aclose", "join"} <= set(members)
    instance_made = {"running_job", "user_arguments", "id"}
    for name in set(members) - instance_made:
        assert hasattr(LoopJobExecutor, name), name


def test_the_pool_looks_the_executor_up_where_it_is_replaced() -> None:
    source = inspect.getsource(proc_pool)
    assert "job_thread_executor.ThreadJobExecutor(" in source
