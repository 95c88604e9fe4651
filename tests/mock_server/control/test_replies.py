"""The next answers of a project's agent, set through the control plane."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sigmic_mock.agent.replies import MOST
from sigmic_mock.runtime.clock.mode import Mode
from tests.fakes.served import STRANGER_KEY, Served, serving

HELLO = {"say": {"text": "Hello", "paragraph": True}}


@pytest.fixture
async def mock(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, clock=Mode("manual")) as served:
        yield served


async def answer(mock: Served, message: str, task: str | None = None, **fields: Any) -> str:
    if task is None:
        task = await mock.create(message, **fields)
    else:
        await mock.say(task, message)
    await mock.stream(task)
    history = (await mock.call("GET", f"/api/v1/tasks/{task}/history")).data["messages"]
    return str(history[-1]["content"])


async def test_replies_are_used_in_order_once_and_before_playbooks(mock: Served) -> None:
    playbook = {"when": {"message": "hi"}, "steps": [{"say": "From the playbook"}]}
    await mock.did("put_playbook", name="hi", playbook=playbook)
    first = await mock.did("add_reply", text="You said {{message}}.")
    second = await mock.did("add_reply", text="Before: {{answer}}")
    left = await mock.did("list_leftovers")
    explained = await mock.did("explain", message="hi")

    task = await mock.create("hi")
    await mock.stream(task)
    answers = [await answer(mock, "hi", task)]
    answers.append(await answer(mock, "hi"))

    assert (first["waiting"], second["waiting"], len(left["replies"])) == (1, 2, 2)
    assert (explained["source"], explained["why"]) == ("reply", "a reply waits for the next message")
    assert explained["compiled"]["templates"]
    assert answers == ["Before: You said hi.", "From the playbook"]
    assert (await mock.did("list_replies"))["replies"] == []


async def test_tools_run_before_the_text_which_can_quote_their_output(mock: Served) -> None:
    await mock.did(
        "add_reply",
        text="It printed: {{output}}",
        tools=[{"think": "Let me see."}, {"run": {"command": "echo {{message}}"}}],
    )

    _, events = await mock.run("seven")

    names = [name for name, _ in events if name in {"thought", "tool_call", "content", "done"}]
    assert names == ["thought", "tool_call", "content", "done"]
    assert events[-1][1]["finalResponse"] == "It printed: echo seven"


async def test_replies_are_of_one_project_and_end_with_a_reset(mock: Served) -> None:
    await mock.did("add_reply", text="Hello")

    foreign, _ = await mock.by(STRANGER_KEY).run("What is 2+2?")
    listed = (await mock.did("list_replies"))["replies"]
    await mock.did("reset", scope=["playbooks"])

    assert listed == [{"steps": [HELLO]}]
    assert (await mock.did("list_replies"))["replies"] == []
    await mock.did("add_reply", text="Hello")
    assert (await mock.did("remove_replies"))["removed"] == 1
    assert foreign


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Give text, tools or both"),
        ({"text": "{{mesage}}"}, "text: unknown placeholder {{mesage}}; did you mean message?"),
        ({"text": "{{file:{{answer}}}}"}, "text: {{file:{{answer}}: a placeholder can't contain another"),
        ({"text": 7}, "text must be a string"),
        ({"tools": [{"rum": {"command": "a"}}]}, "tools/0/rum: unknown key 'rum'; did you mean run?"),
        ({"tools": [{"write": {"path": "{{", "text": ""}}]}, "tools/0/write/path: {{ is not closed with }}"),
        ({"tools": [[]]}, "tools must be an object"),
    ],
)
async def test_a_wrong_reply_is_refused_and_changes_nothing(
    mock: Served, fields: dict[str, Any], told: str
) -> None:
    reply = await mock.ask("add_reply", **fields)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert told in reply.message
    assert (await mock.did("list_replies"))["replies"] == []


async def test_a_project_has_a_bounded_number_of_replies(mock: Served) -> None:
    for _ in range(MOST):
        await mock.did("add_reply", text="a")

    refused = await mock.ask("add_reply", text="a")

    assert f"the project has {MOST} replies already" in refused.message


async def test_an_earlier_answer_that_there_is_not_fails_the_task(mock: Served) -> None:
    await mock.did("add_reply", text="{{answer}}")

    _, events = await mock.run("hi")

    assert events[-1] == (
        "error",
        {
            "message": (
                "The template can't be filled: {{answer:1}} is not there yet;"
                " the conversation has 0 earlier answers."
            ),
            "code": "TEMPLATE_FAILED",
        },
    )
