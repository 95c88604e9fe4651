"""The gaps of the documentation, the legal answers to each, and the platforms that a seed draws from them.

A drawn platform that fails a requirement, or warns beyond what its answers name, is a false alarm.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.platforms.freedom import decisions, files, requests, responses, streams, tasks

NODE, COMMENTS, PYTHON = "STREAM-015", "STREAM-016", "STREAM-017"
"""Requirements about the documentation's own clients: they warn of input that such a client cannot read."""


@dataclass(frozen=True)
class Answer:
    """A part of a platform, and the requirements that may warn of it."""

    part: type
    may_warn: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.part.__name__


@dataclass(frozen=True)
class Choice:
    """A choice that `facts` of spec/facts.yaml leave open. A platform may have none of the answers.

    `mock` contains the mock's variations with the same effect.
    """

    name: str
    facts: tuple[str, ...]
    answers: tuple[Answer, ...]
    mock: tuple[str, ...] = ()


def _choice(name: str, facts: str, *answers: type | Answer, mock: str = "") -> Choice:
    made = tuple(each if isinstance(each, Answer) else Answer(each) for each in answers)
    return Choice(name, tuple(facts.split()), made, tuple(mock.split()))


CHOICES = (
    # If several answers rewrite the same bytes, the first sees the output of the later ones.
    _choice(
        "the ends of lines",
        "S-01",
        Answer(streams.MixedLineEnds, (NODE, PYTHON)),
        mock="sse.crlf sse.cr sse.no-space sse.data-first sse.blank-lines",
    ),
    _choice(
        "comments beside events",
        "S-03",
        Answer(streams.CommentBeforeEvent, (NODE, COMMENTS)),
        streams.EmptyComments,
        mock="sse.comment-in-event",
    ),
    _choice("other lines of an event", "S-02", streams.Ids, mock="sse.with-id sse.unknown-field"),
    _choice(
        "timestamps",
        "C-07",
        *(responses.SecondsOnly, responses.ExpiryInSeconds, responses.ClockAhead),
        *(Answer(each, ("ENVELOPE-007", "TOKEN-020")) for each in responses.FORMS),
    ),
    _choice(
        "fields that no page names",
        "C-12",
        responses.MoreFields,
        mock="json.extra-field json.extra-field-beside json.extra-field-in-items json.extra-field-in-error"
        " json.extra-field-in-messages json.extra-field-in-files sse.extra-field",
    ),
    _choice("a tool call in its event", "X-01", Answer(streams.WrappedCalls, ("EVENT-004",))),
    _choice(
        "the text of JSON",
        "S-01 C-02",
        responses.CompactJson,
        responses.EscapedSlashes,
        responses.HtmlSafeJson,
        responses.WholeFractions,
        Answer(streams.DataOnManyLines, (NODE, PYTHON)),
        mock="json.keys-reordered json.envelope-reordered json.indented json.escaped json.trailing-newline"
        " sse.data-lines",
    ),
    _choice("the media type of JSON", "C-02", responses.JsonCharset, mock="json.charset"),
    _choice("the media type of a stream", "S-04 G-57", streams.QuotedCharset, mock="sse.charset"),
    _choice(
        "the opening of a stream",
        "G-50 G-57",
        *(
            Answer(streams.RetryLine, (NODE,)),
            streams.PaddedOpening,
            streams.BeatAtOnce,
            streams.OtherEventsFirst,
        ),
        mock="sse.bom-at-start sse.retry sse.long-comment sse.unknown-event",
    ),
    _choice(
        "heartbeats",
        "G-50 G-51",
        *(streams.SpacedHeartbeat, streams.EagerHeartbeat, streams.BeatEvents),
        mock="sse.extra-heartbeat",
    ),
    _choice(
        "where bodies end",
        "C-12",
        *(responses.CloseDelimited, responses.OldHttp, responses.ChunkExtensions),
        mock="sse.one-byte-chunks sse.split-character http.pieces",
    ),
    _choice("the delivery of JSON", "C-12", responses.ChunkedJson, responses.PackedJson),
    _choice("compressed streams", "G-57", responses.Compressed),
    _choice("connections", "C-12", responses.ClosesConnections, mock="http.keep-alive-off"),
    _choice("the names of headers", "C-12", responses.LowerCaseNames),
    _choice(
        "headers that no page names",
        "C-12 G-91",
        *(responses.MoreHeaders, Answer(responses.Cors, ("HTTP-015",))),
        mock="http.extra-header http.other-server envelope.request-id-missing",
    ),
    _choice(
        "the pace",
        "G-10 G-24 13/created-started",
        *(responses.Throttling, responses.TasksAtOnce, responses.Distant, responses.Jitter),
        *(tasks.SlowStart, tasks.Instant, streams.Coalesced),
    ),
    # Requests
    _choice("the body's length", "C-12", requests.ChunkedBodies),
    _choice("urlencoded forms", "G-07", requests.NoUrlencodedForms),
    _choice(
        "unusual messages",
        "G-11 G-61",
        requests.BlankMessages,
        requests.ShortMessages,
        requests.MissingMessage,
    ),
    _choice("booleans of a form", "G-12", requests.LenientBooleans),
    _choice("an unknown field", "G-13 G-15", requests.KnownFieldsOnly),
    _choice("variables of a form", "G-14 X-03", requests.VariablesInForms),
    _choice("the code of a bad variable", "G-16", requests.OneRefusalCode),
    _choice("limits of variables", "G-17 G-18", requests.ReservedNames, requests.SmallVariables),
    _choice("a map without variables", "G-19", requests.EmptyMapIsNone),
    _choice("a part of another name", "G-35", requests.OtherPartsIgnored),
    _choice("the status of an invalid request", "G-04 G-06", requests.Unprocessable),
    _choice(
        "the status of a success", "G-01 G-02 G-03", responses.OtherStatuses, mock="http.create-answers-200"
    ),
    _choice("codes that no page names", "G-05 G-07 G-08 G-25 G-26 G-27 G-31 G-59 G-71", responses.OtherCodes),
    _choice("the text of a refusal", "G-09 G-45", responses.LongRefusals, mock="json.other-message"),
    _choice("HEAD", "G-85", requests.NoHead),
    _choice(
        "downloads",
        "G-84 G-85",
        *(responses.PlainDisposition, Answer(responses.Ranges, ("ARTIFACT-028",))),
        mock="download.no-etag",
    ),
    _choice("the media type of a text", "G-83", responses.TextCharset),
    _choice("the order of checks", "G-98", requests.BodyFirst, requests.AuthenticatesFirst),
    _choice("unknown paths", "G-05", requests.TrailingSlashes),
    _choice("limit and offset out of range", "G-36", requests.ForgivingPages, requests.StrictList),
    _choice("the scope of a list", "G-37 X-08", requests.ListsOfKeys),
    _choice("a malformed task id", "G-40", requests.MalformedIds),
    _choice("someone else's task", "G-41", requests.Forbidding),
    _choice("the case of the scheme", "G-88", Answer(requests.CapitalBearer, ("AUTH-013",))),
    _choice("two credentials", "G-88", requests.KeyHeaderFirst),
    _choice("a token as a key", "G-88", requests.TokensAsKeys),
    _choice("a token without an origin", "G-90", requests.OriginNeeded),
    _choice(
        "what a token may",
        "G-70 G-96 X-11",
        *(Answer(each, ("AUTH-006",)) for each in (requests.KeysDecide, requests.KeysList)),
    ),
    _choice("lifetimes", "G-93 X-23", Answer(requests.CappedLifetimes, ("TOKEN-009",)), requests.BareSeconds),
    _choice("the length of a user's id", "G-94", requests.ShortUserIds),
    # Decisions and ends
    _choice(
        "a second decision", "G-64", decisions.SecondConflicts, decisions.FirstStands, decisions.SecondEchoes
    ),
    _choice("similar calls", "G-66", decisions.SimilarCommands),
    _choice(
        "the result of a refused call",
        "G-65",
        decisions.StatusRejected,
        Answer(decisions.NoResultOfRefused, ("EVENT-021",)),
    ),
    _choice(
        "the run of a refused call",
        "G-65",
        Answer(decisions.RefusalEndsRun, ("EVENT-021",)),
        Answer(decisions.RefusalCancelsRun, ("STATE-010",)),
    ),
    _choice("calls at the same time", "G-65 G-69", decisions.OneQuestionAtATime, decisions.RefusesTheBatch),
    _choice("an answered call", "G-42", decisions.DecisionsLag),
    _choice(
        "the end of a cancelled stream",
        "G-74",
        *(Answer(each, ("PHASE-023",)) for each in (decisions.CancelledThenDone, decisions.CancelledIsDone)),
        decisions.CancelledSilently,
    ),
    _choice("the end of a failed stream", "G-53", decisions.ErrorThenDone),
    _choice("the fields of a cancelled task", "G-73", decisions.CancelledFields),
    _choice("what was said before a cancellation", "G-73", decisions.PartOfAnswerSaved),
    _choice("the output of an unfinished task", "X-13", Answer(tasks.NoOutputUnlessDone, ("GET-025",))),
    _choice(
        "the answer to a cancellation", "G-03", Answer(responses.NoContent, ("CANCEL-005", "ENVELOPE-001"))
    ),
    _choice("cancelling a finished task", "G-71 G-76", decisions.CancelTwice, decisions.FinishedIsGone),
    _choice(
        "when a task can be cancelled",
        "G-72 G-74",
        decisions.OnlyRunningIsCancelled,
        Answer(decisions.CancelLags, ("CANCEL-001", "CANCEL-002")),
    ),
    _choice(
        "a follow-up while unfinished",
        "G-59",
        decisions.Queueing,
        decisions.QueueingUnsaved,
        Answer(decisions.Interrupting, ("EVENT-021",)),
    ),
    _choice("a follow-up to what did not complete", "G-60 G-75", decisions.CompletedOnly),
    # Tasks and conversations
    _choice(
        "the form of ids", "C-05 G-70b", tasks.Ulids, tasks.OpaqueIds, tasks.NumbersAsIds, tasks.PrefixedIds
    ),
    _choice("the ids of messages", "C-05", tasks.NumbersOfMessages),
    _choice("the ids of conversations", "C-06", tasks.UuidConversations),
    _choice("completedAt during a second run", "G-39", Answer(tasks.KeepsCompletedAt, ("GET-010",))),
    _choice("the status before a second run", "G-39", Answer(tasks.PendingAgain, ("STATE-008",))),
    _choice("message of a second run", "G-43", tasks.LatestMessage),
    _choice("output of a second run", "G-44", tasks.OutputOfAllTurns),
    _choice("showInHistory and lists", "G-22", tasks.HiddenFromLists),
    _choice("the order of ties", "G-38", tasks.TiesById),
    _choice("a token's task", "G-23 X-06", tasks.WidgetTasks, tasks.EmailNames),
    _choice("the saved message with files", "G-33 G-34", tasks.FilesNamedInMessage),
    _choice(
        "before the start",
        "X-14",
        tasks.NoConversationYet,
        tasks.NoHistoryYet,
        tasks.LazySession,
        tasks.UploadsNeedASession,
    ),
    _choice("the final response", "X-04", tasks.LastWordsCount, mock="payload.done-says-otherwise"),
    _choice("calls of saved messages", "X-18", tasks.BareCalls),
    _choice("calls of an output", "X-18", tasks.OutputsUntold),
    _choice("the times of messages", "X-26", tasks.TimesOfTask),
    _choice("lists of an output", "G-46 C-09", tasks.EmptyLists),
    _choice(
        "the names of tools",
        "X-15 9/built-in-families",
        tasks.OtherTools,
        tasks.ListsCommands,
        tasks.WrapsCommands,
    ),
    _choice("the output of a command", "G-46", tasks.FramedOutput, tasks.CutOutput),
    _choice("the beginning of an answer", "G-47", tasks.Chatty),
    _choice("the end of an answer", "G-47 X-04", tasks.TrimsAnswers),
    _choice("tools that never ask", "G-70c", tasks.LooksAround),
    _choice(
        "a printed secret",
        "V-07",
        *(tasks.Stars, tasks.CutOut),
        *(Answer(each, ("VARS-014",)) for each in tasks.SHOWN),
    ),
    _choice("variables of a later run", "G-62", tasks.VariablesOnce),
    _choice("secrets of a restored session", "X-07 G-62", tasks.SecretsGoWithSession),
    _choice("the restored session", "G-63", tasks.SameSession, tasks.SessionOfOneTurn),
    # Streams
    _choice("catch-up", "G-48 G-49", streams.CaughtUpAtOnce, streams.SavedAsItSpeaks),
    _choice("status events", "X-02 G-46", streams.StatusEvents),
    _choice(
        "pieces of text",
        "G-47",
        *(streams.AlwaysPartial, streams.NeverPartial, streams.TinyPieces, streams.EmptyPieces),
        *(Answer(each, ("EVENT-018",)) for each in (streams.WholeBlocks, streams.GrowingBlocks)),
        mock="payload.partial-to-the-end payload.never-partial",
    ),
    _choice("thoughts", "G-46", streams.NoThoughts),
    _choice("an approved call", "G-46", streams.ToolCallAgain),
    _choice(
        "a call before it waits or runs",
        "G-46",
        Answer(streams.ValidatesCalls, ("EVENT-023",)),
        streams.NamesToolsFirst,
    ),
    _choice("what a subagent tells", "G-46 X-25", Answer(streams.OtherSubagentWords, ("EVENT-009",))),
    _choice("what a reader accepts", "G-57", streams.AcceptNeeded),
    _choice("the close of a stream", "G-53", streams.Lingering),
    _choice("a reader of a waiting task", "G-52 X-21", streams.WaitingIsIdle),
    _choice("several readers", "G-54", responses.FewReaders),
    # Files
    _choice("hostile paths", "G-78", files.HostilePaths, files.ForbiddenPaths),
    _choice("the path of a directory", "G-79", files.DirectoriesRefused),
    _choice("the order of files", "G-81", Answer(files.AnyOrder, ("ARTIFACT-023",))),
    _choice("the paths of files", "X-16", files.DotSlash),
    _choice("the folder of made files", "X-17", Answer(tasks.DownloadsFolder, ("ARTIFACT-031",))),
    _choice("hidden files", "G-80", files.HiddenFiles),
    _choice("files of the platform's own", "G-80", files.FurnishedWorkspace),
    _choice("unknown types", "G-83", files.OtherTypes),
    _choice("unusual names", "G-30", Answer(files.PlainNames, ("UPLOAD-019", "UPLOAD-025"))),
    _choice("files without a byte", "G-29", files.NoEmptyFiles),
    _choice("what is an archive", "G-31", files.ZipByName, files.ZipByContent),
    _choice("how much an archive may have", "G-31", files.FewEntries),
    _choice("where archives go", "G-31", files.FolderForArchive, files.ArchiveKept),
    _choice("what a message has of an archive", "G-32", files.ArchiveAttached),
    _choice("a dangerous entry", "G-31", files.EntriesLeftOut),
    _choice("the same name again", "G-30", Answer(files.Overwrites, ("UPLOAD-022", "ZIP-026"))),
    _choice("files before the start", "G-82", files.NoFilesYet),
    _choice("files of a cancelled task", "G-75", files.FilesGoWhenCancelled),
)

NOT_FREE = {
    "X-05": "no caller sees how variables are stored",
    "X-09": "the platform has no MCP servers",
    "X-10": "keys are made in a console, which it has not",
    "X-12": "errors and authentication agree on the keys that a caller can send: sigmic_ makes a key",
    "X-19": "a host of samples; the target is given by its address",
    "X-20": "a name only: a cancelled task is still read",
    "X-22": "names of a demo page",
    "X-24": "a page's table is a part of all errors, which another page lists",
    "G-20": "it has no policies",
    "G-21": "it has no prompts of projects",
    "G-28": "what a refused upload leaves is seen in the listing, and ARTIFACT rows ask for what is there",
    "G-55": "the envelope of errors is documented for every operation",
    "G-56": "no token ends within a stream of a run",
    "G-58": "a stream is documented to end with its task",
    "G-67": "VALIDATION_ERROR is documented for every outcome but the three",
    "G-68": "longer than a run",
    "G-77": "a profile names the path",
    "G-86": "files below the workspace are listed: documented",
    "G-87": "longer than a run",
    "G-89": "INVALID_API_KEY is documented for both",
    "G-92": "a token is documented as JWT, and its claims are for nobody outside",
    "G-95": "variables of a token reach MCP servers only, which it has not",
    "G-97": "its tokens are configured",
    "G-99": "it has no MCP servers",
    "G-100": "it has no policies",
    "G-101": "it has no console",
}
"""The gaps and contradictions in which the test platform cannot vary, and why."""

ANSWERS = {answer.name: answer for choice in CHOICES for answer in choice.answers}
MOST, LEAST = 0.6, 0.1
"""Limits of the share of choices for which a drawn platform has an answer."""


def drawn(seed: int) -> tuple[str, ...]:
    """Return the names of the answers that a seed draws. A new choice does not change the others."""
    share = random.Random(seed).uniform(LEAST, MOST)
    return tuple(_drawn(seed, share))


def _drawn(seed: int, share: float) -> Iterator[str]:
    for choice in CHOICES:
        chance = random.Random(f"{seed} {choice.name}")
        if chance.random() < share:
            yield chance.choice(choice.answers).name


def may_warn(names: tuple[str, ...]) -> frozenset[str]:
    """Return the requirements that may warn of a platform with these answers."""
    return frozenset().union(*(ANSWERS[name].may_warn for name in names))
