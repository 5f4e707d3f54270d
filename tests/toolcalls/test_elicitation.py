"""A server asks in the middle of a ToolCall: its caller is asked and nobody else, and time stands still."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.core.records import Approval, ApprovalState, Question
from hub.core.spec import EVERYTHING, Timeouts
from hub.pool.pool import Pool
from hub.toolcalls.elicitation import CannotAsk, answers
from hub.toolcalls.toolcalls import Scope, ToolCalls
from tests.toolcalls.asking import WAYS, pooled
from tests.toolcalls.test_toolcalls import FakeJournal

pytestmark = pytest.mark.anyio
DESKTOP = Scope(view=EVERYTHING)
BOTH = frozenset({"form", "url"})
SIGNED = {"password": "hunter2"}


class Person:
    """A caller who is asked, and answers each question in turn."""

    call_id = None
    resumes = False

    def __init__(
        self, *replies: dict[str, Any], name: str = "desk", elicits: frozenset[str] = BOTH, thinks: float = 0
    ) -> None:
        self.name = name
        self.elicits = elicits
        self.replies = list(replies)
        self.thinks = thinks
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    async def progress(self, progress: float, total: float | None, message: str | None) -> None:
        return

    async def confirm(self, question: Question) -> Approval:
        return Approval(state=ApprovalState.UNASKABLE)

    async def elicit(self, server: str, params: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((server, params))
        await anyio.sleep(self.thinks)
        return self.replies.pop(0) if self.replies else {"action": "cancel"}


def secret(word: str) -> dict[str, str]:
    return {"password": word}


def accepted(**content: Any) -> dict[str, Any]:
    return {"action": "accept", **({"content": content} if content else {})}


async def run(pool: Pool, caller: Person, tool: str, **arguments: Any) -> Any:
    """The tool's text, as JSON where it is that."""
    journal = FakeJournal()
    result = await ToolCalls(pool, journal).run(DESKTOP, caller, tool, arguments)  # type: ignore[arg-type]
    text = result["content"][0]["text"]
    return json.loads(text) if text[:1] in "[{n" else text


@pytest.mark.parametrize("name", WAYS)
async def test_each_question_of_a_server_reaches_its_caller(tmp_path: Path, name: str) -> None:
    form, secret = accepted(quantity=3, size="large"), accepted(**SIGNED)
    person = Person(form, secret, accepted())
    async with pooled(tmp_path, name) as pool:
        assert await run(pool, person, f"{name}__order") == [form, secret, accepted()]
        assert await run(pool, Person({"action": "decline"}), f"{name}__order") == [{"action": "decline"}]
        assert await run(pool, Person(), f"{name}__link") == [{"action": "cancel"}]
    assert [server for server, _ in person.asked] == [name] * 3
    assert [params.get("mode", "form") for _, params in person.asked] == ["form", "form", "url"]
    assert person.asked[0][1]["requestedSchema"]["required"] == ["quantity", "size"]
    assert person.asked[2][1]["url"] == "https://pay.example.com/checkout/7"


@pytest.mark.parametrize("name", WAYS)
async def test_who_cannot_be_asked_has_declined(tmp_path: Path, name: str) -> None:
    nobody, no_links = Person(elicits=frozenset()), Person(elicits=frozenset({"form"}))
    async with pooled(tmp_path, name) as pool:
        assert await run(pool, nobody, f"{name}__form") == [{"action": "decline"}]
        assert await run(pool, no_links, f"{name}__link") == [{"action": "decline"}]
        assert await run(pool, nobody, f"{name}__quiet") == "done"
    assert nobody.asked == no_links.asked == []


@pytest.mark.parametrize("name", ["stdio_2026", "http_2026"])
async def test_a_server_of_2026_is_told_what_this_caller_can_do(tmp_path: Path, name: str) -> None:
    async with pooled(tmp_path, name) as pool:
        assert await run(pool, Person(), f"{name}__able") == {"form": {}, "url": {}}
        assert await run(pool, Person(elicits=frozenset({"form"})), f"{name}__able") == {"form": {}}
        assert await run(pool, Person(elicits=frozenset()), f"{name}__able") is None


@pytest.mark.parametrize("name", WAYS)
async def test_questions_of_several_toolcalls_at_once_reach_the_right_people(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    people = [Person(accepted(password=word), name=word, thinks=0.2) for word in ("ada", "bob")]
    got: dict[str, Any] = {}

    async def one(person: Person) -> None:
        got[person.name] = await run(pool, person, f"{name}__secret", seconds=0.3)

    async with pooled(tmp_path, name) as pool, anyio.create_task_group() as tasks:
        for person in people:
            tasks.start_soon(one, person)
    if name == "stdio_2025":  # over pipes nothing says whom such a question is for
        assert got == {"ada": [{"action": "decline"}], "bob": [{"action": "decline"}]}
        assert [person.asked for person in people] == [[], []]
        assert '"share": "call"' in caplog.text
    else:
        assert got == {"ada": [accepted(**secret("ada"))], "bob": [accepted(**secret("bob"))]}


@pytest.mark.parametrize("name", WAYS)
async def test_no_time_passes_while_somebody_thinks(tmp_path: Path, name: str) -> None:
    brief = Timeouts(call=1.0, total=1.5)
    async with pooled(tmp_path, name, timeouts=brief) as pool:
        answer = accepted(quantity=1, size="small")
        assert await run(pool, Person(answer, thinks=2.5), f"{name}__form") == [answer]
        late = await run(pool, Person(), f"{name}__quiet", seconds=3)
        assert "did not answer" in str(late) or "was not done" in str(late)


async def test_a_caller_who_is_gone_takes_the_question_along(tmp_path: Path) -> None:
    async with pooled(tmp_path, "stdio_2025") as pool:
        person = Person(thinks=60)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, pool, person, "stdio_2025__form")
            while not person.asked:  # noqa: ASYNC110  # nobody tells when a fake is asked
                await anyio.sleep(0.02)
            tasks.cancel_scope.cancel()
        assert await run(pool, Person(), "stdio_2025__quiet") == "done"


async def test_what_is_no_elicitation_cannot_be_asked() -> None:
    sampling = {"inputRequests": {"s": {"method": "sampling/createMessage", "params": {}}}}
    with pytest.raises(CannotAsk, match="sampling/createMessage"):
        await answers(Person(), "s", sampling, 0)
    with pytest.raises(CannotAsk):
        await answers(Person(), "s", {"inputRequests": {"s": 7}}, 0)
    assert await answers(Person(), "s", {"requestState": "again"}, 0) == {"requestState": "again"}
