// Included before every file of Aer by aer-mpi.sh: what Aer takes for the world is then a variable,
// so that several gangs of ranks in one world each spread a state of their own.
#pragma once
#ifdef AER_MPI
#include <mpi.h>

inline MPI_Comm &shoal_aer_world() {
  static MPI_Comm world = MPI_COMM_WORLD;
  return world;
}

// Takes Fortran's number of a communicator, which is an int with every MPI library.
extern "C" __attribute__((visibility("default"), used)) inline void
shoal_aer_gang(int communicator) {
  shoal_aer_world() = MPI_Comm_f2c(communicator);
}

#undef MPI_COMM_WORLD
#define MPI_COMM_WORLD shoal_aer_world()
#endif
