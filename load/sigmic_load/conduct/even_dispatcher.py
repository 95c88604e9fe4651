"""Spreads the users of each class evenly over the workers.

Locust assigns users to workers in turn, whatever their class: with two of each, one worker gets all users
of one class. If one class holds a hundred streams and the other none, all streams are on one worker.
"""

from collections import Counter
from collections.abc import Callable

from locust import User
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode

Spread = dict[str, dict[str, int]]


class EvenDispatcher(UsersDispatcher):
    """Locust's dispatcher decides how many users of each class there are, and when; this one, where.

    `is_member` returns whether a worker belongs to the run. A worker that joined later gets no users.
    """

    def __init__(
        self,
        worker_nodes: list[WorkerNode],
        user_classes: list[type[User]],
        is_member: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._is_member = is_member
        self._spread: Spread = {}
        super().__init__([it for it in worker_nodes if is_member(it.id)], user_classes)

    def add_worker(self, worker_node: WorkerNode) -> None:
        if self._is_member(worker_node.id):
            super().add_worker(worker_node)

    def __next__(self) -> Spread:
        theirs = super().__next__()
        self._spread = even(self._spread, theirs)
        return {worker: dict(users) for worker, users in self._spread.items()}


def even(before: Spread, wanted: Spread) -> Spread:
    """Return the same number of users of each class as wanted, spread evenly, with few moves since before."""
    spread = {worker: Counter(before.get(worker, {})) for worker in wanted}
    for name in {name: None for users in wanted.values() for name in users}:

        def load(worker: str, name: str = name) -> tuple[int, int]:
            return spread[worker][name], spread[worker].total()

        total = sum(users.get(name, 0) for users in wanted.values())
        while (have := sum(users[name] for users in spread.values())) != total:
            if have < total:
                spread[min(spread, key=load)][name] += 1
            else:
                spread[max(spread, key=load)][name] -= 1
        while load(most := max(spread, key=load))[0] - load(least := min(spread, key=load))[0] > 1:
            spread[most][name] -= 1
            spread[least][name] += 1
    return {worker: {name: users[name] for name in wanted[worker]} for worker, users in spread.items()}
