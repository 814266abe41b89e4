// The ranks that decode windows of a recording together.
#pragma once

#include <mpi.h>

#include <vector>

#include "inversion/decode/window_decoder.h"

namespace bmiss {

struct DecodingTask {
  Eigen::MatrixXf signal;  // in units of white noise [n_channels x n_samples]
  Templates templates;     // likewise
  std::vector<SpikePositions> trains;
  double rate = 0;  // [Hz]
  DecodingStart start = DecodingStart::trains;
  DecodingOptions options;
};

struct DecodedSpikes {
  std::vector<SpikePositions> trains;
  Eigen::VectorXf separability;     // d'² of one spike of each unit against noise [n_units]
  std::vector<double> silhouettes;  // of spikes against all other maxima of the unit's matched output
};

// Rank 0 has the team and gives it tasks; all other ranks assist() until it is gone. The result does not depend on the
// number of ranks.
class DecodingTeam {
public:
  DecodingTeam() = default;  // this process alone; needs no MPI
  explicit DecodingTeam(MPI_Comm communicator) : communicator_(communicator) {}
  ~DecodingTeam();
  DecodingTeam(const DecodingTeam&) = delete;
  DecodingTeam& operator=(const DecodingTeam&) = delete;

  // Units fire as regularly as the task's trains have it. Throws what any rank throws.
  DecodedSpikes decode(DecodingTask task);
  static void assist(MPI_Comm communicator);

private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
};

}  // namespace bmiss
