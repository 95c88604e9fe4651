import pytest

from sigmic_conformance.conformance.transcript.label import (
    FollowUpLabel,
    FollowUpLabels,
    Label,
    Labels,
    ProbeName,
    TaskLabel,
    TaskLabels,
)

P = ProbeName("p")


def test_a_label_is_shown_as_its_text():
    assert f"{Label(P, 'early')}" == "early"
    assert Label(P, "early").again == Label(P, "early again")


def test_a_task_and_a_follow_up_have_two_exchanges_each():
    task, follow_up = TaskLabel(P, "first"), FollowUpLabel(P, "more")

    assert (task.create.text, task.stream.text) == ("first: create", "first: stream")
    assert (follow_up.message.text, follow_up.stream.text) == ("more: message", "more: stream")


def test_a_series_makes_labels_of_its_pattern():
    look = Labels[int](P, "look {}").of(2)

    assert Labels[Label, int](P, "{}: offset {}").of(look, 4) == Label(P, "look 2: offset 4")
    assert TaskLabels[int](P, "attempt {}").of(1) == TaskLabel(P, "attempt 1")
    assert FollowUpLabels[int](P, "again {}").of(3) == FollowUpLabel(P, "again 3")


def test_a_part_may_hold_braces_and_line_breaks():
    series = Labels[str](P, "download {}")

    made = series.of("a{}\nb.txt")

    assert series.covers(made.text)
    assert series.parts(made.text) == ("a{}\nb.txt",)


def test_a_series_tells_its_labels_from_others():
    series = Labels[str, str](P, "{} (old): {}")

    assert series.covers("a (old): b")
    assert not series.covers("a old: b")
    with pytest.raises(ValueError, match="is not of the form"):
        series.parts("a")
