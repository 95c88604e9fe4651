"""Spreads the users of each class evenly over the workers.

Locust assigns users to workers in turn, whatever their class: with two of each, one worker gets all users
of one class. If one class holds a hundred streams and the other none, all streams are on one worker.
"""

from collections.abc import Callable, Mapping
from typing import Any

from locust import User
from locust.dispatch import UsersDispatcher
from locust.runners import WorkerNode

Spread = dict[str, dict[str, int]]


class EvenDispatcher(UsersDispatcher):
    """Gives a user to the worker with the fewest users of its class; among these, to the least loaded one.

    `is_member` returns whether a worker belongs to the run. A worker that joined later gets no users.
    """

    def __init__(
        self,
        worker_nodes: list[WorkerNode],
        user_classes: list[type[User]],
        is_member: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._is_member = is_member
        super().__init__([it for it in worker_nodes if is_member(it.id)], user_classes)

    def add_worker(self, worker_node: WorkerNode) -> None:
        if self._is_member(worker_node.id):
            super().add_worker(worker_node)

    def _add_users_on_workers(self) -> Spread:
        until = min(
            self._current_user_count + self._user_count_per_dispatch_iteration, self._target_user_count
        )
        for user in self._user_generator:
            if not user:
                self._no_user_to_spawn = True
                break
            worker = self._emptiest(user, self._users_on_workers)
            self._users_on_workers[worker.id][user] += 1
            self._current_user_count += 1
            self._active_users.append((worker, user))
            if self._current_user_count >= until:
                break
        return self._users_on_workers

    def _distribute_users(
        self, target_user_count: int
    ) -> tuple[Spread, Any, Any, list[tuple[WorkerNode, str]]]:
        """Assign all users again, because a worker joined or left."""
        users = self._user_gen()
        spread: Spread = {
            worker.id: {user_class.__name__: 0 for user_class in self._original_user_classes}
            for worker in self._worker_nodes
        }
        active: list[tuple[WorkerNode, str]] = []
        while len(active) < target_user_count and (user := next(users)):
            worker = self._emptiest(user, spread)
            spread[worker.id][user] += 1
            active.append((worker, user))
        return spread, users, self._worker_node_generator, active

    def _emptiest(self, user: str, spread: Mapping[str, Mapping[str, int]]) -> WorkerNode:
        return min(
            self._worker_nodes, key=lambda worker: (spread[worker.id][user], sum(spread[worker.id].values()))
        )
