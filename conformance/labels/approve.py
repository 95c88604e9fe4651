"""Approvals: nothing before the decision, and what each of the three answers does."""

from sigmic_conformance.conformance.transcript.fact import Fact
from sigmic_conformance.conformance.transcript.label import Label, ProbeName, TaskLabel


class ApproveOnce:
    """What `approve_once` records."""

    PROBE = ProbeName("approve_once")

    TIDY_UP = Label(PROBE, "tidy up")
    OTHERS = TaskLabel(PROBE, "another task")
    ONCE = TaskLabel(PROBE, "once")
    WAITING = Label(PROBE, "waiting")
    JOINS_WHILE_WAITING = Label(PROBE, "joins while waiting")
    FILES_WHILE_WAITING = Label(PROBE, "files while waiting")
    BAD_OUTCOME = Label(PROBE, "bad: outcome")
    BAD_NUMBER = Label(PROBE, "bad: number")
    BAD_NO_OUTCOME = Label(PROBE, "bad: no outcome")
    BAD_NO_BODY = Label(PROBE, "bad: no body")
    BAD_UNKNOWN_CALL = Label(PROBE, "bad: unknown call")
    BAD_OTHER_TASK = Label(PROBE, "bad: another task's path")
    STILL_WAITING = Label(PROBE, "still waiting")
    APPROVE = Label(PROBE, "approve")
    APPROVE_AGAIN = Label(PROBE, "approve again")
    FINISHED = Label(PROBE, "finished")
    APPROVE_AFTER_THE_END = Label(PROBE, "approve after the end")
    HISTORY = Label(PROBE, "history")
    SECOND_WAITING = Label(PROBE, "second waiting")
    APPROVE_SECOND = Label(PROBE, "approve second")
    FILES_AT_THE_END = Label(PROBE, "files at the end")
    FIRST_FILE = Label(PROBE, "the first call's file")

    FIRST_WORD = Fact[str](PROBE, "first")
    SECOND_WORD = Fact[str](PROBE, "second")
    AGAIN = Fact[int | None](PROBE, "again")
    CALL = Fact[str](PROBE, "call")


class ApproveCancel:
    """What `approve_cancel` records."""

    PROBE = ProbeName("approve_cancel")

    REFUSED = TaskLabel(PROBE, "refused")
    CANCEL_THE_CALL = Label(PROBE, "cancel the call")
    FINISHED = Label(PROBE, "finished")
    FILES = Label(PROBE, "files")
    HISTORY = Label(PROBE, "history")

    WORD = Fact[str](PROBE, "word")
    CALL = Fact[str](PROBE, "call")


class ApproveAlways:
    """What `approve_always` records."""

    PROBE = ProbeName("approve_always")

    TIDY_UP = Label(PROBE, "tidy up")
    ALWAYS = TaskLabel(PROBE, "always")
    WAITING = Label(PROBE, "waiting")
    APPROVE_ALWAYS = Label(PROBE, "approve always")
    RIGHT_AFTER = Label(PROBE, "right after")
    FINISHED = Label(PROBE, "finished")
    REPLAY = Label(PROBE, "replay")
    APPROVE_ALWAYS_BY_THE_STREAMS_ID = Label(PROBE, "approve always by the stream's id")

    FIRST_WORD = Fact[str](PROBE, "first")
    SECOND_WORD = Fact[str](PROBE, "second")
    PENDING_CALL = Fact[str | None](PROBE, "pending call")
    CALL = Fact[str](PROBE, "call")
