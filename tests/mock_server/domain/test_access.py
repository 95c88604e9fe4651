"""Tests of who sees what."""

import pytest

from sigmic_conformance.mock_server.domain.access import (
    Right,
    Scope,
    is_visible,
    may,
    require_write,
    scope_of,
)
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Role, Task

KEY = Principal(project_id="p", api_key_id="k", username="u")
ANN = Principal(project_id="p", api_key_id="a", username="ann", app_id="app", end_user_id="ann")


def task(project: str = "p", app: str | None = None, user: str | None = None) -> Task:
    return Task(
        id="t",
        project_id=project,
        api_key_id="k",
        username="u",
        app_id=app,
        end_user_id=user,
        message="m",
        created_at=0,
    )


@pytest.mark.parametrize(
    ("principal", "of", "expected"),
    [
        (KEY, task(), True),
        (KEY, task(app="app", user="ann"), True),
        (KEY, task(project="q"), False),
        (ANN, task(app="app", user="ann"), True),
        (ANN, task(app="app", user="bob"), False),
        (ANN, task(app="other", user="ann"), False),
        (ANN, task(), False),
        (ANN, task(project="q", app="app", user="ann"), False),
    ],
)
def test_a_project_sees_its_tasks_and_an_end_user_their_own(
    *, principal: Principal, of: Task, expected: bool
) -> None:
    assert is_visible(principal, of) is expected


def test_the_scope_of_a_list_is_what_is_visible() -> None:
    assert scope_of(KEY) == Scope(project_id="p")
    assert scope_of(ANN) == Scope(project_id="p", app_id="app", end_user_id="ann")


@pytest.mark.parametrize("role", Role)
def test_only_a_viewer_may_not_write(role: Role) -> None:
    principal = Principal(project_id="p", api_key_id="k", username="u", role=role)

    if role is not Role.VIEWER:
        require_write(principal)
        return
    with pytest.raises(ApiError) as refusal:
        require_write(principal)
    assert refusal.value.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.SEE, {Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER}),
        (Right.USE, {Role.OWNER, Role.ADMIN, Role.MEMBER}),
        (Right.KEYS, {Role.OWNER, Role.ADMIN, Role.MEMBER}),
        (Right.CONFIGURE, {Role.OWNER, Role.ADMIN}),
        (Right.MEMBERS, {Role.OWNER, Role.ADMIN}),
        (Right.DELETE, {Role.OWNER}),
    ],
)
def test_what_a_role_may(right: Right, roles: set[Role]) -> None:
    assert {role for role in Role if may(role, right)} == roles
