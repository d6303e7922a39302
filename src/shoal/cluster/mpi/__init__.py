"""MPI: one world of processes, of which rank 0 drives and the others work."""
