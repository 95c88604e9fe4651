"""Where the edge lets faults act: before a request is handled, on its answer, on its stream.

Rule: the check of our own answers comes first; a fault alters what was right. While nothing is armed each
hook costs one look-up.
"""

import asyncio
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Role
from sigmic_conformance.mock_server.faults.answers import ANSWER_EFFECTS
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.tasks import FaultyTasks
from sigmic_conformance.mock_server.faults.behaviour.tool_runner import FaultyToolRunner
from sigmic_conformance.mock_server.faults.behaviour.uploads import reception
from sigmic_conformance.mock_server.faults.catalogue import BadOrder
from sigmic_conformance.mock_server.faults.drafts import Draft
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.faults.grammar import parse_orders
from sigmic_conformance.mock_server.faults.stream import FaultyStream, Outlet
from sigmic_conformance.mock_server.faults.trigger import Occasion
from sigmic_conformance.mock_server.http.careless_body import misread
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.deviant_http import rerouted, rewritten, send_with_body
from sigmic_conformance.mock_server.http.event_stream import reset_on_close
from sigmic_conformance.mock_server.http.journal_recorder import notes_of
from sigmic_conformance.mock_server.http.lenient_variables import mended
from sigmic_conformance.mock_server.http.routing import Match, Router
from sigmic_conformance.mock_server.ports import Background, Clocks
from sigmic_conformance.mock_server.service.tasks import CreateTask
from sigmic_conformance.mock_server.storage.uploads import Received, Reception

HEADER = "X-Mock-Fault"
_LONGEST_WAIT = 3600.0
_NOTHING_CARRIED = nullcontext()


class Deviation:
    """The faults as the edge uses them."""

    def __init__(
        self,
        faults: Faults,
        clocks: Clocks,
        background: Background,
        *,
        tasks: FaultyTasks,
        tools: FaultyToolRunner,
        by_header: bool = False,
    ) -> None:
        self.faults = faults
        self.tasks = tasks
        self.tools = tools
        self.background = background
        """Owns what a fault does after the answer."""
        self._by_header = by_header
        self._clocks = clocks

    # --- before the request is handled ---------------------------------------------------------------------

    async def admit(self, call: Call, *, server_wide: bool) -> web.StreamResponse | None:
        """Delay, refuse, break off or answer a request before anything is done about it.

        `server_wide` faults act before it is asked who is calling, those of a project after that.
        """
        if self.faults.is_quiet("admit"):
            return None
        occasion = _occasion(call)
        for armed in self.faults.due("admit", call.project, occasion, server_wide=server_wide):
            self.faults.count(armed, occasion, call.project)
            answer = await self._admit(call, armed.order.fault.effect, armed.params)
            if answer is not None:
                return answer
        return None

    async def _admit(self, call: Call, effect: str, params: Mapping[str, Any]) -> web.StreamResponse | None:
        match effect:
            case "admit.wait":
                clock = self._clocks.of(call.project or "")
                with call.clock.waiting():
                    await clock.sleep(min(float(params["seconds"]), _LONGEST_WAIT), timer="fault")
            case "admit.refuse":
                after = params["retry_after"]
                headers = {"Retry-After": str(after)} if after != "" else {}
                raise ApiError(ErrorCode(params["code"]), headers=headers)
            case "admit.answer":
                draft = Draft(
                    status=params["status"],
                    headers=CIMultiDict(call.headers, **{"Content-Type": params["type"]}),
                    body=params["body"].encode(),
                )
                draft.headers.update(params["headers"])
                return await deliver(call.request, draft)
            case "admit.break":
                raise _broken(call.request, reset=params["reset"])
            case _:
                raise LookupError(effect)
        return None

    def carried(self, request: web.BaseRequest) -> AbstractContextManager[None]:
        """Return what lets a request meet the faults of its header; raises VALIDATION_ERROR by name."""
        text = request.headers.get(HEADER) if self._by_header else None
        if text is None:
            return _NOTHING_CARRIED
        try:
            orders = parse_orders(text)
        except BadOrder as problem:
            raise ApiError(ErrorCode.VALIDATION_ERROR, f"{HEADER}: {problem}") from None
        return self.faults.carried(orders)

    def allow_header(self, headers: MutableMapping[str, str]) -> None:
        """Let web pages send the header too, in the answer to a preflight that lets them call."""
        name = "Access-Control-Allow-Headers"
        if self._by_header and name in headers:
            headers[name] += f", {HEADER}"

    def promoted(self, call: Call, principal: Principal) -> Principal:
        """Return a viewer as a member when a fault forgets the roles."""
        about = {"operation": call.operation.operation_id}
        if self.faults.deviates("auth.role", principal.project_id, **about) is None:
            return principal
        return replace(principal, role=Role.MEMBER)

    def query(self, call: Call) -> None:
        """Read another query than the one that was sent."""
        if self.faults.is_quiet("query"):
            return
        about = {"operation": call.operation.operation_id}
        params = self.faults.deviates("query", call.project, **about)
        if params is not None:
            call.query = {**call.query, params["name"]: params["value"]}

    def reception(self, call: Call) -> Reception:
        """Return what receives the files of an upload."""
        operation = call.operation.operation_id
        ask = Asker(self.faults, call.project, task=call.path.get("id"), operation=operation)
        return reception(call.uploads.staging, call.uploads.limits, ask, partial(_half_do, call))

    def leniently(self, call: Call, body: Any) -> Any:
        """Return a JSON body with its bad variables mended, when a fault has them taken."""
        if self.faults.is_quiet("variables.unchecked"):
            return body
        return mended(body, lambda code: self.wrongly(call, "variables.unchecked", code) is not None)

    def misread(
        self, call: Call, pairs: Sequence[tuple[str, str]], booleans: Collection[str]
    ) -> Sequence[tuple[str, str]]:
        """Return the fields of a form as faults have them read."""
        if self.faults.is_quiet("form.truthy") and self.faults.is_quiet("form.variables-dropped"):
            return pairs
        return misread(pairs, booleans, lambda decision, code: self.wrongly(call, decision, code) is not None)

    def message_for_files(self, call: Call) -> str | None:
        """Return the message that files without one are taken with."""
        params = self.wrongly(call, "upload.no-message")
        return None if params is None else str(params["message"])

    def rerouted(self, call: Call, router: Router) -> Match | None:
        """Return where a request leads whose path is decoded too early, when a fault wants it."""
        return rerouted(call.request, router, lambda: self.wrongly(call, "path.decoded") is not None)

    def rewrite(self, data: bytes) -> bytes:
        """Return what a connection received, as faults of the whole server have it: nobody is known yet."""
        if self.faults.is_quiet("connection.smuggling"):
            return data
        return rewritten(data, lambda: self.faults.deviates("connection.smuggling", None) is not None)

    def wrongly(self, call: Call, decision: str, code: str | None = None) -> Mapping[str, Any] | None:
        """Return what a fault wants of this call, or None. Ask only where a yes changes what happens."""
        return self.faults.deviates(
            decision,
            call.project,
            task=call.path.get("id"),
            operation=call.operation.operation_id,
            code=code,
        )

    # --- the answer ----------------------------------------------------------------------------------------

    def concerns(self, call: Call) -> bool:
        """True when an answer of this call may have to be altered."""
        return not self.faults.is_quiet("answer") and call.request.method != "HEAD"

    async def alter(self, call: Call, draft: Draft) -> web.StreamResponse | None:
        """Return the answer as the faults will have it; None when none acted."""
        if not self._apply(call, draft):
            return None
        return await deliver(call.request, draft)

    async def with_body(self, call: Call, answer: web.StreamResponse) -> web.StreamResponse:
        """Send the body after the answer to a HEAD request, when a fault wants it."""
        await send_with_body(call.request, answer, lambda: self.wrongly(call, "head.body") is not None)
        return answer

    def head(self, call: Call, headers: "CIMultiDict[str]", status: int) -> int:
        """Alter the head of an answer whose body is written elsewhere; return its status."""
        if not self.concerns(call):
            return status
        draft = Draft(status=status, headers=headers)
        self._apply(call, draft)
        return draft.status

    def _apply(self, call: Call, draft: Draft) -> bool:
        occasion = _occasion(call, draft.code)
        has_acted = False
        for armed in self.faults.due("answer", call.project, occasion):
            if ANSWER_EFFECTS[armed.order.fault.effect](draft, armed.params):
                self.faults.count(armed, occasion, call.project)
                has_acted = True
        return has_acted

    # --- the stream ----------------------------------------------------------------------------------------

    def stream(self, call: Call, outlet: Outlet) -> FaultyStream:
        """Put the faults between the service and one open stream."""
        return FaultyStream(
            outlet,
            self.faults,
            self._clocks.of(call.caller.project_id),
            project=call.caller.project_id,
            task=call.task_id,
        )

    def frames_twice(self, call: Call) -> bool:
        """True when a chunked stream is to have a Content-Length as well."""
        return call.request.version >= (1, 1) and self.wrongly(call, "stream.two-framings") is not None

    def chunks_for_all(self, call: Call) -> bool:
        """True when a stream is to be sent in chunks to a client that knows none."""
        return call.request.version < (1, 1) and self.wrongly(call, "stream.always-chunked") is not None


async def _half_do(call: Call, leaves: str, received: Received) -> None:
    """Do half of what the request asked for that was refused."""
    tasks, fields = call.deviation.tasks, dict(received.fields)
    text = fields.get("message", "")
    if call.operation.operation_id == "create_task":
        prompt = fields.get("systemPrompt")
        await tasks.create(
            call.caller, CreateTask(message=text, system_prompt=prompt, upload=received.upload)
        )
    elif leaves == "files":
        await tasks.keep_refused_files(call.task_id, received.upload)
    else:
        await tasks.keep_refused_message(call.task_id, text)


def _occasion(call: Call, code: str | None = None) -> Occasion:
    return Occasion(
        operation=call.operation.operation_id,
        method=call.request.method,
        path=call.request.rel_url.raw_path,
        task=call.path.get("id"),
        code=code,
    )


async def deliver(request: web.BaseRequest, draft: Draft) -> web.StreamResponse:
    """Put an altered answer on the wire, or return it to be put there."""
    body = draft.as_bytes()
    draft.headers.pop("Content-Length", None)
    how = draft.delivery
    if how.is_plain:
        whole = web.Response(body=body, status=draft.status, headers=draft.headers)
        if how.close:
            whole.force_close()
        return whole
    draft.headers["Content-Length"] = str(max(0, len(body) + how.announce))
    answer = web.StreamResponse(status=draft.status, headers=draft.headers)
    if how.close or how.announce:
        answer.force_close()
    await answer.prepare(request)
    sent = body if how.cut is None else body[: how.cut]
    notes = notes_of(request)
    if notes is not None:
        notes.answered(draft.status, draft.headers, sent)
    size = how.piece or max(1, len(sent))
    for start in range(0, len(sent), size):
        if start and how.pause:
            await asyncio.sleep(how.pause)
        if request.transport is None:
            raise ConnectionResetError("the client left")
        request.transport.write(sent[start : start + size])
    if how.reset or how.cut is not None or how.announce > 0 or how.hang_up:
        raise _broken(request, reset=how.reset)
    await answer.write_eof()
    return answer


def _broken(request: web.BaseRequest, *, reset: bool) -> ConnectionError:
    transport = request.transport
    if transport is not None:
        if reset:
            reset_on_close(transport)
            transport.abort()
        else:
            transport.close()
    return ConnectionResetError("a fault broke the connection")
