"""Whether the target or the test closed a stream that is not open."""

import pytest

from sigmic_load.streams.slots import Slots, Standing

WANTED, PATIENCE = 10, 5.0


def opened(began: float = 0.0) -> Slots:
    """Return slots whose streams are all open."""
    slots = Slots(WANTED, PATIENCE, began)
    for _ in range(WANTED):
        slots.opened()
    return slots


def cut_three(slots: Slots) -> None:
    for _ in range(3):
        slots.lost()


def cut_three_and_one_is_back(slots: Slots) -> None:
    cut_three(slots)
    slots.opened()


def drop_all_and_six_are_back_one_is_refused(slots: Slots) -> None:
    slots.dropped(WANTED)
    for _ in range(6):
        slots.opened()
    slots.refused()


def refuse_one_again_and_again(slots: Slots) -> None:
    slots.vacated(0.0)
    for _ in range(50):
        slots.refused()


def end_six(slots: Slots) -> None:
    for _ in range(6):
        slots.vacated(1.0)


@pytest.mark.parametrize(
    ("course", "open_now", "silent", "now", "standing"),
    [
        (lambda slots: None, 10, 0, 99.0, Standing(held=10)),
        (end_six, 4, 0, 5.9, Standing(held=4)),  # their tasks are over
        (end_six, 4, 0, 6.0, Standing(held=4, missing=6)),  # but they are not back in time
        (lambda slots: None, 10, 2, 1.0, Standing(held=8, missing=2)),
        (cut_three, 7, 0, 1.0, Standing(held=7, missing=3)),
        (cut_three_and_one_is_back, 8, 0, 1.0, Standing(held=8, missing=2)),
        (drop_all_and_six_are_back_one_is_refused, 6, 0, 99.0, Standing(held=6, missing=1, returning=3)),
        (refuse_one_again_and_again, 9, 0, 1.0, Standing(held=9, missing=1)),
        (lambda slots: slots.created(is_refused=True), 2, 0, 1.0, Standing(held=2, missing=8)),
    ],
)
def test_what_the_target_did_counts_at_once_and_all_else_in_time(course, open_now, silent, now, standing):
    slots = opened()
    course(slots)

    assert slots.stand(open_now, silent, now) == standing


def test_a_stream_that_is_asked_for_and_never_answered_is_missing_after_a_while():
    slots = Slots(WANTED, PATIENCE, began=100.0)
    for _ in range(WANTED - 1):
        slots.opened()

    assert slots.stand(9, 0, 104.9) == Standing(held=9)
    assert slots.stand(9, 0, 105.0) == Standing(held=9, missing=1)


def test_a_stream_that_was_missing_is_not_missing_for_ever():
    slots = opened()
    cut_three(slots)
    for _ in range(3):
        slots.opened()
    slots.vacated(1.0)

    assert slots.stand(9, 0, 2.0) == Standing(held=9), "the next that is not there has a reason of its own"
