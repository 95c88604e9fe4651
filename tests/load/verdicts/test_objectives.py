"""Objectives: held, broken and unproven ones; and invalid files."""

from dataclasses import replace

import pytest

from sigmic_load.measures.recorder import Numbers, Recorder
from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.verdicts.objectives import Objective, Verdict, judge, objectives_of, read_slo

LATENESS = Objective(
    id="late", measure="heartbeat_lateness_corrected", statistic="p99", why="", at_most=1.0, samples=3
)
LOST = Objective(id="lost", measure="events_lost", statistic="total", why="", at_most=0)
FAILED = Objective(
    id="failed", measure="requests_failed", statistic="share", of="requests", why="", at_most=0.01
)


MISSED = Objective(id="missed", measure="heartbeats_missed", statistic="total", why="", at_most=0)


def beats(*lateness: float) -> Numbers:
    recorder = Recorder()
    for each in lateness:
        recorder.heartbeat(each, 0.0, None)
    return recorder.numbers


def verdict(objective: Objective, numbers: Numbers, *ran: str) -> Verdict:
    return judge([objective], numbers, ran)[0].verdict


CHECKED = {"connections_checked": 2}


@pytest.mark.parametrize(
    ("objective", "numbers", "ran", "expected"),
    [
        (LATENESS, beats(0.1, 0.2, 0.9), "StreamUser", Verdict.HELD),
        (LATENESS, beats(3.0), "StreamUser", Verdict.BROKEN),  # even if only a few show it
        (LATENESS, beats(0.1, 0.2), "StreamUser", Verdict.UNPROVEN),
        (LATENESS, Numbers(), "StreamUser", Verdict.UNPROVEN),
        (LATENESS, Numbers(), "PollUser", Verdict.NOT_ASKED),
        (LOST, Numbers(), "ReconnectUser", Verdict.UNPROVEN),
        (LOST, Numbers(counts=CHECKED), "ReconnectUser", Verdict.HELD),
        (LOST, Numbers(counts=CHECKED | {"events_lost": 1}), "ReconnectUser", Verdict.BROKEN),
        (FAILED, Numbers(counts={"requests": 100, "requests_failed": 1}), "ChatUser", Verdict.HELD),
        (FAILED, Numbers(counts={"requests": 99, "requests_failed": 1}), "ChatUser", Verdict.BROKEN),
        (FAILED, Numbers(), "ChatUser", Verdict.UNPROVEN),
    ],
)
def test_a_verdict_needs_its_evidence(objective, numbers, ran, expected):
    assert verdict(objective, numbers, ran) is expected


def test_a_share_of_what_stands_apart_is_at_most_all():
    failed = Objective(id="f", measure="turns_failed", statistic="share", of="turns", why="", at_most=0.25)

    (outcome,) = judge([failed], Numbers(counts={"turns": 3, "turns_failed": 1}), ["ChatUser"])

    assert (outcome.value, outcome.evidence, outcome.verdict) == (0.25, 4, Verdict.HELD)


def test_a_run_without_an_outage_is_not_asked_how_long_it_took_to_recover():
    recover = Objective(id="recover", measure="recovery", statistic="max", why="", at_most=10.0)
    numbers = Numbers()
    assert verdict(recover, numbers, "StreamUser") is Verdict.NOT_ASKED

    numbers.add("recovery", 12.0)
    assert verdict(recover, numbers, "StreamUser") is Verdict.BROKEN


def test_at_least_works_the_other_way():
    rate = Objective(id="rate", measure="upload_rate", statistic="p50", why="", at_least=1000.0)
    recorder = Recorder()
    recorder.sample("upload_rate", 10.0)

    assert verdict(rate, recorder.numbers, "UploadUser") is Verdict.BROKEN


@pytest.mark.parametrize(
    ("objective", "counts", "samples"),
    [
        (FAILED, {"requests": 120, "requests_failed": 120}, 120),
        (LOST, {"connections_checked": 10, "events_lost": 1}, 10),
        (MISSED, {"heartbeats": 10, "heartbeats_missed": 2}, 12),
    ],
)
def test_what_it_rests_on_is_counted_once(objective, counts, samples):
    (outcome,) = judge([objective], Numbers(counts=counts), ["StreamUser", "ReconnectUser"])

    assert outcome.evidence == samples


def test_one_class_may_have_an_objective_of_its_own():
    recorder = Recorder()
    for user, seconds in (("ChatUser", 0.1), ("UploadUser", 5.0)):
        recorder.of(user).sample("create", seconds)
        recorder.of(user).count("requests", 100)
    recorder.of("UploadUser").count("requests_failed", 3)
    fast = Objective(id="fast", measure="create", statistic="p99", why="", at_most=1.0)
    ran = ("ChatUser", "UploadUser")

    def by_class(objective: Objective) -> list[Verdict]:
        return [
            verdict(replace(objective, user=user), recorder.numbers, *ran)
            for user in ("", "ChatUser", "UploadUser", "PollUser")
        ]

    expected = [Verdict.BROKEN, Verdict.HELD, Verdict.BROKEN, Verdict.NOT_ASKED]
    assert by_class(fast) == by_class(FAILED) == expected


def test_our_own_file_is_right():
    assert {objective.id for objective in objectives_of(read_slo())} >= {"heartbeat-lateness", "nothing-lost"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "objectives: [{id: a, meazure: create, statistic: p99, at_most: 1, why: x}]",
            "did you mean measure?",
        ),
        ("objectives: [{id: a, measure: creat, statistic: p99, at_most: 1, why: x}]", "did you mean create?"),
        ("objectives: [{id: a, measure: create, statistic: total, at_most: 1, why: x}]", "is not a count"),
        (
            "objectives: [{id: a, measure: turns, statistic: share, at_most: 1, why: x}]",
            "share requires `of`",
        ),
        (
            "objectives: [{id: a, measure: turn, statistic: p99, user: PollUser, at_most: 1, why: x}]",
            "PollUser does not make turn; known: ChatUser",
        ),
        ("objectives: [{id: a, measure: create, statistic: p99, why: x}]", "objectives.0"),
        ("objectives: []", "objectives"),
        ("objectives: [", "is not YAML"),
        (
            "objectives:\n" + "- {id: a, measure: create, statistic: p99, at_most: 1, why: x}\n" * 2,
            "duplicate id a",
        ),
    ],
)
def test_a_wrong_file_is_reported_in_one_line(tmp_path, text, says):
    path = tmp_path / "slo.yaml"
    path.write_text(text)

    with pytest.raises(BadFile) as refused:
        read_slo(path)

    assert says in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("seen", "lasting", "expected", "says"),
    [
        ([], 13.0, Verdict.UNPROVEN, "not over after 13 s when the run ended"),
        ([5.0], 13.0, Verdict.UNPROVEN, "not over after 13 s when the run ended"),
        ([5.0], 31.0, Verdict.BROKEN, "recovery max 31 s, at most 30 s allowed"),
        ([40.0], 2.0, Verdict.BROKEN, "recovery max 40 s, at most 30 s allowed"),
        ([5.0], None, Verdict.HELD, "held"),
    ],
)
def test_what_is_not_over_may_break_an_objective_and_never_holds_one(seen, lasting, expected, says):
    recover = Objective(id="recover", measure="recovery", statistic="max", why="", at_most=30.0)
    numbers = Numbers()
    for each in seen:
        numbers.add("recovery", each)

    (outcome,) = judge([recover], numbers, ["StreamUser"], {} if lasting is None else {"recovery": lasting})

    assert outcome.verdict is expected
    assert says in outcome.line
