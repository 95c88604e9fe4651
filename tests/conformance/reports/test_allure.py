import json
import re
import sys
from pathlib import Path

import pytest

from sigmic_conformance.conformance.reports.allure import AllureRefused, allure_page, describe
from sigmic_conformance.conformance.results import saved
from tests.conformance.reports.material import plain_run

PROGRAM = """#!{python}
import json, os, pathlib, sys
rc = json.loads(pathlib.Path(sys.argv[sys.argv.index("--config") + 1]).read_text())
out = pathlib.Path(rc["output"])
out.mkdir()
said = [os.environ["ALLURE_NO_ANALYTICS"], list(rc["plugins"]), sys.argv[-1]]
{action}
"""


def program(folder: Path, action: str) -> str:
    path = folder / "allure"
    path.write_text(PROGRAM.format(python=sys.executable, action=action))
    path.chmod(0o755)
    return str(path)


def results(folder: Path) -> Path:
    plain_run(folder)
    (folder / "allure-results").mkdir()
    return folder


def test_a_run_tells_allure_its_environment_and_the_categories(tmp_path):
    run = saved.read(results(tmp_path))
    describe(tmp_path, run.document)

    written = tmp_path / "allure-results"
    assert "target = http://127.0.0.1:1\n" in (written / "environment.properties").read_text()
    categories = json.loads((written / "categories.json").read_text())
    kind = "sigmic_conformance.conformance.items.RequirementUnproven"
    message = f"{kind}: BEAT-012 inconclusive (timing-noise)\nmore"
    fitting = [each["name"] for each in categories if re.fullmatch(each["messageRegex"], message)]
    assert "Not proven: the machine was too busy" in fitting
    assert not any("(?" in each["messageRegex"] for each in categories), "JavaScript knows no inline flags"
    assert json.loads((written / "executor.json").read_text())["buildName"] == "suite 0, ledger 1"


def test_without_results_nothing_is_written(tmp_path):
    run = saved.read(plain_run(tmp_path))
    describe(tmp_path, run.document)

    assert not (tmp_path / "allure-results").exists()
    with pytest.raises(AllureRefused, match="does not exist"):
        allure_page(tmp_path, tmp_path / "a.html", command=None, search=[])


@pytest.mark.parametrize("by", ["command", "search"])
def test_the_page_is_made_offline_by_the_program(tmp_path, by):
    folder = results(tmp_path)
    made = program(tmp_path, '(out / "index.html").write_text(json.dumps(said))')
    page = tmp_path / "allure.html"

    allure_page(
        folder, page, command=made if by == "command" else None, search=[tmp_path] if by == "search" else []
    )

    assert json.loads(page.read_text()) == ["true", ["allure2"], str((folder / "allure-results").resolve())]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ('sys.exit("no such plugin")', r"ended with 1: no such plugin"),
        ("pass", r"made no page: it needs npm's allure: `npm install"),
    ],
)
def test_a_program_that_does_not_do_it_is_one_line(tmp_path, action, said):
    folder = results(tmp_path)
    with pytest.raises(AllureRefused, match=said) as refused:
        allure_page(folder, tmp_path / "a.html", command=program(tmp_path, action), search=[])
    assert "\n" not in str(refused.value)


def test_no_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    folder = results(tmp_path)

    with pytest.raises(AllureRefused, match="npm install --prefix DIR allure@3"):
        allure_page(folder, tmp_path / "a.html", command=None, search=[])
    with pytest.raises(AllureRefused, match="nowhere is not a program"):
        allure_page(folder, tmp_path / "a.html", command="nowhere", search=[])
