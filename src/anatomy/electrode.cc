#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "anatomy/electrodes.h"
#include "anatomy/patch_checks.h"
#include "anatomy/surface_locator.h"
#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/provenance.h"

namespace bmiss {

namespace {

// In the order of the enumeration.
const std::vector<std::string> names_of_shapes{"point", "disc", "rectangle", "ring"};
const std::vector<std::string> names_of_models{"point", "uniform", "complete"};

}  // namespace

const std::vector<std::string>& electrode_model_names() {
  return names_of_models;
}

std::string name_of(ElectrodeModel model) {
  return names_of_models.at(static_cast<std::size_t>(model));
}

ElectrodeModel electrode_model_named(const std::string& name) {
  for (std::size_t i = 0; i < names_of_models.size(); ++i)
    if (names_of_models[i] == name) return static_cast<ElectrodeModel>(i);
  throw InputError("no model of electrodes is called '" + name + "'" + known_names(name, names_of_models));
}

const std::vector<std::string>& shape_names() {
  return names_of_shapes;
}

std::string name_of(ElectrodeShape shape) {
  return names_of_shapes.at(static_cast<std::size_t>(shape));
}

ElectrodeShape shape_named(const std::string& name) {
  for (std::size_t i = 0; i < names_of_shapes.size(); ++i)
    if (names_of_shapes[i] == name) return static_cast<ElectrodeShape>(i);
  throw InputError("no shape of electrodes is called '" + name + "'" + known_names(name, names_of_shapes));
}

double Electrode::area() const {
  if (shape == ElectrodeShape::disc) return M_PI * radius * radius;
  if (shape == ElectrodeShape::ring) return M_PI * (radius * radius - inner_radius * inner_radius);
  if (shape == ElectrodeShape::rectangle) return length * width;
  return 0;
}

double Electrode::outer_radius() const {
  if (shape == ElectrodeShape::point) return 0;
  return shape == ElectrodeShape::rectangle ? std::hypot(length, width) / 2 : radius;
}

Eigen::Vector2d Electrode::local_coordinates(const Eigen::Vector3d& p) const {
  const Eigen::Vector3d v = p - position;
  const double height = v.dot(normal), squared = v.squaredNorm();
  const Eigen::Vector2d tangent(v.dot(along), v.dot(normal.cross(along)));
  if (tangent.squaredNorm() == 0) return Eigen::Vector2d::Zero();
  // Arc over a chord c that rises by h: c (1 + h^2 / (6 c^2)) on a circle, to fourth order.
  return tangent.normalized() * std::sqrt(squared) * (1 + height * height / (6 * squared));
}

bool Electrode::covers(const Eigen::Vector3d& p) const {
  if (shape == ElectrodeShape::point) return false;
  const Eigen::Vector2d local = local_coordinates(p);
  if (shape == ElectrodeShape::disc) return local.norm() <= radius;
  if (shape == ElectrodeShape::ring) return local.norm() <= radius && local.norm() >= inner_radius;
  return std::abs(local[0]) <= length / 2 && std::abs(local[1]) <= width / 2;
}

std::vector<std::string> ElectrodeArray::names() const {
  std::vector<std::string> result;
  for (const auto& electrode : electrodes) result.push_back(electrode.name);
  return result;
}

std::string ElectrodeArray::hash() const {
  ContentHash hash;
  // Contact impedances and which electrodes are recorded change no field.
  // Rounded to a nanometre, so that an array read back from its file (millimetres) has the same hash.
  const auto add_rounded = [&](double value) { hash.add(std::round(value * 1e9)); };
  const auto add = [&](const Electrode& electrode) {
    hash.add(electrode.name)
        .add(electrode.group)
        .add(std::vector<int>{static_cast<int>(electrode.kind), static_cast<int>(electrode.shape), electrode.row,
                              electrode.column, static_cast<int>(electrode.model), electrode.current_modes});
    for (const Eigen::Vector3d& v : {electrode.position, electrode.normal, electrode.along})
      for (int i = 0; i < 3; ++i) add_rounded(v[i]);
    for (const double value : {electrode.radius, electrode.inner_radius, electrode.length, electrode.width})
      add_rounded(value);
  };
  for (const auto& electrode : electrodes) add(electrode);
  add(reference);
  return hash.hex();
}

Electrode lay_electrode(const Surface& skin, const std::string& name, const Eigen::Vector3d& near, double radius,
                        const Eigen::Vector3d& axis) {
  if (!(radius >= 0))
    throw InputError("electrode '" + name + "' has radius " + millimetres(radius) + "; give 0 (a point) or more");
  const SurfaceLocator locator(skin);
  const auto hit = locator.nearest(near);
  Electrode electrode;
  electrode.name = name;
  electrode.shape = radius > 0 ? ElectrodeShape::disc : ElectrodeShape::point;
  electrode.radius = radius;
  electrode.position = hit.point;
  electrode.normal = hit.normal;
  electrode.along = tangent_along(hit.normal, axis);
  electrode.group = name;
  require_on_skin(locator, {electrode});
  return electrode;
}

}  // namespace bmiss
