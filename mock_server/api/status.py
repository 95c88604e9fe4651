"""/healthz and /metrics: for those who run the server. They ask for no credential and tell none."""

from collections.abc import Mapping

from aiohttp import web

from mock_server.api.envelope import json_answer
from mock_server.api.routing import PlainRoute
from mock_server.metrics import CONTENT_TYPE, Metrics
from mock_server.ports import SandboxReport


def status_routes(report: SandboxReport, metrics: Metrics, version: str) -> Mapping[str, PlainRoute]:
    """Return both routes by path."""
    health = {
        "status": "ok",
        "version": version,
        "sandbox": {
            "backend": report.backend,
            "level": report.level,
            "properties": dict(report.properties),
        },
    }

    async def healthz(_request: web.BaseRequest) -> web.StreamResponse:
        return json_answer(health, 200, {})

    async def show_metrics(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return {"/healthz": PlainRoute("healthz", healthz), "/metrics": PlainRoute("metrics", show_metrics)}
