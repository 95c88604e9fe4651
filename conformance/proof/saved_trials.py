"""The artefacts of trials that `prove --keep DIR` saves.

Each trial is a folder: `trial.json` (its faults, what it must show, the profile of its check) and
`transcripts/*.ndjson` as in a saved run, redacted when they were captured. `trial.json` is written last: a
folder without it is incomplete.
"""

import itertools
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from sigmic_conformance.conformance.results.saved import TRANSCRIPTS
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
            write_transcript(transcript, folder / TRANSCRIPTS / f"{name}.ndjson")
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
