"""Lifetimes and claims of widget tokens."""

import pytest

from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.tokens import BadToken, Claims, lifetime_seconds, read_claims
from sigmic_spec.document import Document

CLAIMS = Claims(
    end_user_id="customer-17", app_id="app", project_id="prj", issued_at=10, expires_at=20, token_id="jti"
)


@pytest.mark.parametrize(
    ("text", "seconds"), [("45s", 45), ("30m", 1800), ("1h", 3600), ("7d", 604_800), ("30d", 2_592_000)]
)
def test_a_lifetime_is_a_number_and_a_unit(text, seconds):
    assert lifetime_seconds(text) == seconds


SCHEMA = Document.load().validator("#/components/schemas/CreateTokenRequest/properties/expiresIn")
NO_LIFETIMES = [
    "",
    "banana",
    "1",
    "h",
    "0h",
    "-1h",
    "+1h",
    "1.5h",
    " 1h",
    "1h ",
    "1 h",
    "1H",
    "1w",
    "01h",
    "٣h",
]


@pytest.mark.parametrize("text", [*NO_LIFETIMES, "31d", 3600, None])
def test_any_other_lifetime_is_refused_by_the_code_and_by_the_document(text):
    with pytest.raises(ApiError) as refused:
        lifetime_seconds(text)

    assert refused.value.code == "INVALID_EXPIRES_IN"
    assert not SCHEMA.is_valid(text)


@pytest.mark.parametrize("unit", "smhd")
def test_the_document_and_the_code_take_the_same_lifetimes(unit):
    for number in (*range(800), *range(9_990, 10_010), *range(42_990, 43_210), 44_000, 999_999):
        try:
            lifetime_seconds(f"{number}{unit}")
        except ApiError:
            taken = False
        else:
            taken = True

        assert SCHEMA.is_valid(f"{number}{unit}") is taken, (number, unit)


def test_claims_are_read_as_they_were_written():
    assert read_claims(CLAIMS.as_json()) == CLAIMS


@pytest.mark.parametrize(
    "change",
    [{"sub": ""}, {"sub": 1}, {"app": None}, {"jti": []}, {"exp": "20"}, {"exp": True}, {"iat": 1.5}],
)
def test_claims_of_another_shape_are_a_bad_token(change):
    with pytest.raises(BadToken):
        read_claims(CLAIMS.as_json() | change)
