import json
import re
from pathlib import Path

from sigmic_conformance.reports.allure import describe
from sigmic_conformance.results import saved
from tests.conformance.reports.material import plain_run


def results(folder: Path) -> Path:
    plain_run(folder)
    (folder / "allure-results").mkdir()
    return folder


def test_a_run_writes_the_environment_and_the_categories_for_allure(tmp_path):
    run = saved.read(results(tmp_path))
    describe(tmp_path, run.document)

    written = tmp_path / "allure-results"
    assert "target = http://127.0.0.1:1\n" in (written / "environment.properties").read_text()
    categories = json.loads((written / "categories.json").read_text())
    kind = "sigmic_conformance.items.RequirementUnproven"
    message = f"{kind}: BEAT-012 inconclusive (timing-noise)\nmore"
    fitting = [each["name"] for each in categories if re.fullmatch(each["messageRegex"], message)]
    assert "Not proven: the machine was too busy" in fitting
    assert not any("(?" in each["messageRegex"] for each in categories), "JavaScript knows no inline flags"
    assert json.loads((written / "executor.json").read_text())["buildName"] == "suite 0, ledger 1"
    assert list(json.loads((written / "allurerc.json").read_text())["plugins"]) == ["allure2"], (
        "loads nothing"
    )


def test_without_results_nothing_is_written(tmp_path):
    run = saved.read(plain_run(tmp_path))
    describe(tmp_path, run.document)

    assert not (tmp_path / "allure-results").exists()
