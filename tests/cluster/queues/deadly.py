"""A vendor's queue that may kill its client."""

import os
import signal
from pathlib import Path

from qiskit_aer import AerSimulator

from shoal.cluster.engines.fake import FakeQueue, FakeScript

NEEDED = 3
"""Jobs of at most 4 circuits, for 12 parameter sets."""


class Deadly(FakeQueue):
    """Kills its client once, when a job has arrived whose id nobody has yet."""

    def run(self, run_input, **options):
        job = super().run(run_input, **options)
        mark = self.desk.folder / "killed"
        if self.submissions == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return job


def vendor_queue(folder, kind):
    """Open the queue below a folder: a ``FakeQueue``, or a ``Deadly`` one."""
    made = {"FakeQueue": FakeQueue, "Deadly": Deadly}[kind]
    return made(AerSimulator(), Path(folder, "vendor"), FakeScript(max_circuits=4))
