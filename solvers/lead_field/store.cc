#include "solvers/lead_field/store.h"

#include <Eigen/Dense>
#include <cmath>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/table.h"
#include "solvers/analytic/cylinder_lead_field.h"
#include "solvers/conductor/element_nodes.h"
#include "solvers/lead_field/electrode_record.h"
#include "solvers/lead_field/file_layout.h"
#include "solvers/lead_field/point_locator.h"

namespace bmiss {
namespace {

constexpr double reach = 0.2e-3;       // how far outside a point may lie [m]
constexpr double same_place = 0.1e-3;  // between an electrode and its namesake in the file [m]
constexpr double usual_smoothing = 1;  // along fibres [mean edges of the tetrahedra]

class StoredLeadField : public LeadField {
public:
  StoredLeadField() = default;
  explicit StoredLeadField(const std::string& path) { open(path); }

  void declare_parameters(Parameters& parameters) const override {
    const Parameters::Section section(parameters, "Lead field");
    parameters.declare_text("File", "", "made by bmiss leadfield; empty: lead_field.h5 in the output folder");
    parameters.declare_real("Smoothing along fibres", usual_smoothing, "1", {0, 5},
                            "Gaussian width, in mean edges of the tetrahedra there, of the local cubics fitted to the "
                            "potential along a fibre, which remove the mesh from action potentials; 0: none");
  }
  void parse_parameters(const Parameters& parameters, const std::string& folder) override {
    const Parameters::Section section(parameters, "Lead field");
    const std::string file = parameters.text("File");
    smoothing_ = parameters.real("Smoothing along fibres");
    open(file.empty() ? folder + "/lead_field.h5" : file);
  }

  void set_electrodes(const ElectrodeArray& wanted) override;
  const ElectrodeArray& electrodes() const override { return electrodes_; }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override;
  Eigen::VectorXd smoothing_widths(const Eigen::Matrix3Xd& points) const override;
  std::string hash() const override { return hash_; }
  std::string citation() const override {
    return "Lead fields by reciprocity: Rush S, Driscoll DA (1969) EEG electrode sensitivity - an application of "
           "reciprocity. "
           "IEEE Transactions on Biomedical Engineering 16:15-22.";
  }

private:
  void open(const std::string& path);
  void require_complete(const std::string& path) const;
  const Hdf5File& file() const {
    if (!file_) throw InputError("the finite-element lead field has no file yet; set Lead field/File");
    return *file_;
  }
  PointLocation locate(const Eigen::Vector3d& point, Eigen::Index number) const;

  std::unique_ptr<Hdf5File> file_;
  std::unique_ptr<PointLocator> locator_;
  ElementNodes nodes_;
  ElectrodeArray electrodes_;
  std::vector<std::size_t> rows_;  // of electrodes_ in the file
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

void StoredLeadField::open(const std::string& path) {
  file_ = std::make_unique<Hdf5File>(path, Hdf5File::Mode::read);
  require_complete(path);
  hash_ = file_->text_attribute("/", "content_hash");
  nodes_.degree = static_cast<int>(file_->real_attribute("/", "degree"));
  const auto points = file_->read_all<double>("/mesh/points");
  nodes_.points = Eigen::Map<const Eigen::Matrix3Xd>(points.data(), 3, static_cast<Eigen::Index>(points.size() / 3));
  nodes_.elements = file_->read_all<int>("/mesh/elements");
  const std::size_t n_local = static_cast<std::size_t>(nodes_.per_element());
  std::vector<std::array<int, 4>> tets(nodes_.elements.size() / n_local);
  for (std::size_t t = 0; t < tets.size(); ++t)
    std::copy_n(nodes_.elements.begin() + static_cast<std::ptrdiff_t>(t * n_local), 4, tets[t].begin());
  locator_ = std::make_unique<PointLocator>(nodes_.points, std::move(tets));
  electrodes_.electrodes = read_electrode_record(*file_, "/electrodes");
  electrodes_.reference = read_electrode_record(*file_, "/reference").at(0);
  rows_.clear();
  for (std::size_t e = 0; e < electrodes_.electrodes.size(); ++e) rows_.push_back(e);
}

void StoredLeadField::set_electrodes(const ElectrodeArray& wanted) {
  const auto stored = read_electrode_record(file(), "/electrodes");
  std::vector<std::string> names;
  for (const auto& electrode : stored) names.push_back(electrode.name);
  if (wanted.reference.name != electrodes_.reference.name)
    throw InputError("the lead field has the reference '" + electrodes_.reference.name + "' but '" +
                         wanted.reference.name + "' is wanted; compute a lead field with that reference",
                     file().path());
  std::vector<std::size_t> rows;
  for (const auto& electrode : wanted.electrodes) {
    const auto found = std::find(names.begin(), names.end(), electrode.name);
    if (found == names.end())
      throw InputError("the lead field has no electrode '" + electrode.name + "'" + known_names(electrode.name, names),
                       file().path());
    rows.push_back(static_cast<std::size_t>(found - names.begin()));
    const double distance = (stored[rows.back()].position - electrode.position).norm();
    if (distance > same_place)
      throw InputError("electrode '" + electrode.name + "' of the lead field lies " +
                           format("%.1f mm", 1e3 * distance) +
                           " away from where it is wanted; compute the lead field of these electrodes",
                       file().path());
  }
  electrodes_.electrodes = wanted.electrodes;
  rows_ = rows;
}

PointLocation StoredLeadField::locate(const Eigen::Vector3d& point, Eigen::Index number) const {
  const std::string place = "point " + std::to_string(number) + " (" + format("%.2f", 1e3 * point[0]) + ", " +
                            format("%.2f", 1e3 * point[1]) + ", " + format("%.2f mm)", 1e3 * point[2]);
  if (!point.allFinite()) throw InputError(place + " is not a place; give finite coordinates");
  PointLocation location = locator_->find(point, reach);
  if (location.tet < 0)
    throw InputError(place + " lies " + format("%.2f mm", 1e3 * location.distance) +
                     " outside the conductor of the lead field; move it inside or use the lead field of its own mesh");
  return location;
}

Eigen::MatrixXd StoredLeadField::potential(const Eigen::Matrix3Xd& points) const {
  const std::size_t n_nodes = static_cast<std::size_t>(nodes_.points.cols());
  file();
  std::vector<NodalFunctional> samples;
  samples.reserve(static_cast<std::size_t>(points.cols()));
  for (Eigen::Index k = 0; k < points.cols(); ++k) {
    const PointLocation location = locate(points.col(k), k);
    samples.push_back(point_functional(nodes_, static_cast<std::size_t>(location.tet), location.barycentric));
  }
  Eigen::MatrixXd result(static_cast<Eigen::Index>(rows_.size()), points.cols());
  std::vector<double> row(n_nodes);
  for (std::size_t e = 0; e < rows_.size(); ++e) {
    file_->read(potential_dataset, row.data(), {rows_[e], 0}, {1, n_nodes});
    for (std::size_t k = 0; k < samples.size(); ++k) {
      double value = 0;
      for (std::size_t i = 0; i < samples[k].nodes.size(); ++i)
        value += samples[k].weights[i] * row[static_cast<std::size_t>(samples[k].nodes[i])];
      result(static_cast<Eigen::Index>(e), static_cast<Eigen::Index>(k)) = value;
    }
  }
  return result;
}

Eigen::VectorXd StoredLeadField::smoothing_widths(const Eigen::Matrix3Xd& points) const {
  file();
  Eigen::VectorXd widths(points.cols());
  for (Eigen::Index k = 0; k < points.cols(); ++k) {
    const auto tet = static_cast<std::size_t>(locate(points.col(k), k).tet);
    const int* corners = nodes_.elements.data() + tet * static_cast<std::size_t>(nodes_.per_element());
    double edges = 0;
    for (const auto& [a, b] : tet_edges)
      edges += (nodes_.points.col(corners[a]) - nodes_.points.col(corners[b])).norm() / 6;
    widths[k] = smoothing_ * edges;
  }
  return widths;
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
