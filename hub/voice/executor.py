"""Runs LiveKit jobs as tasks of the worker's own loop: a call costs a few megabytes and starts at once.

Stands in for `ipc.job_thread_executor.ThreadJobExecutor` of livekit-agents 1.8.9, whose surface it has;
LiveKit's own `_JobProc` does the work. Private API: the version is pinned and a test watches the signature.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from livekit.agents import JobContext, JobExecutorType, JobProcess, utils
from livekit.agents.ipc import job_proc_lazy_main, job_thread_executor, proto
from livekit.agents.ipc.channel import Message
from livekit.agents.ipc.inference_executor import InferenceExecutor
from livekit.agents.ipc.job_executor import JobStatus
from livekit.agents.job import RunningJobInfo

log = logging.getLogger(__name__)
WRITTEN_FOR: Final = "1.8.9"


class LoopJobExecutor:
    """One slot for one job; the task that runs the job belongs to this object, which also cancels it."""

    def __init__(  # noqa: PLR0913  # LiveKit's signature
        self,
        *,
        initialize_process_fnc: Callable[[JobProcess], Any],
        job_entrypoint_fnc: Callable[[JobContext], Awaitable[None]],
        session_end_fnc: Callable[[JobContext], Awaitable[None]] | None,
        simulation_end_fnc: Callable[[Any], Any] | None,
        inference_executor: InferenceExecutor | None,
        initialize_timeout: float,  # noqa: ARG002  # of processes and threads
        close_timeout: float,
        session_end_timeout: float,
        ping_interval: float,  # noqa: ARG002
        high_ping_threshold: float,  # noqa: ARG002
        http_proxy: str | None,
        loop: asyncio.AbstractEventLoop,  # noqa: ARG002  # always the running one
    ) -> None:
        self._job = job_proc_lazy_main._JobProc(  # noqa: SLF001
            initialize_process_fnc,
            job_entrypoint_fnc,
            session_end_fnc,
            session_end_timeout=session_end_timeout,
            executor_type=JobExecutorType.THREAD,
            simulation_end_fnc=simulation_end_fnc,
        )
        self._inference = inference_executor
        self._close_timeout = close_timeout
        self._proxy = http_proxy
        self._inbox: utils.aio.Chan[Message] | None = None
        self._main: asyncio.Task[None] | None = None
        self._inferring: set[asyncio.Task[None]] = set()
        self._status: JobStatus | None = None
        self.running_job: RunningJobInfo | None = None
        self.user_arguments: Any | None = None
        self.id = utils.shortuuid("LOOPEXEC_")

    @property
    def status(self) -> JobStatus:
        if self._status is None:
            message = "the job has no status yet"
            raise RuntimeError(message)
        return self._status

    @property
    def started(self) -> bool:
        return self._inbox is not None

    async def start(self) -> None:
        self._inbox = utils.aio.Chan[Message]()

    async def initialize(self) -> None:
        assert self._inbox is not None  # noqa: S101  # LiveKit starts before it initializes
        client: Any = self
        self._job.initialize(proto.InitializeRequest(http_proxy=self._proxy or ""), client)
        self._main = asyncio.create_task(self._job.entrypoint(self._inbox), name=f"job {self.id}")

    async def send(self, message: Message) -> None:
        """What the job tells its parent; only inference requests need an answer."""
        if isinstance(message, proto.InferenceRequest):
            task = asyncio.create_task(self._infer(message))
            self._inferring.add(task)
            task.add_done_callback(self._inferring.discard)

    async def launch_job(self, info: RunningJobInfo) -> None:
        assert self._inbox is not None  # noqa: S101
        self.running_job, self._status = info, JobStatus.RUNNING
        request = proto.StartJobRequest()
        request.running_job = info
        await self._inbox.send(request)

    async def join(self) -> None:
        assert self._main is not None  # noqa: S101
        try:
            await asyncio.shield(self._main)
        except BaseException:
            self._status = JobStatus.FAILED
            raise
        self._status = JobStatus.SUCCESS

    async def aclose(self) -> None:
        """Ask the job to end, wait, then cancel it: unlike a thread, a task can be."""
        if self._main is None or self._main.done():
            return
        if self._inbox is not None:
            with contextlib.suppress(utils.aio.ChanClosed):
                await self._inbox.send(proto.ShutdownRequest())
        done, _ = await asyncio.wait({self._main}, timeout=self._close_timeout)
        if not done:
            log.warning("job %s did not end in time and is cancelled", self.id)
            self._main.cancel()
            await asyncio.wait({self._main}, timeout=self._close_timeout)

    def logging_extra(self) -> dict[str, Any]:
        return {"job_id": self.running_job.job.id} if self.running_job else {}

    async def _infer(self, request: proto.InferenceRequest) -> None:
        assert self._inbox is not None  # noqa: S101
        answer = proto.InferenceResponse(request_id=request.request_id, error="no inference executor")
        if self._inference is not None:
            try:
                data = await self._inference.do_inference(request.method, request.data)
                answer = proto.InferenceResponse(request_id=request.request_id, data=data)
            except Exception as error:  # noqa: BLE001  # one request of one job; its text goes to the job
                answer = proto.InferenceResponse(request_id=request.request_id, error=str(error))
        await self._inbox.send(answer)


def install() -> None:
    """Have AgentServer use this executor for `JobExecutorType.THREAD`."""
    job_thread_executor.ThreadJobExecutor = LoopJobExecutor  # type: ignore[assignment,misc]  # on purpose: same surface
