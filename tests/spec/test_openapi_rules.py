"""Which values the contract takes and which it refuses, asked of two independent validators."""

import jsonschema
import pytest

from sigmic_conformance.mock_server.domain import variables
from sigmic_conformance.mock_server.domain.events import (
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
from sigmic_conformance.mock_server.domain.model import Thought, ToolStatus
from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits
from sigmic_conformance.spec.document import Document

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
    """Those of some values that a schema takes, in their order."""
    return lambda pointer, values: [value for value in values if accepts(pointer, value)]


MESSAGE = "#/components/schemas/MessageText"


def test_messages_with_something_in_them_are_taken(taken):
    messages = ["a", " a ", "\n\u00e9", "\U0001f600", "x" * 100_000]

    assert taken(MESSAGE, messages) == messages


def test_messages_with_nothing_in_them_are_refused(taken):
    empty = ["", " ", "\t\n", "\u00a0", "\u2003", "\ufeff", "\x1f", "\x85", "x" * 100_001, 1, None]

    assert taken(MESSAGE, empty) == []


VARIABLES = "#/components/schemas/Variables"


def test_names_of_variables_are_taken(taken):
    names = ["A", "_", "a1_B", "PATHS", "MY_PATH", "HOMER", "path", "LD", "NODE_OPTIONS_2"]
    variables = [{name: "value"} for name in names]

    assert taken(VARIABLES, variables) == variables


def test_bad_and_reserved_names_of_variables_are_refused(taken):
    names = [
        "",
        "1A",
        "A-B",
        "A B",
        "\u00c4",
        "A=",
        "PATH",
        "HOME",
        "NODE_OPTIONS",
        "LD_PRELOAD",
        "PYTHONPATH",
        "A" * 257,
    ]

    assert taken(VARIABLES, [{name: "value"} for name in names]) == []


def test_values_of_variables_are_strings_that_a_process_can_be_given(accepts, taken):
    values: list[object] = [1, None, True, [], {}, "a\x00b", "x" * 32_769]

    assert taken(VARIABLES, [{"A": value} for value in values]) == []
    assert accepts(VARIABLES, {"A": "", "B": "\n\u20ac=", "C": "x" * 32_768})


def test_at_most_a_hundred_variables_are_taken(accepts):
    assert accepts(VARIABLES, {f"V{n}": "" for n in range(100)})
    assert not accepts(VARIABLES, {f"V{n}": "" for n in range(101)})


LIFETIME = "#/components/schemas/CreateTokenRequest/properties/expiresIn"


def test_lifetimes_up_to_thirty_days_are_taken(taken):
    minutes = ["30m", "43200m", "9999m", "42999m", "43199m"]
    lifetimes = ["1s", "999999s", *minutes, "1h", "720h", "699h", "7d", "10d", "29d", "30d"]

    assert taken(LIFETIME, lifetimes) == lifetimes


def test_other_lifetimes_are_refused(taken):
    malformed = ["", "banana", "-1h", "0h", "01h", "1", "h", "1 h", "1H", "1.5h", "1w", 3600, None]
    too_long = ["1000000s", "43201m", "44000m", "721h", "800h", "31d", "100d"]

    assert taken(LIFETIME, malformed + too_long) == []


def test_the_lifetime_pattern_is_exactly_thirty_days():
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    validator = DOCUMENT.validator(LIFETIME)

    for unit, length in seconds.items():
        for number in range(0, 50_000, 1 if unit != "s" else 997):
            assert validator.is_valid(f"{number}{unit}") == (0 < number * length <= 30 * 86_400), (
                number,
                unit,
            )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
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
def test_parameters_and_bodies(taken, name, good, bad):
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
def test_what_the_reference_platform_streams_is_what_the_contract_says(accepts, event):
    schema = DOCUMENT.event_schemas[event.name]

    assert accepts(schema, event.payload())
    assert set(event.payload()) <= set(DOCUMENT.schema(schema)["properties"])


def test_the_limits_are_those_that_the_reference_platform_keeps():
    schemas = DOCUMENT.tree["components"]["schemas"]

    assert schemas["Variables"]["maxProperties"] == variables.MOST_KEYS
    assert schemas["VariableName"]["maxLength"] == variables.MOST_NAME_CHARACTERS
    assert schemas["VariableValue"]["maxLength"] == variables.MOST_VALUE_BYTES
    assert schemas["UploadedFiles"]["maxItems"] == UploadLimits().files
