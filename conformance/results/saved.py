"""A saved run: `result.json` and its transcripts, read from disk and refused if incomplete.

Every consumer (rejudge, verify, diff, baseline, report, badge) reads runs through here, so that a run cut
short, a file of another format and a missing transcript are refused in one place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_conformance.conformance.exit_codes import Refused
from sigmic_conformance.conformance.judging.verdict import Citation, Outcome, Verdict
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.ndjson import read_ndjson
from sigmic_conformance.conformance.transcript.transcript import Transcript

SCHEMA = Path(__file__).with_name("result.schema.json")
RESULT = "result.json"
TRANSCRIPTS = "transcripts"
AGAIN = "again"
"""The subfolder with the retried probes of failed rows."""


class Unusable(Refused):
    """The saved run cannot be used; the text is one line with the file and the reason."""


@dataclass(frozen=True)
class SavedRun:
    """A finished run. `document` is its `result.json`, checked against the published schema."""

    folder: Path
    document: Mapping[str, Any]

    @property
    def profile(self) -> Profile:
        """The profile that the target was tested with."""
        return Profile.restored(self.document["target"])

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts by ledger id."""
        return {row["id"]: _verdict(row) for row in self.document["verdicts"]}

    @cached_property
    def retried(self) -> dict[str, frozenset[str]]:
        """The retried rows, each with the probes of its retry."""
        rows = {row["id"]: row.get("again", {}) for row in self.document["verdicts"]}
        return {row: frozenset(again["probes"]) for row, again in rows.items() if again.get("probes")}

    @cached_property
    def flaky(self) -> frozenset[str]:
        """The rows that failed, then passed."""
        rows = {row["id"]: row.get("again", {}).get("second") for row in self.document["verdicts"]}
        return frozenset(row for row, second in rows.items() if second and second["outcome"] == "passed")

    @property
    def is_partial(self) -> bool:
        """True if only selected rows were checked."""
        return bool(self.document.get("selection"))

    @property
    def binding(self) -> frozenset[str]:
        """The rows that bind this target."""
        return frozenset(row["id"] for row in self.document["verdicts"] if row.get("binds"))

    def transcripts(self) -> dict[str, Transcript]:
        """Read every transcript that the result names; raises `Unusable` for a missing or truncated one."""
        return {name: self.transcript(name) for name in self.document["probes"]}

    def transcript(self, name: str) -> Transcript:
        """Read one transcript; raises `Unusable` likewise."""
        return read_transcript(self.folder / TRANSCRIPTS / f"{name}.ndjson")

    def transcripts_again(self, row: str) -> dict[str, Transcript]:
        """Read the transcripts of a row's retry; raises `Unusable` likewise."""
        folder = self.folder / TRANSCRIPTS / AGAIN
        return {name: read_transcript(folder / f"{name}.ndjson") for name in sorted(self.retried[row])}


def files_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The transcripts that a result names, by their paths below its folder, with their digests (SHA-256)."""
    found = {f"{TRANSCRIPTS}/{name}.ndjson": each for name, each in document.get("probes", {}).items()}
    again = document.get("probes_again", {})
    found |= {f"{TRANSCRIPTS}/{AGAIN}/{name}.ndjson": each for name, each in again.items()}
    return {path: each.get("sha256", "") for path, each in found.items()}


def read(path: Path) -> SavedRun:
    """Read a run from its folder or its `result.json`; raises `Unusable`."""
    file = path / RESULT if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        cure = f"; give the folder of a run, which has a {RESULT}" if path.is_dir() else ""
        raise Unusable(f"{file}: {(error.strerror or 'unreadable').lower()}{cure}") from error
    except ValueError as error:
        raise Unusable(f"{file} is not valid JSON, the run was probably cut short: {error}") from error
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    if isinstance(document, dict) and document.get("complete") is not True:
        raise Unusable(f"{file} has no footer: the run was cut short and proves nothing")
    for problem in validator.iter_errors(document):
        where = "/".join(str(step) for step in problem.instance_path) or "the document"
        raise Unusable(f"{file} is not the result of a run: {where}: {problem.message[:200]}")
    return SavedRun(file.parent, document)


def read_transcript(path: Path) -> Transcript:
    """Read one transcript; raises `Unusable` if it is missing or truncated."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="\n") as file:
            return read_ndjson(iter(file))
    except OSError as error:
        raise Unusable(f"{path}: {(error.strerror or 'unreadable').lower()}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{path}: {error}") from error


def _verdict(row: Mapping[str, Any]) -> Verdict:
    return Verdict(
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        expected=row.get("expected", ""),
        observed=row["observed"],
        evidence=tuple(Citation(**piece) for piece in row["slices"]),
    )
