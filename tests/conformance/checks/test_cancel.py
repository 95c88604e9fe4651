"""CANCEL: the answer to a cancellation, and the views of a cancelled task."""

from collections.abc import Callable
from typing import Any

from tests.conformance.handwritten import HI, MORE, TASKS, Traffic, cases, heard, stories
from tests.conformance.kit import call, content, event

TIME = "2026-01-26T15:50:54.870Z"


def at_work(status: int, text: str | None = None, *, went_on: bool = True) -> Traffic:
    """A running task that a client cancels while it reads the stream."""
    traffic = heard(content("4"), closed="hung-up", took=10.0)
    traffic.after(-9).add("DELETE", f"{TASKS}/t", {"message": "Task cancelled"}, status=status, text=text)
    if went_on:
        traffic.get("running")
    return traffic


def at_work_again(status: int) -> Traffic:
    """The same in a turn that follows a cancelled one."""
    traffic = cancelled().say("More")
    traffic.stream(content("4"), shown=[HI], closed="hung-up", took=10.0)
    traffic.after(-9).cancel(status=status)
    return traffic.get("running")


def fresh(status: int) -> Traffic:
    return Traffic().create("Hi").cancel(status=status)


def fresh_on_a_slow_machine(told: str) -> Traffic:
    """A new task that may have ended before its cancellation arrives, and its status afterwards."""
    traffic = Traffic().create("Hi", task="other").cancel(task="other")
    traffic.create("Hi").cancel(status=404, code="NOT_FOUND")
    return traffic.get(told)


def followed_up(status: int) -> Traffic:
    return fresh(status).say("More")


def cancelled(told: str = "cancelled", **fields: Any) -> Traffic:
    return Traffic().create("Hi").cancel().get(told, fields={"completedAt": TIME, "error": None} | fields)


def slept(output: str, *, seconds: int = 4) -> Traffic:
    """A command of a cancelled turn without a stream, as get_task returns it later."""
    traffic = Traffic().create("Hi").cancel()
    command = {"command": f"sleep {seconds}; echo one > a.txt; echo done"}
    told = {"callId": "c", "toolName": "t", "status": "success", "args": command, "output": output}
    for _ in range(2):
        traffic.get("completed", fields={"output": {"toolCalls": [told]}})
    return traffic


def cancelled_before_it_began(command: str) -> Traffic:
    """A task that was cancelled while it was pending, and the command of its second turn."""
    traffic = (
        Traffic().create("Run exactly this shell command: `sleep 3; echo one`").cancel().get("cancelled")
    )
    runs = call("c", args={"command": command})
    return traffic.say("More").stream(runs, shown=[HI, MORE], closed="hung-up")


test_a_cancellation = stories(
    ("CANCEL-003", cancelled_before_it_began, "echo two", "sleep 3; echo one", "went-on"),
    ("CANCEL-003", slept, "killed", "done\n", "went-on"),
    ("CANCEL-006", at_work, 200, 409, "refused"),
    ("CANCEL-006", at_work_again, 200, 409, "refused"),
    ("CANCEL-002", cancelled, "cancelled", "running", "not-cancelled"),
    ("CANCEL-002", fresh, 200, 500, "not-cancelled"),
    ("CANCEL-002", fresh_on_a_slow_machine, "completed", "running", "not-cancelled"),
    ("CANCEL-002", followed_up, 200, 500, "not-cancelled"),
)


NAME = "n0123456789ab.txt"


def waited(*, before: str = "", behind: str = "", again: bool = False, other: str = "") -> Traffic:
    """A call that waits when its task is cancelled, and that is answered before or after the cancellation.

    `other` is the command of an earlier call, which was approved.
    """
    traffic = Traffic().create("Hi", fields={"autoExecute": False})
    if other:
        traffic.stream(
            call("o", status="awaiting_approval", args={"command": other}), shown=[HI], closed="hung-up"
        )
        traffic.approve("o", "proceed_once")
    args = {"path": NAME, "content": "x"}
    asks = call("c", toolName="write_file", status="awaiting_approval", args=args)
    more = [call("d", toolName="write_file", status="success", args=args)] if again else []
    traffic.stream(asks, *more, shown=[HI], closed="hung-up")
    for outcome, sent in ((before, False), ("", True), (behind, False)):
        if outcome:
            traffic.approve("c", outcome)
        if sent:
            traffic.cancel()
    traffic.get("cancelled")
    return traffic.files({"name": NAME, "path": NAME})


def test_a_call_that_waited_has_made_no_file():
    assert waited().reasons("CANCEL-003") == {"went-on"}
    assert waited(behind="proceed_once").reasons("CANCEL-003") == {"went-on"}
    assert waited(other="echo a").reasons("CANCEL-003") == {"went-on"}
    for may_have_run in (
        waited(other=f"echo a > {NAME}"),
        waited(before="proceed_once"),
        waited(before="cancel"),
        waited(again=True),
    ):
        assert not may_have_run.spoke("CANCEL-003")


def together(
    *there: str,
    seconds: int = 6,
    more: str = "true",
    told: Callable[[str], dict[str, Any]] = lambda line: {"command": line},
    form: str = "{}",
    goes_on: bool = False,
    took: float = 0.1,
) -> Traffic:
    """Commands of one turn, cancelled while each sleeps before it writes a file; `there` are found later."""
    traffic = Traffic().create("Hi")
    command = form.format(f"sleep {seconds}; echo a > W-{NAME}")
    calls = [call(name, args=told(command.replace("W", name))) for name in ("one", "other")]
    traffic.stream(*calls, call("more", args={"command": more}), shown=[HI], closed="hung-up")
    traffic.cancel(took=took)
    if goes_on:
        traffic.say("More").get("completed")
    return traffic.after(9).files(*({"path": f"{name}-{NAME}"} for name in there))


def test_no_command_of_several_makes_a_file_when_it_was_cancelled_before():
    assert together().reasons("CANCEL-003") == set()
    assert together("one").reasons("CANCEL-003") == {"went-on"}
    assert together("one", goes_on=True).reasons("CANCEL-003") == {"went-on"}
    for told in (
        lambda line: {"cmd": line, "env": []},
        lambda line: {"argv": ["bash", "-lc", line]},
        lambda line: {"command": ["bash", "-lc", line], "workdir": "/workspace"},
        lambda line: {"command": line, "dir_path": "/workspace"},
    ):
        assert together("one", told=told).reasons("CANCEL-003") == {"went-on"}
    assert together("one", form="({}) & wait").reasons("CANCEL-003") == {"went-on"}
    assert together("one", took=8).reasons("CANCEL-003") == {"went-on"}  # it waited for the command's own end
    assert together(form="({}) & wait").reasons("CANCEL-003") == set()
    for unsure in (
        together("one", seconds=1),
        together("one", seconds=3, took=8),
        together("one", "other", more=f"touch one-{NAME} other-{NAME}"),
    ):
        assert not unsure.spoke("CANCEL-003")


@cases("CANCEL-003", (4, [], None), (4, [NAME], "went-on"), (1, [NAME], "unjudged"))
def test_a_message_that_was_cancelled_at_once_makes_no_file(seconds: int, there: list[str]) -> Traffic:
    traffic = Traffic().create(f"Run exactly this shell command: `sleep {seconds}; echo a > {NAME}`").cancel()
    return traffic.after(9).files(*({"path": name} for name in there))


def test_a_command_or_a_task_that_may_have_ended_before_is_not_spoken_of():
    assert not slept("done", seconds=0).spoke("CANCEL-003")
    assert not at_work(409, went_on=False).spoke("CANCEL-006", "CANCEL-007")


@cases("CANCEL-001", ("cancelled", None), ("completed", None), ("running", "not-cancelled"))
def test_a_cancelled_task_is_not_at_work(status: str) -> Traffic:
    return Traffic().create("Hi").get("running").cancel().get(status)


@cases(
    "CANCEL-001",
    ("cancelled", {"command": "sleep 9; echo done"}, None),
    ("completed", {"command": "sleep 9; echo done"}, "not-cancelled"),
    ("completed", {"command": "sleep 4; echo done"}, None),
    ("completed", {"text": "n1.http_slow", "seconds": 9}, "not-cancelled"),
    ("completed", {"text": "n1", "seconds": 9}, None),
)
def test_a_turn_that_was_cancelled_in_a_sleep_is_not_completed(told: str, args: dict[str, Any]) -> Traffic:
    """A task that is cancelled while a reader knows that its command sleeps."""
    traffic = Traffic().create("Hi")
    command = call("c", args=args)
    traffic.at(4.0).cancel().get(told)
    return traffic.at(1.0).stream(command, shown=[HI], closed="hung-up", took=8.0)


def test_a_cancellation_may_take_effect_a_moment_after_its_answer():
    for row, known in (("CANCEL-001", "running"), ("CANCEL-002", "pending")):
        for end, outcome in (("cancelled", "warned"), ("completed", "failed")):
            traffic = Traffic().create("Hi").get(known).cancel().get(known).get(end)
            assert traffic.verdict(row).outcome == outcome
            assert traffic.reasons("STATE-010") == set()
        traffic = Traffic().create("Hi").get(known).cancel().after(2).get(known)
        assert traffic.verdict(row).outcome == "failed"
    taken_back = Traffic().create("Hi").get("running").cancel().get("cancelled").get("running")
    assert taken_back.verdict("CANCEL-001").outcome == "failed"


def test_a_cancelled_task_can_be_read():
    for code in (200, 404):
        traffic = Traffic().create("Hi").cancel()
        traffic.add("GET", "/api/v1/tasks/t", {"status": "cancelled"}, status=code)

        assert traffic.reasons("CANCEL-001") == ({"not-cancelled"} if code == 404 else set())


@cases("CANCEL-005", (False, "completed", "unjudged"), (True, "cancelled", "unjudged"))
def test_a_cancellation_that_came_too_late_may_say_so(before: bool, told: str) -> Traffic:
    """The task may have ended before, by itself or by another cancellation (G-71)."""
    traffic = Traffic().create("Hi")
    if before:
        traffic.cancel()
        traffic.now -= 1
    traffic.add("DELETE", f"{TASKS}/t", {"message": "It was over already"})
    return traffic.get(told)


def test_a_cancellation_from_another_origin_may_be_refused():
    def spoken(origin: str) -> set[str]:
        traffic = Traffic(allowed_origin="https://shop.example")
        ann = traffic.token()
        traffic.create("Hi", headers=ann, role="token")
        traffic.cancel(headers=(*ann, ("Origin", origin)), role="token", status=403)
        traffic.get("running", headers=ann, role="token")
        return traffic.spoke("CANCEL-007")

    assert spoken("https://shop.example") == {"CANCEL-007"}
    assert spoken("https://other.test") == set()


def told_so(message: str) -> Traffic:
    traffic = Traffic().create("Hi").get("running")
    return traffic.add("DELETE", f"{TASKS}/t", {"message": message}).get("cancelled")


def kept_open(seconds: float) -> Traffic:
    """A reader that was connected when its task was cancelled, and for a time afterwards."""
    traffic = Traffic().create("Hi")
    traffic.stream(content("4"), event("cancelled"), shown=[HI], took=seconds)
    return traffic.at(1.5).cancel().at(40.0).get("cancelled")


test_what_a_cancellation_does = stories(
    ("CANCEL-005", told_so, "Task cancelled", "ok", "other-message"),
    ("CANCEL-007", at_work, 200, 409, "refused"),
    (
        "CANCEL-008",
        lambda told: Traffic().begun().get().cancel(status=409).get(told),
        "completed",
        "cancelled",
        "status-changed",
    ),
    ("CANCEL-009", kept_open, 2.0, 30.0, "left-open"),
    ("CANCEL-015", lambda status: at_work(status, "{}"), 200, 409, "body-matters"),
)
