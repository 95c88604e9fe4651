"""Record each fault that fires, and add it to the entry of its request."""

import asyncio

from sigmic_mock.faults.armed import Firing
from sigmic_mock.journal import masking
from sigmic_mock.journal.entry import Entry, Kind
from sigmic_mock.journal.writer import JournalWriter, Story


class FaultRecorder:
    """Pass its `fired` to `Faults.listen`. Create it on the event loop."""

    def __init__(self, writer: JournalWriter) -> None:
        self._writer = writer
        self._loop = asyncio.get_running_loop()

    def fired(self, firing: Firing) -> None:
        """Record that a fault fired."""
        try:
            story = self._writer.current
        except RuntimeError:
            # Fired in a thread that works for a request; entries are only created on the loop.
            self._loop.call_soon_threadsafe(self._note, firing, None)
            return
        # A frame's fault may fire during another request, and does not belong to it.
        self._note(firing, story if firing.context.event is None else None)

    def _note(self, firing: Firing, story: Story | None) -> None:
        writer, context, project = self._writer, firing.context, firing.project
        if story is not None:
            story.faults.append(firing.fault)
            project = project or story.project
        at, real = writer.times(project)
        entry = Entry(
            kind=Kind.FAULT,
            project=project,
            at=at,
            real=real,
            request=None if story is None else story.id,
            operation=context.operation,
            method=context.method,
            path=context.path and masking.address(writer.secrets, project, context.path),
            task=context.task and masking.short_text(writer.secrets, project, context.task),
            event=context.event,
            faults=(firing.fault,),
            detail={
                "fault": firing.fault,
                "armed": firing.number,
                "phase": context.phase,
                "code": context.code,
            },
        )
        writer.add(entry, None if story is None else story.born)
