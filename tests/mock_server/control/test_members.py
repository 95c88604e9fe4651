"""Members of a project: declared, set through the control plane, saved and reset."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigmic_mock.config.file import Config
from sigmic_mock.domain.accounts import Project, Seeds
from sigmic_mock.domain.model import Role
from tests.fakes.served import Served, serving

OWN = {"ada": "owner", "grace": "admin", "linus": "member", "vera": "viewer"}
DECLARED = Config(
    seeds=Seeds(
        projects=(Project(id="a", name="A"), Project(id="b", name="B")),
        members={"a": {"vera": Role.OWNER}},
    )
)
A = OWN | {"vera": "owner"}


async def members(mock: Served, project: str) -> Any:
    return (await mock.did("show_members", project))["members"]


async def give(mock: Served, project: str, roles: Mapping[str, str]) -> None:
    await mock.did("give_roles", project, members=dict(roles))


async def test_roles_hold_in_their_project_alone_over_a_restart_and_until_a_reset(tmp_path: Path) -> None:
    async with serving(tmp_path, config=DECLARED) as mock:
        assert [await members(mock, each) for each in "ab"] == [A, OWN]
        refused = await mock.ask("give_roles", "a", members={"vera": "viewer"})
        assert (refused.code, "declared in the configuration" in refused.message) == ("CONFLICT", True)
        await give(mock, "a", {"linus": "viewer"})
        await give(mock, "b", {"grace": "owner"})
        await give(mock, "b", {"linus": "owner"})
    async with serving(tmp_path, config=DECLARED) as mock:
        assert [await members(mock, each) for each in "ab"] == [
            A | {"linus": "viewer"},
            OWN | {"linus": "owner"},
        ]

        await mock.did("reset", "a", scope=["members"])

        assert [await members(mock, each) for each in "ab"] == [A, OWN | {"linus": "owner"}]
