"""Which ToolCalls run, which need a yes, and what is a yes: every word of doubt is a no."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core import gate
from hub.core.catalog import Route
from hub.core.gate import Meaning, Ruling, Verdict, judge, rule
from hub.core.question import question
from hub.core.records import Approval, ApprovalState, Question
from hub.core.spec import Confirm
from hub.core.statements import Deed, deeds
from hub.core.wording import ENGLISH

ALLOW, CONFIRM, DENY = Verdict.ALLOW, Verdict.CONFIRM, Verdict.DENY
SERVER, TWIN = False, True
NEVER, WRITES, ALWAYS = Confirm.NEVER, Confirm.WRITES, Confirm.ALWAYS


def route(*, read_only: bool = False) -> Route:
    definition: dict[str, Any] = {"inputSchema": {"type": "object"}}
    return Route(
        public="db__run",
        server="db",
        tool="run",
        definition=definition,
        read_only=read_only,
        destructive=not read_only,
        idempotent=read_only,
    )


@pytest.mark.parametrize(
    ("read_only", "confirm", "sql", "has_twin", "writes", "wanted"),
    [
        (True, WRITES, None, False, True, (ALLOW, SERVER)),
        (True, WRITES, None, True, True, (ALLOW, TWIN)),
        (True, ALWAYS, None, False, True, (CONFIRM, SERVER)),
        (True, ALWAYS, None, True, True, (CONFIRM, TWIN)),
        (True, WRITES, None, False, False, (ALLOW, SERVER)),
        (False, WRITES, None, False, True, (CONFIRM, SERVER)),
        (False, WRITES, None, True, True, (ALLOW, TWIN)),
        (False, WRITES, "select 1", True, True, (ALLOW, TWIN)),
        (False, WRITES, "select 1", False, True, (CONFIRM, SERVER)),
        (False, WRITES, "drop table a", True, True, (CONFIRM, SERVER)),
        (False, WRITES, "select 1; drop table a", True, True, (CONFIRM, SERVER)),
        (False, WRITES, "garbage (", True, True, (CONFIRM, SERVER)),
        (False, WRITES, "drop table a", True, False, (ALLOW, TWIN)),
        (False, WRITES, "drop table a", False, False, (DENY, SERVER)),
        (False, ALWAYS, "drop table a", False, False, (DENY, SERVER)),
        (False, ALWAYS, "drop table a", True, False, (CONFIRM, TWIN)),
        (False, ALWAYS, "select 1", True, True, (CONFIRM, TWIN)),
        (False, ALWAYS, "drop table a", True, True, (CONFIRM, SERVER)),
        (False, NEVER, "drop table a", True, True, (ALLOW, SERVER)),
        (False, NEVER, None, False, True, (ALLOW, SERVER)),
        (False, NEVER, None, False, False, (DENY, SERVER)),
        (False, NEVER, "select 1", True, True, (ALLOW, TWIN)),
    ],
)
def test_a_tool_call_is_allowed_confirmed_or_denied(
    *,
    read_only: bool,
    confirm: Confirm,
    sql: str | None,
    has_twin: bool,
    writes: bool,
    wanted: tuple[Verdict, bool],
) -> None:
    done: tuple[Deed, ...] | None = deeds(sql) if sql is not None else None
    assert rule(route(read_only=read_only), confirm, done, has_twin=has_twin, writes=writes) == Ruling(
        *wanted
    )


@pytest.mark.parametrize(
    ("result", "refused"),
    [
        (
            {"isError": True, "content": [{"type": "text", "text": "ERROR: 25006: cannot execute DELETE"}]},
            True,
        ),
        ({"isError": True, "content": [{"type": "text", "text": "Cannot apply in read-only mode."}]}, True),
        ({"isError": True, "content": [{"type": "text", "text": "EROFS"}]}, True),
        ({"isError": True, "content": [{"type": "text", "text": "no such table"}]}, False),
        ({"content": [{"type": "text", "text": "25006"}]}, False),
    ],
)
def test_what_a_read_only_session_refuses_is_known(result: dict[str, Any], *, refused: bool) -> None:
    assert gate.refused_write(result) is refused


def test_a_yes_is_bound_to_server_tool_and_arguments() -> None:
    bound = gate.fingerprint(route(), {"a": 1, "b": [2]})
    assert bound == gate.fingerprint(route(), {"b": [2], "a": 1})
    assert bound != gate.fingerprint(route(), {"a": 1, "b": [3]})
    assert bound != gate.fingerprint(route(), {"a": "1", "b": [2]})


def asked(sql: str) -> Question:
    return question(route(), {"query": sql}, deeds(sql), ENGLISH)


CREATE = asked("create table products (id int, name text)")
DROP = asked("drop table products")
YES, NO, DOUBT, WEAK, OTHER = Meaning.YES, Meaning.NO, Meaning.DOUBT, Meaning.WEAK, Meaning.OTHER


@pytest.mark.parametrize(
    ("said", "plain", "strong"),
    [
        ("yes", YES, WEAK),
        ("Yes.", YES, WEAK),
        ("yes please", YES, WEAK),
        ("um, yeah, go ahead", YES, WEAK),
        ("yes, do it", YES, WEAK),
        ("yes, I am sure", YES, WEAK),
        ("yes, that's fine", YES, WEAK),
        ("yes sir", YES, WEAK),
        ("I confirm", YES, WEAK),
        ("that's fine", WEAK, WEAK),
        ("sounds good", WEAK, WEAK),
        ("yes, I am not sure", DOUBT, DOUBT),
        ("yes it is", YES, WEAK),
        ("yes, that is it", YES, WEAK),
        ("yes is it", DOUBT, DOUBT),
        ("yes is that all", DOUBT, DOUBT),
        ("yes am I sure", DOUBT, DOUBT),
        ("yes drop products is that right", DOUBT, DOUBT),
        ("yes, that is drop products", DOUBT, YES),
        ("yeah right", WEAK, WEAK),
        ("yes, let's do it", YES, WEAK),
        ("please proceed", YES, WEAK),
        ("by all means", YES, WEAK),
        ("absolutely not", NO, NO),
        ("of course not", NO, NO),
        ("not really", NO, NO),
        ("yes, products drop", DOUBT, WEAK),
        ("yes, whatever", DOUBT, DOUBT),
        ("not yes", OTHER, OTHER),
        ("yes, I want suppliers", DOUBT, DOUBT),
        ("okay yes", YES, WEAK),
        ("yep, create it", YES, DOUBT),
        ("yes, create the products table please", YES, DOUBT),
        ("go ahead", YES, WEAK),
        ("of course", YES, WEAK),
        ("please do", YES, WEAK),
        ("yes, drop products", DOUBT, YES),
        ("Yes, drop the products table.", DOUBT, YES),
        ("yes yes drop products", DOUBT, YES),
        ("yes drop", DOUBT, WEAK),
        ("drop products", OTHER, WEAK),
        ("yes, drop customers", DOUBT, DOUBT),
        ("yes drop products and customers", DOUBT, DOUBT),
        ("no", NO, NO),
        ("No, thank you.", NO, NO),
        ("no no no", NO, NO),
        ("never mind about that", NO, NO),
        ("please don't", NO, NO),
        ("don\N{RIGHT SINGLE QUOTATION MARK}t do that", NO, NO),
        ("stop", NO, NO),
        ("I would rather not", NO, NO),
        ("I changed my mind", NO, NO),
        ("no wait yes", NO, NO),
        ("yes but wait", DOUBT, DOUBT),
        ("yes?", DOUBT, DOUBT),
        ("um yes I mean no", DOUBT, DOUBT),
        ("yes, drop products?", DOUBT, DOUBT),
        ("yes, drop products, but not yet", DOUBT, DOUBT),
        ("yes what columns does it have", DOUBT, DOUBT),
        ("yes and show me the customers", DOUBT, DOUBT),
        ("yes to the other thing", DOUBT, DOUBT),
        ("yes, I think so", DOUBT, DOUBT),
        ("yes, create suppliers", DOUBT, DOUBT),
        ("okay", WEAK, WEAK),
        ("mm-hm", OTHER, OTHER),
        ("", OTHER, OTHER),
        ("...", OTHER, OTHER),
        ("[not understood]", WEAK, WEAK),
        ("go ahead?", OTHER, OTHER),
        ("what happens if I say no?", OTHER, OTHER),
        ("which columns does it have", OTHER, OTHER),
        ("how many customers do we have", OTHER, OTHER),
        ("I said yes to the shop", OTHER, OTHER),
    ],
)
def test_only_a_clear_yes_is_a_yes(said: str, plain: Meaning, strong: Meaning) -> None:
    assert (judge(said, CREATE, ENGLISH), judge(said, DROP, ENGLISH)) == (plain, strong)


VOCABULARY = [
    "yes",
    "no",
    "but",
    "wait",
    "drop",
    "products",
    "customers",
    "the",
    "please",
    "what",
    "maybe",
    "not",
    "stop",
    "um",
    "okay",
    "table",
]


@given(st.lists(st.sampled_from(VOCABULARY), max_size=8))
def test_nothing_with_a_doubt_or_another_name_in_it_drops_a_table(said: list[str]) -> None:
    if judge(" ".join(said), DROP, ENGLISH) is Meaning.YES:
        assert {"yes", "drop", "products"} <= set(said)
        assert not {"no", "but", "wait", "customers", "what", "maybe", "not", "stop"} & set(said)


def test_whatever_was_not_run_is_explained() -> None:
    states = set(ApprovalState) - {ApprovalState.APPROVED, ApprovalState.CANCELLED}
    told = [gate.told(Approval(state=state)).lower() for state in states]
    assert all("nothing" in text or "nobody" in text for text in told)
