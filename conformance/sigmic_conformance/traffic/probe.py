"""What a probe is: an async function under `@probe` that sends traffic like a client, and asserts nothing."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.transcript import Ending

Traffic = Callable[[Any], Awaitable[None]]
"""The function of a probe. It takes a `traffic.driver.Driver`, whose module imports this one."""
_Traffic = TypeVar("_Traffic", bound=Traffic)


class Concurrency(StrEnum):
    """How many probes of a kind may run in parallel."""

    TIMING = "timing"  # time measurements: never wait for a slot
    AGENT = "agent"  # make the agent work: up to the profile's number in parallel
    QUICK = "quick"  # a few requests
    BULK = "bulk"  # large uploads: one at a time, on a separate event loop


class Requires(StrEnum):
    """What a probe requires in addition to a key."""

    WRITES = "writes"
    SECOND_KEY = "second_key"
    WIDGET = "widget_credentials"
    EXPIRY = "expiry"
    VIEWER = "viewer"
    MCP = "mcp"
    MCP_WIDGET = "mcp_widget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Traffic to send. `window` returns the seconds that it takes on a healthy target."""

    name: str
    function: Traffic
    window: Callable[[Profile], float]
    concurrency: Concurrency
    capabilities: frozenset[str] = frozenset()
    requires: frozenset[Requires] = frozenset()
    summary: str = ""
    turns: int = 1
    """The turns that it makes one after the other."""

    def seconds(self, profile: Profile) -> float:
        """How long the probe takes on a healthy target."""
        return self.window(profile)

    def unavailable(self, profile: Profile) -> tuple[Ending, str] | None:
        """Why the probe cannot run against this target, or None."""
        missing = profile.lacks(self.capabilities)
        if missing:
            return Ending.INAPPLICABLE, f"the profile says that the target is without {', '.join(missing)}"
        reasons = {
            Requires.WRITES: profile.read_only and "the profile allows reading only",
            Requires.SECOND_KEY: not profile.has_second_key
            and "no second API key was given (--second-api-key-env)",
            Requires.VIEWER: "viewer" not in profile.roles
            and "no API key of a viewer was given (profile key viewer_api_key_env)",
            Requires.MCP: "mcp" not in profile.roles
            and "no API key of a project with the suite's MCP server was given (profile key mcp_api_key_env)",
            Requires.MCP_WIDGET: not profile.has_mcp_widget
            and "no widget app of the project with the suite's MCP server was given (profile key mcp_widget)",
            Requires.WIDGET: not profile.has_widget
            and "no widget credentials were given (profile key widget)",
            Requires.EXPIRY: profile.session_expiry_seconds is None
            and "the time until a session expires is unknown (--session-expiry TIME)",
        }
        for required in sorted(self.requires):
            if reasons[required]:
                return Ending.UNAVAILABLE, str(reasons[required])
        return None


PROBES: dict[str, Probe] = {}
"""The probes of the modules that were imported, by name."""


def probe(
    *,
    seconds: float | Callable[[Profile], float] = 1.0,
    concurrency: Concurrency = Concurrency.QUICK,
    capabilities: Iterable[str] = (),
    requires: Iterable[Requires] = (Requires.WRITES,),
) -> Callable[[_Traffic], _Traffic]:
    """Register a probe under the function's name."""

    def announce(function: _Traffic) -> _Traffic:
        name = function.__name__
        if name in PROBES:
            raise ValueError(f"two probes are called {name}")
        PROBES[name] = Probe(
            name=name,
            function=function,
            window=seconds if callable(seconds) else lambda _: seconds,
            concurrency=concurrency,
            capabilities=frozenset(capabilities),
            requires=frozenset(requires),
            summary=(function.__doc__ or "").strip().partition("\n")[0],
        )
        return function

    return announce
