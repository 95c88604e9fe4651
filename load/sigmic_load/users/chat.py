"""`ChatUser`: a conversation of two turns, as in a chat window."""

from time import monotonic

from locust import task

from sigmic_load.streams.reading import listen
from sigmic_load.users.platform_user import TASKS, PlatformUser


class ChatUser(PlatformUser):
    """Create, stream to done, follow up, stream to done."""

    @task
    def converse(self) -> None:
        """Hold one conversation."""
        chat, draw = self.settings, self.run_state.random
        sent = monotonic()
        created = self.create(draw.choice(chat["prompts"]))
        if created is None or not self.follow(created, sent):
            return
        sent = monotonic()
        message = {"message": draw.choice(chat["follow_ups"])}
        answer = self.call("POST", f"{TASKS}/{created}/messages", "send_message", json=message)
        if answer is not None:
            self.follow(created, sent)

    def follow(self, created: str, sent: float) -> bool:
        """Read one turn to its end. Return False if it did not end with `done` in time."""
        recorder = self.recorder
        deadline = sent + self.settings["turn_seconds"]
        connection = self.open_stream(created)
        if connection is None:
            recorder.count("turns_failed", seconds=monotonic() - sent)
            return False
        listened = listen(connection, recorder, deadline, is_return=False)
        if listened.first_content is not None:
            recorder.sample("first_content", listened.first_content - sent)
        if listened.ended is not None and not listened.failed:
            recorder.sample("turn", listened.ended - sent)
            recorder.count("turns")
            return True
        if listened.heard.had_history and not listened.heard.was_live:
            # The turn was over before we connected: no event was live, nothing failed.
            recorder.count("turns")
            return True
        waited = monotonic() - sent
        recorder.count("turns_failed", seconds=waited)
        if listened.ended is None:
            if not connection.at_end:  # a turn that is not over takes at least as long
                recorder.sample("turn", waited)
                if listened.first_content is None:
                    recorder.sample("first_content", waited)
            self.cancel(created)
        return False
