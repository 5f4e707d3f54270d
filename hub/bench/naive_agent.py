"""What one would build without a hub: an agent straight on livekit-agents, with that library's own settings.

`python -m hub.bench.naive_agent FILE`: FILE is JSON with `url`, `key`, `secret` of LiveKit and `providers`,
the address of the stand-ins. Each call starts an MCP server of its own, as articles and examples do.
"""

import asyncio
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, mcp
from livekit.plugins import assemblyai, openai, silero

NAME: Final = "naive"
SETTINGS: Final = "HUB_BENCH_NAIVE"
KEY: Final = "practice"
INSTRUCTIONS: Final = "You are a friendly voice assistant that answers questions about a database."
GREET: Final = "Greet the user and offer to help them with their data."


async def entrypoint(ctx: JobContext) -> None:
    """Lead one call."""
    address = _settings(os.environ[SETTINGS])["providers"]
    url = f"http://{address}/v1"
    await ctx.connect()
    session: AgentSession[None] = AgentSession(
        stt=assemblyai.STT(api_key=KEY, base_url=f"ws://{address}", keyterms_prompt=["Supabase"]),
        llm=openai.LLM(model="gpt-4o", api_key=KEY, base_url=url),
        tts=openai.TTS(
            voice="ash", api_key=KEY, base_url=url, response_format="pcm"
        ),  # as the stand-in speaks
        vad=silero.VAD.load(),
    )
    server = mcp.MCPServerStdio(sys.executable, ["-m", "hub.bench.echo"])
    agent = Agent(instructions=INSTRUCTIONS, tools=[mcp.MCPToolset(id="bench", mcp_server=server)])
    await session.start(agent=agent, room=ctx.room)
    await session.generate_reply(instructions=GREET)


async def main(file: str) -> None:
    """Take calls until told to stop; says in one line of JSON when it can."""
    os.environ[SETTINGS] = file  # job processes inherit it
    told = _settings(file)
    server = AgentServer(
        ws_url=told["url"],
        api_key=told["key"],
        api_secret=told["secret"],
        host="127.0.0.1",
        port=0,
        load_fnc=_unburdened,
    )
    server.rtc_session(entrypoint, agent_name=NAME)
    server.on("worker_registered", lambda *_: _say_ready())
    running = asyncio.create_task(server.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        await server.aclose()


def _unburdened() -> float:
    """With its own measure of load the worker is passed over while this machine is busy: no agent comes."""
    return 0.0


def _settings(file: str) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    return settings


def _say_ready() -> None:
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Job processes must find the entrypoint by its module's name, not in __main__.
    asyncio.run(import_module("hub.bench.naive_agent").main(sys.argv[1]))
