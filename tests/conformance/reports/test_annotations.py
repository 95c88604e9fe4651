from sigmic_conformance.reports.annotations import annotations
from tests.conformance.reports.material import (
    HOSTILE,
    hostile_run,
    material,
    plain_run,
)
from tests.conformance.saving import save, verdict


def test_each_finding_is_a_command_of_its_kind(tmp_path):
    lines = list(annotations(material(plain_run(tmp_path, baseline={"excused": ["BEAT-002"]}))))

    assert [line.split()[0] for line in lines] == ["::warning", "::warning", "::notice"]
    assert lines[-1].startswith("::notice title=BEAT-002 failed (other-comment)::")


def test_a_broken_row_and_a_worthless_baseline_are_errors(tmp_path):
    problems = [{"check": "GET-001", "trouble": "stale", "text": "100% gone:\nreally"}]
    lines = list(annotations(material(plain_run(tmp_path, baseline={"excused": [], "problems": problems}))))

    assert lines[0].startswith("::error title=BEAT-002 failed")
    assert lines[-1] == "::error title=baseline%3A GET-001::100%25 gone:%0Areally"


def test_a_target_cannot_write_commands_of_its_own(tmp_path):
    lines = list(annotations(material(hostile_run(tmp_path))))

    assert len(lines) == 2
    assert all(line.startswith("::") and "\n" not in line and "\r" not in line for line in lines)


def test_a_target_that_cannot_be_tested_is_one_error_and_one_warning(tmp_path):
    rows = [verdict(row, "blocked", observed="nobody listens") for row in ("GET-001", "LIST-001", "AUTH-001")]
    lines = list(annotations(material(plain_run(tmp_path, rows, problem="nobody listens"))))

    assert [line.split("::")[1] for line in lines] == [
        "error title=not tested",
        "warning title=AUTH-001 blocked",
    ]
    assert lines[-1].endswith("%0Aalso: LIST-001, GET-001")


def test_a_saved_run_cannot_write_commands_of_its_own(tmp_path):
    texts = {
        "statement": f"{HOSTILE}\n::stop-commands::x",
        "again": {"said": "\n##[add-mask]a\x1b[2J", "probes": []},
    }
    rows = [verdict("GET-001", "failed", "x", **texts)]
    problems = [{"check": "\n::error::x", "trouble": "stale", "text": "\r\n  ::error::y"}]
    baseline = {"excused": [], "problems": problems}

    for line in annotations(material(save(tmp_path, rows, exit_code=1, baseline=baseline))):
        assert line.startswith("::error title=")
        assert line.isprintable(), line
        assert "##[" not in line
