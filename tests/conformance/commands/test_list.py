import json
import re
from pathlib import Path

from sigmic_conformance.cli import main
from sigmic_conformance.commands.locating import locations
from tests.conformance.kit import REGISTRY

ROOT = Path(__file__).resolve().parents[3]


def listed(capsys, *words: str) -> list[dict]:
    assert main(["list", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_rows_are_chosen_by_level_evidence_and_expression(capsys):
    rows = listed(capsys, "--level", "must", "--evidence", "documented", "-k", "BEAT and not 002")

    assert rows
    assert {(row["area"], row["level"], row["evidence"]) for row in rows} == {("BEAT", "must", "documented")}
    assert "BEAT-002" not in [row["id"] for row in rows]


def test_levels_add_up(capsys):
    must, should = (listed(capsys, "BEAT", "--level", level) for level in ("must", "should"))

    assert len(listed(capsys, "BEAT", "--level", "must", "--level", "should")) == len(must) + len(should)
    assert must
    assert should


def test_the_list_names_the_probes_of_a_requirement(capsys):
    (row,) = listed(capsys, "-k", "BEAT-001")

    assert row["probes"] == ["heartbeat_window"]


def test_the_code_of_a_row_is_found_at_its_line(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)

    assert main(["list", "--where", "beat-004"]) == 0

    said = capsys.readouterr().out
    (check, number), *_ = re.findall(r"check +(conformance/sigmic_conformance/checks/beat\.py):(\d+)", said)
    ((probe, at),) = re.findall(
        r"probe +(conformance/sigmic_conformance/traffic/probes/beat\.py):(\d+) +heartbeat_window", said
    )
    assert '"BEAT-004"' in "".join(Path(check).read_text().splitlines()[int(number) - 1 :][:4])
    assert "async def heartbeat_window" in "".join(Path(probe).read_text().splitlines()[int(at) - 1 :][:9])
    assert re.search(r"test +tests/conformance/(checks|model)/test_\w+\.py:", said)
    for what, path in (
        ("row", "spec/requirements/beat.yaml"),
        ("fault", "mock_server/sigmic_mock/faults/rows/beat.yaml"),
    ):
        number, *_ = re.findall(rf"{what} +{path}:(\d+)", said)
        assert Path(path).read_text().splitlines()[int(number) - 1].endswith(": BEAT-004")


def test_every_check_is_found():
    for check in REGISTRY.checks.values():
        found = [place for place in locations(check.id, REGISTRY) if place.what == "check"]

        assert len(found) == len(check.clauses)
        assert {place.path.stem.partition("_")[0] for place in found} == {check.id.partition("-")[0].lower()}
        for place in found:
            first, *below = place.path.read_text().splitlines()[place.line - 1 :]
            told = [line for line in (first, *below) if "def " in line][:1]
            assert check.id in first or f"def {place.name}(" in told[0], place


def test_where_without_ids_locates_all_listed_requirements(capsys):
    assert main(["list", "BEAT", "--level", "must", "--where"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]

    assert told == [row["id"] for row in listed(capsys, "BEAT", "--level", "must")]
