"""Registers with LiveKit, takes jobs as tasks of its loop, and tells the hub that it is there."""

import asyncio
import json
import logging
import os
import socket
import ssl
import sys
import uuid
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Final

import anyio
import httpx2
from anyio.abc import TaskGroup
from livekit.agents import AgentServer, JobContext, JobExecutorType, JobRequest
from livekit.agents.telemetry import loop_monitor

from hub.core.backoff import RestartPolicy
from hub.core.errors import ConfigurationError
from hub.core.records import EndedReason
from hub.core.wire import WorkerHello
from hub.voice import executor
from hub.voice.again import pause
from hub.voice.cached_speech import CachedSpeech
from hub.voice.call import Call
from hub.voice.ending import Ending
from hub.voice.environment import Environment
from hub.voice.hub_client import HubClient, HubRefused, HubUnreachable
from hub.voice.models import Models
from hub.voice.persona import DEFAULT, Persona, load_personas
from hub.voice.shared import Shared

log = logging.getLogger(__name__)
AGENT_NAME: Final = "voice-hub"
MAX_CALLS: Final = 6
FULL: Final = 0.7
"""The load at which LiveKit gives a worker no more jobs."""
HELLO_SECONDS: Final = 5.0
GREETING_SECONDS: Final = 3.0
"""How long the start waits for the first greeting to be synthesised."""
DRAIN_SECONDS: Final = 2.0
CLOSE_SECONDS: Final = 2.0
REGISTER_ATTEMPTS: Final = 4
AGAIN: Final = RestartPolicy(first_delay=0.5, factor=2, max_delay=10)
UNAUTHORIZED: Final = frozenset({401, 403})


class Worker:
    """One worker process."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._id = environment.worker_id or f"worker-{uuid.uuid4().hex[:10]}"
        self._calls: set[Call] = set()
        self._stopping = anyio.Event()
        self._registered = anyio.Event()
        self._ready = False
        self._idle = anyio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped.

        Raises:
            ConfigurationError: The hub does not accept this worker's token, or no persona can be read.
        """
        executor.install()
        async with AsyncExitStack() as stack:
            personas = load_personas(self._environment.home)
            models = await stack.enter_async_context(Models.open(self._environment))
            http = await stack.enter_async_context(
                httpx2.AsyncClient(limits=httpx2.Limits(max_connections=100))
            )
            hub = HubClient(http, self._environment.hub_url, self._environment.worker_token)
            tasks = await stack.enter_async_context(anyio.create_task_group())
            cached = CachedSpeech(models, self._environment.home / "speech")
            shared = Shared(
                worker_id=self._id,
                hub=hub,
                models=models,
                cached=cached,
                personas=personas,
                secure=ssl.create_default_context(),
                spawn=tasks.start_soon,
            )
            await self._work(shared, tasks)

    async def _work(self, shared: Shared, tasks: TaskGroup) -> None:
        await self._first_greeting(shared)
        tasks.start_soon(shared.cached.fill, list(shared.personas.values()))
        tasks.start_soon(self._say_hello, shared)
        tasks.start_soon(self._serve, shared)
        await self._stopping.wait()
        with anyio.CancelScope(shield=True):
            await self._drained()
        tasks.cancel_scope.cancel()

    async def _first_greeting(self, shared: Shared) -> None:
        """Give the default greeting a moment to be ready; if speech is down, do without."""
        persona = shared.personas[DEFAULT]
        with anyio.move_on_after(GREETING_SECONDS):
            await shared.cached.learn(persona, persona.greeting)

    async def _serve(self, shared: Shared) -> None:
        """Keep an AgentServer registered; each attempt is a new one: a closed one cannot be used again."""
        attempt = 0
        while True:
            server = self._server(shared)
            try:
                await server.run()
            except (RuntimeError, OSError) as error:
                attempt += 1
                log.warning("LiveKit at %s cannot be used: %s", self._environment.livekit_url, error)
            finally:
                self._registered = anyio.Event()
                with anyio.CancelScope(shield=True), anyio.move_on_after(CLOSE_SECONDS):
                    await server.aclose()
            await pause(AGAIN, attempt)

    def _server(self, shared: Shared) -> AgentServer:
        server = AgentServer(
            job_executor_type=JobExecutorType.THREAD,  # which is the loop, see hub.voice.executor
            host="127.0.0.1",
            port=0,
            num_idle_processes=MAX_CALLS,  # fewer, and a burst of dispatches would be refused
            load_threshold=FULL,
            load_fnc=self._load,
            max_retry=REGISTER_ATTEMPTS,
            shutdown_process_timeout=CLOSE_SECONDS,
            ws_url=self._environment.livekit_url,
            api_key=self._environment.livekit_api_key,
            api_secret=self._environment.livekit_api_secret,
        )

        async def entrypoint(ctx: JobContext) -> None:
            await self._lead(shared, ctx)

        server.rtc_session(entrypoint, agent_name=AGENT_NAME, on_request=self._asked)
        server.on("worker_registered", lambda *_: self._registered.set())
        return server

    async def _lead(self, shared: Shared, ctx: JobContext) -> None:
        call = Call(shared, ctx)
        self._calls.add(call)
        try:
            await call.run()
        finally:
            self._calls.discard(call)
            if not self._calls:
                self._idle.set()

    async def _asked(self, request: JobRequest) -> None:
        if self._stopping.is_set():
            await request.reject()
        else:
            await request.accept(name=AGENT_NAME)

    def _load(self) -> float:
        """Full is FULL; read in another thread."""
        return FULL * len(self._calls) / MAX_CALLS

    async def _say_hello(self, shared: Shared) -> None:
        """Tell the hub every few seconds that this worker is there, from its registration on."""
        attempt = 0
        while True:
            await self._registered.wait()
            try:
                await shared.hub.hello(self._hello(shared.personas))
            except HubUnreachable as error:
                attempt += 1
                log.warning("%s", error.message)
            except HubRefused as error:
                attempt = self._refused(error, attempt)
            else:
                attempt = 0
                self._greeted()
            await (pause(AGAIN, attempt) if attempt else anyio.sleep(HELLO_SECONDS))

    def _refused(self, error: HubRefused, attempt: int) -> int:
        if error.status in UNAUTHORIZED and not self._ready:
            raise ConfigurationError(
                f"The hub at {self._environment.hub_url} does not accept this worker's token.",
                next_step="Set HUB_WORKER_TOKEN to the token that this hub gave for its workers.",
            ) from error
        log.warning("the hub refused the worker: %s", error.message)
        return attempt + 1

    def _greeted(self) -> None:
        if not self._ready:
            self._ready = True
            loop_monitor.start_monitoring(asyncio.get_running_loop(), name="worker")
            sys.stdout.write(json.dumps({"ready": True, "worker_id": self._id}) + "\n")
            sys.stdout.flush()

    def _hello(self, personas: Mapping[str, Persona]) -> WorkerHello:
        return WorkerHello(
            worker_id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            version=version("voice-hub"),
            max_calls=MAX_CALLS,
            active_calls=len(self._calls),
            personas=sorted(personas),
            languages={name: persona.language for name, persona in personas.items()},
        )

    async def _drained(self) -> None:
        for call in list(self._calls):
            call.ender.end(Ending(EndedReason.WORKER_LOST, "worker stopping", at_once=True, handover=True))
        self._idle = anyio.Event()
        if self._calls:
            with anyio.move_on_after(DRAIN_SECONDS):
                await self._idle.wait()
