#include "solvers/lead_field/writer.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/provenance.h"
#include "base/table.h"
#include "base/version.h"
#include "solvers/lead_field/electrode_block.h"
#include "solvers/lead_field/electrode_record.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/lead_field_rows.h"
#include "solvers/lead_field/stored_mesh.h"

namespace fs = std::filesystem;

namespace bmiss {
namespace {

constexpr std::size_t largest_piece = 1 << 20;  // values of a row stored in one piece

// Which parts of the identity differ from those in a file, for people.
std::string differences(const Hdf5File& file, const LeadFieldIdentity& identity) {
  std::string result;
  const auto compare = [&](bool same, const std::string& what) {
    if (!same) result += (result.empty() ? "" : ", ") + what;
  };
  compare(file.text_attribute("/", "mesh_hash") == identity.mesh, "the mesh");
  const std::string laws =
      file.has_attribute("/", "conductivity_laws") ? file.text_attribute("/", "conductivity_laws") : "unknown";
  compare(laws == identity.laws, "the conductivity laws ('" + laws + "' there, '" + identity.laws + "' now)");
  compare(file.text_attribute("/", "conductivities_hash") == identity.conductivities, "the conductivities");
  compare(file.text_attribute("/", "directions_hash") == identity.directions, "the fibre directions");
  compare(file.text_attribute("/", "electrodes_hash") == identity.electrodes, "the electrodes");
  compare(static_cast<int>(file.real_attribute("/", "degree")) == identity.degree, "the degree of the tetrahedra");
  compare(file.real_attribute("/", "tolerance") == identity.tolerance, "the solver tolerance");
  compare(file.text_attribute("/", "bmiss_version") == version(), "the version of bmiss");
  return result;
}

bool has_format(const Hdf5File& file) {
  return file.has_attribute("/", "format") && file.text_attribute("/", "format") == lead_field_format;
}

void require_same(const std::string& part, const LeadFieldIdentity& identity) {
  const Hdf5File file(part, Hdf5File::Mode::read);
  if (!has_format(file))
    throw InputError("is in the way of the new lead field but is not an unfinished one; move it away", part);
  const std::string differing = differences(file, identity);
  if (!differing.empty())
    throw InputError("is an unfinished lead field that differs from this run in " + differing +
                         "; delete it to start anew, or choose another output file",
                     part);
}

void write_attributes(Hdf5File& file, const LeadFieldContents& contents) {
  const LeadFieldIdentity& identity = contents.identity;
  file.set_attribute("/", "format", lead_field_format);
  file.set_attribute("/", "bmiss_version", version());
  std::string versions;
  for (const auto& [library, number] : library_versions())
    if (library != "bmiss") versions += (versions.empty() ? "" : ", ") + library + " " + number;
  file.set_attribute("/", "library_versions", versions);
  file.set_attribute("/", "content_hash", identity.content_hash());
  file.set_attribute("/", "mesh_hash", identity.mesh);
  file.set_attribute("/", "conductivities_hash", identity.conductivities);
  file.set_attribute("/", "conductivity_laws", identity.laws);
  file.set_attribute("/", "directions_hash", identity.directions);
  file.set_attribute("/", "electrodes_hash", identity.electrodes);
  file.set_attribute("/", "degree", static_cast<double>(identity.degree));
  file.set_attribute("/", "tolerance", identity.tolerance);
  file.set_attribute("/", "reference", contents.electrodes.reference.name);
  file.set_attribute("/", "units",
                     "lengths in m (RAS), potentials in V/A; the average over the reference electrode is zero");
  file.set_attribute("/", "order",
                     "rows: electrodes in the order of /electrodes, then further current modes of complete electrodes, "
                     "as named in /electrode_block/name; columns: nodes as in /mesh/points");
}

void write_mesh(Hdf5File& file, const ElementNodes& nodes, const std::vector<int>& labels) {
  const std::size_t n_tets = labels.size(), n_local = static_cast<std::size_t>(nodes.per_element());
  file.create_dataset<double>("/mesh/points", {nodes.n_nodes(), 3}, "m",
                              "nodes of the elements: vertices, then mid-points of edges");
  file.write("/mesh/points", nodes.points.data(), {0, 0}, {nodes.n_nodes(), 3});
  file.create_dataset<int>("/mesh/elements", {n_tets, n_local}, "1",
                           "nodes of each tetrahedron: 0-3, edges 01 12 02 03 13 23");
  file.write("/mesh/elements", nodes.elements.data(), {0, 0}, {n_tets, n_local});
  file.create_dataset<int>("/mesh/labels", {n_tets}, "1", "tissue label of each tetrahedron");
  file.write("/mesh/labels", labels.data(), {0}, {n_tets});
  file.write_all(element_indicator, std::vector<float>(n_tets, NAN), {n_tets}, "1",
                 "what each tetrahedron adds to the error of potentials in the muscles, up to a factor");
}

void make_rows(Hdf5File& file, std::size_t n, std::size_t n_nodes, PotentialKind kind) {
  const std::size_t n_pieces = (n_nodes + largest_piece - 1) / largest_piece,
                    piece = (n_nodes + n_pieces - 1) / n_pieces;
  file.write_all(row_status, std::vector<int>(n, 0), {n}, "1", "1 where the row is complete");
  file.write_all(row_iterations, std::vector<int>(n, 0), {n}, "1", "iterations of the linear solver");
  for (const auto& [name, unit, meaning] : real_row_facts)
    file.write_all(name, std::vector<double>(n, NAN), {n}, unit, meaning);
  for (const auto& name : check_names)
    file.write_all(std::string("/checks/") + name, std::vector<double>(1, NAN), {1}, "1",
                   "relative error found after the run");
  file.write_all(row_estimate, std::vector<double>(n, NAN), {n}, "1",
                 "estimated energy norm of the row's error in the muscles, relative to the row's there");
  file.create_dataset<double>(potential_dataset, {n, n_nodes}, "V/A",
                              "potential at the nodes for 1 A into the electrode", {1, piece});
  if (kind == PotentialKind::complex)
    file.create_dataset<double>(imaginary_dataset, {n, n_nodes}, "V/A",
                                "imaginary part of the potential (its phasor exp(i omega t), 1 A real)", {1, piece});
}

}  // namespace

std::string LeadFieldIdentity::content_hash() const {
  ContentHash hash;
  hash.add(std::string(lead_field_format)).add(mesh).add(conductivities).add(directions).add(electrodes);
  return hash.add(std::vector<int>{degree}).add(tolerance).hex();
}

double file_size(const LeadFieldContents& contents) {
  const auto n_nodes = static_cast<double>(contents.nodes.n_nodes()),
             n_rows = static_cast<double>(lead_field_rows(contents.electrodes).size());
  const double values = contents.identity.potential == PotentialKind::complex ? 2 : 1;
  return 8 * values * n_nodes * n_rows + 24 * n_nodes + 8 * n_rows * n_rows +
         4.0 * (contents.nodes.per_element() + 2) * static_cast<double>(contents.tet_labels.size()) + 64e3;
}

std::optional<LeadFieldChecks> finished_checks(const std::string& path, const LeadFieldIdentity& identity) {
  if (!fs::is_regular_file(path)) return std::nullopt;
  try {
    const Hdf5File file(path, Hdf5File::Mode::read);
    if (!has_format(file) || !differences(file, identity).empty()) return std::nullopt;
    for (const int complete : file.read_all<int>(row_status))
      if (complete != 1) return std::nullopt;
    const auto value = [&](const std::string& name) { return file.read_all<double>("/checks/" + name).at(0); };
    LeadFieldChecks checks;
    checks.reciprocity = value("reciprocity");
    checks.delivered_current = value("delivered_current");
    checks.symmetry = value("symmetry");
    return checks;
  } catch (const InputError&) {
    return std::nullopt;  // damaged, or of another program: it will be replaced
  }
}

std::size_t count_missing(const std::string& path, const LeadFieldContents& contents) {
  if (finished_checks(path, contents.identity)) return 0;
  if (!fs::exists(path + ".part")) return lead_field_rows(contents.electrodes).size();
  require_same(path + ".part", contents.identity);
  const auto status = Hdf5File(path + ".part", Hdf5File::Mode::read).read_all<int>(row_status);
  return static_cast<std::size_t>(std::count(status.begin(), status.end(), 0));
}

LeadFieldWriter::LeadFieldWriter(const std::string& path, const LeadFieldContents& contents, MPI_Comm communicator)
    : path_(path), part_(path + ".part"), communicator_(communicator) {
  std::vector<int> status;
  on_rank_zero(communicator, [&] {
    if (fs::exists(part_))
      require_same(part_, contents.identity);
    else
      create(contents);
    try {
      claim_space(part_);  // also of a file that was copied, which may have lost it
    } catch (const std::system_error& error) {
      explain(error);
    }
    places_ = places_of_rows(Hdf5File(part_, Hdf5File::Mode::read));
  });
  broadcast(places_, communicator);
  open();
}

void LeadFieldWriter::create(const LeadFieldContents& contents) {
  const double bytes = file_size(contents);
  require_free_space(fs::absolute(part_).parent_path().string(), bytes);
  try {
    try_space(temporary_name(part_), bytes);  // because the HDF5 library does not survive a write that fails
    Hdf5File file(part_, Hdf5File::Mode::create);
    write_attributes(file, contents);
    write_electrode_record(file, "/electrodes", contents.electrodes.electrodes);
    write_electrode_record(file, "/reference", {contents.electrodes.reference});
    write_mesh(file, contents.nodes, contents.tet_labels);
    write_tissue_names(file, contents.tissues);
    create_electrode_block(file, contents.electrodes);
    make_rows(file, lead_field_rows(contents.electrodes).size(), contents.nodes.n_nodes(), contents.identity.potential);
    file.finish();
    claim_space(part_);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove(part_, ignored);
    throw InputError("cannot be made (" + std::string(error.what()) + "); the lead field needs " +
                         format("%.1f MB", bytes / 1e6) + ", so free space or choose another output folder",
                     part_);
  }
}

void LeadFieldWriter::open() {
  SharedFailure failure;
  std::vector<int> status(places_.n_rows, 0);
  try {
    storage_ = std::make_unique<RowStorage>(part_, places_);
    if (mpi_rank(communicator_) == 0) status = storage_->status();
  } catch (const std::system_error& error) {
    failure = capture_failure(std::make_exception_ptr(InputError(
        "cannot be opened by every rank (" + error.code().message() + "); choose an output folder that all nodes share",
        part_)));
  }
  rethrow_first(communicator_, failure);
  MPI_Bcast(status.data(), static_cast<int>(status.size()), MPI_INT, 0, communicator_);
  for (std::size_t row = 0; row < status.size(); ++row)
    if (status[row] != 1) missing_.push_back(row);
}

void LeadFieldWriter::explain(const std::system_error& error) const {
  const int code = error.code().value();
  const std::string reason = error.code().message();
  if (code != ENOSPC && code != EDQUOT && code != EFBIG)
    throw InputError("cannot be written (" + reason + "); the rows finished so far are kept", part_);
  const double bytes = 8.0 * static_cast<double>(places_.parts.size() * places_.n_nodes * missing_.size());
  throw Interrupted(part_ + ": the disk is full (" + reason + ") and the missing rows need " +
                    format("%.1f MB", bytes / 1e6) +
                    "; free that space and run the same command again, the rows finished so far are kept");
}

void LeadFieldWriter::write_row(std::size_t row, const Eigen::VectorXd& slice, std::size_t first_node, RowPart part) {
  try {
    storage_->write(part, row, first_node, slice.data(), static_cast<std::size_t>(slice.size()));
  } catch (const std::system_error& error) {
    explain(error);
  }
}

void LeadFieldWriter::commit_rows(const std::vector<std::size_t>& rows, const std::vector<RowFacts>& facts) {
  try {
    storage_->commit(rows, facts);
  } catch (const std::system_error& error) {
    explain(error);
  }
}

Eigen::VectorXd LeadFieldWriter::read_row(std::size_t row, std::size_t first_node, std::size_t last_node,
                                          RowPart part) const {
  Eigen::VectorXd slice(static_cast<Eigen::Index>(last_node - first_node));
  try {
    storage_->read(part, row, first_node, slice.data(), last_node - first_node);
  } catch (const std::system_error& error) {
    throw InputError("cannot be read (" + error.code().message() + "); check the disk", part_);
  }
  return slice;
}

// Opened anew, because a network file system shows what other nodes have written only then.
std::size_t LeadFieldWriter::n_complete(MPI_Comm communicator) const {
  unsigned long n = 0;
  on_rank_zero(communicator, [&] {
    const auto status = RowStorage(part_, places_).status();
    n = static_cast<unsigned long>(std::count(status.begin(), status.end(), 1));
  });
  MPI_Bcast(&n, 1, MPI_UNSIGNED_LONG, 0, communicator);
  return n;
}

std::vector<RowFacts> LeadFieldWriter::facts() const {
  return RowStorage(part_, places_).facts();
}

void LeadFieldWriter::publish(const LeadFieldChecks& checks, const ErrorEstimate& errors,
                              const std::vector<double>& areas) {
  on_rank_zero(communicator_, [&] {
    Hdf5File file(part_, Hdf5File::Mode::resume);
    for (const int complete : file.read_all<int>(row_status)) BMISS_ASSERT(complete == 1);
    const auto write = [&](const std::string& name, double value) { file.write("/checks/" + name, &value, {0}, {1}); };
    write("reciprocity", checks.reciprocity);
    write("delivered_current", checks.delivered_current);
    write("symmetry", checks.symmetry);
    file.write(row_estimate, errors.rows.data(), {0}, {errors.rows.size()});
    file.write(element_indicator, errors.elements.data(), {0}, {errors.elements.size()});
    write_electrode_block(file, areas, checks.resistances);
    file.finish();
    std::error_code error;
    fs::rename(part_, path_, error);
    if (error) throw InputError("cannot be renamed into place (" + error.message() + ")", path_);
  });
}

}  // namespace bmiss
