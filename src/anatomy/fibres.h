// Muscle fibres in a meshed limb: their directions, their paths, and both in a file.
#pragma once

#include <Eigen/Core>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "anatomy/fibre_direction_model.h"
#include "anatomy/fibre_muscle.h"
#include "anatomy/tet_mesh.h"

namespace bmiss {

class Parameters;
class Report;
class Table;
class TissueTable;

// One fibre from end to end as a polyline with equal arc-length steps, proximal to distal.
struct FibrePath {
  Eigen::Matrix3Xd points;  // [m]; consecutive points are `step` apart along the path
  double step = 0;          // [m]
  // Arc length from the first point to the seed, on a cross-section of the muscle [m]: the way to the proximal end; the
  // way to the distal one is length() - seed_at.
  double seed_at = 0;
  // Lengths of its ends that lie in extruded ends of the limb [m].
  double beyond_proximal = 0, beyond_distal = 0;
  // Does the fibre end because a face of the mesh cuts the muscle? It goes on beyond it.
  bool cut_proximal = false, cut_distal = false;
  double length() const { return step * static_cast<double>(points.cols() - 1); }
  double length_in_limb() const { return length() - beyond_proximal - beyond_distal; }
};

struct StreamlineOptions {
  double seeds_per_area = 1.0e6;     // across the fibres [1/m^2]
  double step = 0.5e-3;              // of the resampled path [m]
  double shortest = 20e-3;           // shorter paths are rejected [m]
  double smoothing = 3e-3;           // Gaussian width along the path that averages its kinks [m]
  double wall_angle = 0.5235987756;  // fibres end at walls met more steeply, else they run along them [rad]
  static void declare_parameters(Parameters& parameters);
  static StreamlineOptions parse_parameters(const Parameters& parameters);
};

struct SeedCounts {
  int seeds = 0;      // tried; those without a path are
  int too_short = 0;  // shorter than asked for
  int left = 0;       // a chord of the path would cut through the muscle's wall
  int unended = 0;    // circling in a field that leads to no end
  int rejected() const { return too_short + left + unended; }
};

struct TracedFibres {
  std::vector<FibrePath> paths;
  SeedCounts counts;
};

// Fibre paths of one muscle, traced both ways from seeds that fill its thickest cross-section, then from those on other
// sections that no fibre has come near (in a pennate muscle no section is crossed by all fibres). None leaves the
// muscle. Deterministic for a given `seed`. Throws InputError when the label has no tetrahedra or no directions.
TracedFibres trace_fibres(const TetMesh& mesh, const FibreDirections& directions, const FibreMuscle& asked,
                          const StreamlineOptions& options, unsigned seed);

// Everything about fibres that later stages need, in one HDF5 file.
struct FibreAtlas {
  FibreDirections directions;                              // [3 x n_tets]
  std::map<std::string, std::vector<FibrePath>> paths;     // muscle name -> fibres; muscles without any are left out
  std::map<std::string, Eigen::Vector3d> lines_of_action;  // muscle name -> unit vector, proximal to distal
  std::map<std::string, SeedCounts> seeds;                 // muscle name -> what became of its seeds
  std::string mesh_hash;
};
void write_fibres(const FibreAtlas& atlas, const std::string& path);
FibreAtlas read_fibres(const std::string& path);  // throws InputError when it is not such a file

// Declares "Fibres/…". declare_fibre_muscles() comes before the first pass over a parameter file: the muscles named in
// 'Fibres/Muscles' get subsections of their own.
void declare_fibre_muscles(Parameters& parameters);
void declare_fibre_parameters(Parameters& parameters);

// Directions and paths of all muscles that have tetrahedra, as the parameters ask. `label_frame` is that of the label
// map that was meshed, when there was one. Throws InputError, naming the parameter: a muscle that the tissue table
// lacks, a tissue that is not known or does not touch the muscle, a plane that misses it, a pennation without
// direction; and what the models of directions complain about.
FibreAtlas make_fibre_atlas(const TetMesh& mesh, const TissueTable& tissues, const Parameters& parameters,
                            const std::optional<ImageFrame>& label_frame, unsigned seed, Report& report);

// Muscle, fibres, length mean ± sd and mean length inside the limb [mm], mean angle to the line of action [deg], mean
// and largest curvature [1/m] (change of the tangent over 10 mm, each tangent a chord of 10 mm, so that the facets of a
// field constant in each tetrahedron do not count), rejected seeds [%] and why.
Table fibre_table(const FibreAtlas& atlas);

}  // namespace bmiss
