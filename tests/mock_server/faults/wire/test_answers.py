"""A fault alters an answer only in its own place, and only if a caller can read that place."""

from collections.abc import Mapping
from typing import Any

import pytest
from multidict import CIMultiDict

from sigmic_mock.faults.wire.answers import alter
from sigmic_mock.faults.wire.drafts import Draft

PAGE = {"status": 400, "type": "text/html", "body": "<pre>no</pre>", "saying": "The body"}
CODE = {"path": "error.code", "value": "OTHER", "given": {"error.message": "one|two"}}
RANGE = {"name": "Content-Range", "value": "bytes 5-6/999", "told": True}


def draft(message: str = "", headers: Mapping[str, str] | None = None, **more: Any) -> Draft:
    body = {"success": False, "error": {"message": message, "code": "VALIDATION_ERROR"}}
    return Draft(status=400, headers=CIMultiDict(headers or {}), json=body, **more)


@pytest.mark.parametrize(
    ("effect", "params", "meant", "other"),
    [
        ("deliver", {"hang_up": True}, draft(), draft(is_last=True)),
        ("replace", PAGE, draft("The body is empty"), draft("message must be a string")),
        ("set", CODE, draft("two"), draft("three")),
        (
            "alter",
            {"how": "flip", "under": "uploads/"},
            draft(body=b"x", file="uploads/a.txt"),
            draft(body=b"x", file="made.txt"),
        ),
        ("header", RANGE, draft(headers={"Content-Range": "bytes 1-1/4"}), draft()),
    ],
)
def test_an_effect_alters_matching_answers_only(
    effect: str, params: Mapping[str, Any], meant: Draft, other: Draft
):
    assert alter(f"answer.{effect}", meant, params)
    assert not alter(f"answer.{effect}", other, params)
