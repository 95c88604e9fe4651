"""The limits of one upload, and how the files of a message are listed (G-25..G-32). Touches no file."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sigmic_mock.domain.archive_rules import ArchiveLimits

MIB = 1024 * 1024
FILES_PART = "files"
"""The one part name that carries files (U-02)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Limits of one request with files; every number is decision G-25, G-26 or G-27."""

    files: int = 20
    file_bytes: int = 50 * MIB
    text_bytes: int = MIB
    """Of all text fields together."""
    text_fields: int = 32
    listed: int = 200
    """How many `attachedFiles` a message shows (G-32)."""
    archive: ArchiveLimits = field(default_factory=ArchiveLimits)

    @property
    def total_bytes(self) -> int:
        """The longest body worth reading: every file at its limit, the text and the framing."""
        return self.files * self.file_bytes + self.text_bytes


def share_listing(counts: Sequence[int], limit: int) -> list[int]:
    """Return how many of each upload's files are listed: one of each first, then the earlier uploads' rest.

    `counts` are the files of each upload in the request. An archive of 10,000 files must not push a single
    file out of the list.
    """
    shares = [min(count, 1) for count in counts]
    rest = max(0, limit - sum(shares))
    for index, count in enumerate(counts):
        more = min(count - shares[index], rest)
        shares[index] += more
        rest -= more
    return shares
