"""Which credential a request carries, and in which form the platform stores one."""

import pytest

from sigmic_mock.domain.credentials import (
    KeyCredential,
    TokenCredential,
    digest,
    is_origin,
    matches,
    read_credential,
    uuid_of,
)
from sigmic_mock.domain.errors import ApiError

KEY = "sigmic_" + "ab" * 32
TOKEN = "eyJhbGciOiJIUzI1NiJ9.e30.sig"


@pytest.mark.parametrize(
    ("authorization", "api_key", "expected"),
    [
        ([f"Bearer {KEY}"], [], KeyCredential(KEY)),
        ([f"bearer {KEY}"], [], KeyCredential(KEY)),
        ([f"BEARER   {KEY} "], [], KeyCredential(KEY)),
        ([f"Bearer {TOKEN}"], [], TokenCredential(TOKEN)),
        ([], [KEY], KeyCredential(KEY)),
        ([""], [KEY], KeyCredential(KEY)),
        ([f"Bearer {TOKEN}"], [KEY], TokenCredential(TOKEN)),
    ],
)
def test_a_credential_is_found_in_either_header_and_authorization_wins(authorization, api_key, expected):
    assert read_credential(authorization, api_key) == expected


@pytest.mark.parametrize(
    ("authorization", "api_key", "code"),
    [
        ([], [], "AUTH_REQUIRED"),
        ([""], [""], "AUTH_REQUIRED"),
        (["Bearer"], [], "AUTH_REQUIRED"),
        (["Bearer "], [KEY], "AUTH_REQUIRED"),
        (["Basic dXNlcg=="], [KEY], "INVALID_AUTH_FORMAT"),
        ([KEY], [], "INVALID_AUTH_FORMAT"),
        (["Bearer banana"], [], "INVALID_AUTH_FORMAT"),
        ([f"Bearer {KEY}", f"Bearer {KEY}"], [], "INVALID_AUTH_FORMAT"),
        ([], [KEY, KEY], "INVALID_AUTH_FORMAT"),
        ([], ["banana"], "INVALID_AUTH_FORMAT"),
        ([], [TOKEN], "INVALID_API_KEY"),
        (["Bearer sigmic_short"], [], "INVALID_API_KEY"),
        ([f"Bearer {KEY}0"], [], "INVALID_API_KEY"),
        ([f"Bearer {KEY[:-1]}g"], [], "INVALID_API_KEY"),
        ([f"Bearer {KEY[:-1]}\u0661"], [], "INVALID_API_KEY"),
    ],
)
def test_a_missing_or_invalid_credential_is_refused_with_the_documented_code(authorization, api_key, code):
    with pytest.raises(ApiError) as refused:
        read_credential(authorization, api_key)

    assert refused.value.code == code


def test_a_key_is_remembered_only_by_its_digest():
    assert matches(KEY, digest(KEY))
    assert not matches(KEY.upper(), digest(KEY))
    assert KEY.encode() not in digest(KEY)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("https://a.example http://localhost:3000 http://[::1]:80", True),
        ("* https://*.a.example https://a.example/ https://A.example a.example null ftp://a", False),
    ],
)
def test_only_an_exact_origin_is_one(texts, expected):
    assert {text: is_origin(text) for text in texts.split()} == dict.fromkeys(texts.split(), expected)


def test_a_derived_id_is_stable_and_looks_like_the_others():
    assert uuid_of("x") == uuid_of("x") != uuid_of("y")
    assert uuid_of("x")[14] == "4"
    assert uuid_of("x")[19] in "89ab"
