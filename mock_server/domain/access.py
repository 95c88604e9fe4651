"""Access rules: a caller sees one project, and with a widget's token one end user (X-08, A-09)."""

from dataclasses import dataclass

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal, Role, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The tasks a caller may know of: a project's, or those of one end user of one widget app in it."""

    project_id: str
    app_id: str | None = None
    end_user_id: str | None = None


def scope_of(principal: Principal) -> Scope:
    """Return what `principal` may see."""
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
    """Refuse callers who may only look. Raises FORBIDDEN (G-100: role viewer)."""
    if principal.role is Role.VIEWER:
        raise ApiError(ErrorCode.FORBIDDEN, "The role viewer may read tasks but not create or change them")
