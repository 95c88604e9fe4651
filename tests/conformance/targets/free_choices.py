"""The cells of which the documentation says nothing, with the legal answers to each; and drawn platforms.

A platform is drawn by taking one answer to each choice by chance. None of them may fail a requirement: what
one of them fails is a false alarm of the suite.
"""

import random
from dataclasses import dataclass

from tests.conformance.targets import free_answers as a
from tests.conformance.targets import free_answers_shown as shown
from tests.conformance.targets import habits, variations


@dataclass(frozen=True)
class Choice:
    """`gap` is the fact of spec/facts.yaml that leaves it open. None is the answer of the plain one."""

    name: str
    gap: str
    answers: tuple[type | None, ...]


CHOICES = (
    Choice("urlencoded forms", "G-07", (None, a.NoUrlencodedForms)),
    Choice("a blank message", "G-11", (None, a.BlankMessages)),
    Choice("an unknown field", "G-13", (None, a.KnownFieldsOnly)),
    Choice("the code of a bad variable", "G-16", (None, a.OneRefusalCode)),
    Choice("a map without variables", "G-19", (None, a.EmptyMapIsNone)),
    Choice("a part of another name", "G-35", (None, a.OtherPartsIgnored)),
    Choice("the status of an invalid request", "G-04", (None, a.Unprocessable)),
    Choice("the status of a success", "G-01", (None, variations.OtherStatuses)),
    Choice("HEAD", "G-85", (None, a.NoHead)),
    Choice("the order of checks", "G-98", (None, a.BodyFirst)),
    Choice("limit and offset out of range", "G-36", (None, a.ForgivingPages, variations.StrictList)),
    Choice("a malformed task id", "G-40", (None, a.MalformedIds)),
    Choice("the form of a task id", "C-05", (None, shown.Ulids, variations.OpaqueIds)),
    Choice("someone else's task", "G-41", (None, variations.Forbidding)),
    Choice("the case of the scheme", "G-88", (None, a.CapitalBearer)),
    Choice("two credentials", "G-88", (None, a.KeyHeaderFirst)),
    Choice("a second decision", "G-64", (None, a.SecondConflicts, a.FirstStands, a.SecondEchoes)),
    Choice("similar calls", "G-66", (None, a.SimilarCommands)),
    Choice("the status of a refused call", "G-65", (None, a.StatusRejected)),
    Choice("the run of a refused call", "G-65", (None, a.RefusalEndsRun, a.RefusalCancelsRun)),
    Choice(
        "the end of a cancelled stream",
        "G-74",
        (None, a.CancelledThenDone, a.CancelledIsDone, a.CancelledSilently),
    ),
    Choice("the end of a failed stream", "G-53", (None, a.ErrorThenDone)),
    Choice("the fields of a cancelled task", "G-73", (None, a.CancelledFields)),
    Choice("the output of an unfinished task", "X-13", (None, a.NoOutputUnlessDone)),
    Choice("cancelling a finished task", "G-71", (None, variations.CancelTwice, a.FinishedIsGone)),
    Choice("cancelling a waiting task", "G-72", (None, a.OnlyRunningIsCancelled)),
    Choice("a follow-up while unfinished", "G-59", (None, a.Queueing)),
    Choice("a follow-up to what did not complete", "G-60", (None, a.CompletedOnly)),
    Choice("completedAt during a second run", "G-39", (None, a.KeepsCompletedAt)),
    Choice("output of a second run", "G-44", (None, shown.OutputOfAllTurns)),
    Choice("showInHistory and lists", "G-22", (None, shown.HiddenFromLists)),
    Choice("a token's task", "G-23", (None, shown.WidgetTasks)),
    Choice("the saved message with files", "G-33", (None, shown.FilesNamedInMessage)),
    Choice(
        "a printed secret",
        "V-07",
        (
            *(None, shown.Stars, shown.Bare, shown.CutOut, shown.SaidInPieces),
            *(shown.SaidInPiecesSavedMasked, shown.SaidInPiecesMaskedWhole),
        ),
    ),
    Choice("variables of a later run", "G-62", (None, shown.VariablesOnce)),
    Choice("hostile paths", "G-78", (None, shown.HostilePaths, shown.ForbiddenPaths)),
    Choice("the order of files", "G-81", (None, shown.AnyOrder)),
    Choice("hidden files", "G-80", (None, shown.HiddenFiles)),
    Choice("where archives go", "G-31", (None, shown.FolderForArchive, shown.ArchiveKept)),
    Choice("a dangerous entry", "G-31", (None, variations.EntriesLeftOut)),
    Choice("the same name again", "G-30", (None, shown.Overwrites)),
    Choice("files before the start", "G-82", (None, shown.NoFilesYet)),
    Choice("files of a cancelled task", "G-75", (None, shown.FilesGoWhenCancelled)),
    Choice("history before the start", "X-14", (None, shown.NoHistoryYet)),
    Choice("the restored session", "G-63", (None, variations.SameSession)),
    Choice("before the start", "X-14", (None, habits.NoConversationYet)),
    Choice("catch-up", "G-48", (None, variations.CaughtUpAtOnce, habits.SavedAsItSpeaks)),
    Choice("the final response", "X-04", (None, habits.LastWordsCount)),
    Choice("status events", "X-02", (None, variations.StatusEvents)),
    Choice("other lines of an event", "S-02", (None, variations.Ids)),
    Choice("digits of a second", "C-07", (None, shown.Microseconds)),
)
ANSWERS = {answer.__name__: answer for choice in CHOICES for answer in choice.answers if answer is not None}
"""All answers by name: parts of a target."""


def drawn(seed: int) -> tuple[str, ...]:
    """The names of the answers of the platform that a seed draws."""
    chance = random.Random(seed)
    found = (chance.choice(choice.answers) for choice in CHOICES)
    return tuple(answer.__name__ for answer in found if answer is not None)
