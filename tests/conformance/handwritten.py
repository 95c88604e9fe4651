"""Hand-written traffic for tests of the model: each call adds an exchange, one second after the last one.

The test defines the target's answers; the model has to draw the conclusions.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from inspect import Signature, signature
from typing import Any, Self
from urllib.parse import urlencode

import pytest

from sigmic_conformance.checks import Clause
from sigmic_conformance.model.model import Model
from sigmic_conformance.model.record.finding import Findings, fulfils
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.evaluation import ClauseResults, Evaluation
from sigmic_conformance.wire.sent_file import SentFile
from sigmic_conformance.wire.transcript import Closed, Exchange, Sent
from tests.conformance.kit import (
    JSON,
    LEDGER,
    REGISTRY,
    SECOND,
    STREAM,
    P,
    call,
    content,
    event,
    exchange,
    record,
    result,
    success,
)

KEY = "[secret:0123456789abcdef]"
OTHER_KEY = "[secret:fedcba9876543210]"
TASKS = "/api/v1/tasks"
OWNER = (("Authorization", f"Bearer {KEY}"),)
BY_API_KEY = (("X-API-Key", KEY),)
SECOND_KEY = (("Authorization", f"Bearer {OTHER_KEY}"),)
NOBODY: tuple[tuple[str, str], ...] = ()


def user(number: int, text: str, **more: Any) -> dict[str, Any]:
    """A message of the user."""
    return {
        "id": f"u{number}",
        "role": "user",
        "content": text,
        "createdAt": "2026-01-26T15:50:54.870Z",
    } | more


def agent(number: int, text: str, **more: Any) -> dict[str, Any]:
    """An answer of the agent."""
    return user(number, text) | {"id": f"a{number}", "role": "assistant"} | more


HI, FOUR, MORE = user(1, "Hi"), agent(1, "4"), user(2, "More")


class Traffic:
    """A run of one or more probes. Each verb adds an exchange and returns the run."""

    def __init__(self, **profile: Any) -> None:
        self.exchanges: list[Exchange] = []
        self.profile = profile
        self.now = 0.0

    def at(self, now: float) -> Self:
        """Add the next exchange at this time."""
        self.now = now
        return self

    def after(self, seconds: float) -> Self:
        """Add the next exchange so much later, or earlier."""
        return self.at(self.now + seconds)

    def add(  # noqa: PLR0913  an exchange has that many sides, and each test needs few of them
        self,
        method: str,
        target: str,
        data: Any = None,
        *,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = OWNER,
        role: str = "owner",
        text: str | None = None,
        kind: str = "application/json",
        parts: tuple[str, ...] = (),
        files: tuple[SentFile, ...] = (),
        took: float = 0.1,
        answer: Any = None,
        code: str = "NO",
        answered: tuple[tuple[str, str], ...] = JSON,
        chunks: list[tuple[float, bytes]] | None = None,
        closed: Closed = Closed.COMPLETE,
    ) -> Self:
        """Add an exchange now. `data` goes into the envelope; `answer` replaces the whole body."""
        body = answer if answer is not None else success(data)
        if status >= 400 and answer is None:
            body = {"success": False, "error": {"message": "no", "code": code}}
        sends = text is not None or parts
        made = exchange(
            number=len(self.exchanges) + 1,
            label=f"{method} {target}",
            operation="unnamed",
            status=status,
            body=body,
            chunks=chunks,
            headers=answered,
            method=method,
            target=target,
            closed=closed,
        )
        sent = Sent(
            method=method,
            target=target,
            headers=(*headers, *((("Content-Type", kind),) if sends else ())),
            size=len((text or "").encode()),
            text=text,
            parts=parts,
            files=files,
        )
        made = replace(
            made,
            role=role,
            sent=sent,
            started=round(self.now * SECOND),
            head_at=round(self.now * SECOND),
            ended=round((self.now + took) * SECOND),
        )
        self.exchanges.append(made)
        self.now += max(1.0, took)
        return self

    def create(self, message: str | None = "Hi", *, task: str = "t", status: int = 201, **more: Any) -> Self:
        """Create a task from JSON; `fields` are added to the body."""
        body = {"message": message} | more.pop("fields", {})
        return self.add(
            "POST", TASKS, {"id": task, "status": "pending"}, status=status, text=json.dumps(body), **more
        )

    def create_form(self, *files: SentFile, message: str = "Hi", task: str = "t", **more: Any) -> Self:
        """Create a task from a form with files."""
        return self.add("POST", TASKS, {"id": task, "status": "pending"}, **_form(message, files), **more)

    def say(self, message: str = "More", *, task: str = "t", status: int = 200, **more: Any) -> Self:
        """Send a follow-up as JSON."""
        target, text = f"{TASKS}/{task}/messages", json.dumps({"message": message})
        return self.add("POST", target, {"status": "running"}, text=text, status=status, **more)

    def say_form(self, *files: SentFile, message: str = "More", task: str = "t", **more: Any) -> Self:
        """Send a follow-up as a form with files."""
        target = f"{TASKS}/{task}/messages"
        return self.add("POST", target, {"status": "running"}, **_form(message, files), **more)

    def get(self, told: str = "completed", *, task: str = "t", fields: Any = None, **more: Any) -> Self:
        """Read a task; `fields` replace fields of the task."""
        data = {"id": task, "status": told, "message": "Hi", "env": None} | (fields or {})
        return self.add("GET", f"{TASKS}/{task}", data, **more)

    def history(self, *messages: Any, task: str = "t", told: str = "completed", **more: Any) -> Self:
        """Read a history of these messages."""
        data = {"taskId": task, "conversationId": "c", "status": told, "messages": list(messages)}
        return self.add("GET", f"{TASKS}/{task}/history", data, **more)

    def stream(
        self,
        *live: bytes,
        shown: Iterable[dict[str, Any]] = (),
        task: str = "t",
        streaming: bool | None = None,
        step: float = 0.1,
        **more: Any,
    ) -> Self:
        """Read a stream: these messages, history_done, and the live events, one each `step` seconds."""
        messages = list(shown)
        is_streaming = bool(live) if streaming is None else streaming
        head = [event("history_message", **each) for each in messages]
        head.append(event("history_done", messageCount=len(messages), isStreaming=is_streaming))
        pieces = [*head, *live]
        chunks = [(self.now + step * number, piece) for number, piece in enumerate(pieces, 1)]
        took = more.pop("took", step * (len(pieces) + 1))
        more = {"answered": STREAM} | more
        return self.add("GET", f"{TASKS}/{task}/stream", chunks=chunks, took=took, **more)

    def ran(
        self, command: str, output: str, *, status: str = "success", name: str = "c", **more: Any
    ) -> Self:
        """Read the stream of a turn in which the agent ran this command."""
        ran = call(name, args={"command": command}), result(name, output, status)
        return self.stream(*ran, DONE, **{"shown": [HI]} | more)

    def files(self, *entries: dict[str, Any], task: str = "t", **more: Any) -> Self:
        """List the files of a task."""
        return self.add("GET", f"{TASKS}/{task}/artifacts", {"files": list(entries)}, **more)

    def download(self, path: str | None, content: bytes = b"x", *, task: str = "t", **more: Any) -> Self:
        """Download a file."""
        query = "" if path is None else f"?{urlencode({'path': path})}"
        target = f"{TASKS}/{task}/artifacts/download{query}"
        more = {"answered": (("Content-Type", "text/plain"),)} | more
        return self.add("GET", target, chunks=[(self.now, content)], **more)

    def listing(self, *items: dict[str, Any], query: str = "", answer: Any = None, **more: Any) -> Self:
        """Read a page of the list; `answer` replaces the pagination's members."""
        pagination = {"total": len(items), "limit": 50, "offset": 0, "hasMore": False} | (answer or {})
        body = success(list(items)) | {"pagination": pagination}
        return self.add("GET", f"{TASKS}{query}", answer=body, **more)

    def approve(
        self, call: str, outcome: str = "proceed_once", *, task: str = "t", data: Any = None, **more: Any
    ) -> Self:
        """Decide a call that awaits approval."""
        told = {"approved": outcome != "cancel"} if data is None else data
        target, text = f"{TASKS}/{task}/tools/{call}/approve", json.dumps({"outcome": outcome})
        return self.add("POST", target, told, text=text, **more)

    def cancel(self, *, task: str = "t", **more: Any) -> Self:
        """Cancel a task."""
        return self.add("DELETE", f"{TASKS}/{task}", {"message": "Task cancelled"}, **more)

    def token(
        self,
        name: str = "ann",
        *,
        token: str | None = None,
        ends: str = "2026-11-24T17:00:00.000Z",
        **more: Any,
    ) -> tuple[tuple[str, str], ...]:
        """Exchange credentials for a token; returns the header that carries it."""
        issued = token or f"eyJhbGciOiJIUzI1NiJ9.{name}.[secret:{len(self.exchanges):016d}]"
        body = {"appId": "app", "appSecret": "[secret:1111111111111111]", "endUserId": name}
        text = json.dumps(body | more.pop("fields", {}))
        data = {"token": issued, "expiresAt": ends}
        self.add("POST", "/api/v1/auth/token", data, headers=NOBODY, role="nobody", text=text, **more)
        return (("Authorization", f"Bearer {issued}"),)

    def lost(self, times: int, ask: Callable[[], Self]) -> Self:
        """Send a request that loses its connection each time, and others in between that are answered."""
        for _ in range(times):
            last = ask().exchanges[-1]
            lost = replace(last, operation="named", label="lost", status=None, closed=Closed.TRUNCATED)
            self.exchanges[-1] = lost
            self.listing().listing()
        return self

    def begun(self, message: str = "Hi", *answer: bytes, **more: Any) -> Self:
        """A task that was created and has answered, with a reader from the start."""
        live = answer or (event("content", text="4", isPartial=False), DONE)
        return self.create(message, **more).stream(*live, shown=[user(1, message)])

    def model(self) -> Model:
        """The model of this run."""
        return Model(record(*self.exchanges, **self.profile))

    def evaluation(self) -> Evaluation:
        """The results of the clauses of all checks on this run."""
        return Evaluation(record(*self.exchanges, **self.profile), REGISTRY.checks)

    def row(self, row: str) -> ClauseResults:
        """The results of the clauses of a check."""
        found = self.evaluation().row(row)
        assert not found.fault, found.fault
        return found

    def spoke(self, *rows: str) -> set[str]:
        """The requirements among these whose clauses applied. No check of any requirement may break."""
        found = self.evaluation().rows
        assert {row: results.fault for row, results in found.items() if results.fault} == {}
        return found.keys() & set(rows)

    def reasons(self, row: str) -> set[str]:
        """The reason codes of the breaches of a row. The row must have been evaluated."""
        found = self.row(row)
        assert found.held or found.breaches, f"the traffic lacks what a clause of {row} reads: {_reads(row)}"
        return {breach.reason for breach in found.breaches}

    def judged(self, row: str) -> Verdict:
        """The verdict on a requirement, as if this traffic came from the probe of its check."""
        check = replace(REGISTRY.checks[row], needs=(P,))
        return adjudicate(check, LEDGER.by_id[row], record(*self.exchanges, **self.profile))

    def verdict(self, row: str) -> Verdict:
        """The verdict on a requirement that the run as a whole satisfies: its observations may violate it."""

        def the_run_is_fine(record: Record) -> Findings:
            yield fulfils("", "fine", exchange=next(record.exchanges()))

        of_the_run = Clause(name="fine", on=frozenset(), reason="no", function=the_run_is_fine)
        check = REGISTRY.checks[row]
        clauses = (of_the_run, *(each for each in check.clauses if each.on))
        check = replace(check, clauses=clauses, needs=(P,))
        return adjudicate(check, LEDGER.by_id[row], record(*self.exchanges, **self.profile))


def stories(*told: Any, made: Callable[[Any], Traffic] | None = None) -> Callable[..., None]:
    """Return a test of each story: the requirement holds on the first traffic, and breaks on the second one.

    A story is the row, a function that makes the traffic, its argument for the first and for the second, and
    the reason of the breach. With `made`, the function of all stories, they name none.
    """

    @pytest.mark.parametrize("story", told)
    def test(story: Any) -> None:
        row, *function, kept, broken, reason = story
        traffic_of = made or function[0]
        assert traffic_of(kept).reasons(row) == set()
        assert traffic_of(broken).reasons(row) == {reason}

    return test


def cases(
    *told: Any, ids: Sequence[str] | None = None
) -> Callable[[Callable[..., Traffic]], Callable[..., None]]:
    """Return a decorator that turns a function that returns traffic into a test of requirements.

    A case is the row, the arguments of the function, if any, and the reason of the breach, None if the
    requirement holds, or "unjudged" if it says nothing of this traffic. A row of all cases stands first;
    several rows are judged alike. Spaces separate rows, and reasons. Keyword-only arguments of the function
    are pytest's: fixtures, and parameters of other decorators.
    """
    if isinstance(told[0], str):
        told = tuple((told[0], *(case if isinstance(case, tuple) else (case,))) for case in told[1:])

    def test_of(made: Callable[..., Traffic]) -> Callable[..., None]:
        @pytest.mark.parametrize("case", told, ids=ids)
        def test(case: Any, **more: Any) -> None:
            rows, *given, reason = case
            traffic = made(*given, **more)
            for row in rows.split():
                if reason == "unjudged":
                    assert not traffic.spoke(row)
                else:
                    assert traffic.reasons(row) == set(reason.split() if reason else ())

        own = signature(test).parameters["case"]
        by_keyword = [each for each in signature(made).parameters.values() if each.kind is each.KEYWORD_ONLY]
        test.__signature__ = Signature([own, *by_keyword])
        return test

    return test_of


DONE = event("done", finalResponse="4")


def heard(*live: bytes, shown: Iterable[Any] = (HI,), **more: Any) -> Traffic:
    """A task whose only reader was connected from the start."""
    return Traffic().create("Hi").stream(*live, shown=shown, **more)


def sent(*pieces: bytes, **more: Any) -> Traffic:
    """A new task whose stream has these pieces."""
    told: dict[str, Any] = {"chunks": [(1.5, b"".join(pieces))], "answered": STREAM, "took": 1.0}
    return Traffic().create("Hi").add("GET", f"{TASKS}/t/stream", **told | more)


def answered(output: str, *pieces: str, beside: bool = False) -> Traffic:
    """A task that is read with `output` after a stream of pieces, and perhaps after a reader that left."""
    traffic = Traffic().create("Hi")
    if beside:
        traffic.stream(content("a"), shown=[HI], streaming=True, closed=Closed.HUNG_UP, took=2.0)
        traffic.after(-2.5)
    traffic.stream(*map(content, pieces), DONE, shown=[HI], took=5.0)
    return traffic.get(fields={"output": {"content": output}})


def made_by_ann() -> tuple[Traffic, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """A task of the end user ann, with the tokens of ann and bob."""
    traffic = Traffic()
    ann, bob = traffic.token("ann"), traffic.token("bob")
    traffic.create("Hi", headers=ann, role="end user ann")
    return traffic, ann, bob


def _reads(row: str) -> str:
    """The clauses of a requirement, each with its parameters and operations."""
    clauses = REGISTRY.checks[row].clauses
    return "; ".join(
        f"{each.name} {(*signature(each.function).parameters,)} {sorted(each.on)}" for each in clauses
    )


def _form(message: str, files: tuple[SentFile, ...]) -> dict[str, Any]:
    parts = (f"message={message}", *(f"files: {file.name} ({file.size} bytes)" for file in files))
    return {"kind": "multipart/form-data; boundary=b", "parts": parts, "files": files}
