// The shape of the forearm phantom, free of voxels: outline, bones and muscles as smooth functions of the place along
// the limb.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace bmiss {

// Place along the limb: s = 0 at the proximal cut (some 3 cm below the elbow), 1 at the distal cut (3 cm above the
// wrist). In a cross-section x points laterally (to the radius) and y anteriorly (to the palm), as in a right forearm
// in supination; [mm] for scale 1.

// Smooth monotone interpolation between knots at equal distances over 0 <= s <= 1 (Fritsch & Carlson 1980): never
// overshoots.
class SmoothCurve {
public:
  explicit SmoothCurve(std::vector<double> values);  // at least two
  double operator()(double s) const;

private:
  std::vector<double> values_, slopes_;
};

// Half axes of the ellipse that the muscle fascia encloses [mm].
Eigen::Vector2d fascia_half_axes(double s);

// Long bone: a shell of cortical bone with a marrow cavity, of drop-shaped section whose edge faces the other bone.
struct BoneSection {
  Eigen::Vector2d centre;     // [mm]
  double radius = 0;          // mean [mm]
  double edge_direction = 0;  // [rad]
  // About the distance to its surface, negative inside [mm].
  double distance(const Eigen::Vector2d& p) const;
};
struct BonePair {
  BoneSection radius, ulna;
  double membrane_distance(const Eigen::Vector2d& p) const;  // to the interosseous membrane's middle plane [mm]
};
BonePair bones_at(double s);

enum class Compartment { flexor, extensor, radial };

struct ForearmMuscle {
  int label;
  std::string name;
  Compartment compartment;
  SmoothCurve x, y;  // centre line, in half axes of the fascia
  SmoothCurve area;  // of the section, relative to the other muscles' [mm^2]; 0 where the muscle has ended
};
const std::vector<ForearmMuscle>& forearm_muscles();

// Fraction of the space inside the fascia (without bones) that muscle fills; the rest is tendon and connective tissue.
double muscle_fraction(double s);

// Power cells of the muscles at one place: a point belongs to the muscle with the smallest |p - centre|^2 - weight, and
// to none where all of these are positive.
struct MuscleSection {
  Eigen::Matrix2Xd centres;  // [2 x n_muscles] [mm]
  Eigen::VectorXd weights;   // [n_muscles] [mm^2]
  // Index of the muscle at p, or -1 for connective tissue: between cells, and in septa of thickness `septum` between
  // compartments.
  int muscle_at(const Eigen::Vector2d& p, double septum) const;
};

// Sections with weights that give every muscle its area: found once at stations along the limb, interpolated between
// them.
class MuscleLayout {
public:
  MuscleLayout();
  MuscleSection at(double s) const;

private:
  std::vector<Eigen::VectorXd> weights_;  // one per station
};

}  // namespace bmiss
