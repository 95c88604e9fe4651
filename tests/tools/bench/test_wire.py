"""The addresses that the client's connections come from."""

from tools.bench.wire import source


def test_the_first_come_from_the_usual_address():
    assert {source(number) for number in (0, 9_999)} == {None}


def test_more_come_from_further_addresses_of_this_machine():
    assert [source(number) for number in (10_000, 19_499, 20_000)] == [
        ("127.0.0.2", 0),
        ("127.0.0.2", 0),
        ("127.0.0.3", 0),
    ]
