"""The files with which Allure shows a run: environment, categories, executor, and a configuration."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_conformance.reports.words import verdict_in_words

RESULTS = "allure-results"
ANY = r"[\s\S]*"
"""Anything, line ends included, for regular expressions of Java and of JavaScript."""
_CONFIGURATION = {
    "name": "Conformance to the Sigmic AI API",
    # Allure's other plugins load a tag manager from the network.
    "plugins": {"allure2": {"options": {"singleFile": True, "reportLanguage": "en"}}},
}
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


def describe(folder: Path, document: Mapping[str, Any]) -> None:
    """Write these files into the results of a run, if there are any."""
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
    files = {"categories": categories, "executor": executor, "allurerc": _CONFIGURATION}
    for name, content in files.items():
        (results / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _property(value: object) -> str:
    return " ".join(str(value).split()).replace("\\", "\\\\")
