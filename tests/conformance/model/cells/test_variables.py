"""The cells of variables and secrets that traffic reaches."""

from tests.conformance.kit import event
from tests.conformance.traffic import DONE, Traffic, user

S = "[secret:2222222222222222]"


def test_variables_have_numbers_sizes_and_names():
    traffic = Traffic()
    env = {"A": "", "B": "b", "b": "é" * 2048}
    traffic.create(fields={"env": env, "secrets": {"A": S}})
    traffic.create(fields={"env": {"A": "other"}}, task="u")

    assert traffic.cells("variable") == {
        "count=one",
        "count=two",
        "size=nothing",
        "size=small",
        "size=large",
        "size=at_an_edge",
        "place=first",
        "place=middle",
        "place=last",
        "place=again",
        "name=same",
        "name=nearly_same",
    }
    assert traffic.cells("secret") == {"count=zero", "count=one", "place=again"}


def test_a_command_uses_what_a_task_was_given():
    ran = [
        event("tool_call", callId="c", toolName="bash", status="executing", args={"command": "env"}),
        event("tool_result", callId="c", status="success", output="A=1"),
    ]
    traffic = Traffic().create(fields={"env": {"A": "1"}})
    traffic.stream(*ran, DONE, shown=[user(1, "Hi")])
    traffic.get("completed")
    assert traffic.cells("variable") >= {"moment=during", "view=several"}
    assert "end=after" not in traffic.cells("variable")

    traffic.create(task="u")
    traffic.stream(*ran, DONE, shown=[user(1, "Hi")], task="u")
    assert "end=after" in traffic.cells("variable")


def test_a_secret_is_printed_whole_or_in_pieces():
    whole = Traffic().begun("Hi", event("content", text=S, isPartial=True), DONE)
    assert "cut=middle" not in whole.cells("secret")

    pieces = [event("content", text=text, isPartial=True) for text in (S[:9], S[9:])]
    assert "cut=middle" in Traffic().begun("Hi", *pieces, DONE).cells("secret")
