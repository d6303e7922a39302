"""Dies at the n-th call that changes a disk, for every n, and looks at what is left.

    python -m tests.orchestrator.crash_points FOLDER WAY

Ways to die: `before` the call; `torn`, in the middle of a write, or after another call; `data` and
`power`, before the call, and what was not fsynced is lost: files' content, or their names too.
One process per n, forked from this one: each drives the same job and kills itself at its call.
Then another one goes on, undisturbed, and all is compared with a job that nothing happened to.
"""

import hashlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.dataset as ds

from shoal.orchestrator.job_folders import create_or_open, read_segments
from shoal.orchestrator.ledger_file import read_ledger
from shoal.orchestrator.reduce import reduce_blocks
from shoal.orchestrator.result_files import load_result, save_result
from tests.orchestrator.sampled import DrawingEngine, both_request, commit

SHARDS = ((0, 1), (1, 2), (0, 1), (3,), (2, 4))
"""What workers bring: also copies, and shards that overlap."""

Call = Callable[..., object]


class Disk:
    """The calls that change a disk: counted, and with a memory of what is not durable yet."""

    CALLS = (
        "write",
        "fsync",
        "rename",
        "replace",
        "link",
        "unlink",
        "mkdir",
        "ftruncate",
        "open",
    )

    def __init__(self, crash_at: int, way: str, root: Path) -> None:
        self.count = 0
        self._crash_at = crash_at
        self._way = way
        self._root = root
        self._real = {name: getattr(os, name) for name in self.CALLS}
        self._synced: dict[int, bytes] = {}
        self._undo: list[tuple[Path, Callable[[], None]]] = []
        for name in self.CALLS:
            setattr(os, name, self._wrapped(name))

    def _wrapped(self, name: str) -> Call:
        def call(*args, **kwargs):
            if name == "open" and not args[1] & os.O_CREAT:
                return self._real[name](*args, **kwargs)
            self.count += 1
            if self.count == self._crash_at:
                self._crash(name, *args, **kwargs)
            self._remember(name, *args)
            return self._real[name](*args, **kwargs)

        return call

    def _crash(self, name: str, *args, **kwargs) -> None:
        if self._way == "torn":
            if name == "write":
                args = (args[0], args[1][: len(args[1]) // 2])
            self._real[name](*args, **kwargs)
        if self._way == "power":
            for _, undo in reversed(self._undo):
                undo()
        if self._way in ("data", "power"):
            for path in self._root.rglob("*"):
                if path.is_file() and path.stat().st_ino in self._synced:
                    path.write_bytes(self._synced[path.stat().st_ino])
        os.kill(os.getpid(), signal.SIGKILL)

    def _remember(self, name: str, *args) -> None:
        """Keep what it takes to undo a call that is about to be made."""
        if name in ("write", "ftruncate", "fsync"):
            path = Path(f"/proc/self/fd/{args[0]}").resolve()
            if name == "fsync":
                self._synced.pop(path.stat().st_ino, None)
                self._undo = [(folder, undo) for folder, undo in self._undo if folder != path]
            elif self._root in path.parents:
                self._synced.setdefault(path.stat().st_ino, path.read_bytes())
            return
        path = Path(args[0])
        target = Path(args[1]) if name in ("rename", "replace", "link") else path
        old = target.read_bytes() if target.is_file() else None
        is_moved = name in ("rename", "replace")

        def undo() -> None:
            if is_moved:
                self._real["rename"](target, path)
            if old is not None:
                target.write_bytes(old)
            elif not is_moved and not was_there:
                remove(target, self._real["unlink"])

        was_there = target.exists()
        self._undo.append((path.parent, undo))


def remove(path: Path, unlink: Call) -> None:
    if path.is_dir():
        for inside in path.iterdir():
            remove(inside, unlink)
        path.rmdir()
    elif path.exists():
        unlink(path)


def drive(root: Path, said: Path) -> None:
    """Drive the job to its end, and say of each segment that a worker has its receipt."""
    request = both_request()
    with create_or_open(root, request, "job") as store, said.open("a") as receipts:
        engine = DrawingEngine(request, store.workload)
        for number, shard in enumerate(SHARDS):
            receipt = commit(store, engine, shard, f"w{number}")
            # Not by a call that is counted: this is what the outside world knows.
            receipts.write(f"{json.dumps(shard)}\n")
            receipts.flush()
            store.record(receipt)
        left = [b.index for b in store.workload.blocks if b.index not in store.committed()]
        if left:
            store.record(commit(store, engine, left))
        result = reduce_blocks(request, store.workload, store)
        save_result(store.folder, "result", request, result, store.stored.commitments())


def lost(root: Path, said: Path) -> list[int]:
    """Look at what a crash has left: which blocks were promised and are not there?"""
    promised = {block for line in said.read_text().splitlines() for block in json.loads(line)}
    folders = [path.parent for path in root.glob("*/request.json")]
    return sorted(promised - (read_segments(folders[0]).committed() if folders else set()))


def judge(root: Path, said: Path) -> dict[str, object]:
    """Go on after a crash, and describe what there was and what there is in the end."""
    missing = lost(root, said)
    drive(root, said)
    (folder,) = root.iterdir()
    table = ds.dataset(folder / "segments").to_table(columns=["variant_id", "row", "count"])
    order = [(name, "ascending") for name in table.column_names]
    load_result(folder)
    return {
        "lost": missing,
        "rows": hashlib.sha256(str(table.sort_by(order).to_pydict()).encode()).hexdigest(),
        "result": hashlib.sha256((folder / "results/result.parquet").read_bytes()).hexdigest(),
        "blocks": sorted(read_ledger(folder).blocks),
        "left": sorted(path.name for path in folder.rglob(".*")),
        "files": sorted(path.name for path in folder.iterdir()),
    }


def forked(work: Callable[[], object]) -> tuple[int, object]:
    """Run something in a process of its own; return its exit status and what it returned."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        status = 1
        try:
            said = json.dumps(work()).encode()
            with os.fdopen(write_end, "wb") as pipe:
                pipe.write(said)
            status = 0
        finally:
            os._exit(status)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(said) if said else None


def crashes(base: Path, way: str) -> Iterator[tuple[int, object]]:
    """Yield every call, and what came of dying there; at last one that was not reached."""
    number, is_killed = 0, True
    while is_killed:
        number += 1
        root, said = base / f"{way}-{number}", base / f"{way}-{number}.said"
        root.mkdir()
        said.touch()

        def disturbed(number: int = number, root: Path = root, said: Path = said) -> None:
            Disk(number, way, root)
            drive(root, said)

        status, _ = forked(disturbed)
        is_killed = status == -signal.SIGKILL
        assert is_killed or status == 0, (number, status)
        _, judged = forked(lambda root=root, said=said: judge(root, said))
        yield number, judged


def main() -> None:
    base, way = Path(sys.argv[1]), sys.argv[2]
    calm = base / "calm"
    calm.mkdir()
    (base / "calm.said").touch()
    _, expected = forked(lambda: judge(calm, base / "calm.said"))
    number = 0
    for number, judged in crashes(base, way):
        assert judged == expected, (number, judged, expected)
    sys.stdout.write(f"{number - 1} crashes\n")


if __name__ == "__main__":
    main()
