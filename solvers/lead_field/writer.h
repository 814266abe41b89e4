// The lead-field file while it grows: <path>.part with a status for every row, renamed to <path> when complete. Its
// layout is in store.h. All space is claimed when the file is made, so that a kill at any moment leaves a file that
// opens.
#pragma once

#include <mpi.h>

#include <memory>
#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "base/hdf5_file.h"
#include "solvers/conductor/element_nodes.h"

namespace bmiss {

// What the values depend on.
struct LeadFieldIdentity {
  std::string mesh, conductivities, directions, electrodes;  // hashes
  int degree = 2;
  double tolerance = 0;
  std::string content_hash() const;
};

struct RowFacts {
  int iterations = 0;
  double residual = 0, seconds = 0, delivered_current = 0;  // the last relative to 1 A
};

class LeadFieldWriter {
public:
  // Collective. `nodes` and `labels` count on rank 0. Continues an unfinished file with the same identity; throws
  // InputError naming what differs from another, or when it is damaged.
  LeadFieldWriter(const std::string& path, const LeadFieldIdentity& identity, const ElementNodes& nodes,
                  const std::vector<int>& labels, const ElectrodeArray& electrodes, MPI_Comm communicator);

  std::vector<std::size_t> missing_rows() const;
  bool continued() const { return continued_; }
  // Values of the nodes [first_node, first_node + slice.size()) of this rank; durable only after commit_rows().
  // Collective.
  void write_row(std::size_t electrode, const Eigen::VectorXd& slice, std::size_t first_node);
  void commit_rows(const std::vector<std::size_t>& electrodes, const std::vector<RowFacts>& facts);
  Eigen::VectorXd read_row(std::size_t electrode, std::size_t first_node, std::size_t last_node) const;
  double worst_delivered_current() const;
  void write_check(const std::string& name, double value);
  void publish();  // collective; every row must be there

private:
  void create(const LeadFieldIdentity& identity, const ElementNodes& nodes, const std::vector<int>& labels,
              const ElectrodeArray& electrodes);

  std::string path_, part_;
  MPI_Comm communicator_;
  bool continued_ = false;
  std::unique_ptr<Hdf5File> file_;
};

}  // namespace bmiss
