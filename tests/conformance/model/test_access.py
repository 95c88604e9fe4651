"""Invariants of access: who may, may by every operation; who may not, may by none."""

import pytest

from tests.conformance.traffic import SECOND_KEY, TASKS, Traffic, user

READS = ("", "/history", "/artifacts", "/stream")


def made_by_ann() -> tuple[Traffic, tuple, tuple]:
    """A task of the end user ann, with her token and bob's."""
    traffic = Traffic()
    ann, bob = traffic.token("ann"), traffic.token("bob")
    traffic.create("Hi", headers=ann, role="end user ann")
    return traffic, ann, bob


@pytest.mark.parametrize("path", READS[:3])
@pytest.mark.parametrize(("status", "reasons"), [(404, set()), (403, set()), (200, {"accepted"})])
def test_a_key_of_another_project_reads_nothing(path: str, status: int, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.get(headers=SECOND_KEY, role="second", status=404)
    traffic.add("GET", f"{TASKS}/t{path}", {}, status=status, headers=SECOND_KEY, role="second")

    assert traffic.reasons("ISOLATION-001") == reasons


@pytest.mark.parametrize(
    ("row", "method", "path", "reason"),
    [
        ("ISOLATION-002", "GET", "/stream", "accepted"),
        ("ISOLATION-003", "POST", "/messages", "accepted"),
        ("ISOLATION-003", "DELETE", "", "accepted"),
    ],
)
def test_a_key_of_another_project_does_nothing_else(row: str, method: str, path: str, reason: str):
    for status, reasons in ((404, set()), (200, {reason})):
        traffic = Traffic().begun()
        traffic.add(method, f"{TASKS}/t{path}", {}, status=status, headers=SECOND_KEY, role="second")

        assert traffic.reasons(row) == reasons


@pytest.mark.parametrize(("status", "reasons"), [(404, set()), (200, {"accepted"})])
def test_a_key_of_another_project_reads_no_task_of_an_end_user_of_the_owners(status: int, reasons: set[str]):
    traffic, *_ = made_by_ann()
    traffic.get(headers=SECOND_KEY, role="second", status=status)
    assert "ISOLATION-001" not in traffic.evaluation().rows

    traffic.get()
    assert traffic.reasons("ISOLATION-001") == reasons


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(("status", "reasons"), [(404, set()), (200, {"accepted"})])
def test_another_end_user_reads_nothing(path: str, status: int, reasons: set[str]):
    traffic, _, bob = made_by_ann()
    traffic.add("GET", f"{TASKS}/t{path}", {}, status=status, headers=bob, role="end user bob")

    assert traffic.reasons("ISOLATION-005") == reasons


def test_another_end_user_changes_and_lists_nothing():
    traffic, ann, bob = made_by_ann()
    traffic.listing({"id": "t"}, headers=ann, role="end user ann")
    traffic.cancel(headers=bob, role="end user bob", status=403)
    assert traffic.reasons("ISOLATION-006") == set()
    assert traffic.reasons("ISOLATION-005") == set()

    traffic.listing({"id": "t"}, headers=bob, role="end user bob")
    traffic.cancel(headers=bob, role="end user bob")
    assert traffic.reasons("ISOLATION-006") == {"accepted"}
    assert traffic.reasons("ISOLATION-005") == {"accepted"}


@pytest.mark.parametrize(("items", "reasons"), [([], set()), ([{"id": "t"}], {"listed-to-a-stranger"})])
def test_the_list_of_another_project(items: list, reasons: set[str]):
    traffic = Traffic().begun()
    traffic.listing(*items, headers=SECOND_KEY, role="second")

    assert traffic.reasons("ISOLATION-004") == reasons


@pytest.mark.parametrize(("status", "reasons"), [(200, set()), (404, {"refused"})])
def test_the_owner_reads_the_history_at_any_time(status: int, reasons: set[str]):
    traffic = Traffic(session_expiry_seconds=5.0).begun()
    traffic.now = 60.0
    traffic.history(user(1, "Hi"), status=status)

    assert traffic.reasons("HISTORY-001") == reasons
    assert traffic.reasons("SESSION-010") == reasons


@pytest.mark.parametrize(
    ("env", "reasons"), [(None, set()), ({"TENANT": "tenant-12345"}, {"variable-shown"})]
)
def test_a_task_shows_no_value_of_the_exchange(env: dict | None, reasons: set[str]):
    traffic = Traffic()
    ann = traffic.token("ann", fields={"env": {"TENANT": "tenant-12345"}})
    traffic.create("Hi", headers=ann, role="end user ann")
    traffic.get(fields={"env": env}, headers=ann, role="end user ann")

    assert traffic.reasons("VARS-015") == reasons
