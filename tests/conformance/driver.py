"""A driver of one probe against a server of a test."""

from typing import Any

from sigmic_conformance.conformance.client.client import Client
from sigmic_conformance.conformance.probing.driver import Driver
from sigmic_conformance.conformance.target.profile import Credentials, Profile
from sigmic_conformance.conformance.transcript.redaction import Redactor
from tests.conformance.kit import P


def driver_of(url: str, **other: Any) -> Driver:
    usual: dict[str, Any] = {
        "probe": P,
        "client": Client(url),
        "profile": Profile(base_url=url),
        "credentials": Credentials(api_key="sigmic_secret"),
        "redactor": Redactor(),
    }
    return Driver(**(usual | other))
