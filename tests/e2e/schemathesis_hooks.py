"""Leave out generated cases that send the same as a valid request."""

from typing import Any

import schemathesis

FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Leave out an unknown form field with an empty list: it sends no part, so the request is valid."""
    return not (
        case.media_type in FORMS
        and isinstance(case.body, dict)
        and any(value == [] for value in case.body.values())
    )
