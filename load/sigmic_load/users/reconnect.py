"""`ReconnectUser`: leaves and rejoins a running task's stream; checks that nothing is lost or doubled."""

from time import monotonic

import gevent
from locust import task

from sigmic_load.measures.evidence import around
from sigmic_load.measures.findings import Findings
from sigmic_load.streams.continuity import Truth, compare
from sigmic_load.streams.reading import Listened, listen
from sigmic_load.users.platform_user import TASKS, PlatformUser

SHARE = 0.5
"""The share of turns that have a witness."""
SECONDS = 5.0
"""Seconds that a witness has to end after the other connection."""


class ReconnectUser(PlatformUser):
    """Drops a stream several times, then stays to the end, and compares every connection with the task.

    In half of the turns a witness reads the task from start to end. What it received before the last words of
    a dropped connection, that connection must have received too. In the other turns there is no witness,
    because a target may treat a reader that returns alone differently.
    """

    @task
    def reconnect(self) -> None:
        """Follow one task in pieces."""
        settings, draw = self.settings, self.run_state.random
        recorder = self.recorder
        began = monotonic()
        deadline = began + settings["turn_seconds"]
        created = self.create(draw.choice(settings["prompts"]))
        if created is None:
            return
        witness = (
            gevent.spawn(self._follow, created, deadline) if draw.random() < SHARE else gevent.Greenlet()
        )
        try:
            heard = self._leave_and_return(created, deadline)
            if witness.started:
                witness.join(timeout=SECONDS)
        finally:
            witness.kill()
        if not heard or not heard[-1].heard.ended:
            recorder.count("turns_failed", seconds=monotonic() - began)
            self.cancel(created)
            return
        recorder.count("turns")
        seen = witness.value if isinstance(witness.value, Listened) else None
        self._check(created, heard, seen)

    def _follow(self, created: str, until: float) -> Listened | None:
        connection = self.open_stream(created)
        if connection is None:
            return None
        return listen(connection, self.recorder, until, is_return=False)

    def _leave_and_return(self, created: str, deadline: float) -> list[Listened]:
        settings, draw, recorder = self.settings, self.run_state.random, self.recorder
        stay = settings["stay"]
        heard: list[Listened] = []
        for number in range(settings["drops"] + 1):
            is_last = number == settings["drops"]
            connection = self.open_stream(created)
            if connection is None:
                continue
            if number:
                recorder.count("reconnects")
            until = (
                deadline
                if is_last
                else min(deadline, monotonic() + draw.uniform(stay["least"], stay["most"]))
            )
            listened = listen(connection, recorder, until, is_return=number > 0)
            heard.append(listened)
            if listened.heard.ended:
                break
            gevent.sleep(0)
        return heard

    def _check(self, created: str, heard: list[Listened], witness: Listened | None) -> None:
        shown = self.call("GET", f"{TASKS}/{created}", "get_task")
        history = self.call("GET", f"{TASKS}/{created}/history", "get_task_history")
        if shown is None or history is None:
            return
        try:
            truth = Truth.of_task(shown, history)
        except (KeyError, TypeError):
            self.recorder.count("requests_failed")
            return
        recorder, found = self.recorder, Findings()
        seen = None if witness is None else witness.heard
        connections = heard if witness is None else [*heard, witness]
        for each in connections:
            wrong = compare(each.heard, truth, seen)
            found.add(wrong)
            for it in wrong.each:
                near = around(each.raw, it.place)
                recorder.whole.incident(it.kind, task=created, stream=each.stream, says=it.says, near=near)
        recorder.whole.compared(len(connections), found)
