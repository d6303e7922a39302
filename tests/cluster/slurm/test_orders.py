"""What Ray's driver and the agents on the nodes tell each other."""

import pytest

from shoal.cluster.slurm.orders import (
    Arrived,
    Head,
    Order,
    RayEnded,
    RayStarted,
    from_line,
    to_line,
)

ORDER = Order("secret", True, None, "n2", "hsn0", 0, None, 1 << 30, "n1", 60.0, {"net": "open"})


@pytest.mark.parametrize(
    "message",
    [
        ORDER,
        Head("10.0.0.1:6"),
        Arrived("n1", True),
        RayStarted("10.0.0.1:6", 2, 0),
        RayEnded("it\nbroke"),
    ],
)
def test_a_message_is_one_line_and_comes_back(message) -> None:
    line = to_line(message)
    assert line.count(b"\n") == 1
    assert from_line(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"hello\n", b'["Order", {}]\n', b'["Popen", {}]\n', b"[1]\n"]
)
def test_what_is_no_message_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="not a message of an agent"):
        from_line(line)


def test_the_token_is_not_shown() -> None:
    assert "secret" not in repr(ORDER)
