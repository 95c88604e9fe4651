"""The leftovers of a test, and its requests on the server, as lines of a report."""

import time
from collections.abc import Iterator

from sigmic_mock.journal.line import line_of
from sigmic_mock.testing.control_client import MockRefused
from sigmic_mock.testing.project import Project

_CLOSING_SECONDS = 0.5
"""How long a stream that the test closed may count as open: the server detects it a little later."""
_POLL_SECONDS = 0.01
_TAIL = 30


def leftovers(project: Project) -> list[str]:
    """Return a line for each fault that never fired, playbook step never reached and stream still open.

    If an older server does not support one of these, one separate line reports it.
    """
    lines = [f"fault armed and never fired: {fault}" for fault in project.faults.unfired()]
    lines += _playbooks(project)
    lines += [f"stream still open: task {task}" for task in _streams(project)]
    return lines


def _playbooks(project: Project) -> Iterator[str]:
    try:
        left = project.playbook_leftovers()
    except MockRefused as refusal:
        yield f"playbook steps are not known: {refusal}"
        return
    yield from (f"playbook never chosen: {name}" for name in left["never_chosen"])
    yield from (f"reply never used: {reply['steps']}" for reply in left["replies"])
    for playbook in left["playbooks"]:
        for step in playbook["not_performed"]:
            yield f"playbook step never reached: {playbook['name']} {step['at']} {step['step']}"


def _streams(project: Project) -> list[str]:
    deadline = time.monotonic() + _CLOSING_SECONDS
    while True:
        tasks = project.open_streams()
        if not tasks or time.monotonic() > deadline:
            return tasks
        time.sleep(_POLL_SECONDS)


def journal_tail(project: Project) -> str:
    """Return the last entries of the project's journal, one per line, or the reason why there are none."""
    try:
        entries = project.journal(limit=_TAIL, newest=True)
    except MockRefused as refusal:
        return f"no journal: {refusal}"
    return "\n".join(line_of(entry) for entry in entries) or "no request of this project reached the server"
