#include "solvers/lead_field/store.h"

#include <Eigen/Dense>
#include <filesystem>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/parameters.h"
#include "base/provenance.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/row_reader.h"
#include "solvers/lead_field/row_sampling.h"
#include "solvers/lead_field/sampling_cache.h"
#include "solvers/lead_field/smoothing_widths.h"
#include "solvers/lead_field/stored_electrodes.h"
#include "solvers/lead_field/stored_mesh.h"

namespace bmiss {
namespace {

constexpr double usual_smoothing = 1;          // along fibres [widths as widths_along_fibres() has them]
constexpr Eigen::Index worth_keeping = 10000;  // points whose location is kept in a file

class StoredLeadField : public LeadField {
public:
  StoredLeadField() = default;
  explicit StoredLeadField(const std::string& path) { open(path); }

  void declare_parameters(Parameters& parameters) const override {
    const Parameters::Section section(parameters, "Lead field");
    parameters.declare_text("File", "", "made by bmiss leadfield; empty: lead_field.h5 in the output folder");
    parameters.declare_real(
        "Smoothing along fibres", usual_smoothing, "1", {0, 5},
        "factor on the Gaussian width, 1 to 1.5 mean edges of the tetrahedra there, of the local polynomials fitted "
        "to the potential along a fibre, which remove the mesh from action potentials; 0: none");
    ContactChanges::declare_parameters(parameters);
  }
  void parse_parameters(const Parameters& parameters, const std::string& folder) override {
    const Parameters::Section section(parameters, "Lead field");
    const std::string file = parameters.text("File");
    smoothing_ = parameters.real("Smoothing along fibres");
    open(file.empty() ? folder + "/lead_field.h5" : file);
    require_mesh_of(folder + "/fibres.h5");
    folder_ = folder;
    electrodes_.change(ContactChanges::parse_parameters(parameters));
  }

  void set_electrodes(const ElectrodeArray& wanted) override {
    file();
    electrodes_.choose(wanted);
  }
  const ElectrodeArray& electrodes() const override { return electrodes_.recorded(); }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override;
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override;
  FieldSamples sample(const FieldPoints& points) const override;
  std::string hash() const override;
  std::string citation() const override {
    return "Lead fields by reciprocity: Rush S, Driscoll DA (1969) EEG electrode sensitivity - an application of "
           "reciprocity. "
           "IEEE Transactions on Biomedical Engineering 16:15-22.";
  }

private:
  void open(const std::string& path);
  void require_complete(const std::string& path) const;
  void require_mesh_of(const std::string& fibres) const;
  const Hdf5File& file() const {
    if (!file_) throw InputError("the finite-element lead field has no file yet; set Lead field/File");
    return *file_;
  }
  SamplingOperator located(const FieldPoints& points) const;
  Eigen::MatrixXd potential_at(const SamplingOperator& sampling) const;
  Eigen::VectorXd widths_at(const SamplingOperator& sampling, const Eigen::Matrix3Xd& places) const {
    return smoothing_ * widths_along_fibres(mean_edges_at_points(sampling), places, electrodes());
  }

  std::unique_ptr<Hdf5File> file_;
  mutable std::unique_ptr<StoredMesh> mesh_;  // read when points must be located
  std::string folder_;                        // of kept sampling operators
  StoredElectrodes electrodes_;
  std::string hash_;
  double smoothing_ = usual_smoothing;
};

void StoredLeadField::require_complete(const std::string& path) const {
  if (!file_->has_attribute("/", "format") || file_->text_attribute("/", "format") != lead_field_format)
    throw InputError("is not a lead field of this program (attribute 'format' is not '" +
                         std::string(lead_field_format) + "'); compute it with bmiss leadfield",
                     path);
  const auto status = file_->read_all<int>(row_status);
  std::size_t complete = 0;
  for (const int s : status) complete += s == 1 ? 1 : 0;
  if (complete != status.size())
    throw InputError("is an unfinished lead field (" + std::to_string(complete) + " of " +
                         std::to_string(status.size()) + " electrodes); run bmiss leadfield again to finish it",
                     path);
}

// The fibres of a study, where there are some, must lie in the conductor of the lead field.
void StoredLeadField::require_mesh_of(const std::string& fibres) const {
  if (!std::filesystem::exists(fibres)) return;
  const Hdf5File other(fibres, Hdf5File::Mode::read);
  if (other.has_attribute("/", "mesh_hash") &&
      other.text_attribute("/", "mesh_hash") != file_->text_attribute("/", "mesh_hash"))
    throw InputError("was computed on another mesh than that of '" + fibres +
                         "'; run bmiss leadfield again, or mesh as it was before",
                     file_->path());
}

void StoredLeadField::open(const std::string& path) {
  file_ = std::make_unique<Hdf5File>(path, Hdf5File::Mode::read);
  require_complete(path);
  hash_ = file_->text_attribute("/", "content_hash");
  mesh_.reset();
  folder_ = std::filesystem::path(path).parent_path().string();
  electrodes_ = StoredElectrodes(*file_);
}

// The rows and what is made of them.
std::string StoredLeadField::hash() const {
  const Eigen::MatrixXd& montage = electrodes_.montage();
  ContentHash hash;
  return hash.add(hash_).add(std::vector<double>(montage.data(), montage.data() + montage.size())).hex();
}

SamplingOperator StoredLeadField::located(const FieldPoints& points) const {
  const bool is_kept = points.places.cols() >= worth_keeping;
  std::string key;
  if (is_kept) {
    key = sampling_key(file().text_attribute("/", "mesh_hash"), static_cast<int>(file().real_attribute("/", "degree")),
                       points);
    if (auto sampling = read_sampling(folder_, key)) return std::move(*sampling);
  }
  if (!mesh_) mesh_ = std::make_unique<StoredMesh>(read_stored_mesh(file()));
  SamplingOperator sampling = locate_points(points, mesh_->locator, mesh_->nodes, mesh_->tissue_names);
  if (is_kept) keep_sampling(sampling, folder_, key);
  return sampling;
}

Eigen::MatrixXd StoredLeadField::potential_at(const SamplingOperator& sampling) const {
  const RowReader rows(file(), potential_dataset);
  Eigen::MatrixXd result;
  sample_rows(sampling, rows.source(), electrodes_.montage(), result);
  return result;
}

Eigen::MatrixXd StoredLeadField::potential(const Eigen::Matrix3Xd& points) const {
  return potential_at(located({points, {}}));
}

Eigen::VectorXd StoredLeadField::smoothing_widths(const Eigen::Matrix3Xd& points) const {
  return widths_at(located({points, {}}), points);
}

FieldSamples StoredLeadField::sample(const FieldPoints& points) const {
  const SamplingOperator sampling = located(points);
  return {potential_at(sampling), widths_at(sampling, points.places)};
}

}  // namespace

std::unique_ptr<LeadField> open_lead_field(const std::string& path) {
  return std::make_unique<StoredLeadField>(path);
}

// The models of this room. Each line adds one.
void register_lead_fields() {
  auto& models = lead_fields();
  models.add<StoredLeadField>("finite elements", "lead field file computed by bmiss leadfield on a mesh");
  models.add<CylinderLeadField>("layered cylinder", "exact field in a circular cylinder of layers, no mesh");
}

}  // namespace bmiss
