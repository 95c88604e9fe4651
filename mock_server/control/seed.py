"""/seed: draw a project's ids and random choices from a number, so that a run can be repeated to the byte."""

from collections.abc import Iterable
from typing import Any

from sigmic_conformance.mock_server.config.flags import LARGEST_SEED
from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.runtime.ids import ProjectIds


def routes(ids: ProjectIds) -> Iterable[ControlRoute]:
    """Return the routes."""

    async def show(call: ControlCall) -> dict[str, Any]:
        return {"project": call.project_id, "seed": ids.seed_of(call.project_id)}

    async def change(call: ControlCall) -> dict[str, Any]:
        ids.seed(call.project_id, seed_of(call))
        return await show(call)

    return (
        ControlRoute("GET", "/seed", show),
        ControlRoute("POST", "/seed", change, fields=("seed",)),
    )


def seed_of(call: ControlCall) -> int | None:
    """Return the field `seed`, None for null; raises VALIDATION_ERROR."""
    if "seed" not in call.body:
        raise ApiError(ErrorCode.VALIDATION_ERROR, "seed is required: a whole number, or null for random ids")
    seed = call.body["seed"]
    if seed is None:
        return None
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
        raise ApiError(
            ErrorCode.VALIDATION_ERROR, f"seed must be a whole number, 0 to {LARGEST_SEED}, or null"
        )
    return seed
