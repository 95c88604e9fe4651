import pickle
from dataclasses import fields

import pytest

from sigmic_conformance.wire.transcript import Chunk, Ending, Transcript
from tests.conformance.kit import SECOND, exchange, stream


def test_arrival_finds_the_piece_that_a_byte_came_in():
    made = stream([(1.0, b"abc"), (2.0, b"de")])

    assert [made.arrival(offset) // SECOND for offset in (0, 2, 3, 4, 9)] == [1, 1, 2, 2, 2]


def test_a_repeated_request_is_not_found_by_its_label():
    made = Transcript(
        probe="p", ending=Ending.COMPLETE, exchanges=(exchange(transient=True), exchange(number=2))
    )

    assert [each.number for each in made.labelled("x")] == [2]


def test_data_and_code_come_from_the_envelope_only():
    assert exchange(body={"success": True, "data": 1}).data == 1
    assert exchange(body={"success": False, "data": 1}).data is None
    assert exchange(body=[1]).data is None
    assert exchange(body={"success": False, "error": {"code": "X", "message": "m"}}).code == "X"
    assert exchange(body={"error": "x"}).code is None


def test_values_are_immutable():
    with pytest.raises(AttributeError):
        setattr(Chunk(1, b"x"), "at", 2)  # noqa: B010 - mypy would refuse the assignment before we can try it


@pytest.mark.parametrize(
    ("method", "status", "kind", "due"),
    [
        ("POST", 502, "text/html; charset=utf-8", True),
        ("POST", 504, "text/html", True),
        ("POST", 502, "application/json", False),
        ("POST", 500, "text/html", False),
        ("GET", 502, "text/html", False),
    ],
)
def test_a_gateway_error_page_cuts_off_a_post_request(method, status, kind, due):
    assert exchange(method=method, status=status, headers=(("Content-Type", kind),)).cut_off is due


def test_a_copy_in_another_process_carries_the_fields_alone():
    made = exchange(body={"success": True, "data": {"id": "t"}})
    assert (made.fields, made.is_stream, made.task) == ({"id": "t"}, False, "t")

    copy = pickle.loads(pickle.dumps(made))

    assert copy == made
    assert set(vars(copy)) == {field.name for field in fields(made)}


def test_the_first_of_repeated_headers_is_returned_in_any_case():
    made = exchange(headers=(("X-One", "a"), ("x-one", "b"), ("Content-Type", "Text/HTML; charset=x")))

    assert (made.header("X-ONE"), made.header("x-two"), made.media_type) == ("a", None, "text/html")


def test_a_task_id_is_read_from_the_path_as_it_was_meant():
    assert exchange(target="/api/v1/tasks/a%3Ab~%C3%BC/history?x=1").task == "a:b~ü"
    assert exchange(target="/api/v1/tasks?limit=1").task == ""
