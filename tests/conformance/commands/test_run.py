"""The command `run` as a user types it, against the independent platform."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from lab.platforms.defects import NoMessageNeeded
from lab.platforms.server import Edge, Target, serve
from lab.platforms.suite_run import SuiteRun, run_here
from lab.prove.canary_servers import canary, fixed
from sigmic_conformance.cli import main
from tests.conformance.saving import save, verdict


def run_against(target: Target, folder: Path, *flags: str, retry: bool = False) -> tuple[SuiteRun, dict]:
    first, _ = target.accounts.keys
    words = ("--heartbeat", "0.5", *flags)
    done = run_here(target.url, folder, {"SIGMIC_API_KEY": first}, *words, retry=retry)
    return done, json.loads((folder / "result.json").read_text())


def test_an_exceeded_budget_exits_13_and_lists_the_probes_left_out(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "LIST", "--max-turns", "0")
        made = len(target.platform.tasks)

    assert (done.code, made, result["budget"]["spent"]["turns"]) == (13, 0, 0)
    assert result["budget"]["left_out"]
    # Rows that are chosen by name are checked in any tier.
    assert (result["tier"], result["unselected"]) == ("full", [])
    assert "Left out by the budget" in done.output
    reasons = {each["reason"] for each in done.verdicts.values() if each["outcome"] == "inconclusive"}
    assert "budget" in reasons


def test_a_run_lists_the_requirements_that_its_tier_does_not_test(tmp_path: Path):
    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "--tier", "smoke", "--read-only")
        made = len(target.platform.tasks)

    assert (made, result["tier"], result["target"]["read_only"]) == (0, "smoke", True)
    assert "UPLOAD-005" in result["unselected"]
    assert "UPLOAD-005" not in done.verdicts
    assert result["selection"] == "tier smoke"
    assert "Not tested in tier smoke" in done.output
    assert "requirements tested, " in done.output


def test_rerun_failed_tests_the_unproven_and_failed_requirements_again(tmp_path: Path):
    rows = [verdict("LIST-001", "failed", "other"), verdict("AUTH-001"), verdict("LIST-002", "blocked")]
    before = save(tmp_path / "before", rows)

    with serve(heartbeat=0.5) as target:
        done, result = run_against(target, before, "--rerun-failed", str(before), "--seed", "77")

    assert set(done.verdicts) == {"LIST-001", "LIST-002"}
    assert result["selection"] == "LIST-001,LIST-002"
    assert (result["seed"], "seed 77" in done.output) == (77, True)


def test_a_dead_target_gets_exit_code_12_and_not_one_pass(tmp_path: Path):
    """`prove --part canaries` tests other servers that are dead or wrong."""
    with canary(None) as url:
        done = run_here(url, tmp_path, {"SIGMIC_API_KEY": "sigmic_key"})

    result = json.loads((tmp_path / "result.json").read_text())
    assert (done.code, result["exit_code"], result["complete"]) == (12, 12, True), done.output
    assert result["counts"]["passed"] == 0
    assert "Not tested: " in done.output
    assert "can't be reached: connection refused" in done.output
    assert f"next: sigmic-conformance doctor --target {url}" in done.output
    assert "Not tested in tier" not in done.output
    (suite,) = ET.parse(tmp_path / "junit.xml").getroot()
    assert (suite.attrib["errors"], int(suite.attrib["skipped"])) == ("1", int(suite.attrib["tests"]) - 1)


class ActsOnTheTerminal(Edge):
    """A field name clears the screen, and has half a surrogate pair, which no encoding has."""

    def succeed(self, data: object, status: int = 200, **more: object) -> None:
        super().succeed(data, status, **more, **{"\x1b[2J\ud800": 1})


def test_the_text_of_a_target_does_not_act_on_the_terminal(tmp_path: Path):
    with serve(ActsOnTheTerminal, heartbeat=0.5) as target:
        done, _ = run_against(target, tmp_path, "-k", "ENVELOPE-008")

    assert "⟨U+001B⟩[2J⟨U+D800⟩" in done.output
    assert not {"\x1b", "\ud800"} & set(done.output)


COMMANDS = "\n::stop-commands::x\n  ::error title=x::y\n##[add-mask]a\x1b]0;x\x07\u202e"
"""What a CI would obey if a line of its log began with it, or had it anywhere; then a terminal."""


def obeyed(output: str) -> list[str]:
    """The lines that a terminal or a CI would obey."""
    lines = output.split("\n")
    return [
        line
        for line in lines
        if line.lstrip().startswith("::") or "##[" in line or not line.replace("\t", "").isprintable()
    ]


class WritesCommands(Edge):
    """Every answer has a field of an unknown name."""

    def succeed(self, data: object, status: int = 200, **more: object) -> None:
        super().succeed(data, status, **more, **{COMMANDS: COMMANDS})


@pytest.mark.parametrize("verb", ["run --report-dir FOLDER -k LIST-001", "doctor"])
def test_a_target_writes_no_commands_into_the_log_of_a_ci(tmp_path: Path, capsys, monkeypatch, verb):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    body = json.dumps({"success": False, "error": {"code": COMMANDS, "message": COMMANDS}}).encode()
    with canary(fixed("418 \x1b[31m::error::x", "application/json", body)) as url:
        main([*verb.replace("FOLDER", str(tmp_path)).split(), "--target", url])

    said = capsys.readouterr()
    assert "stop-commands" in said.out
    assert obeyed(said.out + said.err) == []


@pytest.mark.parametrize("retry", [False, True])
def test_a_target_that_can_be_tested_writes_no_commands_either(tmp_path: Path, retry: bool):
    with serve(WritesCommands, heartbeat=0.5) as target:
        done, _ = run_against(target, tmp_path, "-k", "ENVELOPE-008 or GET-001 or LIST-001", retry=retry)

    assert "[add-mask]a" in done.output
    assert obeyed(done.output) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seed", "lucky"], "--seed: 'lucky' is not a whole number"),
        (["--shard", "4/3", "--seed", "1"], "--shard: 4/3 is out of range"),
        (["--shard", "1/3"], "--shard needs --seed N, the same for all shards"),
        (["--ledger", "0.9"], "there is no ledger 0.9 here, only 1.0"),
        (
            ["--api-key-env", "NOT_SET_ANYWHERE"],
            "the API key is missing: the environment variable NOT_SET_ANYWHERE is not set",
        ),
        (["--profile", "/nonexistent.yaml"], "can't read the profile /nonexistent.yaml"),
        (["--ca", "/nonexistent.pem"], "--ca /nonexistent.pem: no such file"),
        (["--ca", __file__], f"--ca {__file__}: no certificate"),
        (["--baseline", "/nonexistent.yaml"], "/nonexistent.yaml: no such file"),
    ],
)
def test_a_flag_that_cannot_be_is_one_line_and_nothing_is_removed(
    tmp_path: Path, refused, monkeypatch, words, said
):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    before = save(tmp_path, [verdict("LIST-001")])

    line = refused(["run", "--target", "https://127.0.0.1:9", "--report-dir", str(before), *words])

    assert line.startswith(f"sigmic-conformance: {said}")
    assert (before / "result.json").exists()


def test_an_unknown_requirement_is_one_line_and_an_earlier_report_stays(tmp_path: Path):
    (tmp_path / "report.html").write_text("earlier")
    done = run_here("http://127.0.0.1:9", tmp_path, {"SIGMIC_API_KEY": "sigmic_key"}, "-k", "NOSUCH-001")

    assert (done.code, "no requirement is selected" in done.output, done.output.count("\n")) == (5, True, 1)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]


def test_a_run_that_is_to_end_at_the_first_failure_leaves_a_whole_result(tmp_path: Path):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "CREATE-008 or BEAT-001", "--fail-fast")

    assert (done.code, set(done.rows("failed")), result["complete"]) == (1, {"CREATE-008"}, True)
    assert "BEAT-001" not in done.verdicts
    assert result["selection"].endswith("as far as the first broken requirement")


class ForgetsTheFirst(Edge):
    """The first task that was created is in no list."""

    def list_tasks(self) -> None:
        items, pages = self.server.platform.page(self.caller, 50, 0)
        first = next(iter(self.server.platform.tasks), None)
        self.succeed([each for each in items if each["id"] != first], pagination=pages)


class ListsNothing(Edge):
    """No task is in any list."""

    def list_tasks(self) -> None:
        _, pages = self.server.platform.page(self.caller, 50, 0)
        self.succeed([], pagination=pages)


@pytest.mark.parametrize(
    ("defect", "code", "outcome", "is_flaky"),
    [
        # A delayed event may be missed in a crowded run.
        (ForgetsTheFirst, 0, ("warned", "failed-then-passed"), True),
        (ListsNothing, 1, ("failed", "not-listed"), False),
    ],
)
def test_a_row_that_failed_is_tried_again(tmp_path: Path, capsys, refused, defect, code, outcome, is_flaky):
    with serve(defect, heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "LIST-014", retry=True)
    verdict = done.verdicts["LIST-014"]
    told = "then passed on retry" if is_flaky else "failed again on retry"

    assert (done.code, verdict["outcome"], verdict["reason"]) == (code, *outcome), done.output
    assert told in verdict["again"]["said"]
    for said in (done.output, (tmp_path / "summary.md").read_text(), (tmp_path / "report.html").read_text()):
        assert told in said
    assert ("1 flaky" in done.output) is is_flaky
    assert set(verdict["again"]["probes"]) == set(result["probes_again"])
    assert main(["rejudge", str(tmp_path)]) == 0
    assert "0 verdicts changed" in capsys.readouterr().out
    path = next((tmp_path / "transcripts" / "again").iterdir())
    path.write_bytes(path.read_bytes().replace(b"HTTP", b"http", 1))
    assert f"{path} was altered" in refused(["rejudge", str(tmp_path)])


def test_a_violation_of_safety_is_not_retried(tmp_path: Path):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        done, result = run_against(target, tmp_path, "-k", "CREATE-008", retry=True)

    assert (done.code, done.verdicts["CREATE-008"]["outcome"]) == (1, "failed")
    assert ("again" in done.verdicts["CREATE-008"], result["probes_again"]) == (False, {})
    assert "retr" not in done.output


PYTHON = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|\['|\{'")
KNOWLEDGE = re.compile(r"\bknown:|was asked for")


@pytest.mark.nightly
def test_every_verdict_has_an_expected_and_an_observed_value_in_json_spelling(tmp_path: Path):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        done, _ = run_against(target, tmp_path, "-k", "CREATE or GET or LIST or AUTH or ERROR or ENVELOPE")

    assert {each["outcome"] for each in done.verdicts.values()} >= {"passed", "failed"}
    for row, each in done.verdicts.items():
        assert each["expected"], row
        assert each["observed"].strip(), row
        told = f"{each['expected']} {each['observed']}"
        assert not PYTHON.search(told), (row, told)
        assert not KNOWLEDGE.search(told), (row, told)
