// What is asked about the fibres of one muscle: where they begin and end, how they are inclined.
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

namespace bmiss {

// The muscle on the side to which the normal points lies beyond its end.
struct AttachmentPlane {
  Eigen::Vector3d point = Eigen::Vector3d::Zero();  // [m]
  Eigen::Vector3d normal = Eigen::Vector3d::UnitZ();
  double height(const Eigen::Vector3d& x) const { return normal.dot(x - point); }
};

// One end of a muscle; nothing given: the cut where the muscle leaves the mesh, else the last part of its length.
struct Attachment {
  std::vector<int> labels;  // tissues whose common surface with the muscle is its end (tendon, aponeurosis, bone)
  std::optional<AttachmentPlane> plane;
  bool is_given() const { return !labels.empty() || plane.has_value(); }
};

// Unipennate: one direction of inclination. Bipennate: the inclination changes sign at the plane through the muscle's
// centroid normal to it, so that fibres of both halves run towards this plane distally.
enum class PennationKind { unipennate, bipennate };

struct FibreMuscle {
  int label = 0;
  std::string name;
  Attachment origin = {}, insertion = {};
  // Fibres are turned from the line of action f (the harmonic direction at each place) by this angle in the plane of f
  // and `pennation_direction` d: cos f + sin d', d' the part of d normal to f, normalised. Distally a fibre of a
  // unipennate muscle so moves towards d.
  double pennation = 0;  // [rad]
  Eigen::Vector3d pennation_direction = Eigen::Vector3d::Zero();
  PennationKind pennation_kind = PennationKind::unipennate;
};

}  // namespace bmiss
