"""Which ZIP archives are taken (G-31)."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLimits:
    """Bounds on what one archive unpacks to (G-31)."""

    entries: int = 10_000
    unpacked_bytes: int = 500 * MIB
    ratio: int = 200
    ratio_above_bytes: int = 10 * MIB
