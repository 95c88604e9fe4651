"""Invariants of GET and CREATE: what was given reads back at any later time."""

from typing import Any

import pytest

from tests.conformance.traffic import SECOND_KEY, Traffic


def read_back(given: dict[str, Any], shown: dict[str, Any], *, follow_ups: int = 0) -> Traffic:
    traffic = Traffic().begun(fields=given)
    for _ in range(follow_ups):
        traffic.say("More")
    traffic.get("running", fields=shown)
    return traffic


@pytest.mark.parametrize(
    ("row", "given", "good", "bad", "reason"),
    [
        ("GET-006", {}, {"message": "Hi"}, {"message": "Ho"}, "other-message"),
        ("CREATE-012", {}, {"systemPrompt": None}, {"systemPrompt": ""}, "other-value"),
        (
            "CREATE-013",
            {"systemPrompt": "Be brief."},
            {"systemPrompt": "Be brief."},
            {"systemPrompt": None},
            "other-value",
        ),
        ("CREATE-014", {}, {"showInHistory": True}, {"showInHistory": False}, "other-value"),
        (
            "CREATE-015",
            {"showInHistory": False},
            {"showInHistory": False},
            {"showInHistory": True},
            "other-value",
        ),
        ("CREATE-016", {}, {"autoExecute": True}, {"autoExecute": False}, "other-value"),
        ("CREATE-017", {"autoExecute": False}, {"autoExecute": False}, {"autoExecute": True}, "other-value"),
        ("CREATE-018", {}, {"env": None}, {"env": {}}, "other-value"),
        ("VARS-002", {"env": {"A": "b c"}}, {"env": {"A": "b c"}}, {"env": {"A": "b"}}, "other-env"),
    ],
)
def test_a_field_reads_back_as_it_was_given(row, given, good, bad, reason):
    for follow_ups in (0, 1) if row != "GET-006" else (0,):
        assert read_back(given, good, follow_ups=follow_ups).reasons(row) == set()
        assert read_back(given, bad, follow_ups=follow_ups).reasons(row) == {reason}


@pytest.mark.parametrize(("shown", "reasons"), [("Hi", set()), ("Ho", {"other-message"})])
def test_the_message_of_a_first_turn_is_judged_though_others_follow(shown, reasons):
    traffic = read_back({}, {"message": shown})
    traffic.say("More")

    assert traffic.reasons("GET-006") == reasons


@pytest.mark.parametrize(("shown", "reasons"), [("Hi", set()), ("More", {"other-message"})])
def test_the_message_stays_the_first(shown, reasons):
    assert read_back({}, {"message": shown}, follow_ups=1).reasons("GET-029") == reasons


def test_what_was_given_in_a_form_reads_back():
    traffic = Traffic()
    traffic.add(
        "POST",
        "/api/v1/tasks",
        {"id": "t", "status": "pending"},
        kind="multipart/form-data; boundary=b",
        parts=("message=Hi", "autoExecute=false"),
    )
    traffic.get(fields={"autoExecute": True})

    assert traffic.reasons("CREATE-017") == {"other-value"}


@pytest.mark.parametrize(
    ("env", "reasons"), [(None, set()), ({"OWN": "b"}, set()), ({"TENANT": "x"}, {"no-reading"})]
)
def test_the_env_of_a_task_made_with_a_token(env, reasons):
    traffic = Traffic()
    header = traffic.token("ann", fields={"env": {"TENANT": "x"}})
    traffic.create("Hi", headers=header, role="end user ann", fields={"env": {"OWN": "b"}})
    traffic.get(fields={"env": env}, headers=header, role="end user ann")

    assert traffic.reasons("VARS-016") == reasons


@pytest.mark.parametrize(
    ("row", "name", "reason"),
    [
        ("GET-008", "createdAt", "changed"),
        ("GET-032", "conversationId", "changed"),
        ("FOLLOWUP-012", "conversationId", "id-changed"),
    ],
)
def test_what_never_changes(row, name, reason):
    for last, reasons in (("one", set()), ("two", {reason})):
        traffic = Traffic().begun()
        traffic.get(fields={name: "one"})
        traffic.say("More")
        traffic.get("running", fields={name: last})

        assert traffic.reasons(row) == reasons


def test_a_restore_keeps_the_conversation():
    traffic = Traffic().begun()
    traffic.get(fields={"conversationId": "one", "sessionId": "s1"})
    traffic.say("More")
    traffic.get("running", fields={"conversationId": "two", "sessionId": "s2"})

    assert traffic.reasons("SESSION-006") == {"id-changed"}


@pytest.mark.parametrize(
    ("shown", "reasons"),
    [
        ({}, set()),
        ({"completedAt": "2026"}, {"changed-by-reading"}),
        ({"output": {"content": "5"}}, {"changed-by-reading"}),
    ],
)
def test_reading_changes_nothing(shown, reasons):
    traffic = Traffic().begun()
    traffic.get()
    traffic.get(fields=shown)

    assert traffic.reasons("GET-024") == reasons


@pytest.mark.parametrize(("told", "reasons"), [("k1", set()), ("k2", {"other-key"})])
def test_one_key_has_one_id(told, reasons):
    traffic = Traffic().begun()
    traffic.get(fields={"apiKeyId": "k1"})
    traffic.create("Hi", task="other")
    traffic.get(task="other", fields={"apiKeyId": told})

    assert traffic.reasons("GET-002") == reasons


def test_another_key_may_have_another_id():
    traffic = Traffic().begun()
    traffic.get(fields={"apiKeyId": "k1"})
    traffic.create("Hi", task="other", headers=SECOND_KEY, role="second")
    traffic.get(task="other", fields={"apiKeyId": "k2"}, headers=SECOND_KEY, role="second")

    assert traffic.reasons("GET-002") == set()


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"refused"})])
def test_the_owner_may_read_at_any_time(status: int, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.get(status=status)

    assert traffic.reasons("GET-031") == reasons


def of_ann(told: Any, **exchanged: Any) -> Traffic:
    """An end user's task that was created without env, and how it reads."""
    traffic = Traffic()
    ann = traffic.token(fields=exchanged)
    traffic.create("Hi", headers=ann, role="token")
    traffic.get(fields={"env": told}, headers=ann, role="token")
    return traffic


def test_the_env_of_an_end_user_is_null_where_no_exchange_gave_one():
    assert of_ann(None).reasons("CREATE-018") == set()
    assert of_ann({}).reasons("CREATE-018") == {"other-value"}
    assert "CREATE-018" not in of_ann({"A": "a"}, env={"A": "a"}).evaluation().rows
