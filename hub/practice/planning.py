"""What the practice model does next with a conversation: words, tool calls, or both. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.practice import matching, results, spoken
from hub.practice.phrases import Meaning, Phrases, Reply

Message = Mapping[str, Any]
_INSTRUCTIONS = frozenset({"system", "developer"})
_CALL_IDS = re.compile(r"call_ids: \[([^\]]*)\]")
_UPDATE = re.compile(r"_(?:update_\d+|final|result)$")
_QUOTED = re.compile(r"[“\"](.{2,300}?)[”\"]", re.DOTALL)
_FROM_DESKTOP = re.compile(r"^Instruction from [^:]{0,100}:\s*")
_SAY = re.compile(
    r"^\s*(?:please )?(?:say|tell (?:the caller|them)|ask (?:the caller|them))\b(?: exactly)?[:,]?\s*(.+)",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool that the model wants called."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the model answers: words first, then tool calls; either may be absent."""

    text: str = ""
    calls: tuple[ToolRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class _Offer:
    tools: tuple[str, ...]
    closed: bool  # tool_choice "none"


def plan(request: Mapping[str, Any], phrases: Phrases) -> Plan:
    """The next step of this conversation (a chat completions request)."""
    messages: list[Message] = [m for m in request.get("messages") or [] if isinstance(m, dict)]
    spoken_to, notes = _without_notes(messages)
    offer = _offer(request)
    outcome = _new_results(messages, spoken_to, "\n".join(notes))
    if outcome:
        return Plan(_told(outcome, messages, phrases))
    if spoken_to and spoken_to[-1].get("role") == "user":
        return _answer(_last_words(spoken_to), len(spoken_to), phrases, offer)
    return _instructed(messages, notes[-1] if notes else "", phrases, offer)


def _offer(request: Mapping[str, Any]) -> _Offer:
    names = [
        tool.get("function", {}).get("name", "")
        for tool in request.get("tools") or []
        if isinstance(tool, dict)
    ]
    return _Offer(tuple(names), request.get("tool_choice") == "none")


def _without_notes(messages: list[Message]) -> tuple[list[Message], list[str]]:
    """The conversation, and the system messages that stand after it."""
    end = len(messages)
    while end and messages[end - 1].get("role") in _INSTRUCTIONS:
        end -= 1
    return messages[:end], [text_of(message) for message in messages[max(end, 1) :]]


def text_of(message: Message) -> str:
    """The text of a message, whose content may be a string or a list of parts."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(str(part.get("text", "")) for part in parts if isinstance(part, dict)).strip()


def _last_words(messages: Sequence[Message]) -> list[str]:
    """What the caller said since the last answer: the last turn, then all turns as one."""
    turns: list[str] = []
    for message in reversed(messages):
        if message.get("role") != "user":
            break
        turns.insert(0, text_of(message))
    return [turns[-1], " ".join(turns)] if len(turns) > 1 else turns


def _answer(said: Sequence[str], age: int, phrases: Phrases, offer: _Offer) -> Plan:
    meaning = next((found for text in said if (found := matching.match(text, phrases)) is not None), None)
    if meaning is None:
        return Plan(_with_examples(phrases.answers.not_understood, phrases, age))
    if not meaning.phrase.tool:
        return Plan(_with_examples(meaning.phrase.answer, phrases, age))
    name = _offered(meaning.phrase.tool, offer)
    if name is None:
        return Plan(meaning.phrase.answer or _refusal(meaning, phrases, offer))
    return Plan(meaning.phrase.first, (ToolRequest(name, _arguments(meaning, phrases)),))


def _offered(tool: str, offer: _Offer) -> str | None:
    """The offered name of this tool: itself, or server__tool."""
    if offer.closed:
        return None
    return next((name for name in offer.tools if name == tool or name.endswith("__" + tool)), None)


def _refusal(meaning: Meaning, phrases: Phrases, offer: _Offer) -> str:
    reads = bool(offer.tools) and not offer.closed and meaning.phrase.kind == "write"
    return phrases.answers.read_only if reads else phrases.answers.no_tool


def _arguments(meaning: Meaning, phrases: Phrases) -> str:
    fields = phrases.fields(meaning.slots)
    return json.dumps(_filled(meaning.phrase.arguments, fields))


def _filled(value: Any, fields: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return spoken.fill(value, fields)
    if isinstance(value, Mapping):
        return {key: _filled(inner, fields) for key, inner in value.items()}
    return [_filled(inner, fields) for inner in value] if isinstance(value, list) else value


def _with_examples(template: str, phrases: Phrases, age: int) -> str:
    """The template with two of the sentences that can be said, other ones as the conversation goes on."""
    examples = [phrase.example for phrase in phrases.phrases if phrase.suggest] or [
        phrases.phrases[0].example
    ]
    one, two = examples[age // 2 % len(examples)], examples[(age // 2 + 1) % len(examples)]
    return spoken.fill(template, {"one": one, "two": two})


# ---- results


def _new_results(messages: list[Message], spoken_to: list[Message], notes: str) -> list[Message]:
    """The tool results that are to be told now."""
    named = _CALL_IDS.search(notes)
    if named is not None:
        ids = set(re.findall(r"[\w-]+", named[1]))
        return [
            message
            for message in messages
            if message.get("role") == "tool" and message.get("tool_call_id") in ids
        ]
    found: list[Message] = []
    for message in reversed(spoken_to):
        if message.get("role") != "tool":
            break
        found.insert(0, message)
    return found


def _told(outcome: Sequence[Message], messages: list[Message], phrases: Phrases) -> str:
    """What to say about these results; nothing about what has been said already."""
    said = {text_of(message) for message in messages if message.get("role") == "assistant"}
    sentences: list[str] = []
    running = False
    for message in outcome:
        result = results.read(text_of(message))
        if result.kind == "running":
            running = True
            continue
        sentence = _tell_one(message, result, messages, phrases)
        if sentence and sentence not in sentences and sentence not in _after(message, messages, said):
            sentences.append(sentence)
    if running and not sentences:
        return phrases.answers.running
    return " ".join(sentences)


def _after(message: Message, messages: list[Message], said: set[str]) -> set[str]:
    """What the assistant has said since this result came."""
    at = next((n for n, other in enumerate(messages) if other is message), len(messages))
    later = {text_of(other) for other in messages[at + 1 :] if other.get("role") == "assistant"}
    return later & said


def _tell_one(message: Message, result: results.Result, messages: list[Message], phrases: Phrases) -> str:
    call = _call_of(str(message.get("tool_call_id", "")), messages)
    meaning = _meaning_of(call, messages, phrases) if call is not None else None
    if meaning is None:
        return spoken.tell(result, Reply(), {})
    if meaning.phrase.reply.silent and result.kind != "error":
        return ""
    return spoken.tell(result, meaning.phrase.reply, phrases.fields(meaning.slots))


def _call_of(call_id: str, messages: list[Message]) -> Mapping[str, Any] | None:
    """The call that a result belongs to; the later results of a slow call carry its id with an ending."""
    wanted = {call_id, _UPDATE.sub("", call_id)}
    for message in messages:
        for call in message.get("tool_calls") or []:
            if isinstance(call, dict) and call.get("id") in wanted and isinstance(call.get("function"), dict):
                function: Mapping[str, Any] = call["function"]
                return function
    return None


def _meaning_of(call: Mapping[str, Any], messages: list[Message], phrases: Phrases) -> Meaning | None:
    """The phrase that led to this call: the latest of the caller's that asks for exactly this."""
    offer = _Offer((str(call.get("name", "")),), closed=False)
    arguments = _loaded(call.get("arguments"))
    for at in range(len(messages), 0, -1):
        if messages[at - 1].get("role") not in {"user", *_INSTRUCTIONS}:
            continue
        said = _last_words(messages[:at]) or [text_of(messages[at - 1])]
        for meaning in (matching.match(text, phrases) for text in said):
            if meaning is None or _offered(meaning.phrase.tool, offer) is None:
                continue
            if _loaded(_arguments(meaning, phrases)) == arguments:
                return meaning
    return None


def _loaded(arguments: Any) -> Any:
    try:
        return json.loads(arguments or "{}")
    except (TypeError, ValueError):
        return arguments


# ---- instructions


def _instructed(messages: list[Message], note: str, phrases: Phrases, offer: _Offer) -> Plan:
    """An answer without words of the caller: to an instruction in the middle of a call, else a greeting."""
    instruction = _FROM_DESKTOP.sub("", note)
    begun = any(message.get("role") in {"user", "assistant"} for message in messages)
    words = _SAY.match(instruction) or _QUOTED.search(instruction)
    if words is not None:
        return Plan(words[1].strip().strip('"“”'))
    if matching.match(instruction, phrases) is not None:
        return _answer([instruction], len(messages), phrases, offer)
    if begun or instruction != note:
        return Plan(phrases.answers.instructed if note else "")
    return Plan(_with_examples(phrases.answers.greeting, phrases, 0))
