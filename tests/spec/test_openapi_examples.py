"""Every schema, parameter, header and media type of the contract has an example, and every example is valid.

Linters do not read the JSON in an event's data line, so these tests do.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from sigmic_mock.domain.errors import ErrorCode
from sigmic_spec.document import METHODS, Document

Node = Mapping[str, Any]
DOCUMENT = Document.load()
TREE = DOCUMENT.tree
COMPONENTS = TREE["components"]
STREAMS = ("StreamOfAnAnswer", "StreamWithTools", "StreamOfAFinishedTask")


def resolve(node: Node) -> Node:
    while set(node) == {"$ref"}:
        node = DOCUMENT.schema(node["$ref"])
    return node


def contents() -> Iterator[tuple[str, str, Node]]:
    """Yield every media type of the contract: (where, its name, itself)."""
    for path, item in TREE["paths"].items():
        for method in set(item) & set(METHODS):
            operation = item[method]
            holders = {"request": operation.get("requestBody", {})} | operation["responses"]
            for name, holder in holders.items():
                for media_type, content in holder.get("content", {}).items():
                    yield f"{method} {path} {name} {media_type}", media_type, content
    for name, response in COMPONENTS["responses"].items():
        for media_type, content in response["content"].items():
            yield f"{name} {media_type}", media_type, content


def examples() -> Iterator[tuple[str, Node, Any]]:
    """Yield every example as (where, its schema, its value)."""
    for name, schema in COMPONENTS["schemas"].items():
        for index, value in enumerate(schema["examples"]):
            yield f"{name} {index}", {"$ref": f"#/components/schemas/{name}"}, value
    for kind in ("parameters", "headers"):
        for name, node in COMPONENTS[kind].items():
            yield f"{kind} {name}", node["schema"], node["example"]
    for where, _, content in contents():
        for name, written in content["examples"].items():
            example = resolve(written)
            if "itemSchema" in content:
                for index, item in enumerate(example["dataValue"]):
                    yield f"{where} {name} {index}", content["itemSchema"], item
            elif "schema" in content:
                yield f"{where} {name}", content["schema"], example["value"]


@pytest.fixture
def complaints(second_opinion):
    """Return the errors of two independent validators for a value."""

    def judge(schema, value):
        found = []
        if set(schema) == {"$ref"}:
            found += [error.message for error in DOCUMENT.validator(schema["$ref"]).iter_errors(value)]
            schema = {"$ref": f"urn:contract{schema['$ref']}"}
        checker = jsonschema.Draft202012Validator(
            schema, registry=second_opinion, format_checker=jsonschema.FormatChecker()
        )
        return found + [error.message for error in checker.iter_errors(value)]

    return judge


def parse(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Read a stream as the documentation's own clients do; return (event, data) pairs and comments."""
    events: list[tuple[str, str]] = []
    comments: list[str] = []
    assert text.endswith("\n\n")
    for block in text.removesuffix("\n\n").split("\n\n"):
        if block.startswith(":"):
            comments.append(block)
            continue
        event, data = block.split("\n")
        assert event.startswith("event: ")
        assert data.startswith("data: ")
        events.append((event.removeprefix("event: "), data.removeprefix("data: ")))
    return events, comments


def test_everything_that_can_have_an_example_has_one():
    assert [name for name, schema in COMPONENTS["schemas"].items() if not schema.get("examples")] == []
    assert [
        name
        for kind in ("parameters", "headers")
        for name, node in COMPONENTS[kind].items()
        if "example" not in node
    ] == []
    assert [where for where, _, content in contents() if not content.get("examples")] == []


def test_every_example_is_valid(complaints):
    found = {where: complaints(schema, value) for where, schema, value in examples()}

    assert len(found) > 100
    assert {where: said for where, said in found.items() if said} == {}


def test_a_wrong_example_would_be_noticed(complaints):
    assert complaints({"$ref": "#/components/schemas/TaskStatus"}, "sleeping") != []
    assert complaints({"$ref": "#/components/schemas/Timestamp"}, "yesterday") != []


def test_a_refusal_has_one_example_for_each_of_its_codes():
    for name, response in COMPONENTS["responses"].items():
        shown = response["content"]["application/json"]["examples"]

        assert list(shown) == response["x-error-codes"], name
        for code, example in shown.items():
            assert example["value"]["error"]["code"] == ErrorCode[code], name


def test_the_data_of_an_events_example_fulfils_its_payload_schema(complaints):
    for branch in COMPONENTS["schemas"]["StreamEvent"]["oneOf"]:
        event = DOCUMENT.schema(branch["$ref"])
        name = event["properties"]["event"]["const"]

        assert event["required"] == ["event", "data"], name
        assert [example["event"] for example in event["examples"]] == [name]
        for example in event["examples"]:
            payload = json.loads(example["data"])
            assert complaints({"$ref": DOCUMENT.event_schemas[name]}, payload) == [], name


@pytest.mark.parametrize("name", STREAMS)
def test_every_event_of_a_streams_example_fulfils_its_payload_schema(complaints, name):
    for event in COMPONENTS["examples"][name]["dataValue"]:
        payload = json.loads(event["data"])
        assert complaints({"$ref": DOCUMENT.event_schemas[event["event"]]}, payload) == []


@pytest.mark.parametrize("name", STREAMS)
def test_the_bytes_of_a_streams_example_are_its_events(name):
    example = COMPONENTS["examples"][name]
    events, comments = parse(example["serializedValue"])

    assert [{"event": event, "data": data} for event, data in events] == example["dataValue"]
    assert set(comments) <= {":heartbeat"}


@pytest.mark.parametrize("name", STREAMS)
def test_a_streams_example_keeps_the_phases(name):
    phases = DOCUMENT.schema("#/paths/~1api~1v1~1tasks~1{id}~1stream/get/responses/200/content")[
        "text/event-stream"
    ]["x-phases"]
    replay, replayed, live, end = (set(phase["events"]) for phase in phases)
    events = [
        (event["event"], json.loads(event["data"])) for event in COMPONENTS["examples"][name]["dataValue"]
    ]
    names = [event for event, _ in events]
    split = names.index("history_done")
    (done,) = [payload for event, payload in events if event in replayed]

    assert set(names[:split]) == replay
    assert done["messageCount"] == split
    if not done["isStreaming"]:
        assert names[split + 1 :] == []
        return
    assert set(names[split + 1 : -1]) <= live
    assert names[-1] in end
    texts = [payload for event, payload in events if event == "content"]
    assert [text["isPartial"] for text in texts] == [True] * (len(texts) - 1) + [False]
    assert events[-1][1]["finalResponse"] == "".join(text["text"] for text in texts)


def test_the_phases_name_every_event():
    phases = DOCUMENT.schema("#/paths/~1api~1v1~1tasks~1{id}~1stream/get/responses/200/content")[
        "text/event-stream"
    ]["x-phases"]
    named = [event for phase in phases for event in phase["events"]]

    assert sorted(named) == sorted(DOCUMENT.event_schemas)
