"""A project without armed faults uses the ordinary code: no fault code receives its callers' data."""

import gc
import re
from pathlib import Path

import aiohttp

from sigmic_mock.config import defaults
from sigmic_mock.faults import effect
from sigmic_mock.faults.catalogue import load_catalogue, specify
from sigmic_mock.faults.effects import load_effects
from sigmic_mock.faults.engine import Faults
from tests.fakes.clock import SteppedClock
from tests.fakes.fault_calls import fault_calls
from tests.fakes.served import Served, serving

GATE = {
    "armed:Armed.is_confined",
    "current_request:current_request",
    "effect:_Replaced.__init__.<locals>.call",
    "effect:_Replaced._run",
    "effect:_Replaced._run.<locals>.<genexpr>",
    "engine:Faults.is_armed",
    "engine:Faults.is_armed.<locals>.<genexpr>",
    "fault:Fault.point",
    "engine:Faults.may_fire",
    "engine:Faults.of_request",
}
"""Code that checks whether to call an effect, while another project has a fault."""
SUBJECTS = re.compile(r"subject:(subject_of_\w+|Subject\.__init__)(\.<locals>\.<\w+>)?|<string>:__init__")
"""Code that reads only the project and the task of a subject."""
BEFORE_THE_CALLER_IS_KNOWN = {
    "effect:before.<locals>.around_async",
    "effect:_finished",
    "engine:Faults.here",
    "current_request:CurrentRequest.project",
    "current_request:track_request",
    "effects.requests:note_arrival",
    "effects.requests:tracks_request",
    "engine:Faults.is_confined",
    "engine:Faults.is_confined.<locals>.<genexpr>",
}
"""Code that may run for a project without faults while another has one: the caller is not yet known."""


def replaced() -> set[str]:
    """Return the platform's steps that are currently replaced."""
    return {
        f"{owner.__name__}.{name}"
        for (owner, name), step in effect._STEPS.items()
        if vars(owner)[name] is not step._original
    }


def test_every_step_is_the_platforms_own_before_and_after_every_fault_was_armed():
    load_effects()
    before, faults = replaced(), Faults(SteppedClock())
    for fault in load_catalogue():
        faults.arm(specify(fault, {}))
    faults.breakpoints.set("mine", "done", task=None, limit=1)
    during = replaced()
    faults.clear()
    faults.breakpoints.clear("mine")

    assert (before, during, replaced()) == (set(), {f"{o.__name__}.{n}" for o, n in effect._STEPS}, set())


def test_faults_that_are_forgotten_replace_no_step():
    load_effects()
    gc.disable()
    try:
        faults = Faults(SteppedClock())
        faults.arm(specify("net.slow", {}))
        faults.breakpoints.set("mine", "done", task=None, limit=1)
        armed = replaced()
        del faults

        assert armed
        assert not replaced(), "at once, without a collection of garbage"
    finally:
        gc.enable()


async def use(mock: Served) -> None:
    """Send valid and invalid messages in each form of body, and read the resulting tasks."""
    form = aiohttp.FormData()
    form.add_field("message", "Which files are there? List their names.")
    form.add_field("files", b"a,b\n1,2\n", filename="data.csv")
    for sent in ({"data": form}, {"data": {"message": "Run: ls | grep a; yes &"}}, {"json": {"message": ""}}):
        await mock.call("POST", "/api/v1/tasks", **sent)
    root = f"/api/v1/tasks/{await mock.finished('Create a file named a.txt containing: b')}"
    assert (await mock.call("POST", f"{root}/messages", json={"message": "What is my name?"})).status == 200
    for path in ("/stream", "/history", "/artifacts", "/artifacts/download?path=a.txt", "", "/nothing"):
        await mock.call("GET", root + path, headers={**mock.key, "Last-Event-ID": "5", "Range": "bytes=0-3"})
    await mock.call("DELETE", root)
    await mock.call("GET", "/api/v1/tasks?limit=many")


async def test_no_fault_code_is_called_while_nothing_is_armed(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        with fault_calls() as calls:
            await use(mock)

    assert calls == {}


async def test_a_fault_of_another_project_reads_no_known_caller(tmp_path: Path) -> None:
    async with serving(tmp_path) as mock:
        await use(mock)  # loads the playbooks: one of them can arm a fault
        mock.faults.arm(specify("follow-up.files-misnamed", {}), "elsewhere")
        with fault_calls() as elsewhere:
            await use(mock)
        mock.faults.arm(specify("follow-up.files-misnamed", {}), defaults.PROJECT_ID)
        with fault_calls() as here:
            await use(mock)

    called = {name for name in elsewhere if not SUBJECTS.fullmatch(name)}
    assert called - GATE - BEFORE_THE_CALLER_IS_KNOWN == set()
    assert here["effects.tasks:misnames_files"] >= 1
