"""A viewer reads all tasks and changes nothing."""

from typing import Any

from tests.conformance.traffic import Traffic, cases

VIEWER: Any = {"headers": (("Authorization", "Bearer [secret:2222222222222222]"),), "role": "viewer"}
FORBIDDEN = {"status": 403, "code": "FORBIDDEN"}


@cases(
    "PROJECT-005",
    ("say", FORBIDDEN, None),
    ("say", {"status": 404}, "wrong-role"),
    ("cancel", FORBIDDEN, None),
    ("cancel", {}, "accepted"),
    ("history", {}, None),
    ("history", FORBIDDEN, "wrong-role"),
    ("get", {}, None),
    ("get", FORBIDDEN, "wrong-role"),
)
def test_a_viewer(does: str, answer: dict[str, Any]) -> Traffic:
    return getattr(Traffic().begun(), does)(**VIEWER, **answer)
