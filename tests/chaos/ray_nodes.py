"""Several Ray nodes on this machine: ``python -m tests.chaos.ray_nodes FOLDER``.

Reads ``add`` and ``remove`` from its standard input, a word a line, and answers each with a line.
"""

import sys

from ray.cluster_utils import Cluster

NODE = {"num_cpus": 1, "object_store_memory": 100 << 20, "memory": 1 << 30}


def main() -> None:
    """Start a head that runs nothing and two nodes; obey until the input ends."""
    head = {**NODE, "num_cpus": 0, "node_ip_address": "127.0.0.1", "dashboard_agent_listen_port": 0}
    cluster = Cluster(initialize_head=True, head_node_args={**head, "temp_dir": sys.argv[1]})
    nodes = [cluster.add_node(**NODE) for _ in range(2)]
    answer(cluster.address)
    for line in sys.stdin:
        match line.split():
            case ["add"]:
                nodes.append(cluster.add_node(**NODE))
            case ["remove"]:
                cluster.remove_node(nodes.pop(0), allow_graceful=False)
        answer(f"{len(nodes)} nodes")
    cluster.shutdown()


def answer(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
