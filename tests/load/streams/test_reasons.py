"""Every failure has a correct reason."""

import socket
import ssl

import pytest

from sigmic_load.streams.reasons import why, why_refused


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] something (_ssl.c:1)")
    error.reason = reason
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "unable to get local issuer certificate"
    return error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (untrusted(), "TLS: certificate not trusted: unable to get local issuer certificate"),
        (tls("TLSV1_ALERT_PROTOCOL_VERSION"), "TLS alert: protocol version"),
        (tls("SSLV3_ALERT_HANDSHAKE_FAILURE"), "TLS alert: handshake failure"),
        (tls("WRONG_VERSION_NUMBER"), "TLS: wrong version number: the target does not speak TLS there"),
        (tls("UNSUPPORTED_PROTOCOL"), "TLS: unsupported protocol"),
        (socket.gaierror(-2, "Name or service not known"), "no such host: Name or service not known"),
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ConnectionResetError(104, "x"), "connection reset by the target"),
        (TimeoutError("timed out"), "no answer in time"),
        (ValueError("some\nthing"), "ValueError: some thing"),
        (ValueError(), "ValueError"),
    ],
)
def test_what_went_wrong_is_reported(error, says):
    assert why(error) == says


@pytest.mark.parametrize(
    ("status", "body", "location", "says"),
    [
        (503, None, None, "503"),
        (429, {"error": {"code": "RATE_LIMITED"}}, None, "429 RATE_LIMITED"),
        (301, None, "https://else/", "301, redirects to https://else/"),
        (200, "text", None, "200, but its body is not this API's"),
        (400, {"error": "no object"}, None, "400"),
    ],
)
def test_a_refusal_has_its_status_and_code(status, body, location, says):
    assert why_refused(status, body, location) == says
