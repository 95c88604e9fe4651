"""The record of a run, the input of checks: the target's profile and the transcripts. No network access."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.front_ends import may_have_answered
from sigmic_conformance.model.record.premises import Premise
from sigmic_conformance.model.record.verdict import Unproven
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire import json_values
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.stream import Stream
from sigmic_conformance.wire.transcript import ENDED, Closed, Ending, Exchange, Transcript

Value = TypeVar("Value")


class NotRecorded(Exception):
    """The exchange or fact that a check needs is missing, because an earlier step failed."""

    reason: Unproven | None = None
    """Why the row is then unproven, if no step failed."""


class NotReached(NotRecorded):
    """The event that a check needs did not occur, or no reader was connected in time."""

    reason = Unproven.STIMULUS_NOT_REACHED


class HeldBack(NotReached):
    """The stream that a check needs delivered nothing, not even the head."""

    reason = Unproven.STREAM_HELD_BACK


class Record:
    """The transcripts of one run, indexed and decoded only once for all checks.

    `decoded` holds the decoded streams for other records of the same run. No conclusion uses the premises of
    `without`; `premises` collects those that a conclusion used.
    """

    def __init__(
        self,
        profile: Profile,
        transcripts: Mapping[str, Transcript],
        decoded: dict[tuple[str, int], Stream] | None = None,
        *,
        without: frozenset[Premise] = frozenset(),
        premises: set[Premise] | None = None,
    ) -> None:
        self.profile = profile
        self._transcripts = dict(transcripts)
        self._streams = {} if decoded is None else decoded
        self._exchanges: dict[str | None, tuple[Exchange, ...]] = {}
        self._read: dict[str | None, tuple[Stream, ...]] = {}
        self._derived: dict[Callable[[Record], Any], Any] = {}
        self._without = without
        self._lesser: dict[frozenset[Premise], Record] = {}
        self.premises = set[Premise]() if premises is None else premises
        """The premises that conclusions have used so far."""

    def transcript(self, probe: str) -> Transcript:
        """The transcript of a probe."""
        try:
            return self._transcripts[probe]
        except KeyError:
            raise NotRecorded(f"the probe {probe} was not run") from None

    def exchange(self, probe: str, label: str) -> Exchange:
        """The last checked exchange with this label; NotRecorded if the probe did not get that far."""
        found = self.labelled(probe, label)
        if not found:
            raise NotRecorded(f"{probe}: no exchange {spelled(label)} was recorded; {self._why(probe)}")
        return found[-1]

    def accepted(self, probe: str, label: str) -> Exchange:
        """The same if it was accepted; else NotRecorded: a refusal does not show what is missing."""
        exchange = self.exchange(probe, label)
        if not exchange.ok:
            raise NotRecorded(f"{probe}: {spelled(label)} was not accepted: {summary(exchange)}")
        return exchange

    def labelled(self, probe: str, label: str) -> tuple[Exchange, ...]:
        """The checked exchanges with this label, in order; NotRecorded if the probe was not run."""
        return self.transcript(probe).labelled(label)

    def exchanges(self, probe: str | None = None) -> Iterator[Exchange]:
        """Every checked exchange of a probe, or of the run, without those that were retried.

        For the run, only those that the API itself answered: `before_the_api` returns the others.
        """
        if probe not in self._exchanges:
            self._exchanges[probe] = tuple(
                exchange
                for name, transcript in self._transcripts.items()
                if probe in {None, name}
                for exchange in transcript.checked()
                if probe is not None or not may_have_answered(exchange)
            )
        return iter(self._exchanges[probe])

    def sessions_ended(self, task: str) -> list[int]:
        """The times at which the profile's command or hook had ended a task's session."""
        noted = (each.facts.get(ENDED) for each in self._transcripts.values())
        return [at for ended in noted for name, at in json_values.items(ended) if name == task]

    def before_the_api(self) -> Iterator[Exchange]:
        """Every checked exchange of the run that a front end may have answered instead of the API."""
        for transcript in self._transcripts.values():
            for exchange in transcript.checked():
                if may_have_answered(exchange):
                    yield exchange

    def fact(self, probe: str, name: str) -> Any:
        """The value that the probe noted; NotRecorded if it did not get that far."""
        facts = self.transcript(probe).facts
        if name not in facts:
            raise NotRecorded(f"{probe}: {name} was not reached; {self._why(probe)}")
        return facts[name]

    def noted(self, probe: str, name: str) -> Any:
        """The value that the probe noted; None if there is none."""
        return self.transcript(probe).facts.get(name)

    def stream(self, probe: str, label: str) -> Stream:
        """The stream recorded under a label; NotRecorded if it was refused or never opened."""
        exchange = self.exchange(probe, label)
        if exchange.closed is Closed.DEADLINE and not exchange.chunks:
            raise HeldBack(f"{probe}: nothing of the stream {spelled(label)} came: {exchange.error}")
        if not exchange.is_stream:
            raise NotRecorded(f"{probe}: {spelled(label)} is not an event stream: {exchange.status}")
        if exchange.is_cut:
            raise NotReached(f"{probe}: of the stream {spelled(label)} only the first bytes were kept")
        return self.read(exchange)

    def streams(self, probe: str | None = None) -> Iterator[Stream]:
        """Every event stream of a probe, or of the run; those that are compressed or cut are left out."""
        if probe not in self._read:
            self._read[probe] = tuple(
                self.read(exchange) for exchange in self.exchanges(probe) if exchange.is_readable_stream
            )
        return iter(self._read[probe])

    def read(self, exchange: Exchange) -> Stream:
        """The decoded stream of an exchange."""
        found = self._streams.get((exchange.probe, exchange.number))
        if found is None:
            found = self._streams[exchange.probe, exchange.number] = Stream(exchange)
        return found

    def by_shard(self) -> tuple["Record", ...]:
        """The record of each shard of a merged run; only this record if the run was not sharded.

        Shards have separate clocks and perhaps servers: times of different shards are not comparable.
        """
        shards = sorted({each.shard for each in self._transcripts.values()})
        if len(shards) <= 1:
            return (self,)
        return tuple(
            Record(
                self.profile,
                {name: each for name, each in self._transcripts.items() if each.shard == shard},
                self._streams,
                without=self._without,
                premises=self.premises,
            )
            for shard in shards
        )

    def admits(self, premise: Premise) -> bool:
        """Whether a check may use a premise. Call it only if the check then does use it."""
        if premise in self._without:
            return False
        self.premises.add(premise)
        return True

    def lacking(self, premises: frozenset[Premise]) -> "Record":
        """The same record for a check that must not use these premises."""
        if premises not in self._lesser:
            self._lesser[premises] = Record(
                self.profile, self._transcripts, self._streams, without=self._without | premises
            )
        return self._lesser[premises]

    def derived(self, make: "Callable[[Record], Value]") -> Value:
        """The result of a pure function on this record, computed once and cached."""
        if make not in self._derived:
            self._derived[make] = make(self)
        found: Value = self._derived[make]
        return found

    @property
    def probes(self) -> tuple[str, ...]:
        """The names of all transcripts."""
        return tuple(self._transcripts)

    def jitter(self, *probes: str) -> int:
        """How late the harness itself ran during these probes, in nanoseconds."""
        return max((self.transcript(probe).lag for probe in probes), default=0)

    def _why(self, probe: str) -> str:
        transcript = self.transcript(probe)
        if transcript.ending is Ending.COMPLETE:
            return "the step was left out"
        return f"the probe ended early ({transcript.ending}): {transcript.detail}"
