"""The hub's own prompts: the words that start an MCP client on a job with this hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any, Final

import mcp_types as mcp
from mcp import MCPError

from hub.core.ports import RawResult
from hub.gateway.asked import Answers, Asked
from hub.gateway.eras import finished, listing


@dataclass(frozen=True, slots=True)
class Argument:
    """One blank of a prompt; `otherwise` stands there when an optional one is left out."""

    name: str
    description: str
    otherwise: str | None = None

    def definition(self) -> dict[str, Any]:
        """The argument as `prompts/list` shows it."""
        return {"name": self.name, "description": self.description, "required": self.otherwise is None}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt; `text` names its arguments as $name."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    text: str
    needs_voice: bool = True

    def definition(self) -> dict[str, Any]:
        """The prompt as `prompts/list` shows it."""
        shown = [argument.definition() for argument in self.arguments]
        return {"name": self.name, "title": self.title, "description": self.description, "arguments": shown}

    def filled(self, given: Mapping[str, str]) -> str:
        """The words, with what was given in their blanks.

        Raises:
            MCPError: A required argument is missing.
        """
        missing = [one.name for one in self.arguments if one.otherwise is None and not given.get(one.name)]
        if missing:
            raise MCPError(mcp.INVALID_PARAMS, f"The prompt {self.name} needs {', '.join(missing)}.")
        values = {one.name: given.get(one.name) or one.otherwise or "" for one in self.arguments}
        return Template(self.text).substitute(values)


CALL_ID: Final = Argument("call_id", "The id that start_voice_call returned")
PROMPTS: Final[Sequence[Prompt]] = (
    Prompt(
        "place_call",
        "Place a voice call",
        "Turn a wish into a call with a goal, questions and success criteria, and start it.",
        (
            Argument("why", "What the call is for"),
            Argument("who", "Who is called", "me"),
        ),
        "I want a voice call with $who: $why\n\n"
        "Work out the goal in one or two sentences, the questions that the agent must get answered (a "
        "short key each) and how we can tell that the call was a success. Ask me for what is missing, at "
        "most twice. Then call start_voice_call once, show me the join_url, and follow the call with "
        "get_call (wait_seconds 50, after_event set to the last_event you know) until it is done and its "
        "review is ready. Finish with what was found out: answers and criteria, quoting the words that "
        "were said; what is unknown stays unknown.",
    ),
    Prompt(
        "follow_call",
        "Follow a voice call",
        "Keep an eye on a running call and report what matters.",
        (CALL_ID,),
        "Follow the call $call_id with get_call (wait_seconds 50, after_event set to the last_event you "
        "know) until done is true. Tell me in one line whenever something changes that I would want to "
        "know; of a pending_question or pending_action at once. Do not steer the call unless I ask you "
        "to. When it is over, sum it up in five lines from its summary, criteria and answers.",
    ),
    Prompt(
        "review_call",
        "Review a voice call",
        "Read a call and say what came of it.",
        (CALL_ID,),
        "Look at the call $call_id with get_call: its outcome, criteria and answers carry quotes that were "
        "looked up in the transcript. Then read the whole transcript with get_transcript (include_tools "
        "true, page by page until there is no more). Say what the call was for, what was found out or done "
        "(quote the turn for each claim), what stayed open, and what should happen next.",
    ),
    Prompt(
        "debug_call",
        "Find out what went wrong in a call",
        "Explain a call that failed, was slow or fell silent.",
        (CALL_ID,),
        "Something was wrong with the call $call_id. Look at get_call (its ended_reason and events; latency "
        "says where the time of each answer went; include tools for every ToolCall), at get_transcript "
        "with include_tools true, and at hub_status. Say what happened in order, which part was the cause "
        "(caller, agent, a tool, a provider, the hub), how sure you are, and the one thing to change first.",
    ),
    Prompt(
        "database_assistant",
        "Work with a database",
        "Answer questions about a database through this hub's tools.",
        (
            Argument("question", "What you want to know"),
            Argument("server", "The MCP server of the database", "the database server that this hub offers"),
        ),
        "Answer this question from the database: $question\n\n"
        "Use the tools of $server. Look at the tables and their columns before you write SQL. Read only: "
        "change nothing unless I ask for it in so many words, and then show me the statement first. Say "
        "how you arrived at the numbers, and say so plainly when the data does not answer the question.",
        needs_voice=False,
    ),
)


class PromptDesk:
    """Lists and fills them."""

    def __init__(self, *, voice: bool, stamp: Mapping[str, Any]) -> None:
        self._prompts = {one.name: one for one in PROMPTS if voice or not one.needs_voice}
        self._stamp = stamp

    def answers(self) -> Answers:
        """The methods that are answered here."""
        return {"prompts/list": self.list_prompts, "prompts/get": self.get_prompt}

    async def list_prompts(self, asked: Asked) -> RawResult:
        """prompts/list."""
        shown = [prompt.definition() for prompt in self._prompts.values()]
        return listing(asked.version, "prompts", shown, self._stamp)

    async def get_prompt(self, asked: Asked) -> RawResult:
        """prompts/get.

        Raises:
            MCPError: There is no such prompt, or an argument is missing.
        """
        prompt = self._prompts.get(asked.params["name"])
        if prompt is None:
            raise MCPError(mcp.INVALID_PARAMS, f"Unknown prompt: {asked.params['name']}")
        text = prompt.filled(asked.params.get("arguments") or {})
        message = {"role": "user", "content": {"type": "text", "text": text}}
        return finished(
            asked.version, {"description": prompt.description, "messages": [message]}, self._stamp
        )
