"""``python -m shoal.cluster.cli``: the ``shoal`` command where no script is on the path."""

from .app import main

main()
