"""The baseline of a proof: the healthy platform's transcripts and verdicts, created once for all trials."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from lab.prove.trial import ProofContext
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import Transcript

_Key = tuple[Profile, str, frozenset[str]]


class HealthyBaseline:
    """The transcripts of the healthy platform by probe. Thread-safe.

    Its heartbeats came every `interval` seconds: by another interval they would be late.
    """

    def __init__(self, bench: ProofContext, transcripts: Mapping[str, Transcript], interval: float) -> None:
        self.transcripts, self.interval = transcripts, interval
        self._bench = bench
        self._decoded: dict[tuple[str, int], Stream] = {}
        self._verdicts: dict[_Key, Verdict] = {}
        self._records: dict[tuple[Profile, frozenset[str]], Record] = {}

    def verdicts(
        self, profile: Profile, probes: Iterable[str], rows: Collection[str] | None = None
    ) -> dict[str, Verdict]:
        """The verdicts that the transcripts of these probes allow; probes that were not run are left out.

        Of these rows, or of all.
        """
        known = frozenset(name for name in probes if name in self.transcripts)
        steady = replace(profile, heartbeat_seconds=self.interval)
        return {
            check.id: self._verdict(steady, check.id, known if check.anywhere else frozenset(check.needs))
            for check in self._bench.checks(known)
            if rows is None or check.id in rows
        }

    def _verdict(self, profile: Profile, row: str, probes: frozenset[str]) -> Verdict:
        """A check of any traffic gets all transcripts, another check those of the probes that it needs."""
        key = profile, row, probes
        found = self._verdicts.get(key)
        if found is None:
            found = self._verdicts[key] = self._bench.verdict(row, self._record(profile, probes))
        return found

    def _record(self, profile: Profile, probes: frozenset[str]) -> Record:
        """The record of these probes: its derived values are shared by all rows that need them."""
        found = self._records.get((profile, probes))
        if found is None:
            # In the order of the run: a check may report the first of several.
            there = {name: each for name, each in self.transcripts.items() if name in probes}
            found = self._records[profile, probes] = Record(profile, there, self._decoded)
        return found
