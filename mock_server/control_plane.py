"""What the control plane offers: the composition root's second half, for `/__mock/v1`."""

from collections.abc import Iterable, Mapping

from mock_server.api.control import accounts, clock, faults, health, seed, state
from mock_server.api.control.guard import Guard
from mock_server.api.control.router import ControlPlane, ControlRoute
from mock_server.core.secret import Secret
from mock_server.foundation import Foundation
from mock_server.service.platform import Platform
from mock_server.version import VERSION


def control_plane(base: Foundation, platform: Platform, token: Secret) -> ControlPlane:
    """Put the control plane together."""
    return ControlPlane(
        Guard(token, public=base.settings.public_control), platform.accounts, _routes(base, platform)
    )


def _routes(base: Foundation, platform: Platform) -> Iterable[ControlRoute]:
    """One line a resource."""
    yield from health.routes(VERSION)
    clocks = base.clocks
    yield from clock.routes(clocks)
    yield from faults.routes(base.faults)
    yield from accounts.routes(platform.minting, clocks, base.ids)
    yield from seed.routes(base.ids)
    yield from state.routes(platform, _resets(base, platform))


def _resets(base: Foundation, platform: Platform) -> Mapping[str, state.Part]:
    """Everything of a project that POST /reset can put back, in that order."""

    async def clock(project_id: str) -> None:
        base.clocks.reset(project_id)

    async def faults(project_id: str) -> None:
        base.faults.clear(project_id)

    async def seed(project_id: str) -> None:
        base.ids.rewind(project_id)

    return {"faults": faults, "state": platform.resetting.reset, "clock": clock, "seed": seed}
