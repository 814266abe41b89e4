// The lead-field file while it grows: <path>.part with a status for every row, renamed to <path> when complete. Its
// layout is in store.h. Structure and space are made before the first row, so that a kill at any moment leaves a file
// that opens.
#pragma once

#include <mpi.h>

#include <Eigen/Core>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "anatomy/electrodes.h"
#include "anatomy/tissue_table.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/row_storage.h"
#include "solvers/verification/error_estimate.h"
#include "solvers/verification/lead_field_checks.h"

namespace bmiss {

// Complex where a conductivity law has an imaginary part: then every row is in the file twice.
enum class PotentialKind { real, complex };

// What the values depend on.
struct LeadFieldIdentity {
  std::string mesh, conductivities, directions, electrodes;  // hashes
  std::string laws;                                          // of conductivity, by name
  PotentialKind potential = PotentialKind::real;
  int degree = 2;
  double tolerance = 0;
  std::string content_hash() const;
};

// What a file holds besides the rows.
struct LeadFieldContents {
  LeadFieldIdentity identity;
  const ElectrodeArray& electrodes;
  const ElementNodes& nodes;
  const std::vector<int>& tet_labels;
  const TissueTable& tissues;
};
// Size of the file [bytes].
double file_size(const LeadFieldContents& contents);

// The checks of a finished file with this identity; none when there is no such file. On one rank.
std::optional<LeadFieldChecks> finished_checks(const std::string& path, const LeadFieldIdentity& identity);

// Rows that are still to be solved: none of a finished file, what lacks of an unfinished one of this identity, else
// all.
std::size_t count_missing(const std::string& path, const LeadFieldContents& contents);

class LeadFieldWriter {
public:
  // Collective; `contents` counts on rank 0. Continues an unfinished file with the same identity. Throws InputError
  // naming what differs in an unfinished file of another identity, when a file is damaged, or when the disk lacks the
  // space for all rows.
  LeadFieldWriter(const std::string& path, const LeadFieldContents& contents, MPI_Comm communicator);

  // The same on every rank.
  const std::vector<std::size_t>& missing_rows() const { return missing_; }  // when the file was opened
  std::size_t n_rows() const { return places_.n_rows; }
  bool is_complex() const { return places_.parts.size() > 1; }

  // Each rank by itself, while others write other places: values of the nodes [first_node, first_node + slice.size()).
  // Throws Interrupted when the disk is full, InputError when the file cannot be used.
  void write_row(std::size_t row, const Eigen::VectorXd& slice, std::size_t first_node, RowPart part = RowPart::real);
  // One rank, after write_row() of all nodes.
  void commit_rows(const std::vector<std::size_t>& rows, const std::vector<RowFacts>& facts);
  Eigen::VectorXd read_row(std::size_t row, std::size_t first_node, std::size_t last_node,
                           RowPart part = RowPart::real) const;
  // Rows by now; collective, with nobody writing.
  std::size_t n_complete(MPI_Comm communicator) const;
  std::vector<RowFacts> facts() const;

  // Collective, every row must be there; `checks`, `errors` and `areas` (of electrodes and reference) count on rank 0.
  void publish(const LeadFieldChecks& checks, const ErrorEstimate& errors, const std::vector<double>& areas);

private:
  void create(const LeadFieldContents& contents);
  void open();
  [[noreturn]] void explain(const std::system_error& error) const;

  std::string path_, part_;
  MPI_Comm communicator_;
  RowPlaces places_;
  std::vector<std::size_t> missing_;
  std::unique_ptr<RowStorage> storage_;
};

}  // namespace bmiss
