"""STATE and APPROVE: the trace of every task and every call of the run is a path of its automaton."""

from sigmic_conformance.conformance.judging.observations import Claim
from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.judging.state_machines import FINAL
from sigmic_conformance.conformance.judging.status_samples import Sample, acts, samples
from sigmic_conformance.conformance.judging.timing import NANO
from sigmic_conformance.conformance.judging.traces import Walk, call_walks, task_walks
from sigmic_conformance.conformance.judging.verdict import Unproven, Verdict, inconclusive
from sigmic_conformance.conformance.registry import judge
from sigmic_conformance.conformance.transcript.stream import Stream
from sigmic_conformance.conformance.transcript.transcript import Exchange

AT_WORK_SECONDS = 0.5


@judge("STATE-002", "easy_task", "tool_task", sweep=True)
def finished_is_finished(record: Record) -> Verdict:
    claim = Claim("changed-when-finished", "a finished task keeps its status until a follow-up")
    done = acts(record)
    for task, told in samples(record).items():
        followed = [each for each in done.get(task, []) if each.operation == "send_message"]
        _keeps(claim, [each for each in told if each.operation == "get_task"], followed)
        if not followed:
            _done_is_kept(claim, record, task, told)
    return claim.verdict()


def _keeps(claim: Claim, told: list[Sample], followed: list[Exchange]) -> None:
    """A change of a finished status uses up one follow-up."""
    changes = 0
    last: Sample | None = None
    for sample in told:
        if last is not None and sample.started >= last.ended and last.status in FINAL:
            changes += last.status != sample.status
            allowed = sum(each.started <= sample.ended for each in followed)
            claim.see(changes <= allowed, sample.exchange, f"{last.status}, then {sample.status}")
        if last is None or sample.started >= last.ended:
            last = sample


def _done_is_kept(claim: Claim, record: Record, task: str, told: list[Sample]) -> None:
    """After `done` a task may take a moment to be told as completed (PHASE-023), but is not pending again."""
    for stream in record.streams():
        if stream.exchange.task == task and stream.of("done") and stream.complete:
            for sample in told:
                if sample.started >= stream.exchange.ended and sample.status == "pending":
                    claim.see(False, sample.exchange, "pending after the stream said done")


@judge("STATE-006", "tool_task", "cancel_running", sweep=True)
def side_by_side(record: Record) -> Verdict:
    claim = Claim("one-by-one", "two tasks of one key at work at the same time")
    runs = [stream for stream in record.streams() if stream.exchange.role == "owner" and _tool_times(stream)]
    waited: list[tuple[Stream, Stream]] = []
    for one in runs:
        for start, end in _tool_times(one):
            for other in runs:
                if other.exchange.task == one.exchange.task:
                    continue
                heard = [event.at for event in other.live]
                if any(start < at < end for at in heard):
                    observed = f"{other.exchange.probe} went on while a tool of {one.exchange.probe} ran"
                    claim.see(True, one.exchange, observed)
                elif other.exchange.started < start and heard and heard[0] > end:
                    waited.append((one, other))
    if claim.verdict().outcome == "inconclusive":
        if not waited:
            return inconclusive(Unproven.STIMULUS_NOT_REACHED, "no two tasks were there at the same time")
        for one, other in waited:
            observed = f"{other.exchange.probe} waited until {one.exchange.probe} had finished"
            claim.see(False, other.exchange, observed)
    return claim.verdict()


def _tool_times(stream: Stream) -> list[tuple[int, int]]:
    """The times between a call and its result that are long enough to look into."""
    calls = {event.call: event.at for event in stream.of("tool_call")}
    ends = ((calls.get(event.call), event.at) for event in stream.of("tool_result"))
    return [(start, end) for start, end in ends if start is not None and end - start > AT_WORK_SECONDS * NANO]


def accepted(claim: Claim, walk: Walk) -> None:
    """Add a walk to a claim."""
    steps = " → ".join(step.after for step in walk.path or ())
    through = f" by {walk.before} → {steps}" if walk.path is not None and len(walk.path) > 1 else ""
    observed = f"{walk.before}, then {walk.after}{through}"
    claim.see(walk.path is not None, walk.exchange, observed, offset=walk.offset)


@judge("STATE-010", "easy_task", "tool_task", "approve_once", "cancel_running", sweep=True)
def task_automaton(record: Record) -> Verdict:
    claim = Claim(
        "no-such-step", "each status follows from the one before, by the agent or by what a client did"
    )
    for walk in task_walks(record):
        accepted(claim, walk)
    return claim.verdict()


@judge("APPROVE-022", "tool_task", "approve_once", "approve_cancel", sweep=True)
def call_automaton(record: Record) -> Verdict:
    claim = Claim("no-such-step", "asked, then executing or refused, then one result: by its answer only")
    for walk in call_walks(record):
        accepted(claim, walk)
    return claim.verdict()
