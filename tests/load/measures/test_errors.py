"""Each failure is listed once with its count, and counts add up over processes."""

import json

from sigmic_load.measures.errors import MOST, OTHERS, Errors, Times


def test_rows_add_up_and_the_most_frequent_comes_first():
    one, other = Errors(), Errors()
    one.note("create_task", "503", 10.0)
    for at in (12.0, 9.0):
        other.note("create_task", "429", at)
        other.note("create_task", "503", at)

    one.merge(json.loads(json.dumps(other.to_wire())))

    assert list(one.most_frequent()) == [
        ("create_task", "503", Times(3, 9.0, 12.0)),
        ("create_task", "429", Times(2, 9.0, 12.0)),
    ]


def test_reasons_without_number_do_not_fill_the_memory():
    errors = Errors()
    for number in range(MOST + 50):
        errors.note("get_task", f"no {number}", 1.0)

    assert len(errors.rows) == MOST + 1
    assert errors.rows[("get_task", OTHERS)].count == 50
