"""What an exploration sends: requests, and the operations that a target and its profile allow."""

from collections.abc import Collection
from dataclasses import dataclass

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.wire.bodies import Plain
from sigmic_spec.document import Document

TASK = "a-task-of-this-exploration"
"""In a path, the place of the id of an existing task."""
_CAPABILITY = {
    "create_token": "widget",
    "list_artifacts": "artifacts",
    "download_artifact": "artifacts",
    "approve_tool_call": "approvals",
}
"""Operations that belong to a capability that a profile can declare absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A request for an operation. `is_signed`: with the owner's credential, else with none."""

    operation: str
    label: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: Plain | None
    secrets: tuple[str, ...]
    """Values of `secrets` in the body: no answer may have them."""
    is_valid: bool
    is_signed: bool


def explorable(profile: Profile, wanted: Collection[str] = ()) -> tuple[str, ...]:
    """The operations to explore: of the requested ones, or all, those that target and profile allow."""
    return tuple(
        name
        for name, operation in Document.load().operations.items()
        if name in (wanted or (name,))
        and (operation.method == "GET" or not profile.read_only)
        and (name not in _CAPABILITY or profile.offers(_CAPABILITY[name]))
    )
