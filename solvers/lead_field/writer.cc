#include "solvers/lead_field/writer.h"

#include <cmath>
#include <filesystem>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/provenance.h"
#include "base/version.h"
#include "solvers/lead_field/electrode_record.h"
#include "solvers/lead_field/file_layout.h"

namespace fs = std::filesystem;

namespace bmiss {
namespace {

// Which parts of the identity differ from those in a file, for people.
std::string differences(const Hdf5File& file, const LeadFieldIdentity& identity) {
  std::string result;
  const auto compare = [&](bool same, const std::string& what) {
    if (!same) result += (result.empty() ? "" : ", ") + what;
  };
  compare(file.text_attribute("/", "mesh_hash") == identity.mesh, "the mesh");
  compare(file.text_attribute("/", "conductivities_hash") == identity.conductivities, "the conductivities");
  compare(file.text_attribute("/", "directions_hash") == identity.directions, "the fibre directions");
  compare(file.text_attribute("/", "electrodes_hash") == identity.electrodes, "the electrodes");
  compare(static_cast<int>(file.real_attribute("/", "degree")) == identity.degree, "the degree of the tetrahedra");
  compare(file.real_attribute("/", "tolerance") == identity.tolerance, "the solver tolerance");
  return result;
}

void require_same(const std::string& part, const LeadFieldIdentity& identity) {
  const Hdf5File file(part, Hdf5File::Mode::read);
  if (!file.has_attribute("/", "format") || file.text_attribute("/", "format") != lead_field_format)
    throw InputError("is in the way of the new lead field but is not an unfinished one; move it away", part);
  const std::string differing = differences(file, identity);
  if (!differing.empty())
    throw InputError("is an unfinished lead field that differs from this run in " + differing +
                         "; delete it to start anew, or choose another output file",
                     part);
}

}  // namespace

std::string LeadFieldIdentity::content_hash() const {
  ContentHash hash;
  hash.add(std::string(lead_field_format)).add(mesh).add(conductivities).add(directions).add(electrodes);
  return hash.add(std::vector<int>{degree}).add(tolerance).hex();
}

LeadFieldWriter::LeadFieldWriter(const std::string& path, const LeadFieldIdentity& identity, const ElementNodes& nodes,
                                 const std::vector<int>& labels, const ElectrodeArray& electrodes,
                                 MPI_Comm communicator)
    : path_(path), part_(path + ".part"), communicator_(communicator) {
  int exists = 0;
  on_rank_zero(communicator, [&] {
    exists = fs::exists(part_) ? 1 : 0;
    if (exists != 0) require_same(part_, identity);
  });
  MPI_Bcast(&exists, 1, MPI_INT, 0, communicator);
  continued_ = exists != 0;
  if (!continued_) create(identity, nodes, labels, electrodes);
  file_ = std::make_unique<Hdf5File>(part_, Hdf5File::Mode::resume, communicator);
}

void LeadFieldWriter::create(const LeadFieldIdentity& identity, const ElementNodes& nodes,
                             const std::vector<int>& labels, const ElectrodeArray& electrodes) {
  unsigned long sizes[3] = {nodes.n_nodes(), labels.size(), static_cast<unsigned long>(nodes.per_element())};
  MPI_Bcast(sizes, 3, MPI_UNSIGNED_LONG, 0, communicator_);
  const std::size_t n_nodes = sizes[0], n_tets = sizes[1], n_local = sizes[2], n = electrodes.electrodes.size();
  const bool root = mpi_rank(communicator_) == 0;

  Hdf5File file(part_, Hdf5File::Mode::create, communicator_);
  file.set_attribute("/", "format", lead_field_format);
  file.set_attribute("/", "bmiss_version", version());
  file.set_attribute("/", "content_hash", identity.content_hash());
  file.set_attribute("/", "mesh_hash", identity.mesh);
  file.set_attribute("/", "conductivities_hash", identity.conductivities);
  file.set_attribute("/", "directions_hash", identity.directions);
  file.set_attribute("/", "electrodes_hash", identity.electrodes);
  file.set_attribute("/", "degree", static_cast<double>(identity.degree));
  file.set_attribute("/", "tolerance", identity.tolerance);
  file.set_attribute("/", "reference", electrodes.reference.name);
  file.set_attribute("/", "units",
                     "lengths in m (RAS), potentials in V/A; the average over the reference electrode is zero");
  write_electrode_record(file, "/electrodes", electrodes.electrodes);
  write_electrode_record(file, "/reference", {electrodes.reference});

  // Only rank 0 has the mesh.
  const auto rows = [&](std::size_t count) { return root ? count : 0; };
  file.create_dataset<double>("/mesh/points", {n_nodes, 3}, "m",
                              "nodes of the elements: vertices, then mid-points of edges");
  file.write("/mesh/points", nodes.points.data(), {0, 0}, {rows(n_nodes), 3});
  file.create_dataset<int>("/mesh/elements", {n_tets, n_local}, "1",
                           "nodes of each tetrahedron: 0-3, edges 01 12 02 03 13 23");
  file.write("/mesh/elements", nodes.elements.data(), {0, 0}, {rows(n_tets), n_local});
  file.create_dataset<int>("/mesh/labels", {n_tets}, "1", "tissue label of each tetrahedron");
  file.write("/mesh/labels", labels.data(), {0}, {rows(n_tets)});

  file.write_all(row_status, std::vector<int>(n, 0), {n}, "1", "1 where the row is complete");
  file.write_all(row_iterations, std::vector<int>(n, 0), {n}, "1", "iterations of the linear solver");
  for (const auto& [name, unit, meaning] : real_row_facts)
    file.write_all(name, std::vector<double>(n, NAN), {n}, unit, meaning);
  for (const auto& name : check_names)
    file.write_all(std::string("/checks/") + name, std::vector<double>(1, NAN), {1}, "1",
                   "relative error found after the run");
  // The first write claims the space of the whole (contiguous) dataset: later rows change no metadata of the file.
  file.create_dataset<double>(potential_dataset, {n, n_nodes}, "V/A",
                              "potential at the nodes for 1 A into the electrode");
  const double zero = 0;
  file.write(potential_dataset, &zero, {n - 1, n_nodes - 1}, {rows(1), 1});
  file.finish();
}

std::vector<std::size_t> LeadFieldWriter::missing_rows() const {
  const auto status = file_->read_all<int>(row_status);
  std::vector<std::size_t> missing;
  for (std::size_t e = 0; e < status.size(); ++e)
    if (status[e] != 1) missing.push_back(e);
  return missing;
}

void LeadFieldWriter::write_row(std::size_t electrode, const Eigen::VectorXd& slice, std::size_t first_node) {
  const std::size_t n = static_cast<std::size_t>(slice.size());
  file_->write(potential_dataset, slice.data(), {electrode, first_node}, {n > 0 ? std::size_t(1) : std::size_t(0), n});
}

void LeadFieldWriter::commit_rows(const std::vector<std::size_t>& electrodes, const std::vector<RowFacts>& facts) {
  file_->flush();
  const std::size_t mine = mpi_rank(communicator_) == 0 ? 1 : 0;
  const int complete = 1;
  for (std::size_t i = 0; i < electrodes.size(); ++i) {
    const std::vector<std::size_t> at = {electrodes[i]}, one = {mine};
    file_->write(row_iterations, &facts[i].iterations, at, one);
    file_->write(row_residual, &facts[i].residual, at, one);
    file_->write(row_seconds, &facts[i].seconds, at, one);
    file_->write(row_current, &facts[i].delivered_current, at, one);
    file_->write(row_status, &complete, at, one);
  }
  file_->flush();
}

Eigen::VectorXd LeadFieldWriter::read_row(std::size_t electrode, std::size_t first_node, std::size_t last_node) const {
  Eigen::VectorXd slice(static_cast<Eigen::Index>(last_node - first_node));
  file_->read(potential_dataset, slice.data(), {electrode, first_node},
              {last_node > first_node ? std::size_t(1) : std::size_t(0), last_node - first_node});
  return slice;
}

double LeadFieldWriter::worst_delivered_current() const {
  double worst = 0;
  for (const double current : file_->read_all<double>(row_current)) worst = std::max(worst, std::abs(current - 1));
  return worst;
}

void LeadFieldWriter::write_check(const std::string& name, double value) {
  file_->write("/checks/" + name, &value, {0}, {mpi_rank(communicator_) == 0 ? std::size_t(1) : std::size_t(0)});
}

void LeadFieldWriter::publish() {
  BMISS_ASSERT(missing_rows().empty());
  file_->finish();
  MPI_Barrier(communicator_);  // every rank has closed it
  on_rank_zero(communicator_, [&] {
    std::error_code error;
    fs::rename(part_, path_, error);
    if (error) throw InputError("cannot be renamed into place (" + error.message() + ")", path_);
  });
}

}  // namespace bmiss
