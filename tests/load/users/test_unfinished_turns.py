"""A turn that is not over in time took at least as long: it does not disappear from the times of turns."""

from time import monotonic
from typing import Any

import pytest

from sigmic_load.measures.recorder import Recorder
from sigmic_load.streams.connection import StreamConnection
from sigmic_load.streams.life import Life, State
from sigmic_load.users.arrival import ArrivalUser
from sigmic_load.users.chat import ChatUser
from sigmic_load.users.platform_user import PlatformUser
from tests.load import runs


class Silent:
    """Fake of a connection on which nothing comes; the target has cut it, or not."""

    ours, raw, opened, asked, is_whole = "127.0.0.1:1", b"", 0.0, 0.0, False

    def __init__(self, *, at_end: bool) -> None:
        self.at_end = at_end
        self.kept = 0
        self.life = Life("task-1", State.HISTORY)

    def read(self, deadline: float) -> list[Any]:
        del deadline
        return []

    def close(self) -> None:
        pass


def user_of(kind: type[PlatformUser], connection: Silent) -> tuple[Any, Recorder, list[str]]:
    """Return a user whose task has this stream, its recorder, and the tasks that it cancels."""
    run, cancelled = runs.made(), list[str]()
    run.begin()
    user: Any = kind.__new__(kind)
    user.run_state, user.recorder = run, run.recorder.of(kind.kind)
    user.open_stream = lambda _: connection
    user.create = lambda _: "task-1"
    user.cancel = cancelled.append
    return user, run.recorder, cancelled


@pytest.mark.parametrize(("at_end", "times"), [(False, 1), (True, 0)])
def test_a_turn_of_a_chat(at_end, times):
    user, recorder, cancelled = user_of(ChatUser, Silent(at_end=at_end))

    assert user.follow("task-1", monotonic() - 61.0) is False

    for name in ("turn", "first_content"):
        found = recorder.outside.distribution(name)
        assert (found.count, found.count and found.least > 60.0) == (times, bool(times))
    assert recorder.numbers.count("turns_failed") == 1
    assert cancelled == ["task-1"]


@pytest.mark.parametrize(("at_end", "times"), [(False, 1), (True, 0)])
def test_a_turn_that_was_due(at_end, times):
    user, recorder, cancelled = user_of(ArrivalUser, Silent(at_end=at_end))
    user._turn(monotonic() - 61.0)

    assert recorder.outside.distribution("arrival_turn").count == times
    assert cancelled == ["task-1"]


def test_the_fake_has_what_is_read_of_a_connection():
    names = {name for name in vars(Silent) if not name.startswith("_")} | {"at_end", "kept", "life"}

    assert names <= {*StreamConnection.__slots__, *vars(StreamConnection)}
