"""Limits of an upload that no honest platform has."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from sigmic_conformance.mock_server.domain.upload_rules import UploadLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyLimits(UploadLimits):
    """The limits with what a fault changes about them."""

    archive_bytes: int | None = None
    """Another limit for what is named `.zip`."""
    together: int | None = None
    """How many files at their limit a request may bring, whatever their number."""
    exclusive: bool = False
    """A file of exactly the limit is too large."""
    extract: bool = True
    """False: archives stay archives."""

    @classmethod
    def changed(cls, limits: UploadLimits, changes: Mapping[str, Any]) -> Self:
        """Return `limits` with `changes`, by the names of the fields."""
        return cls(**{**{each.name: getattr(limits, each.name) for each in fields(limits)}, **changes})

    def most_bytes(self, name: str) -> int:
        """Return the limit of a file of this name."""
        if self.archive_bytes is not None and name.lower().endswith(".zip"):
            return self.archive_bytes
        return self.file_bytes - self.exclusive

    @property
    def total_bytes(self) -> int:
        """The longest body worth reading."""
        return (self.together or self.files) * self.file_bytes + self.text_bytes
