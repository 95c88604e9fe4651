"""An answer is altered only where somebody may see it."""

from typing import Any

from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.wire.answers import ANSWER_EFFECTS
from sigmic_conformance.mock_server.faults.wire.drafts import Draft


def draft(message: str = "", **more: Any) -> Draft:
    body = {"success": False, "error": {"message": message, "code": "VALIDATION_ERROR"}}
    return Draft(status=400, headers=CIMultiDict(), json=body, **more)


def test_who_asked_to_close_the_connection_is_not_hung_up_on():
    hang_up = {"hang_up": True}

    assert ANSWER_EFFECTS["answer.deliver"](draft(), hang_up)
    assert not ANSWER_EFFECTS["answer.deliver"](draft(is_last=True), hang_up)


def test_a_page_takes_the_place_of_those_refusals_alone_that_say_so():
    page = {"status": 400, "type": "text/html", "body": "<pre>no</pre>", "saying": "The body"}

    assert ANSWER_EFFECTS["answer.replace"](draft("The body is empty"), page)
    assert not ANSWER_EFFECTS["answer.replace"](draft("message must be a string"), page)


def test_a_value_is_set_in_those_refusals_alone_that_say_so():
    code = {"path": "error.code", "value": "OTHER", "saying": "message "}

    assert ANSWER_EFFECTS["answer.set"](draft("message is required"), code)
    assert not ANSWER_EFFECTS["answer.set"](draft("Unknown field 'env'"), code)


def test_of_the_files_those_under_the_folder_alone_are_altered():
    flip = {"how": "flip", "under": "uploads/"}

    assert ANSWER_EFFECTS["answer.alter"](draft(body=b"x", file="uploads/a.txt"), flip)
    assert not ANSWER_EFFECTS["answer.alter"](draft(body=b"x", file="made.txt"), flip)


def test_a_header_takes_the_place_of_another_alone_where_it_is_said_so():
    part = {"name": "Content-Range", "value": "bytes 5-6/999", "told": True}
    told = draft(body=b"x")
    told.headers["Content-Range"] = "bytes 1-1/4"

    assert ANSWER_EFFECTS["answer.header"](told, part)
    assert told.headers["Content-Range"] == "bytes 5-6/999"
    assert not ANSWER_EFFECTS["answer.header"](draft(body=b"x"), part)
