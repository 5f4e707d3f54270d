"""servers.json and the .env beside it: read whole, watched, and told as a Config when they change."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
from watchfiles import Change, awatch

from hub.core.spec import Config, Problem
from hub.core.spec_parse import parse

DEBOUNCE_MS = 100
STEP_MS = 20
LOOK_ANYWAY_MS = 3000
"""How often to look without having been told: some file systems tell nothing; folders are replaced."""
HALF_STEP_SECONDS = 1.0
"""For so long an empty, half-written or vanished file counts as an editor's half step."""
LOOK_AGAIN_SECONDS = 0.05
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOUNTED = "..data"
"""What Kubernetes swaps when a mounted file changes."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What was on disk: the bytes, or why there are none; the variables, or why they are not all there."""

    data: bytes | None
    failure: str
    env: Mapping[str, str]
    env_failure: str


@dataclass(slots=True)
class ConfigFile:
    """One servers.json; `env` gives the variables that it may name, read anew each time."""

    path: Path
    env: Callable[[], Mapping[str, str]]
    _told: _Content | None = field(default=None, init=False, repr=False)
    _last_env: Mapping[str, str] = field(default_factory=dict, init=False, repr=False)

    def read(self) -> Config:
        """Read the file as it is now. Whatever is wrong with it is among the problems."""
        content = self._content()
        if self._told is None:
            self._told = content
        return self._config(content)

    async def changes(self) -> AsyncGenerator[Config]:
        """Tell the Config whenever file or variables differ from what was told last (at first: read)."""
        if self._told is None:
            self._told = self._content()
        while True:
            async with aclosing(self._events()) as events:
                async for _ in events:
                    content = await self._settled(self._content())
                    if content != self._told:
                        self._told = content
                        yield self._config(content)
            await anyio.sleep(LOOK_AGAIN_SECONDS)

    async def _events(self) -> AsyncGenerator[None]:
        """Wake up at each event in the folder, now and then without one; end when the folder is another."""
        real = self.path.resolve()
        names = {self.path.name, real.name, ".env", _MOUNTED}
        folders = {folder: _identity(folder) for folder in (self.path.parent, real.parent)}
        yield
        if None in folders.values():
            await anyio.sleep(HALF_STEP_SECONDS)
            return

        def concerns(_change: Change, path: str) -> bool:
            return Path(path).name in names or Path(path) in folders

        watching = awatch(
            *folders,
            watch_filter=concerns,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            rust_timeout=LOOK_ANYWAY_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        with suppress(FileNotFoundError):
            async with aclosing(watching) as events:
                async for _ in events:
                    yield
                    if any(_identity(folder) != before for folder, before in folders.items()):
                        return

    async def _settled(self, content: _Content) -> _Content:
        """Wait while the file looks like an editor's half step, but not for ever: it may be meant."""
        with anyio.move_on_after(HALF_STEP_SECONDS):
            while content != self._told and not self._config(content).readable:
                await anyio.sleep(LOOK_AGAIN_SECONDS)
                content = self._content()
        return content

    def _content(self) -> _Content:
        data, failure, env_failure = None, "", ""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            failure = f"There is no file {self.path}."
        except OSError as error:
            failure = f"{self.path} cannot be read: {error.strerror}."
        try:
            self._last_env = dict(self.env())
        except (OSError, ValueError) as error:
            env_failure = f"The .env beside it cannot be read: {error}."
        return _Content(data, failure, self._last_env, env_failure)

    def _config(self, content: _Content) -> Config:
        config = self._parsed(content)
        if not content.env_failure:
            return config
        remedy = "Make it a readable text of NAME=value lines in UTF-8."
        return replace(config, problems=(Problem("", 0, content.env_failure, remedy), *config.problems))

    def _parsed(self, content: _Content) -> Config:
        if content.data is None:
            remedy = 'Write it, at least {"mcpServers": {}}, or name another one with --config.'
            return Config(problems=(Problem("", 0, content.failure, remedy),), readable=False)
        encoding = "utf-16" if content.data.startswith(_UTF_16) else "utf-8"
        try:
            return parse(content.data.decode(encoding), content.env)
        except UnicodeDecodeError as error:
            line = content.data[: error.start].count(b"\n") + 1
            problem = Problem("", line, f"{self.path.name} is not a text in UTF-8.", "Save it as UTF-8.")
            return Config(problems=(problem,), readable=False)


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
