#include "solvers/analytic/cylinder_lead_field.h"

#include <Eigen/Geometry>
#include <cmath>

#include "base/errors.h"
#include "base/parameters.h"
#include "base/provenance.h"

namespace bmiss {

void CylinderLeadField::declare_parameters(Parameters& p) const {
  const Parameters::Section section(p, "Layered cylinder");
  p.declare_reals("Outer radii", {10, 35, 38, 40}, "mm", {0.1, 1000}, "of the layers, from the axis outwards");
  p.declare_reals("Conductivities across", {0.02, 0.13, 0.0573, 0.17}, "S/m", {1e-9, 1e3},
                  "of the layers, radially and around");
  p.declare_reals("Conductivities along", {0.02, 0.56, 0.0573, 0.17}, "S/m", {1e-9, 1e3},
                  "of the layers, along the axis");
  p.declare_real("Length", 0, "mm", {0, 1e5}, "with insulated ends; 0: infinite");
  p.declare_reals("Origin", {0, 0, 0}, "mm", {}, "point on the axis where z = 0");
  p.declare_reals("Axis", {0, 0, 1}, "", {}, "direction of the axis");
}

void CylinderLeadField::parse_parameters(const Parameters& p, const std::string&) {
  const Parameters::Section section(p, "Layered cylinder");
  const auto radii = p.reals("Outer radii"), across = p.reals("Conductivities across"),
             along = p.reals("Conductivities along");
  if (across.size() != radii.size())
    p.reject("Conductivities across", "give one value for each of the " + std::to_string(radii.size()) + " radii");
  if (along.size() != radii.size())
    p.reject("Conductivities along", "give one value for each of the " + std::to_string(radii.size()) + " radii");
  layers_.clear();
  for (std::size_t i = 0; i < radii.size(); ++i) layers_.push_back({radii[i], across[i], along[i]});
  layer_parameters_ = parameters_of(layers_);
  length_ = p.real("Length");
  const auto origin = p.reals("Origin"), axis = p.reals("Axis");
  if (origin.size() != 3) p.reject("Origin", "give three coordinates");
  if (axis.size() != 3 || Eigen::Vector3d(axis[0], axis[1], axis[2]).norm() == 0)
    p.reject("Axis", "give three numbers, not all zero");
  origin_ = Eigen::Vector3d(origin[0], origin[1], origin[2]);
  direction_ = Eigen::Vector3d(axis[0], axis[1], axis[2]).normalized();
}

void CylinderLeadField::set_electrodes(const ElectrodeArray& electrodes) {
  std::vector<Electrode> all = electrodes.electrodes;
  all.push_back(electrodes.reference);
  for (const Electrode& electrode : all) {
    if (electrode.model == ElectrodeModel::complete)
      throw InputError("electrode '" + electrode.name +
                       "' is a complete one, which the layered cylinder does not have; use points and uniform patches, "
                       "or the finite elements");
    if (electrode.is_inside() || electrode.shape == ElectrodeShape::ring)
      throw InputError(
          "electrode '" + electrode.name + "' is a " + (electrode.is_inside() ? "contact inside the limb" : "ring") +
          ", which the layered cylinder does not have; use points, discs and rectangles on the skin, or the "
          "finite elements");
  }
  electrodes_ = electrodes;
  motions_ = GridMotions(electrodes, direction_);
  placement_.setZero(static_cast<Eigen::Index>(motions_.parameters().size()));
}

CylinderPoint CylinderLeadField::place_of(const Eigen::Vector3d& point) const {
  const Eigen::Vector3d across = direction_.unitOrthogonal(), third = direction_.cross(across), p = point - origin_;
  const double x = p.dot(across), y = p.dot(third);
  return {std::hypot(x, y), std::atan2(y, x), p.dot(direction_)};
}

CylinderElectrode CylinderLeadField::patch_of(const Electrode& electrode) const {
  const CylinderPoint p = place_of(electrode.position);
  CylinderElectrode patch{p.theta, p.z, 0, 0, 0};
  if (electrode.model == ElectrodeModel::point) return patch;
  if (electrode.shape == ElectrodeShape::disc) patch.radius = electrode.radius;
  if (electrode.shape == ElectrodeShape::rectangle) {
    patch.length = electrode.length;
    patch.width = electrode.width;
  }
  return patch;
}

Eigen::MatrixXd CylinderLeadField::potential(const Eigen::Matrix3Xd& points) const {
  std::vector<CylinderElectrode> patches;
  for (const Electrode& e : electrodes_.electrodes) patches.push_back(patch_of(e));
  patches.push_back(patch_of(electrodes_.reference));
  std::vector<CylinderPoint> places;
  for (Eigen::Index i = 0; i < points.cols(); ++i) places.push_back(place_of(points.col(i)));
  const Eigen::MatrixXd fields = LayeredCylinder(layers_).lead_field(patches, places, length_);
  return fields.topRows(fields.rows() - 1).rowwise() - fields.row(fields.rows() - 1);
}

std::vector<CylinderLeadField::LayerParameter> CylinderLeadField::parameters_of(
    const std::vector<CylinderLayer>& layers) {
  const auto across = &CylinderLayer::conductivity_across, along = &CylinderLayer::conductivity_along;
  std::vector<LayerParameter> result;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string name = "conductivity layer " + std::to_string(i + 1);
    if (layers[i].*across == layers[i].*along) {
      result.push_back({name, i, {across, along}});
    } else {
      result.push_back({name + " across", i, {across}});
      result.push_back({name + " along", i, {along}});
    }
  }
  return result;
}

std::vector<ModelParameter> CylinderLeadField::model_parameters() const {
  std::vector<ModelParameter> result;
  for (const LayerParameter& p : layer_parameters_)
    result.push_back(conductivity_parameter(p.name, layers_[p.layer].*p.numbers.front()));
  for (std::size_t p = 0; p < motions_.parameters().size(); ++p) {
    result.push_back(motions_.parameters()[p]);
    result.back().value = placement_[static_cast<Eigen::Index>(p)];
  }
  return result;
}

std::unique_ptr<LeadField> CylinderLeadField::at(const Eigen::VectorXd& values) const {
  const auto n_layers = static_cast<Eigen::Index>(layer_parameters_.size());
  BMISS_ASSERT(values.size() == n_layers + placement_.size());
  auto result = std::make_unique<CylinderLeadField>(*this);
  for (Eigen::Index p = 0; p < n_layers; ++p) {
    const LayerParameter& parameter = layer_parameters_[static_cast<std::size_t>(p)];
    for (const auto number : parameter.numbers) result->layers_[parameter.layer].*number = values[p];
  }
  result->placement_ = values.tail(placement_.size());
  result->electrodes_ = motions_.moved(result->placement_, [this](const Electrode& laid, const Eigen::Vector3d& way,
                                                                  double spin) { return walked(laid, way, spin); });
  return result;
}

// On the cylinder of the skin, whatever the electrode's own distance from the axis.
Electrode CylinderLeadField::walked(const Electrode& laid, const Eigen::Vector3d& way, double spin) const {
  const double height = way.dot(direction_),
               angle = way.dot(direction_.cross(laid.normal)) / layers_.back().outer_radius;
  const Eigen::AngleAxisd turn(angle, direction_);
  Electrode result = laid;
  result.position = origin_ + turn * (laid.position - origin_) + height * direction_;
  result.normal = turn * laid.normal;
  result.along = turn * (Eigen::AngleAxisd(spin, laid.normal) * laid.along);
  return result;
}

std::string CylinderLeadField::hash() const {
  ContentHash hash;
  hash.add("layered cylinder").add(length_).add(electrodes_.hash());
  for (const auto& l : layers_) hash.add(l.outer_radius).add(l.conductivity_across).add(l.conductivity_along);
  for (int i = 0; i < 3; ++i) hash.add(origin_[i]).add(direction_[i]);
  return hash.hex();
}

std::string CylinderLeadField::citation() const {
  return "layered cylinder: Fourier-Bessel series, as in Farina, Mesin, Martina & Merletti 2004, doi "
         "10.1109/TBME.2003.820998 "
         "(own derivation for any number of layers)";
}

}  // namespace bmiss
