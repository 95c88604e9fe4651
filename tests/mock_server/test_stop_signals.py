"""Signals as state: they interrupt nothing, and no wait continues after one."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from sigmic_mock.stop_signals import StopSignals, stop_signals

LONG = 60.0


@pytest.fixture
def signals() -> Iterator[StopSignals]:
    with StopSignals() as signals:
        yield signals


def send(*numbers: signal.Signals) -> None:
    for number in numbers:
        os.kill(os.getpid(), number)


def test_a_signal_is_noted_and_ends_a_wait(signals: StopSignals) -> None:
    send(signal.SIGTERM, signal.SIGINT)
    signals.wait(LONG)

    assert signals.first is signal.SIGTERM
    assert signals.take() == (signal.SIGTERM, signal.SIGINT)
    assert signals.take() == ()


def test_the_end_of_a_child_ends_a_wait_and_is_no_signal_to_stop_for(signals: StopSignals) -> None:
    with subprocess.Popen(["true"]) as child:
        while child.poll() is None:
            signals.wait(LONG)

    assert signals.first is None


def test_the_first_signal_is_reported_once(signals: StopSignals) -> None:
    told: list[str] = []
    with signals.telling(lambda: told.append("now")):
        send(signal.SIGHUP, signal.SIGHUP, signal.SIGTERM)

    assert told == ["now"]


def test_a_signal_that_came_before_is_delivered_too(signals: StopSignals) -> None:
    told: list[str] = []
    send(signal.SIGTERM)
    with signals.telling(lambda: told.append("now")):
        assert told == ["now"]


def test_afterwards_everything_is_as_before() -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in numbers]
    with StopSignals():
        assert [signal.getsignal(number) for number in numbers] != before

    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize(("ignored", "heeded"), [(signal.SIGHUP, False), (signal.SIGINT, True)])
def test_what_nohup_ignores_is_ignored_and_what_a_shell_ignores_is_not(
    ignored: signal.Signals, *, heeded: bool
) -> None:
    before = signal.signal(ignored, signal.SIG_IGN)
    try:
        assert (ignored in stop_signals()) is heeded
        with StopSignals() as signals:
            send(ignored)
            assert (signals.first is ignored) is heeded
    finally:
        signal.signal(ignored, before)
