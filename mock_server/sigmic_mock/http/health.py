"""/healthz and /metrics, for operators of the server. They require no credential and reveal none."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from sigmic_mock.http.envelope import json_answer
from sigmic_mock.http.metrics import CONTENT_TYPE, Metrics, load_client
from sigmic_mock.http.routing import PlainRoute
from sigmic_mock.ports import SandboxReport


def status_routes(
    report: Callable[[], SandboxReport], metrics: Metrics, version: str
) -> Mapping[str, PlainRoute]:
    """Return both routes by path. `report` is called per request, because a backend may be opening."""

    async def healthz(_request: web.BaseRequest) -> web.StreamResponse:
        sandbox = report()
        health = {
            "status": "ok",
            "version": version,
            "sandbox": {
                "backend": sandbox.backend,
                "level": sandbox.level,
                "properties": dict(sandbox.properties),
            },
        }
        return json_answer(health, 200, {})

    async def show_metrics(_request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.to_thread(load_client)
        return web.Response(body=metrics.render(), headers={"Content-Type": CONTENT_TYPE})

    return {"/healthz": PlainRoute("healthz", healthz), "/metrics": PlainRoute("metrics", show_metrics)}
