import io

from sigmic_conformance.run.engine import Progress
from sigmic_conformance.run.progress import Teller, describe
from tests.fakes.set_time import SetTime

WAITING = Progress(running=(("heartbeat_window", 31.6), ("restore", 4.0)), finished=30, total=41, left=75.2)


def teller(*, terminal: bool, columns: int = 200) -> tuple[Teller, SetTime, io.StringIO]:
    clock, screen = SetTime(100.0), io.StringIO()
    made = Teller(screen=screen, terminal=terminal, monotonic=clock, columns=columns)
    return made, clock, screen


def test_the_progress_line_says_how_long_the_run_and_the_current_probe_still_take():
    line = describe(WAITING, checked=120, rows=392)

    assert line == (
        "120/392 requirements tested, 30/41 probes finished, about 1 min 15 s left; "
        "waiting for heartbeat window (32 s) and 1 other"
    )


def test_it_says_when_the_run_takes_longer_than_planned():
    late = Progress(running=(("restore", 0.0),), finished=40, total=41)

    assert describe(late, checked=1, rows=2).endswith("longer than planned; waiting for restore")


def test_nothing_to_wait_for():
    assert (
        describe(Progress((), 41, 41), checked=1, rows=2) == "1/2 requirements tested, 41/41 probes finished"
    )


def test_a_log_gets_a_line_every_ten_seconds_and_when_another_probe_is_waited_for():
    told, clock, screen = teller(terminal=False)
    other = Progress(running=(("restore", 4.0),), finished=31, total=41)

    for at, progress in [(0, WAITING), (1, WAITING), (1.5, other), (3, other), (9, other), (13.5, other)]:
        clock.now = 100 + at
        told.tell(progress, checked=0, rows=1)
    told.clear()

    lines = screen.getvalue().splitlines()
    assert [("window" in line, "restore" in line) for line in lines] == [
        (True, False),
        (False, True),
        (False, True),
    ]
    assert "\x1b" not in screen.getvalue()
    assert "\r" not in screen.getvalue()


def test_a_line_beside_other_output_begins_anew():
    told, _, screen = teller(terminal=False)
    told.lead = "\n"

    told.tell(WAITING, checked=0, rows=1)

    assert screen.getvalue().startswith("\n0/1 requirement tested")


def test_a_terminal_has_one_line_that_fits_and_goes_away():
    told, clock, screen = teller(terminal=True, columns=40)

    told.tell(WAITING, checked=0, rows=1)
    clock.now += 0.05
    told.tell(WAITING, checked=0, rows=1)
    told.clear()
    told.clear()

    drawn = screen.getvalue().split("\r\x1b[K")
    assert [len(piece) <= 40 for piece in drawn] == [True, True, True]
    assert drawn[1].endswith("…")
    assert drawn[2] == ""
    assert "\n" not in screen.getvalue()
