"""Tasks on disk, whose beginning a fault can lose."""

import sqlite3

from sigmic_conformance.mock_server.storage.tasks import TaskStore


class FaultyTaskStore(TaskStore):
    """Offers what no honest store does; whoever calls it has asked the faults."""

    async def forget_beginning(self, task_id: str) -> None:
        """Remove the first message of a conversation."""

        def forget(con: sqlite3.Connection) -> None:
            con.execute(
                "DELETE FROM messages WHERE task_id = :task"
                " AND number = (SELECT min(number) FROM messages WHERE task_id = :task)",
                {"task": task_id},
            )

        await self._database.write(forget)
