// The shape of the forearm phantom, free of voxels: outline, bones and muscles as smooth functions of the place along
// the limb.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace bmiss {

// Place along the limb: s = 0 at the proximal cut (3 cm below the elbow's joint line), 1 at the distal cut (3 cm above
// the wrist's) of a forearm 26 cm long. In a cross-section x points laterally (to the radius) and y anteriorly (to the
// palm), as in a right forearm in supination, from the centroid of what the muscle fascia encloses; [mm] for scale 1.
double mm_below_elbow(double s);
double forearm_length_mm();  // between the cuts

// Smooth monotone interpolation between knots at equal distances over 0 <= s <= 1 (Fritsch & Carlson 1980): never
// overshoots.
class SmoothCurve {
public:
  explicit SmoothCurve(std::vector<double> values);  // at least two
  double operator()(double s) const;

private:
  std::vector<double> values_, slopes_;
};

// The closed curve of the muscle fascia: a radius over the angle around the limb, with waves of two, three and four
// periods.
class FasciaOutline {
public:
  explicit FasciaOutline(double s);
  double mean_radius() const { return mean_radius_; }  // of the circle of the same area [mm]
  Eigen::Vector2d half_size() const;                   // how far it reaches from its centre along x and y [mm]
  // Distance from the outline to first order, negative inside [mm].
  double distance(const Eigen::Vector2d& p) const;

private:
  double radius_at(double angle) const;
  double mean_radius_ = 0, radius_ = 0;
  double cosine_[3] = {}, sine_[3] = {};
};

// Long bone: a shell of cortical bone with a marrow cavity, of drop-shaped section whose edge faces the other bone.
struct BoneSection {
  Eigen::Vector2d centre = Eigen::Vector2d::Zero();  // [mm]
  double radius = 0;                                 // mean [mm]
  double edge_direction = 0;                         // [rad]
  // About the distance to its surface, negative inside [mm].
  double distance(const Eigen::Vector2d& p) const;
};
struct BonePair {
  BoneSection radius, ulna;
  double membrane_distance(const Eigen::Vector2d& p) const;  // to the interosseous membrane's middle plane [mm]
  // 1 in front of the membrane (towards the palm), -1 behind it, 0 beside it.
  int side(const Eigen::Vector2d& p) const;
};
BonePair bones_at(double s);

enum class Compartment { flexor, extensor, radial };

struct ForearmMuscle {
  int label;
  std::string name;
  Compartment compartment;
  double volume;            // of the whole muscle, also beyond the cuts [mm^3]
  double start, length;     // of the belly; `start` is below the elbow, negative above it [mm]
  double thickest;          // where along the belly, 0 … 1
  SmoothCurve x, y;         // centre of the section, in mean radii of the outline
  double flatness;          // of the section: how much longer than thick
  SmoothCurve orientation;  // of its long axis, from x [degrees]
  // Of the section [mm^2]; 0 where there is no belly. Integrates to the volume along the belly.
  double area(double s) const;
};
const std::vector<ForearmMuscle>& forearm_muscles();

// Cells of the muscles at one place: a point belongs to the muscle with the smallest (p - centre)' metric (p - centre)
// - weight, and to none where all of these are positive. The metrics have determinant 1, so that a cell alone is an
// ellipse of area pi weight and cells in contact meet in conic arcs.
struct MuscleSection {
  Eigen::Matrix2Xd centres;  // [2 x n_muscles] [mm]
  Eigen::Matrix3Xd metrics;  // [3 x n_muscles] xx, xy, yy
  Eigen::VectorXd weights;   // [n_muscles] [mm^2]; minus infinity for a muscle that is not there
  BonePair bones;
  FasciaOutline outline{0};
  // Index of the muscle at p, or -1 for connective tissue: between cells, and in septa of thickness `septum` between
  // compartments. Flexors stay in front of the interosseous membrane, extensors behind it. A gap thinner than the septa
  // between a muscle and the fascia belongs to the muscle.
  int muscle_at(const Eigen::Vector2d& p, double septum) const;

private:
  int cell_at(const Eigen::Vector2d& p, double septum) const;
};

// Sections with weights that give every muscle its area, septa of `septum_thickness` taken off: found once at stations
// along the limb, interpolated between them.
class MuscleLayout {
public:
  static constexpr double septum_thickness = 1.5;    // [mm]
  static constexpr double membrane_thickness = 2.0;  // [mm]
  static const MuscleLayout& adult();                // found at the first call
  MuscleSection at(double s) const;

private:
  MuscleLayout();
  std::vector<Eigen::VectorXd> weights_;  // one per station
};

}  // namespace bmiss
