"""A journey is executed step by step, and ends with its observations if the target does not continue."""

import asyncio
import contextlib
import functools
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lab.platforms.agent import Agent, Say
from lab.platforms.freedom.files import NoEmptyFiles
from lab.platforms.freedom.requests import NoUrlencodedForms
from lab.platforms.freedom.streams import WaitingIsIdle
from lab.platforms.platform import Platform
from lab.platforms.refusal import Refusal, missing
from lab.platforms.server import Target, serve
from sigmic_conformance.model.observation.situation import place_in_life
from sigmic_conformance.run.costs import cost
from sigmic_conformance.run.engine import Engine
from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.journeys.journey import Journey, Step
from sigmic_conformance.traffic.journeys.price import price
from sigmic_conformance.traffic.journeys.probe import perform
from sigmic_conformance.traffic.probe import Concurrency, Probe
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import Closed, Ending, Exchange, Transcript
from sigmic_mock.testing import mock_server
from sigmic_spec.situations import Situations

USUAL = {name: next(iter(each.values)) for name, each in Situations.load().dimensions.items()}
STRANGERS = ("other_end_user", "other_project")


def journey(
    *unusual: dict[str, str],
    owner: str = "key",
    value: str = "none",
    asks: bool = False,
    expiries: tuple[int, ...] = (),
    others: tuple[str, ...] = STRANGERS,
) -> Journey:
    """A journey whose steps are usual except for the given values."""
    steps = []
    for number, each in enumerate(unusual, 1):
        place = {
            **place_in_life(number, sum(when <= number for when in expiries)),
            "value": value,
            "caller": "end_user" if owner == "end_user" else "bearer",
        }
        situation = USUAL | place | each
        assert Situations.load().is_possible(situation), situation
        steps.append(Step(situation=situation, expires=number in expiries))
    return Journey(name="journey_01", owner=owner, value=value, asks=asks, others=others, steps=tuple(steps))


async def performed(made: Journey, profile: Profile, credentials: Credentials) -> Transcript:
    redactor = Redactor(credentials.secrets())
    probe = Probe(
        name=made.name,
        function=functools.partial(perform, made),
        window=lambda _: 60.0,
        concurrency=Concurrency.AGENT,
    )
    engine = Engine(
        profile, credentials, redactor=redactor, make_client=lambda: Client(profile.base_url), seed=1
    )
    engine.start([probe])
    try:
        return (await asyncio.to_thread(engine.transcripts))[made.name]
    finally:
        await asyncio.to_thread(engine.close)


def reached(target: Target, *, task_seconds: float = 20.0) -> tuple[Profile, Credentials]:
    """Return the profile and credentials of an independent target with all its capabilities."""
    accounts = target.accounts
    first, second = accounts.keys
    profile = Profile(
        base_url=target.url,
        heartbeat_seconds=target.heartbeat,
        session_expiry_seconds=target.platform.idle_seconds + 0.5,
        has_second_key=True,
        has_widget=True,
        task_seconds=task_seconds,
    )
    credentials = Credentials(
        api_key=first,
        second_api_key=second,
        app_id=accounts.app_id,
        app_secret=accounts.app_secret,
    )
    return profile, credentials


@contextlib.contextmanager
def mock() -> Iterator[tuple[Profile, Credentials]]:
    with mock_server(session_idle=1, heartbeat=1) as made, made.project("other") as other:
        profile = Profile(
            base_url=made.base_url,
            reference=True,
            heartbeat_seconds=1.0,
            session_expiry_seconds=2.0,
            has_second_key=True,
            has_widget=True,
            task_seconds=30.0,
        )
        credentials = Credentials(
            api_key=made.api_key,
            second_api_key=other.api_key,
            app_id=made.app_id,
            app_secret=made.app_secret,
        )
        yield profile, credentials


@contextlib.contextmanager
def independent() -> Iterator[tuple[Profile, Credentials]]:
    with serve(NoUrlencodedForms, heartbeat=1.0) as target:
        yield reached(target)


def labelled(seen: Transcript, step: int, what: str) -> list[Exchange]:
    label = f"{step:02d} {what}"
    return [each for each in seen.exchanges if each.label.startswith(label) and not each.transient]


def statuses(seen: Transcript, step: int, what: str) -> set[int | None]:
    return {each.status for each in labelled(seen, step, what)}


ASKING = (
    {"state": "tool_running", "approval": "once", "reader": "joining", "caller": "api_key"},
    {"state": "awaiting_approval", "approval": "late", "reader": "dropped", "body": "urlencoded"},
    {"state": "cancelled", "approval": "several", "reader": "several", "caller": "other_end_user"},
    {"state": "awaiting_approval", "approval": "rejected", "reader": "none", "caller": "other_project"},
    {"state": "speaking", "approval": "always", "reader": "returning", "page": "beyond"},
    {"state": "failed", "body": "files_first", "files": "at_limit", "reader": "late"},
)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("target", [mock, independent])
async def test_every_kind_of_step_shows_its_situation(target):
    made = journey(*ASKING, asks=True)
    with target() as (profile, credentials):
        seen = await performed(made, profile, credentials)

    assert (seen.ending, seen.detail) == (Ending.COMPLETE, "")
    assert seen.facts["taken"] == 6
    # The reader joins while the agent is running, and the task is read while the command runs.
    (reader,) = labelled(seen, 1, "reader")
    (running,) = labelled(seen, 1, "tool_running: task")
    assert running.fields["status"] == "running"
    assert reader.started < running.started < reader.ended
    # The only reader disconnects, the task awaits approval, and is decided without a reader.
    (dropped,) = labelled(seen, 2, "reader")
    (waiting,) = labelled(seen, 2, "awaiting_approval: task")
    (decided,) = labelled(seen, 2, "proceed_once")
    assert dropped.closed is Closed.HUNG_UP
    assert waiting.fields["status"] == "awaiting_approval"
    assert dropped.ended <= waiting.started < decided.started
    assert len(labelled(seen, 3, "proceed_once")) == 2
    # Each call is answered again, which must not run it.
    assert [len(labelled(seen, number, "again, after")) for number in (2, 3)] == [1, 2]
    assert statuses(seen, 3, "again, after") == statuses(seen, 4, "again, after cancel") == {404}
    assert [labelled(seen, 3, "over")[-1].fields["status"]] == ["cancelled"]
    # No stream is open until all checks are done; by then the turn is over.
    assert labelled(seen, 4, "reader") == []
    (late,) = (each for each in labelled(seen, 4, "") if each.is_stream)
    (over,) = labelled(seen, 4, f"{late.label.removeprefix('04 ')}: over before")
    assert all(each.ended <= late.started for each in labelled(seen, 4, "") if each not in (late, over))
    assert [each.sent.text for each in labelled(seen, 4, "cancel") if each.operation == "approve_tool_call"]
    # The reader that returns receives the text after the break.
    broken, back = labelled(seen, 5, "reader")
    assert (broken.closed, b"event: content" in back.body) == (Closed.HUNG_UP, True)
    assert labelled(seen, 6, "over")[-1].fields["status"] == "failed"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("target", [mock, independent])
async def test_a_task_of_an_end_user_is_restored_with_its_files_and_variables(target):
    made = journey(
        {"state": "pending"},
        {"body": "message_first", "files": "awkward_name"},
        {"state": "tool_running", "body": "files_first", "files": "same_name"},
        owner="end_user",
        value="quotes",
        expiries=(2, 3),
    )
    with target() as (profile, credentials):
        seen = await performed(made, profile, credentials)

    assert (seen.ending, seen.detail) == (Ending.COMPLETE, "")
    sessions = [labelled(seen, step, "over")[-1].fields["sessionId"] for step in (1, 2, 3)]
    assert len(set(sessions)) == 3
    printed = json.dumps(labelled(seen, 3, "completed: history")[0].data)
    assert all(digest in printed for digest in seen.facts["digests"].values())
    paths = [file["path"] for file in labelled(seen, 3, "completed: files")[0].fields["files"]]
    assert any("quarterly report" in path for path in paths)
    # The costs are as planned.
    planned, spent = price(made, profile), cost(seen)
    assert spent.turns == planned.turns
    assert spent.requests == pytest.approx(planned.requests, rel=0.5)
    assert spent.bytes == pytest.approx(planned.bytes, rel=0.2)
    # Other callers see nothing in any state.
    assert statuses(seen, 3, "tool_running: get_task by") <= {403, 404}
    others = [each for each in seen.exchanges if " by other" in each.label and each.operation != "list_tasks"]
    assert others
    assert {each.status for each in others} <= {403, 404}


@pytest.mark.timeout(60)
async def test_an_always_approved_task_is_cancelled_without_a_reader():
    made = journey({"approval": "always"}, {"state": "cancelled", "reader": "none"}, asks=True, others=())
    with independent() as (profile, credentials):
        seen = await performed(made, profile, credentials)

    assert (seen.ending, seen.detail) == (Ending.COMPLETE, "")
    assert labelled(seen, 2, "over")[-1].fields["status"] == "cancelled"


@pytest.mark.timeout(120)
async def test_a_step_of_another_end_user_tries_that_users_requests():
    asking = {
        "state": "awaiting_approval",
        "approval": "once",
        "caller": "other_end_user",
        "reader": "several",
    }
    made = journey(asking, asks=True)
    with independent() as (profile, credentials):
        seen = await performed(made, profile, credentials)

    tried = {
        each.operation
        for each in labelled(seen, 1, "awaiting_approval")
        if each.label.endswith("by other_end_user")
    }
    assert {"approve_tool_call", "cancel_task", "send_message", "stream_task", "list_tasks"} <= tried
    assert seen.ending is Ending.COMPLETE
    # The second reader joins while the call waits, and the command has searched for foreign files.
    (second,), (decided,) = labelled(seen, 1, "second reader"), labelled(seen, 1, "proceed_once")
    assert b"awaiting_approval" in second.body
    assert b"keys=0" in second.body
    assert second.started < decided.started < second.ended


class Forgetful(Platform):
    """Loses a task at its follow-up."""

    def follow_up(self, task, message, parts):
        super().follow_up(task, message, parts)
        del self.tasks[task.id]


class Unhelpful(Agent):
    """Answers with text and uses no tool."""

    def steps(self, message, *, uploaded, memory):
        yield Say("I would rather not. ")
        yield Say("Really.")


class Endless(Platform):
    """Never ends a turn."""

    def finish(self, task, status, last):
        """Do nothing."""


class Stubborn(Platform):
    """Refuses every decision."""

    def approve(self, task, call, outcome):
        raise Refusal(409, "CONFLICT", "Not now")


class Dying(Platform):
    """Ends its server after it has accepted a follow-up; `notes` contains the server."""

    def follow_up(self, task, message, parts):
        super().follow_up(task, message, parts)
        self.notes["server"].shutdown()
        self.notes["server"].server_close()


class Closing(Platform):
    """Refuses every follow-up."""

    def check_sendable(self, task):
        raise missing()


async def ended(
    part: type, *steps: dict[str, str], asks: bool = False, task_seconds: float = 20.0
) -> Transcript:
    with serve(part, heartbeat=1.0) as target:
        return await performed(journey(*steps, asks=asks), *reached(target, task_seconds=task_seconds))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("part", "why", "taken"),
    [
        (Forgetful, "step 2: the stream was answered 404", 1),
        (Closing, "step 2: the follow-up was answered 404 NOT_FOUND", 1),
    ],
)
async def test_a_journey_ends_at_the_first_step_that_the_target_refuses(part, why, taken):
    seen = await ended(part, {}, {}, {})

    assert (seen.ending, seen.detail, seen.facts["taken"]) == (Ending.INTERRUPTED, why, taken)
    assert labelled(seen, 1, "completed: history")
    assert labelled(seen, 3, "") == []


@pytest.mark.timeout(60)
async def test_a_decision_that_is_refused_while_the_call_waits_ends_the_journey():
    seen = await ended(Stubborn, {"approval": "once"}, {"approval": "once"}, asks=True)

    assert seen.ending is Ending.INTERRUPTED
    assert seen.detail == "step 1: the decision was answered 409 CONFLICT"


@pytest.mark.timeout(60)
async def test_a_turn_that_never_ends_ends_the_journey_in_time():
    seen = await ended(Endless, {}, {}, task_seconds=2.0)

    assert (seen.ending, seen.detail) == (
        Ending.INTERRUPTED,
        "step 1: the turn did not end in time",
    )


@pytest.mark.timeout(60)
async def test_a_target_may_refuse_a_file_without_a_byte():
    seen = await ended(NoEmptyFiles, {"files": "empty", "body": "message_first"}, {})

    assert (seen.ending, seen.detail) == (Ending.COMPLETE, "")
    assert statuses(seen, 1, "create") == {400, 200}


@pytest.mark.timeout(60)
async def test_a_reader_of_a_waiting_task_may_learn_nothing_of_its_turn():
    step = {"reader": "returning", "approval": "several", "state": "tool_running"}

    seen = await ended(WaitingIsIdle, step, {}, asks=True)

    assert (seen.ending, seen.detail) == (Ending.COMPLETE, "")


@pytest.mark.timeout(60)
async def test_a_journey_continues_after_a_step_that_the_agent_did_not_follow():
    seen = await ended(Unhelpful, {"state": "tool_running"}, {}, {"state": "failed"})

    assert (seen.ending, seen.facts["taken"]) == (Ending.MISSED, 3)
    assert seen.detail == (
        "step 1: the state tool_running was never observed; "
        "step 3: the turn ended as completed instead of failed"
    )


@pytest.mark.timeout(60)
async def test_a_lost_target_ends_the_journey_and_its_record_is_kept():
    with serve(Dying, heartbeat=1.0) as target:
        target.platform.notes["server"] = target
        profile, credentials = reached(target)
        seen = await performed(journey({}, {}, {}), replace(profile, wall_seconds=5.0), credentials)

    assert (seen.ending, seen.facts["taken"]) == (Ending.GONE, 1)
    assert "connections are refused; later exchanges were not tested" in seen.detail
    assert labelled(seen, 1, "completed: files")


async def test_an_unreachable_target_ends_the_journey_at_once():
    profile = Profile(base_url="http://127.0.0.1:9", has_second_key=True, wall_seconds=1.0)
    credentials = Credentials(api_key="sigmic_" + "a" * 32, second_api_key="sigmic_" + "b" * 32)
    seen = await performed(journey({}, others=("other_project",)), profile, credentials)

    assert (seen.ending, seen.facts["taken"]) == (Ending.GONE, 0)
