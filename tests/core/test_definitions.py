"""A tool's definition as a server sent it → one that every client takes, or the reason why there is none."""

from typing import Any

import pytest

from hub.core.definitions import (
    DEEPEST_SCHEMA,
    Traits,
    UnusableDefinition,
    corrected,
    known_arguments,
    repaired,
    tool_name,
    traits,
    without_arguments,
)

OBJECT = {"type": "object"}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"items": schema}
    return schema


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"name": 1}, {"name": " "}])
def test_without_a_name_there_is_no_tool(raw: Any) -> None:
    assert tool_name(raw) is None
    with pytest.raises(UnusableDefinition, match="no name"):
        repaired(raw)


def test_a_good_definition_stays_as_it_is() -> None:
    good = {
        "name": "t",
        "title": "T",
        "description": "Long.\n\nVery.",
        "inputSchema": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "x": 1},
        "outputSchema": {"type": "array", "items": {"$ref": "#/$defs/a"}},
        "annotations": {"readOnlyHint": True, "title": "T", "vendor": [1]},
        "execution": {"taskSupport": "optional"},
        "icons": [{"src": "data:"}],
        "_meta": {"a": 1},
        "vendorField": {"x": 1},
    }
    assert repaired(good) == good


@pytest.mark.parametrize(
    "schema", [None, [], "x", True, {}, {"type": "string"}, {"type": ["object", "null"]}]
)
def test_an_input_schema_is_one_of_an_object(schema: Any) -> None:
    assert repaired({"name": "t", "inputSchema": schema})["inputSchema"] == OBJECT
    assert repaired({"name": "t"})["inputSchema"] == OBJECT


@pytest.mark.parametrize("part", [{"properties": []}, {"required": "a"}, {"required": [1]}, {"required": {}}])
def test_parts_of_an_input_schema_that_no_client_takes_are_dropped(part: dict[str, Any]) -> None:
    assert repaired({"name": "t", "inputSchema": part})["inputSchema"] == OBJECT


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": 1},
        {"description": None},
        {"outputSchema": True},
        {"annotations": []},
        {"execution": "x"},
        {"icons": {}},
        {"_meta": 1},
    ],
)
def test_what_is_of_the_wrong_kind_is_left_out(wrong: dict[str, Any]) -> None:
    assert repaired({"name": "t", **wrong}) == {"name": "t", "inputSchema": OBJECT}


def test_so_are_hints_icons_and_task_support_of_the_wrong_kind() -> None:
    raw = {
        "name": "t",
        "annotations": {"readOnlyHint": "yes", "destructiveHint": False, "title": 3},
        "icons": [{"src": 1}, "x", {"src": "a"}],
        "execution": {"taskSupport": "maybe", "other": 1},
    }
    found = repaired(raw)
    assert found["annotations"] == {"destructiveHint": False}
    assert found["icons"] == [{"src": "a"}]
    assert found["execution"] == {"other": 1}
    assert repaired({"name": "t", "execution": {"taskSupport": []}})["execution"] == {}


def test_a_tool_that_is_only_a_task_cannot_be_called() -> None:
    with pytest.raises(UnusableDefinition, match="task"):
        repaired({"name": "t", "execution": {"taskSupport": "required"}})


def test_requests_for_http_headers_are_stripped_but_not_a_property_of_that_name() -> None:
    schema = {
        "type": "object",
        "x-mcp-header": "A",
        "properties": {
            "x-mcp-header": {"type": "string", "x-mcp-header": "B"},
            "properties": {"type": "object", "x-mcp-header": "C", "properties": {"x-mcp-header": True}},
        },
        "anyOf": [{"x-mcp-header": "D", "$defs": {"x-mcp-header": {}}}],
    }
    found = repaired({"name": "t", "inputSchema": schema, "outputSchema": {"x-mcp-header": "E"}})
    assert found["outputSchema"] == {}
    assert found["inputSchema"] == {
        "type": "object",
        "properties": {
            "x-mcp-header": {"type": "string"},
            "properties": {"type": "object", "properties": {"x-mcp-header": True}},
        },
        "anyOf": [{"$defs": {"x-mcp-header": {}}}],
    }


@pytest.mark.parametrize("key", ["inputSchema", "outputSchema"])
def test_a_schema_that_is_nested_too_deeply_is_not_offered(key: str) -> None:
    repaired({"name": "t", key: nested(DEEPEST_SCHEMA)})
    with pytest.raises(UnusableDefinition, match="nested"):
        repaired({"name": "t", key: nested(DEEPEST_SCHEMA + 1)})


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, Traits(read_only=False, destructive=True, idempotent=False)),
        ({"readOnlyHint": True}, Traits(read_only=True, destructive=False, idempotent=True)),
        (
            {"readOnlyHint": True, "destructiveHint": True},
            Traits(read_only=True, destructive=False, idempotent=True),
        ),
        ({"destructiveHint": False}, Traits(read_only=False, destructive=False, idempotent=False)),
        ({"idempotentHint": True}, Traits(read_only=False, destructive=True, idempotent=True)),
    ],
)
def test_a_tool_writes_and_may_destroy_unless_it_says_otherwise(
    annotations: dict[str, bool], expected: Traits
) -> None:
    assert traits({"annotations": annotations}) == expected
    assert traits({}) == Traits(read_only=False, destructive=True, idempotent=False)


def test_annotation_patterns_match_traits() -> None:
    reads = Traits(read_only=True, destructive=False, idempotent=True)
    creates = Traits(read_only=False, destructive=False, idempotent=False)
    drops = Traits(read_only=False, destructive=True, idempotent=False)
    assert [each.match("@read") for each in (reads, creates, drops)] == [True, False, False]
    assert [each.match("@write") for each in (reads, creates, drops)] == [False, True, True]
    assert [each.match("@destructive") for each in (reads, creates, drops)] == [False, False, True]


@pytest.mark.parametrize(
    ("annotations", "read", "write", "expected"),
    [
        ({"x": 1}, False, False, {"x": 1}),
        (
            {"destructiveHint": True, "x": 1},
            True,
            False,
            {"readOnlyHint": True, "destructiveHint": False, "x": 1},
        ),
        ({"readOnlyHint": True, "destructiveHint": False}, False, True, {"readOnlyHint": False}),
        ({"destructiveHint": False}, False, True, {"readOnlyHint": False, "destructiveHint": False}),
        ({}, True, True, {"readOnlyHint": False}),
    ],
)
def test_servers_json_corrects_annotations_and_write_wins(
    annotations: dict[str, Any], read: bool, write: bool, expected: dict[str, Any]
) -> None:
    before = {"name": "t", "annotations": annotations}
    assert corrected(before, read=read, write=write)["annotations"] == expected
    assert before["annotations"] is annotations


def test_hidden_arguments_are_gone_from_the_schema() -> None:
    schema = {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}
    definition = {"name": "t", "inputSchema": schema}
    assert known_arguments(definition) == {"a": {}, "b": {}}
    assert without_arguments(definition, {"a": 1})["inputSchema"] == {
        "type": "object",
        "properties": {"b": {}},
        "required": ["b"],
    }
    assert schema["required"] == ["a", "b"]
    assert without_arguments({"inputSchema": OBJECT}, {"a": 1}) == {"inputSchema": OBJECT}
