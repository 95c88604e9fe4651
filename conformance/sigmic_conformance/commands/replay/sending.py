"""Resends recorded exchanges, each after those that had ended before it, and records the responses."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sigmic_conformance.commands.replay.names import Names
from sigmic_conformance.commands.replay.order import Resend
from sigmic_conformance.model.record.repeat import FRAMING, SECRET
from sigmic_conformance.target.profile import Credentials
from sigmic_conformance.traffic.recording import recorded
from sigmic_conformance.wire.bodies import Plain
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.connection import Bounds, Request
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.spelling import Spelling
from sigmic_conformance.wire.transcript import Closed, Exchange, Sent
from sigmic_spec.plural import plural

MORE_SECONDS = 5.0
"""How many seconds longer than recorded an answer may take."""
_OURS = frozenset({"host", "content-length"})
_OF_THE_HEAD = frozenset({Spelling.CHUNKED, Spelling.HEADER_CASE, Spelling.HEADER_ORDER})
"""The forms that also concern headers that the client writes itself."""


class Sender:
    """Sends the exchanges of one probe again; at the end, `names` has the target's current names."""

    def __init__(self, client: Client, credentials: Credentials, redactor: Redactor) -> None:
        self.names = Names()
        self._client = client
        self._redactor = redactor
        self._keys: Mapping[str, str] = {
            "owner": credentials.api_key,
            **({"second": credentials.second_api_key} if credentials.second_api_key else {}),
            **credentials.roles,
        }
        self._app_secrets = {
            app_id: secret
            for app_id, secret in (
                (credentials.app_id, credentials.app_secret),
                (credentials.mcp_app_id, credentials.mcp_app_secret),
            )
            if app_id and secret
        }
        self._tokens: dict[str, str] = {}

    async def send(self, resends: Sequence[Resend]) -> dict[int, Exchange]:
        """The new exchanges by their recorded numbers, for those without an `obstacle`."""
        over = {resend.exchange.number: asyncio.Event() for resend in resends}
        done: dict[int, Exchange] = {}

        async def one(resend: Resend) -> None:
            for number in resend.after:
                await over[number].wait()
            await asyncio.sleep(resend.pause)
            done[resend.exchange.number] = await self._exchange(resend.exchange)
            over[resend.exchange.number].set()

        try:
            await asyncio.gather(*(one(resend) for resend in resends))
        finally:
            self._client.close()
        return done

    async def _exchange(self, then: Exchange) -> Exchange:
        took = (then.ended - then.started) / 1e9
        total = took if then.closed is Closed.HUNG_UP else took + MORE_SECONDS
        request = self._request(then)
        capture = await self._client.exchange(request, Bounds(head=took + MORE_SECONDS, total=total))
        if then.operation == "create_token":
            self._take_token(then, b"".join(chunk.data for chunk in capture.chunks))
        made = {"probe": then.probe, "number": then.number, "label": then.label, "role": then.role}
        now = recorded(
            capture,
            request,
            redactor=self._redactor,
            base_url=self._client.base_url,
            operation=then.operation,
            transient=False,
            **made,
        )
        if then.sent.parts:
            # A form is resent byte for byte: the recorded description of its parts still holds.
            now = replace(now, sent=replace(now.sent, parts=then.sent.parts, files=then.sent.files))
        if then.closed is Closed.HUNG_UP and now.closed is Closed.DEADLINE:
            now = replace(now, closed=Closed.HUNG_UP)
        self.names.learn(then, now)
        return now

    def _request(self, then: Exchange) -> Request:
        headers = tuple(
            (name, self._header(then.role, value))
            for name, value in then.sent.headers
            if name.lower() not in _OURS
        )
        content = then.sent.content
        if content is not None:
            content = self.names.put(content.decode("latin-1")).encode("latin-1")
            content = self._with_app_secret(then, content)
        body = Plain(content, content_type="") if content is not None else None
        target = self.names.put_into_target(then.sent.target)
        spelling = then.sent.spelling if then.sent.spelling in _OF_THE_HEAD else Spelling.PLAIN
        if spelling is Spelling.HEADER_ORDER:  # the recorded order is that of the wire
            headers = headers[::-1]
        return Request(method=then.sent.method, target=target, headers=headers, body=body, spelling=spelling)

    def _header(self, role: str, value: str) -> str:
        """The header value with the current credential in place of the recorded placeholder."""
        if "[secret:" not in value:
            return self.names.put(value)
        return SECRET.sub(lambda found: self._tokens.get(found[0]) or self._keys.get(role) or found[0], value)

    def _with_app_secret(self, then: Exchange, content: bytes) -> bytes:
        """The body of a token exchange with the app's secret in place of its placeholder."""
        named = next((app for app in self._app_secrets if app.encode() in content), None)
        secret = self._app_secrets.get(named or "", next(iter(self._app_secrets.values()), None))
        if then.operation != "create_token" or secret is None:
            return content
        start = content.find(b'"appSecret"')
        first, last = content.find(b"[secret:", start), content.find(b"]", start)
        if start < 0 or first < 0 or last < first:
            return content
        return content[:first] + secret.encode() + content[last + 1 :]

    def _take_token(self, then: Exchange, answer: bytes) -> None:
        old = then.fields.get("token")
        start = answer.find(b"eyJ")
        end = answer.find(b'"', start)
        if isinstance(old, str) and start >= 0:
            self._tokens[old] = answer[start:end].decode("ascii", "replace")


def obstacle(resends: Sequence[Resend]) -> str | None:
    """Why these requests cannot be resent; None if they can."""
    return next(filter(None, (_obstacle(resend.exchange.sent) for resend in resends)), None)


def _obstacle(sent: Sent) -> str | None:
    names = [name.lower() for name, _ in sent.headers]
    if sent.by_hand or FRAMING.intersection(names) or sent.version != "1.1":
        return f"{sent.method} {sent.target} was written byte by byte, which only its probe can"
    if sent.size and sent.content is None:
        return f"the {plural(sent.size, 'byte')} that {sent.method} {sent.target} sent were not kept"
    return None
