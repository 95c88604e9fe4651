"""Extra headers for a gateway are sent, and an invalid one is refused without showing its value."""

import pytest

from sigmic_load.settings.checked_yaml import BadFile
from sigmic_load.settings.extra_headers import read_headers, secrets_of


def test_a_header_a_line_and_what_is_long_is_a_secret():
    headers = read_headers("X-Gate: let-me-in: please\n\n X-Region:eu \n")

    assert headers == {"X-Gate": "let-me-in: please", "X-Region": "eu"}
    assert secrets_of(headers) == ("let-me-in: please",)
    assert read_headers("") == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("X-Gate secret", "line 1: not of the form 'Name: value'"),
        ("X-A: 1\nX Gate: secret", "line 2: not of the form"),
        ("authorization: secret", "line 1: authorization can't be set"),
        ("X-Gate:", "line 1: X-Gate is empty"),
        ("X-Gate: secret\x00", "more than visible ASCII"),
    ],
)
def test_a_wrong_one_is_reported_without_its_value(text, says):
    with pytest.raises(BadFile) as refused:
        read_headers(text)

    assert says in str(refused.value)
    assert "secret" not in str(refused.value)
