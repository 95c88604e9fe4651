"""Measuring starts when all users and streams are up, and not before."""

from sigmic_load.shapes.judged_window import JudgedWindow


def looks(window: JudgedWindow, *at: tuple[float, bool, bool, bool]) -> list[bool]:
    return [
        window.look(seconds, is_rising=rising, has_users=users, has_streams=streams)
        for seconds, rising, users, streams in at
    ]


def test_it_opens_when_users_and_streams_are_there_and_stays_open():
    seen = looks(
        JudgedWindow(patience=10),
        (0, False, False, False),
        (1, False, True, False),
        (2, False, True, True),
        (3, False, False, False),  # a wave, or a dead target: exactly what is to be measured
    )

    assert seen == [False, False, True, True]


def test_a_target_that_never_gives_the_streams_is_judged_after_some_patience():
    assert looks(JudgedWindow(patience=10), (5, False, True, False), (14, False, True, False)) == [False] * 2
    window = JudgedWindow(patience=10)
    assert looks(window, (5, False, True, False), (15, False, True, False)) == [False, True]


def test_a_cold_target_is_given_time_once_all_are_there():
    def all_there(*seconds: float) -> list[tuple[float, bool, bool, bool]]:
        return [(at, False, True, True) for at in seconds]

    window = JudgedWindow(patience=5, settle=10)
    cut = (12.0, False, True, False)

    assert looks(window, (0, False, True, False), *all_there(3, 9), cut, *all_there(13)) == [False] * 4 + [
        True
    ]
    assert looks(window, (20, True, True, True), *all_there(21, 30, 31)) == [False] * 3 + [True]


def test_a_new_rise_closes_it():
    window = JudgedWindow(patience=0)

    assert looks(window, (0, False, True, True), (1, True, True, True), (2, False, True, True)) == [
        True,
        False,
        True,
    ]
