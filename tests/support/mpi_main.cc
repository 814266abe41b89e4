#include <gtest/gtest.h>

#include "base/mpi_session.h"

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  if (bmiss::mpi_rank(MPI_COMM_WORLD) != 0) {
    auto& listeners = testing::UnitTest::GetInstance()->listeners();
    delete listeners.Release(listeners.default_result_printer());
  }
  int failed = RUN_ALL_TESTS(), failed_anywhere = 0;
  MPI_Allreduce(&failed, &failed_anywhere, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return failed_anywhere;
}
