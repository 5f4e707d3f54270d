"""What is said on standard output when everything is up: a line for a program, more for a human."""

import json
from typing import IO, Any

from hub.practice.service import SUPABASE_PREFIX, Parts
from hub.practice.supabase import REF


def ready(parts: Parts, url: str) -> dict[str, Any]:
    """What the parent process is told when everything is up."""
    supabase = {"url": url + SUPABASE_PREFIX, "ref": REF, "token": parts.token}
    return {
        "ready": True,
        "url": url,
        "provides": parts.provides,
        "token": parts.token,
        "supabase": supabase if parts.supabase is not None else None,
        "problems": parts.problems,
    }


def announce(out: IO[str], told: dict[str, Any]) -> None:
    """One line of JSON for a program; for a human, what this is and how to use it, too."""
    out.write(json.dumps(told) + "\n")
    if out.isatty():
        out.write(explanation(told))
    out.flush()


def explanation(told: dict[str, Any]) -> str:
    """How a human uses the stand-ins."""
    url, token = told["url"], told["token"]
    lines = [
        "",
        f"The practice stand-ins are running at {url} ({', '.join(told['provides'])}). Ctrl-C stops them.",
        f"They understand only the phrases listed at {url}/phrases. To use them, export:",
        "",
    ]
    if "stt" in told["provides"]:
        lines += [f"  ASSEMBLYAI_API_KEY={token}", f"  ASSEMBLYAI_BASE_URL={url.replace('http', 'ws', 1)}"]
    if {"llm", "tts"} & set(told["provides"]):
        lines += [f"  OPENAI_API_KEY={token}", f"  OPENAI_BASE_URL={url}/v1"]
    if told["supabase"]:
        lines += [f"  SUPABASE_ACCESS_TOKEN={token}", f"  SUPABASE_PROJECT_REF={told['supabase']['ref']}"]
        lines += [f"  SUPABASE_API_URL={told['supabase']['url']}"]
    return "\n".join([*lines, "", ""])
