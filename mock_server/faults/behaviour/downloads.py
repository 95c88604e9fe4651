"""Faults of a file that is sent: its content altered, a wrong length, a range beyond its end."""

import asyncio
from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.wire.answer_faults import AnswerFaults
from sigmic_conformance.mock_server.faults.wire.drafts import Draft
from sigmic_conformance.mock_server.http.downloads import FileSender, Span
from sigmic_conformance.mock_server.storage.workspaces import OpenArtifact


class FaultyFileSender(FileSender):
    """Sends a file as the armed faults will have it."""

    def __init__(
        self,
        request: web.BaseRequest,
        headers: Mapping[str, str],
        asker: Asker,
        answer_faults: AnswerFaults,
    ) -> None:
        super().__init__(request, headers)
        self._asker = asker
        self._answer_faults = answer_faults

    def out_of_range(
        self, artifact: OpenArtifact, common: Mapping[str, str]
    ) -> tuple[web.StreamResponse, Span | None]:
        if self._asker.wanted("range.beyond"):
            return self.partial(artifact, common, Span(artifact.size, 0))
        return super().out_of_range(artifact, common)

    async def transmit(
        self, artifact: OpenArtifact, answer: web.StreamResponse, span: Span | None
    ) -> web.StreamResponse:
        if span is not None and not self._answer_faults.is_idle:
            altered = await self._altered(artifact, answer, span)
            if altered is not None:
                return altered
        if self.request.method == "HEAD" and self._asker.wanted("head.length"):
            answer.headers["Content-Length"] = "0"
            span = None
        return await super().transmit(artifact, answer, span)

    async def _altered(
        self, artifact: OpenArtifact, answer: web.StreamResponse, span: Span
    ) -> web.StreamResponse | None:
        """Return the file as the faults will have it; it is read whole, which only a test pays for."""
        await asyncio.to_thread(artifact.file.seek, span.start)
        body = await asyncio.to_thread(artifact.file.read, span.length)
        path = self.request.query.get("path", "")
        draft = Draft(status=answer.status, headers=CIMultiDict(answer.headers), body=body, file=path)
        return await self._answer_faults.altered(draft)
