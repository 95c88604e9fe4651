from sigmic_conformance.commands.replay.names import Names
from tests.conformance.kit import exchange

CREATED, CALLED = exchange(body={"id": "0task"}), exchange(body={"callId": "shell#1/a"})


def test_a_name_is_found_in_a_path_that_encodes_it():
    names = Names()
    names.learn(CREATED, exchange(body={"id": "1task"}))
    names.learn(CALLED, exchange(body={"callId": "shell#2/b"}))

    target = names.put_into_target("/tasks/%30task/tools/shell%231%2Fa/approve?of=0task")

    assert target == "/tasks/1task/tools/shell%232%2Fb/approve?of=1task"
