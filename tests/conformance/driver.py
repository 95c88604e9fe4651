"""A driver of one probe against a server of a test."""

from typing import Any

from sigmic_conformance.target.profile import Credentials, Profile
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.redaction import Redactor
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
