"""`reproduce` resends recorded requests to a server that does not know the recorded tasks."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.platforms.defects import NoMessageNeeded, OldestFirst
from lab.platforms.server import Target, serve
from lab.platforms.suite_run import run_rows
from sigmic_conformance.cli import main
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending, Transcript
from tests.conformance.commands.test_run import run_against
from tests.conformance.kit import exchange
from tests.conformance.saving import save, verdict
from tests.fakes.command import ended


@pytest.fixture
def reproduce(monkeypatch, capsys) -> Callable[[Target, str, Path], tuple[int, str]]:
    """Reproduce a row of a saved run against a target; return the exit code and the output."""

    def reproduce(target: Target, row: str, folder: Path) -> tuple[int, str]:
        key, second = target.accounts.keys
        monkeypatch.setenv("SIGMIC_API_KEY", key)
        monkeypatch.setenv("SIGMIC_SECOND_API_KEY", second)
        capsys.readouterr()
        code = main(["reproduce", row, str(folder), "--target", target.url])
        return code, capsys.readouterr().out

    return reproduce


def test_a_failure_is_reproduced_while_it_is_there_and_not_when_it_is_mended(tmp_path, reproduce):
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        run_against(target, tmp_path, "-k", "CREATE-008 or UPLOAD-009")
    with serve(NoMessageNeeded, heartbeat=0.5) as target:
        broken, seen = reproduce(target, "CREATE-008", tmp_path)
    with serve(heartbeat=0.5) as target:
        fixed, told = reproduce(target, "CREATE-008", tmp_path)
        _, upload = reproduce(target, "UPLOAD-009", tmp_path)

    assert (broken, "\nreproduced: failed (accepted)" in seen) == (1, True), seen
    assert (fixed, "\nnot reproduced: passed" in told) == (0, True), told
    assert "recorded  POST" in told
    # The upload was recorded byte by byte, and the file belongs to a new task.
    assert "\nreproduced: passed" in upload, upload


def test_a_row_that_the_run_did_not_judge_is_refused_in_one_line(tmp_path: Path):
    words = (
        "reproduce",
        "AUTH-001",
        str(save(tmp_path, [verdict("LIST-001")])),
        "--target",
        "http://127.0.0.1:9",
    )
    done = ended(
        [sys.executable, "-m", "sigmic_conformance", *words],
        env=os.environ | {"SIGMIC_API_KEY": "sigmic_key"},
    )

    assert (done.returncode, done.stderr.count("\n"), "did not test AUTH-001" in done.stderr) == (4, 1, True)


@pytest.mark.parametrize(
    ("parts", "code", "said"),
    [([OldestFirst], 1, "\nreproduced: failed (wrong-order)"), ([], 0, "\nnot reproduced: passed")],
)
def test_a_violation_that_needs_the_whole_probe_is_reproduced_with_it(
    tmp_path, reproduce, parts, code: int, said: str
):
    """A list was in the wrong order because of another probe's tasks, and still is on a broken target."""
    with serve(OldestFirst, heartbeat=0.5) as target:
        run_rows(target, tmp_path, select="LIST-006")
    file = tmp_path / "result.json"
    saved = json.loads(file.read_text())
    (row,) = saved["verdicts"]
    row["slices"] = [row["slices"][0] | {"probe": "preflight", "exchange": 1}]
    file.write_text(json.dumps(saved))
    with serve(*parts, heartbeat=0.5) as target:
        again, told = reproduce(target, "LIST-006", tmp_path)

    assert "runs pages again" in told, told
    assert (again, said in told) == (code, True), told


RUN = "http://127.0.0.1:9/api-of-somebody"


@pytest.fixture
def somebody_elses(tmp_path, monkeypatch) -> str:
    """A saved run whose address only it names; your key is in the environment."""
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_key")
    for name in ("SIGMIC_TARGET", "SIGMIC_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    recorded = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(exchange(),))
    target = Profile(base_url=RUN).public()
    return str(save(tmp_path / "run", [verdict("LIST-001")], [recorded], target=target))


def test_a_key_goes_to_no_address_that_only_a_saved_run_names(somebody_elses, refused, monkeypatch):
    line = refused(["reproduce", "LIST-001", somebody_elses])
    assert f"the run is of {RUN}, which no setting names. If your API key may go there, " in line
    assert line.endswith(f"add --target {RUN}\n")

    monkeypatch.setenv("SIGMIC_TARGET", "http://127.0.0.1:99")
    line = refused(["reproduce", "LIST-001", somebody_elses])
    assert f"the run is of {RUN}, but your target is http://127.0.0.1:99. If" in line


@pytest.mark.parametrize("way", ["SIGMIC_TARGET", "SIGMIC_PROFILE", "--target", "--profile"])
def test_a_key_goes_to_the_address_that_it_was_given_for(somebody_elses, tmp_path, monkeypatch, capsys, way):
    profile = tmp_path / "target.yaml"
    profile.write_text("base_url: http://127.0.0.1:9\n")
    value = str(profile) if "profile" in way.lower() else "http://127.0.0.1:9"
    flags = [way, value] if way.startswith("--") else []
    if not flags:
        monkeypatch.setenv(way, value)

    with pytest.raises(SystemExit) as done:
        main(["reproduce", "LIST-001", somebody_elses, *flags])

    shown = capsys.readouterr()
    assert "sends 1 request of the probe p to http://127.0.0.1:9 …" in shown.out
    assert done.value.code == ExitCode.UNREACHABLE
    assert "http://127.0.0.1:9 can't be reached: " in shown.err


def test_an_exchange_that_the_run_does_not_have_is_one_line(somebody_elses, tmp_path, refused):
    row = verdict("LIST-001")
    row["slices"][0]["exchange"] = 77
    recorded = Transcript(probe="p", ending=Ending.COMPLETE, exchanges=(exchange(),))
    run = save(tmp_path / "other", [row], [recorded])

    line = refused(["reproduce", "LIST-001", str(run), "--target", "http://127.0.0.1:9"])

    assert "the run has no exchange 77 of p" in line
