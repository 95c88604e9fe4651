"""Which proxy the usual environment variables select for an address, and when they select none."""

import pytest

from sigmic_conformance.target.profile import ProfileError, resolve
from sigmic_conformance.target.proxy import ProxyRefused, proxy_for

HERE = "http://proxy.test:3128"
SECURE = {"HTTPS_PROXY": "http://secure.test", "HTTP_PROXY": HERE}


@pytest.mark.parametrize(
    ("url", "environment", "told"),
    [
        ("http://api.test", SECURE, "proxy.test:3128 (HTTP_PROXY)"),
        ("https://api.test", SECURE, "secure.test:80 (HTTPS_PROXY)"),
        ("https://api.test", {"HTTP_PROXY": HERE}, None),
        ("http://api.test", {"HTTP_PROXY": "proxy.test:8080"}, "proxy.test:8080 (HTTP_PROXY)"),
        ("http://api.test", {"HTTP_PROXY": "http://[::2]:8080"}, "[::2]:8080 (HTTP_PROXY)"),
        ("http://api.test", {"HTTP_PROXY": HERE, "http_proxy": "small.test:1"}, "small.test:1 (http_proxy)"),
        ("http://api.test", {"HTTP_PROXY": ""}, None),
        # A server on this machine is not reached through a proxy on another one.
        *((url, SECURE, None) for url in ("http://localhost:8", "http://127.0.0.2", "https://[::1]:8")),
    ],
)
def test_the_proxy_of_an_address(url, environment, told):
    found = proxy_for(url, environment)

    assert (None if found is None else str(found)) == told


API = "https://api.example.test:8443"


@pytest.mark.parametrize(
    ("url", "listed", "is_direct"),
    [
        (API, "*", True),
        (API, "api.example.test", True),
        (API, "other.test, example.test", True),
        (API, ".example.test", True),
        (API, "*.example.test", True),
        (API, "API.Example.Test:8443", True),
        (API, "api.example.test:443", False),
        (API, "ample.test", False),
        (API, "pi.example.test", False),
        (API, "", False),
        (API, ",", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "10.1.2.3", True),
        ("http://10.1.2.3", "10.1.2.4", False),
        ("http://10.1.2.3", "11.0.0.0/8", False),
    ],
)
@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_no_proxy_lists_the_hosts_that_are_reached_directly(name, url, listed, is_direct):
    assert (proxy_for(url, SECURE | {name: listed}) is None) is is_direct


@pytest.mark.parametrize(
    "value", ["socks5://proxy.test", "https://proxy.test", "http://", "http://proxy.test:x"]
)
def test_an_invalid_proxy_is_refused_without_showing_its_address(value):
    with pytest.raises(ProxyRefused, match="HTTP_PROXY") as refused:
        proxy_for("http://api.test", {"HTTP_PROXY": value})

    assert "proxy.test" not in str(refused.value)
    with pytest.raises(ProfileError, match="HTTP_PROXY"):
        resolve(
            {"base_url": "http://api.test"}, environment={"HTTP_PROXY": value, "SIGMIC_API_KEY": "sigmic_key"}
        )


def test_its_login_is_a_secret_of_the_run():
    environment = {"HTTP_PROXY": "http://me:p%40ss@proxy.test", "SIGMIC_API_KEY": "sigmic_key"}

    _, credentials = resolve({"base_url": "http://api.test"}, environment=environment)

    assert credentials.proxy is not None
    assert credentials.proxy.authorization == "Basic bWU6cEBzcw=="
    assert credentials.proxy.authorization in credentials.secrets()
    assert "bWU6" not in repr(credentials)
