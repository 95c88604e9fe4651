"""The messages that a model gets, and the mapping of tool names in both directions."""

from sigmic_mock.agent.prompt import Prompt
from sigmic_mock.agent.turn import OfferedTool
from sigmic_mock.domain.model import MessageRole
from sigmic_mock.model.conversation import MOST_REMEMBERED, Toolbox, conversation
from tests.fakes.turn import message


def test_the_newest_earlier_messages_are_sent_as_far_as_they_fit():
    long = "x" * (MOST_REMEMBERED // 2)
    memory = (
        message("forgotten " * 200),
        message(long, role=MessageRole.ASSISTANT),
        message(long[:-1000]),
        message("See", "uploads/a.csv"),
    )

    _, *earlier, last = conversation(Prompt(text="And now?", memory=memory))

    assert [(each["role"], len(each["content"])) for each in earlier[:2]] == [
        ("assistant", len(long)),
        ("user", len(long) - 1000),
    ]
    assert "- uploads/a.csv" in earlier[2]["content"]
    assert last == {"role": "user", "content": "And now?"}


def test_tools_have_names_that_endpoints_accept_and_keep_their_own():
    names = ["glob", "mcp_a.b_c", "mcp_a_b_c", "mcp_" + "x" * 60, "mcp_" + "x" * 59 + ".y"]
    toolbox = Toolbox([OfferedTool(name, "", {}) for name in names])

    offered = [each["function"]["name"] for each in toolbox.as_functions()]

    assert offered[:3] == ["glob", "mcp_a_b_c", "mcp_a_b_c_2"]
    assert len(set(offered)) == len(names)
    assert max(map(len, offered)) <= 64
    assert [toolbox.own_name(name) for name in offered] == names
    assert toolbox.own_name("made_up") == "made_up"
