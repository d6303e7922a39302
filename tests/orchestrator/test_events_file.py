"""How a job went, line by line."""

from pathlib import Path

from shoal.orchestrator.events_file import EventsFile, read_events


def test_events_are_read_back_in_order(tmp_path) -> None:
    events = EventsFile(tmp_path)
    events.note("worker_joined", {"worker": "w0"})
    events.note("odd", {"path": Path("/x"), "many": [1, 2]})
    events.close()
    events.note("too_late", {})
    one, other = read_events(tmp_path)
    assert (one["event"], one["worker"]) == ("worker_joined", "w0")
    assert (other["path"], other["many"]) == ("/x", [1, 2])
    assert one["at"] <= other["at"]


def test_a_line_cut_short_spoils_no_other(tmp_path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"event": "first"}\n{"event": "seco')
    events = EventsFile(tmp_path)
    events.note("third", {})
    events.close()
    assert [event["event"] for event in read_events(tmp_path)] == ["first", "third"]


def test_a_job_without_events_has_none(tmp_path) -> None:
    assert list(read_events(tmp_path)) == []
