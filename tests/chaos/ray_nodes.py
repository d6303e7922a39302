"""Several Ray nodes on this machine: ``python -m tests.chaos.ray_nodes FOLDER``.

Reads a line of JSON for each thing to do from its standard input, and answers each with a line.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ray.cluster_utils import Cluster

NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "memory": 1 << 30}


class Machine:
    """The nodes, and the head that runs nothing."""

    def __init__(self, folder: str) -> None:
        head = {"num_cpus": 0, "node_ip_address": "127.0.0.1", "dashboard_agent_listen_port": 0}
        self.cluster = Cluster(
            initialize_head=True, head_node_args={**NODE, **head, "temp_dir": folder}
        )
        self.nodes = [self._start(NODE) for _ in range(2)]

    def add(
        self,
        hidden: str | None = None,
        clock: float = 0.0,
        role: str | None = None,
        **node: object,
    ) -> None:
        """Add a node: one that does not see a folder, or whose clock is ahead by some seconds."""
        labels = {} if role is None else {"labels": {"role": role}}
        said = {"SHOAL_TEST_ROLE": role or "", "SHOAL_TEST_CLOCK": str(clock)}
        with environment(said):
            if hidden is None:
                self.nodes.append(self._start({**NODE, **labels, **node}))
            else:
                self._add_blind(hidden, role or "")

    def _start(self, node: Mapping[str, object]) -> object:
        """Start a node; once more where Ray did not wait long enough for it."""
        try:
            return self.cluster.add_node(**node)
        except Exception as error:
            if "timed out" not in str(error):
                raise
            sys.stderr.write(f"a node is started once more: {error}\n")
            return self.cluster.add_node(**node)

    def _add_blind(self, hidden: str, role: str) -> None:
        """Start a node that sees another folder, an empty one, in the place of a folder."""
        number = len(self.cluster.global_state.node_table())
        script = 'mount -t tmpfs none "$0" && exec "$@"'
        settings = json.dumps({**NODE, "labels": {"role": role}})
        node = [sys.executable, "-m", "tests.chaos.ray_node", self.cluster.address, settings]
        subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script, hidden, *node],
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
        )
        for _ in range(2000):
            if len(self.cluster.global_state.node_table()) > number:
                return
            time.sleep(0.1)
        raise TimeoutError("the blind node did not come")

    def remove(self) -> None:
        """Kill the oldest node's raylet."""
        self.cluster.remove_node(self.nodes.pop(0), allow_graceful=False)

    def version(self, ray: str | None = None) -> None:
        """Have the GCS say that it is of another version, or what it is of."""
        from ray._private.worker import global_worker
        from ray._raylet import GcsClient

        assert global_worker is not None
        gcs = GcsClient(address=self.cluster.address)
        key = b"CLUSTER_METADATA", b"cluster"
        found = json.loads(gcs.internal_kv_get(*key))
        found["ray_version"] = ray or sys.modules["ray"].__version__
        gcs.internal_kv_put(key[0], json.dumps(found).encode(), True, key[1])


@contextmanager
def environment(said: dict[str, str]) -> Iterator[None]:
    """Variables for the processes that are started meanwhile."""
    os.environ.update(said)
    yield
    for name in said:
        del os.environ[name]


def main() -> None:
    """Obey until the input ends."""
    machine = Machine(sys.argv[1])
    say(machine.cluster.address)
    for line in sys.stdin:
        word, settings = json.loads(line)
        getattr(machine, word)(**settings)
        say(f"{len(machine.nodes)} nodes")
    machine.cluster.shutdown()


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
