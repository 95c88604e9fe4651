"""Findings that let a target be tested, but not well: credentials, clocks, buffers, rate limits."""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from sigmic_conformance.commands.diagnosis.examination import SPREAD_NANOSECONDS
from sigmic_conformance.commands.diagnosis.facts import Facts
from sigmic_conformance.commands.diagnosis.finding import Diagnostic, State, fine, note, warning
from sigmic_conformance.model.record.evidence import summary
from sigmic_conformance.model.record.front_ends import GATHERED_REMEDY
from sigmic_conformance.model.record.timing import NANO
from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.transcript import Exchange, Framing
from sigmic_spec.plural import plural

SKEW_SECONDS = 5.0
RATE_HEADERS = ("ratelimit", "x-ratelimit", "retry-after")
LATE = NANO
TOGETHER = NANO // 20


def credentials(facts: Facts, profile: Profile) -> Iterator[Diagnostic]:
    """The second key, the keys of roles and the widget app: accepted, rejected or not given."""
    for label, exchange in facts.exchanges.items():
        if label.startswith("the ") and exchange.operation in {"list_tasks", "create_token"}:
            good = exchange.ok
            yield Diagnostic(
                about=label.removeprefix("the "),
                state=State.OK if good else State.WARNING,
                text="accepted" if good else f"not accepted: {summary(exchange)}",
                remedy="" if good else "correct it, or its requirements stay unproven; `plan` lists them",
            )
    missing = {
        "second key": (profile.has_second_key, "export SIGMIC_SECOND_API_KEY with a key of another project"),
        "widget app": (profile.has_widget, "export SIGMIC_APP_ID and SIGMIC_APP_SECRET"),
        "MCP project": (
            "mcp" in profile.roles or not profile.offers("mcp"),
            (
                "export SIGMIC_MCP_API_KEY with a key of a project that has our server"
                " (see `sigmic-conformance mcp-server --help`)"
            ),
        ),
    }
    for what, (given, remedy) in missing.items():
        if not given:
            yield note(about=what, text="not given: its requirements stay unproven", remedy=remedy)


def clock(facts: Facts) -> Iterator[Diagnostic]:
    """The difference between the target's clock and ours."""
    exchange = next((each for each in facts.answers if each.header("date") and each.head_at), None)
    if exchange is None:
        yield warning(
            about="clock",
            text="no answer has a Date header: times can't be compared",
            remedy="let the server send Date, as RFC 9110 asks of a server with a clock",
        )
        return
    try:
        theirs = parsedate_to_datetime(exchange.header("date") or "").timestamp()
    except ValueError:
        yield warning(
            about="clock",
            text=f"the Date header {spelled(exchange.header('date'))} is not a valid date",
            remedy="send it like `Date: Tue, 24 Nov 2026 16:00:00 GMT`",
        )
        return
    ours = (exchange.head_at or 0) / NANO + facts.wall_offset
    skew = theirs - ours
    if abs(skew) <= SKEW_SECONDS:
        yield fine(about="clock", text=f"theirs and ours differ by {abs(skew):.0f} s")
        return
    yield warning(
        about="clock",
        text=f"theirs is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ours: "
        "the suite will evaluate all times and the expiry of tokens wrongly",
        remedy="set the clock that is wrong; `timedatectl` shows whether one is synchronised",
    )


def stream(facts: Facts) -> Iterator[Diagnostic]:
    """Whether the chunks of a stream arrive as they are produced, or are buffered on the way."""
    stream = facts.stream
    if stream is None and facts.unmade is not None:
        yield warning(
            about="stream",
            text=f"no task could be made to read one: {facts.unmade}",
            remedy="let this key make tasks, or use --read-only and have only reading tested",
        )
        return
    if stream is None:
        why = facts.unwatched or "no stream was opened"
        yield note(about="stream", text=f"not tried: {why}")
        return
    times = [chunk.at for chunk in stream.chunks]
    seconds = (max(times[-1:] or [stream.ended]) - stream.started) / NANO
    working = facts.working.running_at
    if stream.status is not None and not stream.succeeded:
        text = f"it is refused: {summary(stream)}"
        yield warning(about="stream", text=text, remedy="let a task's owner read its stream")
    elif not times:
        held = "its head" if stream.head_at is None else "every byte"
        yield _held(stream, f"{held} was delayed for {(stream.ended - stream.started) / NANO:.1f} s")
    elif times[-1] - times[0] >= SPREAD_NANOSECONDS:
        first = (times[0] - stream.started) / 1e6
        spread = f"{plural(len(times), 'arrival')} over {(times[-1] - times[0]) / NANO:.1f} s"
        yield fine(about="stream", text=f"first bytes after {first:.0f} ms, {spread}")
    elif working is not None and times[0] - working >= LATE and times[-1] - times[0] <= TOGETHER:
        yield _held(
            stream,
            f"everything arrived in one piece after {seconds:.1f} s, though the task was running before",
        )
    else:
        yield note(
            about="stream",
            text="the agent finished too fast to tell whether anything is buffered",
        )


def _held(stream: Exchange, text: str) -> Diagnostic:
    between = stream.header("via") or stream.header("server") or ""
    if "nginx" in between.lower():
        remedy = (
            "set `proxy_buffering off;` in nginx for /api/v1/tasks/, or answer with `X-Accel-Buffering: no`"
        )
    else:
        remedy = GATHERED_REMEDY
    return warning(
        about="stream",
        text=f"{text}: something on the way is buffering it",
        remedy=remedy,
    )


def between(facts: Facts) -> Iterator[Diagnostic]:
    """Signs of a proxy or another intermediary in front of the server."""
    exchanges = [*facts.answers, *([facts.stream] if facts.stream else [])]
    coded = next((each for each in exchanges if each.encoded), None)
    if coded is not None:
        yield warning(
            about="coding",
            text=f"{coded.header('content-encoding')} was not asked for: {summary(coded)}",
            remedy="compress only what a request's Accept-Encoding allows, and never text/event-stream",
        )
    via = next((each.header("via") for each in exchanges if each.header("via")), None)
    if via:
        yield note(about="proxy", text=f"answers come by way of {via}")
    stream = facts.stream
    if stream is not None and stream.succeeded and stream.framing is Framing.LENGTH:
        yield warning(
            about="stream",
            text="the stream has a Content-Length, so it was buffered completely before it was sent",
            remedy="send streams chunked, or until the connection closes, and turn off buffering on the way",
        )


def rates(facts: Facts) -> Iterator[Diagnostic]:
    """Whether requests are rate-limited, and how strictly."""
    throttled = facts.exchanges.get("throttled")
    names = sorted(
        {
            name.lower()
            for each in facts.exchanges.values()
            for name, _ in each.headers
            if name.lower().startswith(RATE_HEADERS)
        }
    )
    if throttled is not None:
        yield warning(
            about="rate",
            text=f"a handful of requests was too many already: {summary(throttled)}",
            remedy="raise the limit of this key for the run, or lower `concurrency` in the profile",
        )
    elif names:
        yield note(
            about="rate",
            text=f"a rate limit is announced in {', '.join(names)}",
            remedy="if requirements end as target-throttled, lower `concurrency` in the profile",
        )
