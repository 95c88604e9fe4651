"""Faults of CORS: pages are told that they may call. They fire before anybody is known."""

from collections.abc import MutableMapping

from multidict import CIMultiDict

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.choice import FaultInjectingWork
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.cors import Cors
from sigmic_conformance.mock_server.http.local_names import LocalNames
from sigmic_conformance.mock_server.service.accounts import Accounts

_ORIGIN = "Access-Control-Allow-Origin"
_HEADERS = "Access-Control-Allow-Headers"


class FaultyCors(FaultInjectingWork, Cors):
    """Lets any page call, or grants `*` instead of header names."""

    def __init__(self, accounts: Accounts, names: LocalNames, faults: Faults, *more_headers: str) -> None:
        super().__init__(accounts, names, *more_headers)
        self._asker = Asker(faults, None)

    def let_read(self, origin: str, headers: CIMultiDict[str]) -> None:
        super().let_read(origin, headers)
        if _ORIGIN not in headers and self._asker.wanted("cors.any-origin"):
            headers[_ORIGIN] = origin

    def preflight(self, origin: str | None, allow: tuple[str, ...]) -> MutableMapping[str, str]:
        headers = super().preflight(origin, allow)
        # Browsers do not take `*` for `Authorization`.
        if _HEADERS in headers and self._asker.wanted("cors.star-headers"):
            headers[_HEADERS] = "*"
        return headers
