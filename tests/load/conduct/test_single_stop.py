"""A run is stopped once, however many greenlets stop it at the same time."""

import gevent
from gevent.event import Event
from locust import User, task
from locust.env import Environment

from sigmic_load.conduct.single_stop import stop_once


class LeavingUser(User):
    """A user that needs time to leave."""

    is_leaving = Event()
    may_leave = Event()
    has_left = Event()

    @task
    def stay(self) -> None:
        Event().wait()

    def on_stop(self) -> None:
        self.is_leaving.set()
        self.may_leave.wait()
        self.has_left.set()


def test_a_second_stop_waits_for_the_first_and_lets_the_users_leave():
    environment = Environment(user_classes=[LeavingUser])
    runner = environment.create_local_runner()
    told: list[str] = []
    stop_once(runner, lambda: told.append("judged no more"))
    environment.events.test_stopping.add_listener(lambda **_: told.append("stopping"))
    environment.events.test_stop.add_listener(lambda **_: told.append("stopped"))
    runner.spawn_users({"LeavingUser": 1})

    stops = [gevent.spawn(runner.stop) for _ in range(2)]
    assert LeavingUser.is_leaving.wait(5)
    assert told == ["judged no more", "stopping"]
    LeavingUser.may_leave.set()
    gevent.joinall(stops, timeout=5, raise_error=True)

    assert [each for each in told if each != "judged no more"] == ["stopping", "stopped"]
    assert LeavingUser.has_left.is_set()
