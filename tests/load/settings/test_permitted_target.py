"""No target is loaded by mistake."""

import pytest

from sigmic_load.settings.permitted_target import refusal


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8787", "http://localhost", "https://[::1]:8443", "http://127.8.0.1:1/"]
)
def test_this_machine_may_be_loaded(url):
    assert refusal(url, None) == ""


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com", "http://10.0.0.1:80", "http://127.0.0.1.example.com", "http://0x7f.1.2"],
)
def test_another_host_must_be_named(url):
    assert "--i-may-load-test-this-host" in refusal(url, None)
    assert "--i-may-load-test-this-host says" in refusal(url, "example.com")


def test_a_host_that_was_named_exactly_may_be_loaded():
    assert refusal("https://API.example.com/", "api.EXAMPLE.com") == ""
    assert refusal("https://api.example.com.evil.test/", "api.example.com") != ""


@pytest.mark.parametrize("url", [None, "", "api.example.com", "ftp://localhost"])
def test_no_address_is_refused(url):
    assert "--host" in refusal(url, None)
