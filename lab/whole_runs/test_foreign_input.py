"""No answer of a target crashes a judge or probe: a crash would hide the target's faults."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from json import dumps
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.run import Run
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.target.reference_server import reference_platform
from sigmic_conformance.wire.transcript import Chunk, Ending, Exchange, Transcript
from tests.conformance.kit import LEDGER, REGISTRY
from tests.fakes.foreign import VALUES, Foreign
from tests.fakes.proxy import Bend, bending_proxy

pytestmark = [pytest.mark.judgement, pytest.mark.timeout(900)]
MOST_ALIKE = 3
MOST_BYTES = 1 << 16
NAMES = st.sampled_from(["id", "status", "data", "messages", "files", "path", "callId", "toolCalls", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def run(platform: Profile, credentials, ids) -> Run:
    made = Run(profile=platform, credentials=credentials, ledger=LEDGER, registry=REGISTRY)
    made.begin(ids)
    return made


class Golden:
    """A recorded run. Not a dataclass: Hypothesis would print all of it."""

    def __init__(self, profile: Profile, transcripts: dict[str, Transcript]) -> None:
        self.profile = profile
        self.transcripts = transcripts


@pytest.fixture(scope="session")
def golden() -> Golden:
    """The transcripts of one run against the healthy platform, without large and repeated parts."""
    with reference_platform(heartbeat_seconds=0.5) as (profile, credentials):
        made = run(profile, credentials, REGISTRY.checks)
        try:
            return Golden(profile, {name: thinned(each) for name, each in made.transcripts().items()})
        finally:
            made.close()


def thinned(transcript: Transcript) -> Transcript:
    seen: Counter[tuple[str, str]] = Counter()
    kept = []
    for each in transcript.exchanges:
        kind = each.label, each.operation
        seen[kind] += 1
        if seen[kind] <= MOST_ALIKE and each.size <= MOST_BYTES:
            kept.append(each)
    return replace(transcript, exchanges=tuple(kept))


def bent(exchange: Exchange, foreign: Foreign) -> Exchange:
    if exchange.is_stream:
        chunks = tuple(Chunk(each.at, foreign.block(each.data)) for each in exchange.chunks)
    else:
        at = exchange.chunks[0].at if exchange.chunks else exchange.started
        chunks = (Chunk(at, foreign.body(exchange.body)),)
    chunks = tuple(each for each in chunks if each.data)
    return replace(
        exchange,
        chunks=chunks,
        size=sum(len(each.data) for each in chunks),
        headers=foreign.headers(exchange.headers),
        status=foreign.status(exchange.status),
    )


# Slow, and based on a newly recorded run: a new finding is not always the result of a change.
@pytest.mark.slow
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    # A failure names the judge and its line; shrinking the record takes minutes and adds nothing.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    values=st.lists(JSON, max_size=8),
    share=st.sampled_from([0.0, 0.02, 0.1, 0.3]),
    broken=st.sampled_from([0.0, 0.05, 0.3]),
    seed=st.integers(0, 2**32),
)
def test_no_judge_breaks_on_what_a_target_answers(golden, values, share, broken, seed):
    foreign = Foreign(random.Random(seed), share, broken, (*VALUES, *values))
    record = Record(
        golden.profile,
        {
            name: replace(each, exchanges=tuple(bent(exchange, foreign) for exchange in each.exchanges))
            for name, each in golden.transcripts.items()
        },
    )

    verdicts = {
        row: adjudicate(judge, LEDGER.by_id[row], record)
        for row, judge in REGISTRY.checks.items()
        if all(golden.transcripts[name].ending is not Ending.ERRORED for name in judge.needs)
    }

    broke = [
        f"{row}: {' | '.join(each.observed.strip().splitlines()[-3:])}"
        for row, each in verdicts.items()
        if each.outcome is Outcome.ERRORED
    ]
    assert not broke, "\n".join(broke)
    # Compared as text, since NaN does not equal itself.
    changed = [each.label for each in record.exchanges() if dumps(each.json()) != dumps(replace(each).json())]
    assert not changed, "a judge changed the JSON value that all judges share"


@pytest.mark.parametrize(
    ("seed", "share", "broken"),
    [
        (1, 0.05, 0.02),
        pytest.param(2, 0.02, 0.0, marks=pytest.mark.slow),
        pytest.param(3, 0.1, 0.05, marks=pytest.mark.slow),
    ],
)
async def test_no_probe_breaks_on_what_a_target_answers(seed, share, broken):
    foreign = Foreign(random.Random(seed), share, broken)
    bend = Bend(
        body=lambda target, body: body if "/download" in target else foreign.body(body),
        block=lambda block: foreign.block(block) + b"\n\n",
    )
    with reference_platform(heartbeat_seconds=0.5) as (profile, credentials):
        async with bending_proxy(urlsplit(profile.base_url).port or 0, bend) as url:
            target = replace(profile, base_url=url, task_seconds=3.0, wall_seconds=90.0)

            def work() -> dict[str, Transcript]:
                made = run(target, credentials, REGISTRY.checks)
                try:
                    return made.transcripts()
                finally:
                    made.close()

            transcripts = await asyncio.to_thread(work)

    broke = {name: each.detail for name, each in transcripts.items() if each.ending is Ending.ERRORED}
    assert len(transcripts) > 1, transcripts["preflight"].detail
    assert broke == {}
