"""Which operations of the contract are explored."""

from collections.abc import Iterable
from dataclasses import dataclass

from sigmic_conformance.conformance.target.profile import Profile
from sigmic_conformance.spec.document import Document

CAPABILITY = {
    "create_token": "widget",
    "list_artifacts": "artifacts",
    "download_artifact": "artifacts",
    "approve_tool_call": "approvals",
}
"""Operations that belong to a capability that a profile can declare absent."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What to explore: operations by name, and the seed."""

    operations: tuple[str, ...]
    seed: int


def explorable(profile: Profile, wanted: Iterable[str] = ()) -> tuple[str, ...]:
    """The operations to explore: of the requested ones, or all, those that target and profile allow."""
    known = Document.load().operations
    chosen = set(wanted) or set(known)
    return tuple(
        name
        for name, operation in known.items()
        if name in chosen
        and (operation.method == "GET" or not profile.read_only)
        and (name not in CAPABILITY or profile.offers(CAPABILITY[name]))
    )
