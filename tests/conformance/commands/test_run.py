"""The verb `run` as a user types it, against the independent platform."""

import json
from pathlib import Path

from tests.conformance.saving import save, verdict
from tests.conformance.targets.judging import Judgement, run
from tests.conformance.targets.server import Target, serve
from tests.conformance.targets.task_defects import NoMessageNeeded


def run_against(target: Target, folder: Path, *flags: str, **environment: str) -> tuple[Judgement, dict]:
    first, _ = target.accounts.keys
    done = run(target.url, folder, {"SIGMIC_API_KEY": first} | environment, "--heartbeat", "0.5", *flags)
    return done, json.loads((folder / "result.json").read_text())


def test_a_budget_that_decides_is_exit_13_and_lists_what_it_left_out(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "LIST", "--max-turns", "0")
        made = len(target.platform.tasks)

    assert (done.code, made, result["budget"]["spent"]["turns"]) == (13, 0, 0)
    assert result["budget"]["left_out"]
    assert "Left out by the budget" in done.output
    reasons = {each["reason"] for each in done.verdicts.values() if each["outcome"] == "inconclusive"}
    assert "budget" in reasons


def test_a_tier_names_what_it_does_not_judge(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "--tier", "smoke", "--read-only")
        made = len(target.platform.tasks)

    assert (made, result["tier"], result["target"]["read_only"]) == (0, "smoke", True)
    assert "UPLOAD-005" in result["unselected"]
    assert "UPLOAD-005" not in done.verdicts
    assert result["selection"] == "tier smoke"
    assert "Not judged in tier smoke" in done.output
    assert "rows judged, " in done.output


def test_rows_chosen_by_name_are_judged_in_whatever_tier(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "UPLOAD-005", "--max-turns", "0")

    assert (set(done.verdicts), result["tier"], result["unselected"]) == ({"UPLOAD-005"}, "full", [])


def test_what_a_run_did_not_prove_is_judged_again(tmp_path: Path):
    rows = [verdict("LIST-001", "failed", "other"), verdict("AUTH-001"), verdict("LIST-002", "blocked")]
    before = save(tmp_path / "before", rows)

    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, before, "--rerun-failed", str(before), "--seed", "77")

    assert set(done.verdicts) == {"LIST-001", "LIST-002"}
    assert result["selection"] == "LIST-001,LIST-002"
    assert (result["seed"], "seed 77" in done.output) == (77, True)


def test_a_seed_that_is_none_is_one_line(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done = run(target.url, tmp_path, {"SIGMIC_API_KEY": "sigmic_key"}, "--seed", "lucky")

    assert (done.code, done.verdicts) == (4, {})
    assert "--seed: 'lucky' is not a whole number" in done.output
    assert "Traceback" not in done.output


def test_a_run_that_is_to_end_at_the_first_failure_leaves_a_whole_result(tmp_path: Path):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "CREATE-008 or BEAT-001", "--fail-fast")

    assert (done.code, set(done.rows("failed")), result["complete"]) == (1, {"CREATE-008"}, True)
    assert "BEAT-001" not in done.verdicts
    assert result["selection"].endswith("as far as the first broken row")


def test_certificates_that_cannot_be_read_are_one_line(tmp_path: Path):
    (tmp_path / "ca.pem").write_text("none")
    for name, reason in (("missing.pem", "no such file"), ("ca.pem", "no certificate")):
        path = str(tmp_path / name)
        done = run("https://127.0.0.1:9", tmp_path, {"SIGMIC_API_KEY": "sigmic_key"}, "--ca", path)

        assert (done.code, f"--ca {path}: {reason}" in done.output) == (4, True), done.output
