"""A viewer reads all tasks and changes nothing."""

from typing import Any

import pytest

from tests.conformance.traffic import Traffic

VIEWER: Any = {"headers": (("Authorization", "Bearer [secret:2222222222222222]"),), "role": "viewer"}
FORBIDDEN = {"status": 403, "code": "FORBIDDEN"}


@pytest.mark.parametrize(
    ("does", "kept", "broken", "reason"),
    [
        ("say", FORBIDDEN, {"status": 404}, "wrong-role"),
        ("cancel", FORBIDDEN, {}, "accepted"),
        ("history", {}, FORBIDDEN, "wrong-role"),
        ("get", {}, FORBIDDEN, "wrong-role"),
    ],
)
def test_a_viewer(does: str, kept: dict[str, Any], broken: dict[str, Any], reason: str):
    for more, reasons in ((kept, set()), (broken, {reason})):
        traffic = Traffic().begun()
        getattr(traffic, does)(**VIEWER, **more)

        assert traffic.reasons("PROJECT-005") == reasons
