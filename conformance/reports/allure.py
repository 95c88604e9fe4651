"""Allure: the result files of a run, and one offline page that npm's `allure` generates from them.

The page uses `plugin-allure2`: the other plugins load a tag manager from the network.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sigmic_conformance.conformance.exit_codes import Refused
from sigmic_conformance.conformance.reports.words import verdict_in_words

RESULTS = "allure-results"
SECONDS = 300.0
HOW = (
    "needs npm's allure: `npm install --prefix DIR allure@3`, then"
    " --allure-command DIR/node_modules/.bin/allure"
)
ANY = r"[\s\S]*"
"""Anything, line ends included, for regular expressions of Java and of JavaScript."""
_CATEGORIES = (
    ("Requirements broken", ["failed"], ANY),
    (
        "Not proven: the machine was too busy",
        ["broken"],
        f"{ANY}RequirementUnproven{ANY}\\(timing-noise\\){ANY}",
    ),
    (
        "Not proven: the profile does not give it",
        ["broken"],
        f"{ANY}RequirementUnproven{ANY}\\(precondition\\){ANY}",
    ),
    ("Not proven: other causes", ["broken"], f"{ANY}RequirementUnproven{ANY}"),
    ("The suite itself broke", ["broken"], f"{ANY}HarnessFault{ANY}"),
    ("Known to the baseline", ["skipped"], ANY),
)


class AllureRefused(Refused):
    """No page was generated; the text is one line with the cause and what to do."""


def describe(folder: Path, document: Mapping[str, Any]) -> None:
    """Write environment, categories and executor into the results of a run, if there are any."""
    results = folder / RESULTS
    if not results.is_dir():
        return
    target = document["target"]
    environment = {
        "target": target["base_url"],
        "suite": document["suite"],
        "ledger": document["ledger"],
        "verdict": verdict_in_words(document),
        "exit_code": document["exit_code"],
        "heartbeat_seconds": target.get("heartbeat_seconds"),
        "without": ", ".join(target.get("without", ())) or "nothing",
        "warnings_fail": document.get("strict", False),
        "rows": document.get("selection") or "all",
    }
    properties = "".join(f"{key} = {_property(value)}\n" for key, value in environment.items())
    categories = [
        {"name": name, "matchedStatuses": statuses, "messageRegex": pattern}
        for name, statuses, pattern in _CATEGORIES
    ]
    executor = {
        "name": "sigmic-conformance",
        "type": "sigmic-conformance",
        "buildName": f"suite {document['suite']}, ledger {document['ledger']}",
        "reportName": "Conformance to the Sigmic AI API",
    }
    (results / "environment.properties").write_text(properties, encoding="utf-8")
    (results / "categories.json").write_text(json.dumps(categories, indent=1) + "\n", encoding="utf-8")
    (results / "executor.json").write_text(json.dumps(executor, indent=1) + "\n", encoding="utf-8")


def allure_page(folder: Path, to: Path, *, command: str | None, search: Sequence[Path]) -> None:
    """Generate one HTML file from a run's results. Raises `AllureRefused`.

    `command` is the program to use; without it, `allure` in the folders of `search` and then in PATH.
    """
    results = folder / RESULTS
    if not results.is_dir():
        raise AllureRefused(f"{results} does not exist: was the run made with `sigmic-conformance run`?")
    program = _program(command, search)
    with tempfile.TemporaryDirectory(prefix="sigmic-allure-") as work:
        made = Path(work) / "page"
        configuration = {
            "name": "Conformance to the Sigmic AI API",
            "output": str(made),
            "plugins": {"allure2": {"options": {"singleFile": True, "reportLanguage": "en"}}},
        }
        (Path(work) / "allurerc.json").write_text(json.dumps(configuration), encoding="utf-8")
        _generate(program, Path(work), results.resolve())
        pages = [page for page in (made / "index.html", made / "allure2" / "index.html") if page.is_file()]
        if not pages:
            raise AllureRefused(f"{program} made no page: it {HOW}")
        try:
            shutil.copyfile(pages[0], to)
        except OSError as error:
            raise AllureRefused(f"can't write {to}: {(error.strerror or 'unknown error').lower()}") from error


def _program(command: str | None, search: Sequence[Path]) -> str:
    if command is not None:
        found = shutil.which(command)
        if found is None:
            raise AllureRefused(f"{command} is not a program; the page {HOW}")
        return str(Path(found).absolute())
    path = os.pathsep.join([*map(str, search), os.environ.get("PATH", "")])
    found = shutil.which("allure", path=path)
    if found is None:
        raise AllureRefused(f"the page {HOW}")
    return str(Path(found).absolute())


def _generate(program: str, work: Path, results: Path) -> None:
    words = [program, "generate", "--config", "allurerc.json", str(results)]
    # ALLURE_NO_ANALYTICS must be the word `true`, else the page asks the network.
    environment = os.environ | {"ALLURE_NO_ANALYTICS": "true", "NO_COLOR": "1"}
    try:
        done = subprocess.run(
            words, cwd=work, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AllureRefused(f"{program} did not come to an end: {error}") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
        raise AllureRefused(f"{program} ended with {done.returncode}: {said[:300]}")


def _property(value: object) -> str:
    return " ".join(str(value).split()).replace("\\", "\\\\")
