"""Identifiers nobody can guess."""

import secrets
import uuid

_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class RandomIds:
    """Fulfils `mock_server.ports.Ids` from the operating system's randomness."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def conversation(self, now: int) -> str:
        return f"{now}-{''.join(secrets.choice(_BASE36) for _ in range(9))}"

    def call(self) -> str:
        return f"call_{secrets.token_hex(8)}"
