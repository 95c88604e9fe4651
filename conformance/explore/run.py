"""One exploration: preflight, walks, verdicts; the same result as any run, selected by `explore`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.driver import Driver
from conformance.explore.hands import Hands
from conformance.explore.judging import judged
from conformance.explore.life import walk
from conformance.preflight import preflight
from conformance.record import Record
from conformance.redaction import Redactor
from conformance.run import Run
from conformance.transcript import Transcript
from conformance.wire import Wire

TURNS_A_WALK = 3


@dataclass(slots=True, kw_only=True)
class Exploration(Run):
    """A run whose traffic is drawn from a seed. `walks` are the transcripts, by name."""

    walks: dict[str, Transcript] = field(default_factory=dict)

    def explore(self, *, seed: int, turns: int, seconds: float) -> None:
        """Walk and judge; afterwards `verdicts` holds what was decided."""
        redactor = Redactor()
        for secret in self.credentials.secrets():
            redactor.learn(secret)
        self.selection = f"explore, seed {seed}"
        wire = Wire(self.profile.base_url)
        self.reachable = asyncio.run(preflight(self.profile, self.credentials, redactor=redactor, wire=wire))
        if self.reachable.problem is not None:
            return

        def make_driver(probe: str) -> Driver:
            return Driver(
                probe=probe,
                wire=Wire(self.profile.base_url),
                profile=self.profile,
                credentials=self.credentials,
                redactor=redactor,
            )

        hands = Hands(make_driver, turns=turns, seconds=seconds)
        try:
            walk(hands, number=seed, walks=max(1, turns // TURNS_A_WALK))
        finally:
            hands.close()
        self.walks = {name: each for name, each in hands.walks.items() if each.exchanges}
        record = Record(self.profile, self.walks)
        self.verdicts = judged(self.walks, record, self.registry.judges, self.ledger)
        self.selected = frozenset(self.verdicts)

    def transcripts(self, *, waiting: bool = True) -> dict[str, Transcript]:  # noqa: ARG002 - nothing to wait for
        return dict(self.walks)

    def counted(self) -> Mapping[str, int]:
        """How many walks, requests and turns there were."""
        exchanges = [exchange for each in self.walks.values() for exchange in each.exchanges]
        turns = [each for each in exchanges if each.operation in {"create_task", "send_message"} and each.ok]
        return {"walks": len(self.walks), "requests": len(exchanges), "turns": len(turns)}
