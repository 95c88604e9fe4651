"""The steps of a life are drawn by a seed, from what a target offers."""

from random import Random

import pytest

from sigmic_conformance.commands.exploration.life import Create, Decide, Rest, Say, Step, drawn, simpler


def test_a_seed_draws_the_same_steps_again():
    assert drawn(Random(1)) == drawn(Random(1))
    assert drawn(Random(1)) != drawn(Random(2))


def test_a_life_begins_with_a_task_and_has_every_kind_of_step():
    lives = [drawn(Random(number)) for number in range(50)]

    assert all(isinstance(steps[0], Create) for steps in lives)
    assert {type(step) for steps in lives for step in steps} == set(Step.__args__)


def test_steps_that_a_target_does_not_offer_are_not_drawn():
    lives = [drawn(Random(number), {Decide, Rest}) for number in range(50)]

    assert not any(isinstance(step, Decide | Rest) for steps in lives for step in steps)


@pytest.mark.parametrize(
    ("step", "forms"),
    [
        (Rest(1), []),
        (Say(1, "an easy question", "no file"), []),
        (Say(1, "a file", "no file"), [Say(1, "an easy question", "no file")]),
        (
            Create("a file", "no file", asks=True),
            [
                Create("an easy question", "no file", asks=False),
                Create("a file", "no file", asks=False),
                Create("an easy question", "no file", asks=True),
            ],
        ),
    ],
    ids=["nothing simpler", "simplest", "order", "creation"],
)
def test_simpler_forms_of_a_step_begin_with_the_simplest(step, forms):
    assert list(simpler(step)) == forms
