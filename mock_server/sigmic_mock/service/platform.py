"""The platform as the edge sees it: its use cases, and its start and end."""

from dataclasses import dataclass

from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.artifacts import Artifacts
from sigmic_mock.service.dependencies import Counters
from sigmic_mock.service.mcp_trial import McpTrials
from sigmic_mock.service.minting import Minting
from sigmic_mock.service.people import People
from sigmic_mock.service.project_settings import AllSettings
from sigmic_mock.service.resetting import Resetting
from sigmic_mock.service.running_turns import RunningTurns
from sigmic_mock.service.sessions import Sessions
from sigmic_mock.service.snapshots import Snapshots
from sigmic_mock.service.streams import Streams
from sigmic_mock.service.tasks import Tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Every use case. `turns`, `sessions` and `counters` are for monitoring, not for callers."""

    accounts: Accounts
    tasks: Tasks
    artifacts: Artifacts
    streams: Streams
    turns: RunningTurns
    sessions: Sessions
    counters: Counters
    minting: Minting
    resetting: Resetting
    snapshots: Snapshots
    project_settings: AllSettings
    mcp_trials: McpTrials
    people: People

    async def stop(self) -> None:
        """End every turn, so that every stream ends at an event boundary, and every session's processes."""
        await self.turns.stop()
        await self.sessions.close()
