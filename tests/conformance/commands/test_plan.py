import json

import pytest

from sigmic_conformance.cli import main

KEY = "sigmic_" + "1" * 64


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch):
    for name in (
        "TARGET",
        "PROFILE",
        "TIER",
        "MAX_TURNS",
        "SECOND_API_KEY",
        "APP_ID",
        "APP_SECRET",
        "READ_ONLY",
    ):
        monkeypatch.delenv(f"SIGMIC_{name}", raising=False)
    monkeypatch.setenv("SIGMIC_API_KEY", KEY)


def planned(capsys, *words: str) -> dict:
    assert main(["plan", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_mock_is_planned_whole_and_without_starting_it(capsys):
    found = planned(capsys, "--mock", "--journeys", "none")

    assert (found["tier"], found["unselected"], found["unproven"]) == ("full", [], [])
    assert found["seconds"] > 40
    assert found["turns"] > 0
    assert found["destructive"]


def test_unproven_requirements_are_grouped_by_the_missing_precondition(capsys):
    found = planned(capsys, "--target", "http://a", "--tier", "full", "--journeys", "none")

    because = " ".join(each["because"] for each in found["unproven"])
    assert "second API key" in because
    assert "widget" in because
    assert "expire" in because


def test_a_plan_needs_no_key(capsys, monkeypatch):
    monkeypatch.delenv("SIGMIC_API_KEY")

    assert main(["plan", "--target", "http://127.0.0.1:1", "-k", "LIST-005"]) == 0
    assert "1 requirement" in capsys.readouterr().out


def test_a_plan_uses_the_standard_tier_unless_requirements_are_named(capsys):
    assert planned(capsys, "--target", "http://a", "--journeys", "none")["tier"] == "standard"
    named = planned(capsys, "--target", "http://a", "-k", "UPLOAD-005")
    assert (named["tier"], named["rows"]) == ("full", ["UPLOAD-005"])


def test_variables_count_and_the_profile_is_shown_without_secrets(capsys, monkeypatch):
    monkeypatch.setenv("SIGMIC_TARGET", "http://by.variable")
    monkeypatch.setenv("SIGMIC_TIER", "smoke")
    monkeypatch.setenv("SIGMIC_SECOND_API_KEY", "second-secret")

    assert main(["plan"]) == 0
    said = capsys.readouterr().out
    found = planned(capsys)

    assert (found["profile"]["base_url"], found["tier"]) == ("http://by.variable", "smoke")
    assert found["profile"]["has_second_key"]
    for text in (said, json.dumps(found)):
        assert "second-secret" not in text
        assert KEY not in text


def test_a_plan_keeps_the_budget_of_turns_and_lists_the_probes_left_out(capsys):
    found = planned(capsys, "--mock", "--max-turns", "5", "--journeys", "none")

    assert found["turns"] <= 5
    assert found["left_out"]
    assert any("--max-turns" in each["because"] for each in found["unproven"])


def test_reading_only_plans_no_change(capsys):
    found = planned(capsys, "--mock", "--read-only")

    assert (found["destructive"], found["turns"], found["bytes"]) == (False, 0, 0)
    assert found["probes"]


def test_people_read_it_too(capsys):
    assert main(["plan", "--target", "http://a", "-k", "TOKEN"]) == 0

    said = capsys.readouterr().out
    assert "turns of the model" in said
    assert "unproven   " in said


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["plan"], 4, "name what to test"),
        (["plan", "--mock", "-k", "NOSUCH"], 5, "no requirement is selected by -k 'NOSUCH'"),
        (["plan", "--mock", "-k", "BEAT and ("], 4, "invalid expression"),
        (["plan", "--mock", "--tier", "huge"], 4, '--tier: "huge" is not one of'),
        (["plan", "--target", "http://a", "--api-key-env", "NOT_SET"], 4, "NOT_SET is not set"),
        (["plan", "--target", "http://a", "--profile", "/none.yaml"], 4, "no such file"),
        (["doctor"], 4, "name what to test"),
        (["doctor", "--mock"], 4, "doctor doesn't check the reference platform"),
        (["run", "--mock", "--rerun-failed", "/nowhere"], 4, "/nowhere"),
    ],
)
def test_a_mistake_is_one_line(words, code, line, refused):
    assert line in refused(words, code=code)


def test_the_plan_counts_pairs_and_is_the_same_for_a_seed(capsys):
    found = planned(capsys, "--mock", "--tier", "standard", "--seed", "3")["journeys"]

    assert planned(capsys, "--mock", "--tier", "standard", "--seed", "3")["journeys"] == found
    assert found["pairs"]["bought"] + sum(len(each["pairs"]) for each in found["unbought"]) == 1349
    assert sum(len(each["steps"]) for each in found["bought"]) > 30  # of 260 turns, probes included
    assert any(step["expires"] for each in found["bought"] for step in each["steps"])


def test_rows_chosen_by_name_have_no_journeys(capsys):
    assert planned(capsys, "--mock", "-k", "BEAT")["journeys"] is None
    assert main(["plan", "--mock", "-k", "BEAT", "--probes"]) == 0
    assert "journeys   none: requirements were chosen by name" in capsys.readouterr().out
