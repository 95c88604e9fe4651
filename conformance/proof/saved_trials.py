"""The artefacts of trials that `prove --keep DIR` saves, written and read.

Each trial is a folder: `trial.json` (its faults, what it must show, the profile of its check) and
`transcripts/*.ndjson` as in a saved run, redacted when they were captured. `trial.json` is written last: a
folder without it is ignored.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sigmic_conformance.conformance.results.saved import TRANSCRIPTS, Unusable, read_transcript
from sigmic_conformance.conformance.run.result import write_transcript, write_whole
from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.conformance.transcript.transcript import Transcript

FORMAT = 1
TRIAL = "trial.json"
BESIDE = 5001


class Kind(StrEnum):
    """The kind of server of a trial."""

    HEALTHY = "healthy"
    BROKEN = "broken"  # a violation that was caught
    LEGAL = "legal"  # variations
    TRANSIENT = "transient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One saved trial. `row` and `reason` are what a broken server declares, None for any other kind."""

    kind: Kind
    ids: tuple[str, ...]
    """The faults that were armed."""
    row: str | None
    reason: str | None
    profile: Profile
    probes: tuple[str, ...]
    """In the order of the run: a check may report the first of several."""
    folder: Path

    def transcript(self, probe: str) -> Transcript:
        """Read one of them; raises `Unusable`."""
        return read_transcript(_path(self.folder, probe))


class TrialWriter:
    """Writes trials into a folder. Thread-safe."""

    def __init__(self, folder: Path, *, first: int = 1) -> None:
        self._folder = folder
        self._numbers = itertools.count(first)

    def beside(self) -> "TrialWriter":
        """A writer for another process: for the same folder, with numbers that this one does not reach."""
        return TrialWriter(self._folder, first=BESIDE)

    def keep(
        self,
        kind: Kind,
        profile: Profile,
        transcripts: Mapping[str, Transcript],
        *,
        ids: tuple[str, ...] = (),
        row: str | None = None,
        reason: str | None = None,
    ) -> None:
        """Write a trial. Raises OSError."""
        folder = self._folder / f"{next(self._numbers):04}-{ids[0] if ids else kind}"
        (folder / TRANSCRIPTS).mkdir(parents=True)
        for name, transcript in transcripts.items():
            write_transcript(transcript, _path(folder, name))
        document = {
            "format": FORMAT,
            "kind": kind,
            "ids": ids,
            "row": row,
            "reason": reason,
            "target": profile.public(),
            "probes": list(transcripts),
        }
        write_whole(folder / TRIAL, json.dumps(document, indent=1) + "\n")


def trials(folder: Path) -> Iterator[Trial]:
    """Every trial that was saved there, in the order of their folders; raises `Unusable`."""
    found = sorted(folder.glob(f"*/{TRIAL}"))
    if not found:
        raise Unusable(f"{folder} has no saved trial. Run prove with --keep")
    return map(_read, found)


def _read(file: Path) -> Trial:
    try:
        document: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise Unusable(f"{file}: of another format")
        return Trial(
            kind=Kind(document["kind"]),
            ids=tuple(document["ids"]),
            row=document["row"],
            reason=document["reason"],
            profile=Profile.restored(document["target"]),
            probes=tuple(document["probes"]),
            folder=file.parent,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{file}: cannot be read: {error}") from error


def _path(folder: Path, probe: str) -> Path:
    return folder / TRANSCRIPTS / f"{probe}.ndjson"
