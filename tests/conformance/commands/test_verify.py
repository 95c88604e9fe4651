import hashlib
import json
from pathlib import Path

from sigmic_conformance.conformance.cli import main
from sigmic_conformance.conformance.transcript.transcript import Ending, Transcript
from tests.conformance.saving import save, verdict

SILENT = Transcript(probe="heartbeat_window", ending=Ending.UNAVAILABLE, detail="reading only")


def saved_run(folder: Path, outcome: str, reason: str | None) -> Path:
    save(folder, [verdict("BEAT-001", outcome, reason)], [SILENT])
    data = (folder / "transcripts" / "heartbeat_window.ndjson").read_bytes()
    document = json.loads((folder / "result.json").read_text())
    document["probes"]["heartbeat_window"]["sha256"] = hashlib.sha256(data).hexdigest()
    (folder / "result.json").write_text(json.dumps(document))
    return folder


def test_a_sound_run(tmp_path, capsys):
    assert main(["verify", str(saved_run(tmp_path, "inconclusive", "precondition"))]) == 0
    assert "follow from its bytes" in capsys.readouterr().out


def test_a_verdict_that_does_not_follow(tmp_path, capsys):
    assert main(["verify", str(saved_run(tmp_path, "passed", None))]) == 1
    assert "BEAT-001  was passed, is inconclusive (precondition)" in capsys.readouterr().out


def test_an_altered_transcript(tmp_path, capsys):
    run = saved_run(tmp_path, "inconclusive", "precondition")
    path = run / "transcripts" / "heartbeat_window.ndjson"
    path.write_text(path.read_text().replace("reading only", "something"))

    assert main(["verify", str(run)]) == 1
    assert "was altered" in capsys.readouterr().out
