"""Which values the contract accepts and which it refuses, according to two independent validators.

tests/mock_server/domain compares its rules for variables and lifetimes with those of the code.
"""

import inspect

import jsonschema
import pytest

from sigmic_mock.domain import events, variables
from sigmic_mock.domain.events import (
    Content,
    Done,
    Error,
    HistoryDone,
    Status,
    SubagentEnd,
    SubagentStart,
    SubagentThought,
    SubagentTool,
    ThoughtEvent,
    ToolCallEvent,
    ToolResult,
)
from sigmic_mock.domain.model import Thought, ToolStatus
from sigmic_mock.domain.upload_rules import UploadLimits
from sigmic_spec.document import Document

DOCUMENT = Document.load()


@pytest.fixture
def accepts(second_opinion):
    def judge(pointer, value):
        first = DOCUMENT.validator(pointer).is_valid(value)
        second = jsonschema.Draft202012Validator(
            {"$ref": f"urn:contract{pointer}"}, registry=second_opinion
        ).is_valid(value)
        assert first == second, f"the validators disagree on {value!r}"
        return first

    return judge


@pytest.fixture
def taken(accepts):
    """Return those values that a schema accepts, in their order."""
    return lambda pointer, values: [value for value in values if accepts(pointer, value)]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "schemas/MessageText",
            ["a", " a ", "\n\u00e9", "\U0001f600", "x" * 100_000],
            ["", " ", "\t\n", "\u00a0", "\u2003", "\ufeff", "\x1f", "\x85", "x" * 100_001, 1, None],
        ),
        ("parameters/Limit/schema", [1, 50, 100], [0, -1, 101, 1.5, "50", None, True]),
        ("parameters/Offset/schema", [0, 1, 2**53 - 1], [-1, 2**53, 10**30, 0.5, "0", None]),
        ("parameters/ArtifactPath/schema", ["a", "../x", "\x00"], ["", 1, None]),
        (
            "schemas/CreateTaskJson",
            [
                {"message": "m"},
                {"message": "m", "systemPrompt": None, "env": None, "secrets": None},
                {"message": "m", "env": {}, "secrets": {"A": "b"}},
            ],
            [
                {},
                [],
                "message",
                {"message": "m", "autoExecute": "true"},
                {"message": "m", "showInHistory": None},
                {"message": "m", "files": []},
                {"message": "m", "env": {"A": 1}},
                {"message": "m", "env": [["A", "b"]]},
                {"message": "m", "more": 1},
            ],
        ),
        (
            "schemas/CreateTaskForm",
            [{"message": "m", "autoExecute": False, "files": ["a"] * 20}],
            [
                {"message": "m", "files": ["a"] * 21},
                {"message": "m", "autoExecute": "maybe"},
                {"message": "m", "env": {"A": "b"}},
                {"message": "m", "secrets": "{}"},
                {"files": ["a"]},
            ],
        ),
    ],
)
def test_a_schema_takes_these_and_refuses_those(taken, name, good, bad):
    assert taken(f"#/components/{name}", good) == good
    assert taken(f"#/components/{name}", bad) == []


@pytest.mark.parametrize(
    "event",
    [
        HistoryDone(message_count=1, is_streaming=True),
        Status(status="retrying"),
        Status(status="retrying", message="once more"),
        ThoughtEvent(Thought("subject", "description")),
        Content(text="", is_partial=False),
        ToolCallEvent("call_1", "glob", ToolStatus.AWAITING_APPROVAL, {"pattern": "*"}),
        ToolResult("call_1", ToolStatus.CANCELLED, ""),
        SubagentStart(agent_name="a", display_name="A", description="d", objective="o"),
        SubagentThought("a", "t"),
        SubagentTool(agent_name="a", status="start", tool_name="glob"),
        SubagentTool(agent_name="a", status="end", tool_name="glob", output="x"),
        SubagentEnd("a", "GOAL", "r"),
        Error("gone", "CANCELLED"),
        Done("answer"),
    ],
    ids=lambda event: event.name,
)
def test_the_reference_platform_streams_events_that_fit_the_contract(accepts, event):
    schema = DOCUMENT.event_schemas[event.name]

    assert accepts(schema, event.payload())
    assert set(event.payload()) <= set(DOCUMENT.schema(schema)["properties"])


def test_every_event_of_the_mock_is_in_the_document_and_the_reverse():
    spoken = {
        name
        for _, value in inspect.getmembers(events, inspect.isclass)
        if isinstance(name := getattr(value, "name", None), str)
    }

    assert spoken | {"history_message"} == set(DOCUMENT.event_schemas)


def test_the_limits_in_the_contract_match_the_reference_platform():
    schemas = DOCUMENT.tree["components"]["schemas"]

    assert schemas["Variables"]["maxProperties"] == variables.MOST_KEYS
    assert schemas["VariableName"]["maxLength"] == variables.MOST_NAME_CHARACTERS
    assert schemas["VariableValue"]["maxLength"] == variables.MOST_VALUE_BYTES
    assert schemas["UploadedFiles"]["maxItems"] == UploadLimits().files
