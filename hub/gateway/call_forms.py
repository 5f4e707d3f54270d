"""What a call asks of the person at a desktop, as forms of MCP's elicitation, and their answers."""

from collections.abc import Mapping
from typing import Any, Final

from hub.core.form import FORM
from hub.gateway.ports import Calls

ANSWER_MOST: Final = 4000
DECLINED: Final = "The person at the desktop does not want to answer this. Go on without the answer."
QUESTION: Final = "question"
ACTION: Final = "action"


def input_requests(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a call asks, from a result of get_call (tasks, "Task Update Requests"; elicitation, "form").

    A server's question comes field by field, each under a key of its own; its secrets and links never do.
    """
    requests: dict[str, Any] = {}
    question = call.get("pending_question") or {}
    if question.get("field", question.get("text")) is not None and "url" not in question:
        field = {"type": "string", "title": "Answer", "minLength": 1, "maxLength": ANSWER_MOST}
        text = f"{question.get('server', 'The agent')} asks in a voice call: {question['text']}"
        requests[f"{QUESTION}-{question['id']}.{question.get('field', '')}"] = _form(text, "answer", field)
    if action := call.get("pending_action"):
        field = {"type": "string", "title": "Decision", "enum": ["approve", "deny"]}
        text = f"A voice call wants to run {action['tool']}. Its caller is asked: {action['text']}"
        requests[f"{ACTION}-{action['id']}"] = _form(text, "decision", field)
    return requests


def _form(message: str, name: str, field: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": {name: field}, "required": [name]}
    return {
        "method": "elicitation/create",
        "params": {"mode": FORM, "message": message, "requestedSchema": schema},
    }


async def respond(calls: Calls, call_id: str, key: str, response: Mapping[str, Any], by: str) -> bool:
    """Pass on what the person said to one form; False where they only closed it, which leaves it open.

    Raises:
        HubError: It is not asked any more, or the answer is none.
    """
    what, _, one = key.partition("-")
    content = response.get("content")
    given = content if isinstance(content, Mapping) else {}
    declined = response.get("action") == "decline"
    if not declined and response.get("action") != "accept":
        return False
    if what == QUESTION:
        answer = {"answer": DECLINED, "decline": True} if declined else {"answer": given.get("answer")}
        await calls.answer({"call_id": call_id, "question_id": one.partition(".")[0], **answer}, by)
    elif what == ACTION:
        decision = "deny" if declined else given.get("decision")
        await calls.decide({"call_id": call_id, "action_id": one, "decision": decision}, by)
    return True
