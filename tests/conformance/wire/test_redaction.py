from hypothesis import given
from hypothesis import strategies as st

from sigmic_conformance.wire.redaction import Redactor

SECRET = "sigmic_0123456789abcdef"
TOKEN = b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2lnbmF0dXJlLXBhcnQ"


def test_equal_secrets_have_equal_placeholders_and_other_runs_have_others():
    one, other = Redactor(), Redactor()

    assert one.learn(SECRET) == one.placeholder(SECRET) != other.placeholder(SECRET)
    assert one.text(f"Bearer {SECRET}") == f"Bearer {one.placeholder(SECRET)}"


def test_of_two_secrets_the_longer_is_found_first_in_a_value_of_any_length():
    redactor = Redactor()
    shorter, longer = redactor.learn(SECRET), redactor.learn(f"{SECRET}-and-more")

    assert redactor.text(f"{SECRET}-and-more") == longer
    assert redactor.text(f"{SECRET}-and-mor") == f"{shorter}-and-mor"
    assert redactor.text(SECRET) == shorter
    assert redactor.text(SECRET[:-1]) == SECRET[:-1]


def test_a_token_loses_its_signature_and_keeps_its_claims():
    clean = Redactor().data(b"x " + TOKEN + b" y")

    assert clean.startswith(b"x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.[secret:")
    assert b"c2lnbmF0dXJl" not in clean


@given(st.lists(st.integers(1, 9), max_size=20), st.sampled_from([SECRET.encode(), TOKEN]))
def test_a_secret_is_found_wherever_a_body_is_cut(sizes, secret):
    redactor = Redactor()
    redactor.learn(SECRET)
    body = b'{"a":"' + secret + b'","b":"' + secret + b'"}'
    chunks, at = [], 0
    for size in sizes:
        chunks.append(body[at : at + size])
        at += size
    chunks.append(body[at:])

    clean = redactor.chunks(chunks)

    assert len(clean) == len(chunks)
    assert b"".join(clean) == redactor.data(body)
    assert SECRET.encode() not in b"".join(clean)
