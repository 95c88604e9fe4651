"""Members of a project: declared, given by the control plane, kept, saved, forked and put back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sigmic_conformance.mock_server.config.file import Config
from sigmic_conformance.mock_server.domain.accounts import Project, Seeds
from sigmic_conformance.mock_server.domain.model import Role
from tests.fakes.served import Served, serving

CONTROL = "/__mock/v1"
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


async def test_a_snapshot_has_the_roles_and_a_fork_begins_with_them(tmp_path: Path) -> None:
    async with serving(tmp_path, config=DECLARED) as mock:
        await give(mock, "b", {"linus": "viewer"})
        await mock.did("take_snapshot", "b", name="s")
        await give(mock, "b", {"grace": "viewer"})

        (fork,) = (await mock.did("fork_snapshot", "b", name="s"))["forks"]
        await mock.did("restore_snapshot", "b", name="s")
        await give(mock, fork["project"], {"vera": "admin"})

        assert await members(mock, "b") == OWN | {"linus": "viewer"}
        assert await members(mock, fork["project"]) == OWN | {"vera": "admin"}


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"vera": "viewer"}, "CONFLICT", "declared in the configuration"),
        ({"linus": "viewer", "vear": "viewer"}, "VALIDATION_ERROR", "did you mean vera?"),
        ({"linus": "viewr"}, "VALIDATION_ERROR", "did you mean viewer?"),
        ({"linus": None}, "VALIDATION_ERROR", "linus must be one of"),
    ],
)
async def test_what_cannot_be_given_changes_nothing(tmp_path: Path, given: Any, code: str, told: str) -> None:
    async with serving(tmp_path, config=DECLARED) as mock:
        about = {"json": {"members": given}, "params": {"project": "a"}}
        reply = await mock.call("PUT", f"{CONTROL}/members", headers=mock.control, **about)

        assert (reply.code, told in reply.message) == (code, True)
        assert await members(mock, "a") == A
