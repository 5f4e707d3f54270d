"""The stand-in providers as a process of their own: `python -m hub.bench.standin STT LLM TTS` (in ms)."""

import asyncio
import json
import signal
import sys

from hub.bench.providers import Providers
from hub.bench.script import RULES, UTTERANCES

MS_PER_CHARACTER = 15
"""Short speech makes short measurements; how soon it begins is what counts."""


async def main(stt_ms: int, llm_ms: int, tts_ms: int) -> None:
    """Run until told to stop; says its port in one line of JSON."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    providers = Providers(
        stt_ms=stt_ms,
        llm_ms=llm_ms,
        tts_ms=tts_ms,
        ms_per_character=MS_PER_CHARACTER,
        utterances=list(UTTERANCES),
        rules=list(RULES),
    )
    async with providers.running():
        sys.stdout.write(json.dumps({"port": providers.port}) + "\n")
        sys.stdout.flush()
        await stopping.wait()


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
