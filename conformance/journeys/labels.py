"""What the exchanges of journeys are called: the number of the step, what is done, and by whom."""

OWNER = "owner"
OWNING_USER = "token of the owner"
OTHER_USER = "token of another end user"


def label(step: int, what: str, who: str = OWNER) -> str:
    """The label of an exchange; steps are counted from 1."""
    return f"{step:02d} {what}" if who == OWNER else f"{step:02d} {what} by {who}"
