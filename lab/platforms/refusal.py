"""How the independent target refuses a request."""


class Refusal(Exception):
    """Answered in the error envelope with this status and code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def bad(message: str) -> Refusal:
    return Refusal(400, "VALIDATION_ERROR", message)


def missing() -> Refusal:
    return Refusal(404, "NOT_FOUND", "Task not found")
