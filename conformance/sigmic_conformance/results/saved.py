"""A saved run: `result.json` and its transcripts, read from disk and refused if incomplete.

Every consumer (rejudge, diff, baseline, report, badge) reads runs through here. Somebody else may have
written them: a run cut short, a file of another form and a missing or altered transcript are refused in one
place. The schemas allow only names of probes that lead to no other folder.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs

from sigmic_conformance.exit_codes import Refused
from sigmic_conformance.model.record.verdict import Citation, Outcome, Verdict
from sigmic_conformance.results.choice import TargetChoice
from sigmic_conformance.results.situation_counts import SituationCounts
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.ndjson import read_ndjson
from sigmic_conformance.wire.transcript import Transcript

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
    def choices(self) -> tuple[TargetChoice, ...]:
        """What the target does where no page says anything."""
        return tuple(map(TargetChoice.restored, self.document.get("choices", ())))

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

    @cached_property
    def situations(self) -> SituationCounts | None:
        """The situations in which each row was checked; None if the run does not list them."""
        if self.document.get("situations") is None:
            return None
        try:
            return SituationCounts.restored(self.document["situations"])
        except IndexError as error:
            raise Unusable(
                f"{self.folder / RESULT}: `situations` counts one that it does not list"
            ) from error

    def transcripts(self) -> dict[str, Transcript]:
        """Read every transcript of the run; raises `Unusable` for a missing, truncated or altered one."""
        return {name: self.transcript(name) for name in self.document["probes"]}

    def transcript(self, name: str) -> Transcript:
        """Read one transcript; raises `Unusable` likewise."""
        if name not in self.document["probes"]:
            raise Unusable(f"{self.folder}: the run has no probe {name}")
        path = self.folder / TRANSCRIPTS / f"{name}.ndjson"
        return _transcript(path, self.document["probes"][name].get("sha256"))

    def transcripts_again(self, row: str) -> dict[str, Transcript]:
        """Read the transcripts of a row's retry; raises `Unusable` likewise."""
        folder, known = self.folder / TRANSCRIPTS / AGAIN, self.document.get("probes_again", {})
        return {
            name: _transcript(folder / f"{name}.ndjson", known.get(name, {}).get("sha256"))
            for name in sorted(self.retried[row])
        }


def read(path: Path) -> SavedRun:
    """Read a run from its folder or its `result.json`; raises `Unusable`."""
    file = path / RESULT if path.is_dir() else path
    try:
        document = json_values.read_saved(file.read_text(encoding="utf-8"))
    except OSError as error:
        cure = f"; give the folder of a run, which has a {RESULT}" if path.is_dir() else ""
        raise Unusable(f"{file}: {(error.strerror or 'unreadable').lower()}{cure}") from error
    except ValueError as error:
        raise Unusable(f"{file} can't be read, perhaps because the run was cut short: {error}") from error
    if isinstance(document, dict) and document.get("complete") is not True:
        raise Unusable(f"{file} has no footer: the run was cut short and proves nothing")
    if trouble := _trouble(document):
        raise Unusable(f"{file} is not the result of a run: {trouble}")
    return SavedRun(file.parent, document)


def _trouble(document: object) -> str | None:
    """What the schema does not allow, if anything."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    try:
        problem = next(iter(validator.iter_errors(document)), None)
    except UnicodeEncodeError as error:  # a word of the schema's with half a surrogate pair
        return str(error)
    if problem is None:
        return None
    where = "/".join(map(str, problem.instance_path)) or "the document"
    return f"{where}: {problem.message[:200]}"


def _transcript(path: Path, sha256: str | None) -> Transcript:
    """Read one transcript, whose digest is known if the run is complete."""
    digest = hashlib.sha256()

    def lines() -> Iterator[str]:
        with path.open("rb") as file:
            for line in file:
                digest.update(line)
                yield line.decode("utf-8", "surrogateescape")

    try:
        found = read_ndjson(lines())
    except OSError as error:
        raise Unusable(f"{path}: {(error.strerror or 'unreadable').lower()}") from error
    except (ValueError, TypeError) as error:
        raise Unusable(f"{path}: {error}") from error
    if sha256 and sha256 != digest.hexdigest():
        raise Unusable(f"{path} was altered after the run")
    return found


def _verdict(row: Mapping[str, Any]) -> Verdict:
    return Verdict(
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
        expected=row.get("expected", ""),
        observed=row["observed"],
        others=row.get("others", 0),
        situation=tuple(row.get("situation", {}).items()),
        evidence=tuple(Citation(**piece) for piece in row["slices"]),
    )
