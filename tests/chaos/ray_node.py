"""One more Ray node, in a process of its own: ``python -m tests.chaos.ray_node GCS SETTINGS``."""

import json
import sys

from ray._private.node import Node
from ray._private.parameter import RayParams

if __name__ == "__main__":
    address, settings = sys.argv[1], json.loads(sys.argv[2])
    told = RayParams(
        redis_address=address,
        gcs_address=address,
        include_log_monitor=False,
        node_manager_port=0,
        min_worker_port=0,
        max_worker_port=0,
        **settings,
    )
    node = Node(told, head=False, shutdown_at_exit=True)
    sys.stdin.read()
