"""ZIP archives: an honest one whose structure must survive, and hostile ones that must not get out."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class HonestArchive:
    """What `honest_archive` records."""

    PROBE = ProbeName("honest_archive")

    DOWNLOAD = Labels[str](PROBE, "download {}")
    LATER = Labels[str](PROBE, "later {}")


class HostileArchives:
    """What `hostile_archives` records."""

    PROBE = ProbeName("hostile_archives")

    CLIMBING = Label(PROBE, "climbing")
    CLIMBING_WITH_BACKSLASHES = Label(PROBE, "climbing with backslashes")
    ABSOLUTE = Label(PROBE, "absolute")
    DRIVE_LETTER = Label(PROBE, "drive letter")
    LINK = Label(PROBE, "link")
    BOMB = Label(PROBE, "bomb")
    CUT = Label(PROBE, "cut")
    NO_DIRECTORY = Label(PROBE, "no directory")
    WRONG_CHECKSUM = Label(PROBE, "wrong checksum")
    ENCRYPTED = Label(PROBE, "encrypted")
    NAMESAKES = Label(PROBE, "namesakes")
    SHARED_BYTES = Label(PROBE, "shared bytes")
    NO_ENTRIES = Label(PROBE, "no entries")
    DIRECTORIES_ALONE = Label(PROBE, "directories alone")
    SERVING = Labels[Label](PROBE, "{}: serving")
    RUN = Labels[Label](PROBE, "{}: run")
    FILES = Labels[Label](PROBE, "{}: files")
    DOWNLOAD = Labels[Label](PROBE, "{}: download")
    OUTSIDE = Labels[Label](PROBE, "{}: outside")
    TWIN = Label(PROBE, "twin")
    BYSTANDER = Label(PROBE, "bystander")

    WORD = Fact[str](PROBE, "word")
