"""People who sign in at the console: by one click on a laptop, by a password elsewhere."""

from dataclasses import dataclass

from sigmic_mock.domain.model import Role
from sigmic_mock.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One person. `role` is their role in every project that has not given them another.

    Without a `password` they sign in by one click, which only a server for this machine alone supports.
    """

    name: str
    role: Role
    password: Secret | None = None


LOCAL_USERS = (
    User(name="ada", role=Role.OWNER),
    User(name="grace", role=Role.ADMIN),
    User(name="linus", role=Role.MEMBER),
    User(name="vera", role=Role.VIEWER),
)
"""One of each role, for a laptop."""
