"""The wiring of what a hub with voice has more: LiveKit, the worker, VoiceCalls and their keeper."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import anyio
from anyio.abc import TaskGroup

from hub.calls.arguments import StartVoiceCall
from hub.calls.keeper import Keeper
from hub.calls.keys import Keys
from hub.calls.live import LiveCall, LiveCalls
from hub.calls.prices import Prices, load_prices
from hub.calls.recordings_files import RecordingFiles
from hub.calls.rehearsals import Rehearsals
from hub.calls.review import Reviewer
from hub.calls.rooms import LiveKitRooms
from hub.calls.takeover import Takeover
from hub.calls.voice_calls import VoiceCalls
from hub.calls.worker_link import WorkerLink
from hub.core.catalog import shows_server
from hub.core.errors import HubError, InvalidArguments, ServerUnavailable
from hub.core.ports import Rooms
from hub.core.records import EndedReason
from hub.core.spec import Limits, View
from hub.core.supervisor import State
from hub.gateway.asked import Askers
from hub.parts.language_model import ChatCompletions
from hub.parts.livekit_server import livekit_part
from hub.parts.network import REMEDY, interfaces_up
from hub.parts.part import Part
from hub.parts.places import LOOPBACK, Places
from hub.parts.practice import Practice
from hub.parts.providers import worker_environment
from hub.parts.worker import worker_part
from hub.pool.pool import Pool
from hub.settings import Settings
from hub.storage.journal import SqlJournal
from hub.supervision.guardian import Guardian
from hub.supervision.runner import Snapshot
from hub.toolcalls.toolcalls import Scope, ToolCalls
from hub.web.webhook import Webhook

logger = logging.getLogger(__name__)

PRACTICE_SECONDS = 60.0
LIVEKIT_SECONDS = 900.0
FIRST_GOAL = "Talk to your data"
LOST_MOST = 64
MISSED = frozenset({State.STARTING, State.BACKOFF, State.FAILED, State.AUTH_REQUIRED})
"""States of a server whose tools a call will miss, for now."""
GLOB = "*?["


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the rest of the hub gives to voice."""

    settings: Settings
    url: str
    token: str
    places: Places
    guardian: Guardian
    journal: SqlJournal
    pool: Pool
    toolcalls: ToolCalls
    practice: Practice | None
    session: aiohttp.ClientSession


class Voice:
    """VoiceCalls and the processes they need; built whole, started by `start`."""

    def __init__(self, ground: Ground) -> None:
        self._url = ground.url
        self._settings = ground.settings
        self._here = ground.places
        self._pool = ground.pool
        self._toolcalls = ground.toolcalls
        self._practice = ground.practice
        self.keys = Keys(ground.token)
        self.worker_token = self.keys.worker_token()
        self._live = LiveCalls(ground.toolcalls.call_over)
        self._lost_send, self._lost = anyio.create_memory_object_stream[LiveCall](LOST_MOST)
        self._worker_pid: int | None = None
        self._prices = load_prices(ground.settings.home)
        self._livekit_came = anyio.Event()
        self.livekit = self._private_livekit(ground)
        self.worker = worker_part(
            ground.guardian, ground.settings.home, self.worker_variables, self.on_worker
        )
        self._livekit_rooms = LiveKitRooms(self._address(), *self._credentials())
        self.calls = VoiceCalls(ground.journal, self._rooms, self._live, self.keys, self)
        takeover = self._takeover = Takeover(ground.journal, self._rooms, self.calls, self)
        self.link = WorkerLink(
            ground.journal,
            self._live,
            self.keys,
            self.calls,
            takeover,
            practice=self._practised,
            minutes=lambda: ground.pool.config.limits.minutes,
            prices=self._prices,
        )
        self.keeper = Keeper(ground.journal, self._live, self.calls, takeover)
        model = self._language_model(ground)
        self._reviewer = Reviewer(ground.journal, model, self._prices, practice=self._practised)
        self.rehearsals = Rehearsals(ground.journal, self._live, self.calls, model, practice=self._practised)

    def _practised(self) -> list[str]:
        return list(self._practice.kinds) if self._practice is not None else []

    @staticmethod
    def _language_model(ground: Ground) -> ChatCompletions | None:
        """The one that the worker uses; None without a key."""
        told = worker_environment(ground.settings, ground.practice)
        key = told["OPENAI_API_KEY"]
        return ChatCompletions(ground.session, key=key, url=told["OPENAI_BASE_URL"]) if key else None

    def _private_livekit(self, ground: Ground) -> Part | None:
        """Ours, unless LIVEKIT_URL names another."""
        if ground.settings.livekit_url is not None:
            return None
        return livekit_part(
            ground.guardian,
            ground.settings.home,
            ground.places,
            self._on_livekit,
            f"{ground.url}/livekit/webhook",
        )

    async def aclose(self) -> None:
        """Give back the connections to LiveKit."""
        await self._livekit_rooms.aclose()

    async def start(self, tasks: TaskGroup) -> None:
        """Have everything come up; calls of an earlier hub are ended first."""
        await self.keeper.recover()
        tasks.start_soon(self.keeper.run, name="keeper of calls")
        tasks.start_soon(self._reviewer.run, name="reviews of calls")
        await tasks.start(self.rehearsals.run, name="callers of rehearsals")
        tasks.start_soon(self._hand_on_lost, name="calls of a lost worker")
        tasks.start_soon(self._reopen_rooms, name="rooms of a restarted LiveKit")
        if self.livekit is not None:
            self.livekit.runner.start()
        tasks.start_soon(self._start_worker, name="start of the worker")

    async def _start_worker(self) -> None:
        """The worker comes last: it registers with LiveKit and has its first words synthesised."""
        for part, seconds in (
            (self._practice.part if self._practice is not None else None, PRACTICE_SECONDS),
            (self.livekit, LIVEKIT_SECONDS),
        ):
            if part is None:
                continue
            try:
                await part.runner.wait_ready(seconds)
            except ServerUnavailable as error:
                logger.warning("%s", error.message)
        self.worker.runner.start()

    def askers(self) -> Askers:
        """How ToolCalls of a call reach people."""
        return Askers(
            caller=self.calls.approvals.ask,
            desktop=self.calls.questions.ask,
            server=self.calls.elicitations.ask,
        )

    def webhook(self) -> Webhook:
        """Where LiveKit tells what happens in its rooms."""
        key, secret = self._credentials()
        return Webhook(key=key, secret=secret, room_finished=self.calls.room_finished)

    def worker_variables(self) -> Mapping[str, str | None]:
        """What our own worker is told."""
        key, secret = self._credentials()
        return {
            "HUB_URL": self._url,
            "HUB_WORKER_TOKEN": self.worker_token,
            "HUB_HOME": str(self._settings.home),
            "LIVEKIT_URL": self._address(),
            "LIVEKIT_API_KEY": key,
            "LIVEKIT_API_SECRET": secret,
        } | worker_environment(self._settings, self._practice)

    def on_worker(self, snapshot: Snapshot) -> None:
        """When our worker's process has died, its calls are lost."""
        if snapshot.pid is not None:
            self._worker_pid = snapshot.pid
        elif self._worker_pid is not None:
            for call in self.link.gone(self._worker_pid):
                self._lost_send.send_nowait(call)
            self._worker_pid = None

    def _on_livekit(self, snapshot: Snapshot) -> None:
        if snapshot.state is State.READY and snapshot.restarts:
            self._livekit_came.set()

    async def _reopen_rooms(self) -> None:
        while True:
            await self._livekit_came.wait()
            self._livekit_came = anyio.Event()
            await self.calls.reopen()

    async def _hand_on_lost(self) -> None:
        async for call in self._lost:
            try:
                await self._takeover.lost(call, EndedReason.WORKER_LOST, "its process died")
            except HubError as error:
                logger.warning("call %s: %s", call.id, error.message)

    def parts(self) -> list[Part]:
        """LiveKit, when it is ours, and the worker."""
        return [self.worker] if self.livekit is None else [self.livekit, self.worker]

    def ready(self) -> bool:
        """Whether a call could begin now."""
        return bool(self.link.workers()) and self._rooms() is not None

    def count(self) -> dict[str, int]:
        """How many calls run, and how many may."""
        return {"active": self._live.active(), "limit": self.limits().calls}

    def livekit_url(self) -> str | None:
        """LiveKit's own URL, while it is up."""
        return self._address() if self._rooms() is not None else None

    async def first_link(self) -> str:
        """The link that is offered at start: an unused one of an earlier start, else a new one."""
        for call in self._live:
            if call.request.goal == FIRST_GOAL and call.dispatched_at is None:
                return self.calls.join_url(call.id)
        started = await self.calls.start({"goal": FIRST_GOAL})
        return str(started["join_url"])

    def _rooms(self) -> Rooms | None:
        if self.livekit is not None and self.livekit.life is None:
            return None
        return self._livekit_rooms

    def _address(self) -> str:
        return self._settings.livekit_url or f"ws://{LOOPBACK}:{self._here.livekit_port}"

    def _credentials(self) -> tuple[str, str]:
        settings, here = self._settings, self._here
        if settings.livekit_url is None:
            return here.livekit_key, here.livekit_secret
        secret = settings.livekit_api_secret
        return settings.livekit_api_key or "", secret.get_secret_value() if secret is not None else ""

    # What VoiceCalls ask (hub.calls.voice_calls.Surroundings)

    def url(self) -> str:
        return self._url

    def obstacle(self) -> HubError | None:
        if self.livekit is None or interfaces_up():
            return None
        return ServerUnavailable(
            "No network interface but loopback is up on the hub's machine, and sound needs one.",
            next_step=REMEDY,
        )

    def limits(self) -> Limits:
        return self._pool.config.limits

    def prices(self) -> Prices:
        return self._prices

    def recordings(self) -> RecordingFiles:
        return RecordingFiles(self._settings.home / "recordings", self._settings.recording == "on")

    def personas(self) -> list[str] | None:
        return self.link.personas()

    def language(self, persona: str | None) -> str | None:
        return self.link.language(persona)

    async def worker_there(self, seconds: float) -> bool:
        return await self.link.worker(seconds)

    async def practice(self) -> dict[str, Any]:
        if self._practice is None:
            return {"practice": [], "phrases": [], "note": None}
        return {"practice": list(self._practice.kinds)} | await self._practice.phrases()

    def tools(self, request: StartVoiceCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        scope = self._scope(request, None)
        offered: dict[str, list[str]] = {}
        for route in self._toolcalls.offered(scope):
            offered.setdefault(route.server, []).append(route.public)
        states = {status.name: str(status.state) for status in self._pool.servers()}
        named = set((request.tools.servers if request.tools is not None else None) or ())
        missing = [
            {"server": name, "state": state}
            for name, state in states.items()
            if name not in offered
            and (state in MISSED or (state != State.READY and name in named))
            and all(shows_server(view, name) for view in (scope.view, scope.also) if view is not None)
        ]
        unknown = sorted(name for name in named - set(states) if not set(name) & set(GLOB))
        missing += [{"server": name, "state": "unknown"} for name in unknown]
        return [{"server": name, "tools": tools} for name, tools in offered.items()], missing

    def scope(self, call_id: str) -> Scope | None:
        """What the tools of a running call are."""
        live = self._live.get(call_id)
        return self._scope(live.request, call_id) if live is not None else None

    def _scope(self, request: StartVoiceCall, call_id: str | None) -> Scope:
        views = self._pool.config.views
        view = views.get(request.view)
        if view is None:
            raise InvalidArguments(
                f"There is no view {request.view}; there are {', '.join(views)}.",
                next_step="Leave view out for the default one.",
            )
        only = request.tools
        also = None
        if only is not None:
            also = View(
                name="",
                servers=tuple(only.servers if only.servers is not None else ["*"]),
                allow=tuple(only.allow if only.allow is not None else ["*"]),
                deny=tuple(only.deny or ()),
            )
        return Scope(
            view=view,
            also=also,
            voice=True,
            only_read=only is not None and only.read_only,
            call_id=call_id,
            language=request.language,
        )
