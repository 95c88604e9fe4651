"""Which caller can read which tasks."""

import pytest

from sigmic_mock.domain.access import Right, may
from sigmic_mock.domain.model import Role


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
def test_each_right_is_held_by_its_roles_only(right: Right, roles: set[Role]) -> None:
    assert {role for role in Role if may(role, right)} == roles
