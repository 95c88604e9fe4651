"""The answers to `get_task`, encoded once until a finished task changes."""

from sigmic_mock.domain.model import Output, Task
from sigmic_mock.http.envelope import Answer, EncodedAnswer
from sigmic_mock.http.serializers import task_json
from sigmic_mock.runtime.long_work import LONG_BYTES, work_on
from sigmic_mock.runtime.slices import turn
from sigmic_mock.service.tasks import TaskView

_MOST = 256
_LARGEST = 32 * 1024
"""The largest answer that is stored, in bytes; all together have at most 8 MiB."""


class TaskAnswers:
    """Encodes tasks. A task and its output are replaced, never changed, so the same objects encode alike."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Task, Output | None, EncodedAnswer]] = {}

    async def of(self, view: TaskView) -> EncodedAnswer:
        """Return the answer with a task."""
        held = self._held.get(view.task.id)
        if (
            held is not None
            and held[0] is view.task
            and held[1] is view.output
            and not view.pending_approvals
        ):
            return held[2]
        length = _characters(view)
        answer = await work_on(length, Answer(data=task_json(view)).encoded)
        if length > LONG_BYTES:
            await turn()  # to send it: the threads of many may be ready at the same time
        if view.task.status.is_final and not view.pending_approvals and len(answer.body) <= _LARGEST:
            self._keep(view, answer)
        return answer

    def _keep(self, view: TaskView, answer: EncodedAnswer) -> None:
        self._held.pop(view.task.id, None)
        if len(self._held) >= _MOST:
            del self._held[next(iter(self._held))]
        self._held[view.task.id] = view.task, view.output, answer


def _characters(view: TaskView) -> int:
    """Return how long the answer is, without the parts that are always short."""
    task, output = view.task, view.output
    length = len(task.message) + len(task.system_prompt or "") + sum(map(len, (task.env or {}).values()))
    if output is not None:
        length += len(output.content) + sum(len(call.output or "") for call in output.tool_calls)
        length += sum(len(thought.description) for thought in output.thoughts)
    return length
