"""Whose doing it is that a stream is not open."""

import pytest

from sigmic_conformance.load.streams.slots import Slots, Standing

WANTED = 10


def cut_three(slots: Slots) -> None:
    for _ in range(3):
        slots.cut()


def cut_three_and_one_is_back(slots: Slots) -> None:
    cut_three(slots)
    slots.opened()


def drop_all_and_six_are_back_one_is_refused(slots: Slots) -> None:
    slots.dropped(WANTED)
    for _ in range(6):
        slots.opened()
    slots.refused()


def refuse_one_again_and_again(slots: Slots) -> None:
    for _ in range(50):
        slots.refused()


@pytest.mark.parametrize(
    ("course", "open_now", "silent", "standing"),
    [
        (lambda slots: None, 10, 0, Standing(held=10)),
        (lambda slots: None, 4, 0, Standing(held=4)),  # their tasks ended, or nobody has asked yet
        (lambda slots: None, 10, 2, Standing(held=8, missing=2)),
        (cut_three, 7, 0, Standing(held=7, missing=3)),
        (cut_three_and_one_is_back, 8, 0, Standing(held=8, missing=2)),
        (drop_all_and_six_are_back_one_is_refused, 6, 0, Standing(held=6, missing=1, returning=3)),
        (refuse_one_again_and_again, 9, 0, Standing(held=9, missing=1)),
        (lambda slots: slots.created(is_refused=True), 2, 0, Standing(held=2, missing=8)),
    ],
)
def test_only_what_the_target_did_counts_against_it(course, open_now, silent, standing):
    slots = Slots(WANTED)
    course(slots)

    assert slots.stand(open_now, silent) == standing


def test_a_stream_that_was_missing_is_not_missing_for_ever():
    slots = Slots(WANTED)
    cut_three(slots)
    assert slots.stand(10, 0) == Standing(held=10)

    assert slots.stand(9, 0) == Standing(held=9), "the next that is not there has a reason of its own"
