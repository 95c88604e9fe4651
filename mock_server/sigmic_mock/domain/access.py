"""Access rules: what a role may do (G-100), and which data of a project a caller sees (X-08, A-09)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal, Role, Task


class Right(StrEnum):
    """An action that a role may perform in a project."""

    SEE = "see"
    """See the project, its tasks and its settings; no secret is ever shown again."""
    USE = "use"
    """Create tasks, send messages, approve, cancel."""
    KEYS = "keys"
    """Create and revoke API keys, none above one's own role."""
    CONFIGURE = "configure"
    """Change settings, widget apps, policies, prompts and MCP servers, and try a server out."""
    MEMBERS = "members"
    """Give people roles in the project."""
    DELETE = "delete"
    """Delete the project with all its data."""


_RANK = (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER)
"""Every role, from the lowest to the highest."""
RIGHTS: Mapping[Right, Role] = {
    Right.SEE: Role.VIEWER,
    Right.USE: Role.MEMBER,
    Right.KEYS: Role.MEMBER,
    Right.CONFIGURE: Role.ADMIN,
    Right.MEMBERS: Role.ADMIN,
    Right.DELETE: Role.OWNER,
}
"""The lowest role that has each right: the one table of the Task API, the console and its pages."""


def may(role: Role, right: Right) -> bool:
    """Tell whether a role has a right."""
    return reaches(role, RIGHTS[right])


def reaches(role: Role, other: Role) -> bool:
    """Tell whether a role is at least as high as another."""
    return _RANK.index(role) >= _RANK.index(other)


def up_to(role: Role) -> tuple[Role, ...]:
    """Return the roles that a caller may give, or create keys with: none above `role`; the lowest first."""
    return _RANK[: _RANK.index(role) + 1]


def require(role: Role, right: Right) -> None:
    """Raise FORBIDDEN for a role without a right."""
    if not may(role, right):
        message = f"The role {role.value} may not do this; {RIGHTS[right].value} may"
        raise ApiError(ErrorCode.FORBIDDEN, message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The tasks a caller may know of: a project's, or those of one end user of one widget app in it."""

    project_id: str
    app_id: str | None = None
    end_user_id: str | None = None


def scope_of(principal: Principal) -> Scope:
    """Return the scope that `principal` may see."""
    if not principal.is_end_user:
        return Scope(project_id=principal.project_id)
    return Scope(project_id=principal.project_id, app_id=principal.app_id, end_user_id=principal.end_user_id)


def is_visible(principal: Principal, task: Task) -> bool:
    """Tell whether `principal` may know that `task` exists (G-41: if not, it is NOT_FOUND)."""
    if task.project_id != principal.project_id:
        return False
    if not principal.is_end_user:
        return True
    return (task.app_id, task.end_user_id) == (principal.app_id, principal.end_user_id)


def require_write(principal: Principal) -> None:
    """Refuse callers with read access only. Raises FORBIDDEN (G-100: role viewer)."""
    if not may(principal.role, Right.USE):
        raise ApiError(ErrorCode.FORBIDDEN, "The role viewer may read tasks but not create or change them")
