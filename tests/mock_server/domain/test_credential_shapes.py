"""Credentials are recognised by their format and by the name of their field; ordinary words are unchanged."""

import pytest

from sigmic_mock.domain.credential_shapes import (
    is_secret_name,
    without_credentials,
    without_credentials_in,
)

KEY = "sigmic_" + "0a1b" * 16


@pytest.mark.parametrize(
    "credential",
    [
        KEY,
        KEY[:23],
        "mockctl_0f9e",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln",
        "eyJhbGciOiJIUzI1NiJ9",
        "Bearer abcdefghijklmnop7",
        "BASIC dXNlcjpwYXNz==",
    ],
)
def test_a_credential_is_masked_in_text_and_in_bytes(credential: str):
    text = f'before "{credential}" after'

    assert without_credentials(text) == 'before "[masked]" after'
    assert without_credentials_in(text.encode()) == b'before "[masked]" after'


@pytest.mark.parametrize(
    "text",
    [
        "sigmic_mock.http.app",
        "the bearer token of a user",
        "a basic understanding",
        "forbearer 12345678",
        "eyJ",
    ],
)
def test_an_ordinary_word_is_left_alone(text: str):
    assert without_credentials(text) == text
    assert without_credentials_in(text.encode()) == text.encode()


CREDENTIALS = "Authorization Proxy-Authorization X-API-Key api_key Set-Cookie appSecret access_token"
OTHERS = "message secrets tokenCount monkey keyboard Content-Type"


@pytest.mark.parametrize(("names", "expected"), [(CREDENTIALS, True), (OTHERS, False)])
def test_a_name_says_whether_its_value_is_a_credential(names: str, *, expected: bool):
    assert {name: is_secret_name(name) for name in names.split()} == dict.fromkeys(names.split(), expected)
