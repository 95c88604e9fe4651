import pytest

FORM = "multipart/form-data; boundary=x"
PARTS = (
    b'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\nh\xc3\xa9\r\n'
    b'--x\r\nContent-Disposition: form-data; name="files"; filename="f.zip"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n\x00\x01\r\n--x--\r\n"
)


@pytest.fixture
def described():
    """Imported only by the worker that needs it: the import loads Schemathesis, two seconds of CPU."""
    from sigmic_conformance.conformance.explore.transport import described

    return described


def test_a_form_is_described_by_its_parts_as_our_own_forms_are(described):
    assert described(PARTS, FORM) == ("message=hé", "files: f.zip (2 bytes)")


def test_what_is_no_form_or_has_no_parts_is_not_described(described):
    assert described(b"{}", "application/json") == ()
    assert described(b"--x--\r\n", FORM) == ()
    assert described(b"junk", "multipart/form-data") == ()
