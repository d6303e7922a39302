"""The ledger on disk, and what is made of a damaged one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.orchestrator.commitments import Commitment, Commitments
from shoal.orchestrator.ledger_file import LedgerFile, numbers_of, ranges_of, read_ledger


def commitment(name: str, *blocks: int) -> Commitment:
    return Commitment(name, blocks, 10 * len(blocks), 100, "0" * 64, "w0", "node", 0.5)


def written(folder, *commitments: Commitment) -> bytes:
    ledger = LedgerFile(folder)
    for one in commitments:
        ledger.commit(one)
    ledger.close()
    return (folder / "ledger.jsonl").read_bytes()


def test_what_was_committed_is_read_back(tmp_path) -> None:
    first, second = commitment("a", 0, 1, 2, 5), commitment("b", 3, 4)
    written(tmp_path, first, second)
    assert list(read_ledger(tmp_path)) == [first, second]


def test_no_ledger_is_an_empty_one(tmp_path) -> None:
    assert len(read_ledger(tmp_path)) == 0


def test_what_was_forgotten_counts_no_more(tmp_path) -> None:
    ledger = LedgerFile(tmp_path)
    ledger.commit(commitment("a", 0, 1))
    ledger.forget("a", "missing")
    ledger.commit(commitment("b", 1))
    ledger.close()
    assert read_ledger(tmp_path).segment_of == {1: "b"}


def test_a_line_torn_anywhere_is_dropped_and_the_next_one_is_whole(tmp_path) -> None:
    first, second, third = commitment("a", 0), commitment("b", 1), commitment("c", 2)
    whole = written(tmp_path, first, second)
    keep = whole.index(b"\n") + 1
    for end in range(keep, len(whole)):
        (tmp_path / "ledger.jsonl").write_bytes(whole[:end])
        assert list(read_ledger(tmp_path)) in ([first], [first, second])
        written(tmp_path, third)
        assert list(read_ledger(tmp_path)) == [first, third]
        assert (tmp_path / "ledger.jsonl").read_bytes().count(b"\n") == 2


def test_a_torn_line_longer_than_what_is_read_at_once_is_dropped(tmp_path) -> None:
    written(tmp_path, commitment("a", 0))
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(b"x" * 200_000)
    written(tmp_path, commitment("b", 1))
    assert read_ledger(tmp_path).segment_of == {0: "a", 1: "b"}


@pytest.mark.parametrize("damage", [b"\0\n", b"[]\n", b'{"commit": 7}\n', b'"commit"\n', b"7\n"])
def test_a_line_that_makes_no_sense_is_passed_over(tmp_path, damage: bytes) -> None:
    written(tmp_path, commitment("a", 0))
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(damage)
    written(tmp_path, commitment("b", 1))
    assert read_ledger(tmp_path).segment_of == {0: "a", 1: "b"}


def test_lines_are_for_other_readers_too(tmp_path) -> None:
    line = json.loads(written(tmp_path, commitment("a", 0, 1, 2, 7)))
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "commit": "a",
        "blocks": "0-2,7",
        "shots": 40,
        "num_bytes": 100,
        "sha256": "0" * 64,
        "worker": "w0",
        "node": "node",
        "seconds": 0.5,
    }


@given(st.sets(st.integers(0, 50)))
def test_ranges_say_the_same_numbers(numbers) -> None:
    assert numbers_of(ranges_of(sorted(numbers))) == tuple(sorted(numbers))


@given(st.lists(st.sets(st.integers(0, 9), min_size=1)), st.data())
def test_each_block_has_one_segment_the_first_to_bring_it(found, data) -> None:
    commitments = Commitments()
    expected: dict[int, str] = {}
    for number, blocks in enumerate(found):
        new = commitments.add(commitment(f"s{number}", *sorted(blocks)))
        assert new == blocks - expected.keys()
        expected.update(dict.fromkeys(new, f"s{number}"))
        if expected and data.draw(st.integers(0, 4)) == 0:
            name = data.draw(st.sampled_from(sorted(set(expected.values()))))
            lost = {block for block in expected if expected[block] == name}
            assert commitments.forget(name) == lost
            expected = {block: held for block, held in expected.items() if held != name}
    assert commitments.segment_of == expected
    assert sum(len(one.blocks) for one in commitments) == len(expected)
