"""Deltas and their pace: joined they are the text, and their times are those of the preset."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigmic_mock.agent.agent import Agent
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.steps.pacing import MOST_PIECES, in_pieces, tokens
from sigmic_mock.runtime.pace import NATURAL, OFF, PRESETS, Pace
from tests.fakes.turn import ScriptedTurn

STEADY = Pace(first=1.0, rate=10, pause=0.5)
ESSAY = "Write a long essay about trees"


async def paced(text: str, pace: Pace) -> ScriptedTurn:
    turn = ScriptedTurn(text)
    await Agent(Library(), pace=pace).perform(turn)
    return turn


@given(st.text(max_size=500) | st.sampled_from(["a" * 30_000, "ab cd " * 5_000, "漢字" * 400]))
def test_pieces_and_tokens_lose_nothing(text: str) -> None:
    pieces = list(in_pieces(text))

    assert "".join(pieces) == "".join(tokens(text)) == text
    assert len(pieces) <= MOST_PIECES + 1


def test_a_token_is_a_short_word_half_a_long_one_or_a_sign():
    text = "I streamed 12345 words, naïve 漢字 👩‍👩‍👧 e\u0301!\n\nEnd"

    assert list(tokens(text)) == [
        *(
            "I",
            " stream",
            "ed",
            " 123",
            "45",
            " words",
            ",",
            " naïve",
            " 漢",
            "字",
            " 👩‍👩‍👧",
            " e",
            "\u0301",
            "!",
        ),
        *("\n\n", "End"),
    ]


async def test_without_a_pace_no_time_passes():
    assert (await paced(ESSAY, OFF)).of("linger") == []


async def test_a_steady_pace_gives_its_time_to_the_first_token_and_its_rate():
    turn = await paced("Reply with exactly: one two three four five six", STEADY)

    assert turn.of("say") == ["one", " two", " three", " four", " five", " six"]
    first, after_thought, *gaps = turn.of("linger")
    assert (first, after_thought) == (1.0, 0.5)
    assert gaps == [0.1] * 5


@pytest.mark.parametrize("pace", PRESETS.values(), ids=PRESETS)
async def test_a_long_answer_has_the_rate_of_its_preset(pace):
    turn = await paced(ESSAY, pace)

    waits = turn.of("linger")
    count = sum(1 for _ in tokens(turn.answer))
    assert pace.first * (1 - pace.jitter) <= waits[0] <= pace.first * (1 + pace.jitter)
    assert (sum(waits[1:]) - pace.pause) * pace.rate == pytest.approx(count, rel=0.1)
    assert max(waits[1:]) <= (pace.pause + 10 / pace.rate) * (1 + pace.jitter)


async def test_the_same_message_has_the_same_deltas_at_the_same_times():
    one, same, other = [await paced(text, NATURAL) for text in (ESSAY, ESSAY, ESSAY + ".")]

    assert one.log == same.log
    assert one.of("linger") != other.of("linger")


async def test_the_natural_pace_waits_between_pieces_of_text_and_not_at_the_end():
    turn = await paced(ESSAY, NATURAL)

    pairs = itertools.pairwise(kind for kind in turn.kinds if kind in {"say", "linger"})
    assert ("say", "say") not in pairs
    assert turn.kinds[-1] == "say"


async def test_a_playbook_keeps_its_own_pace():
    turn = await paced("playbook: many-events", NATURAL)

    events = [kind for kind in turn.kinds if kind in {"say", "linger"}]
    assert turn.of("say").count("event ") == 2_000
    assert events.count("linger") < 200
