from sigmic_conformance.conformance.judging.evidence import curl
from tests.conformance.making import exchange


def test_the_command_that_asks_again_speaks_the_same_version_of_http():
    assert curl(exchange(version="1.0")) == "curl -i -N --http1.0 http://127.0.0.1/api/v1/tasks/t"
    assert curl(exchange()) == "curl -i -N http://127.0.0.1/api/v1/tasks/t"
