"""The phrases in force: read again when their file changes; a broken edit leaves the last good ones."""

import logging
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import anyio

from hub.practice import grammar, phrases

logger = logging.getLogger(__name__)
SHIPPED = Path(__file__).with_name("phrases.toml")
LOOK_SECONDS = 0.5
_Mark = tuple[Path, int, int, int]


class Book:
    """Reads the phrases file and notices when it changes.

    Raises:
        phrases.PhrasesError: Not even the shipped file can be used.
    """

    def __init__(self, own: Path) -> None:
        self._own = own
        self._dictionary: dict[str, list[str]] = {}
        self._mark = _mark(SHIPPED)
        self.phrases, self.grammar = self._load(SHIPPED)
        self.refresh()

    def refresh(self) -> bool:
        """Read the file again if it has changed; whether other phrases are in force now."""
        path = self._own if self._own.is_file() else SHIPPED
        mark = _mark(path)
        if mark is None or mark == self._mark:
            return False
        self._mark = mark
        try:
            self.phrases, self.grammar = self._load(path)
        except phrases.PhrasesError as error:
            logger.warning("%s:%d: %s. The phrases from before stay in force.", path, error.line, error)
            return False
        except OSError as error:
            logger.warning("%s cannot be read: %s. The phrases from before stay in force.", path, error)
            return False
        logger.info("practice: %d phrases from %s", len(self.phrases.phrases), path)
        return True

    async def watch(self, changed: Callable[[], Awaitable[None]]) -> None:
        """Look again and again; call `changed` when other phrases are in force."""
        while True:
            await anyio.sleep(LOOK_SECONDS)
            if self.refresh():
                await changed()

    def _load(self, path: Path) -> tuple[phrases.Phrases, grammar.Grammar]:
        try:
            read = phrases.load(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError as error:
            raise phrases.PhrasesError("it is not UTF-8 text") from error
        built, missing = grammar.build(read, self._sounds(grammar.words_of(read)))
        for word in missing if self._dictionary else ():  # without a dictionary nothing is heard anyway
            logger.warning("%s: %s", path, word)
        return read, built

    def _sounds(self, wanted: set[str]) -> dict[str, list[str]]:
        """How these words are spoken; the big dictionary is read only for words that are new."""
        if not wanted <= self._dictionary.keys():
            source = _dictionary_path()
            if source is not None:
                with source.open(encoding="utf-8") as lines:
                    self._dictionary = grammar.pronunciations(lines, wanted)
        return self._dictionary


def _mark(path: Path) -> _Mark | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return path, stat.st_mtime_ns, stat.st_size, stat.st_ino


def _dictionary_path() -> Path | None:
    """The recogniser's dictionary, found without loading the recogniser; none when it is not installed."""
    spec = find_spec("pocketsphinx")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "model" / "en-us" / "cmudict-en-us.dict"
