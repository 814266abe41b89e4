// Muscle fibre directions and fibre paths in a meshed limb.
#pragma once

#include <Eigen/Core>
#include <map>
#include <string>
#include <vector>

#include "anatomy/tet_mesh.h"

namespace bmiss {

class Parameters;
class Report;
class Table;
class TissueTable;

// Unit direction per tetrahedron [3 x n_tets]; zero where the tissue has no fibres.
using FibreDirections = Eigen::Matrix3Xd;

// Harmonic field between the two ends of each muscle: its gradient, normalised (Choi & Blemker 2013). Ends at a cut
// plane continue along the muscle's axis; free ends are the last max(3 mm, 5 %) of its length.
FibreDirections harmonic_fibre_directions(const TetMesh& mesh, const TissueTable& tissues, Report& report);

// One fibre from end to end as a polyline with equal arc-length steps.
struct FibrePath {
  Eigen::Matrix3Xd points;  // [m]; consecutive points are `step` apart along the path
  double step = 0;          // [m]
  double length() const { return step * static_cast<double>(points.cols() - 1); }
};

struct StreamlineOptions {
  double seeds_per_area = 1.0e6;  // of the muscle's cross-section [1/m^2]
  double step = 0.5e-3;           // of the resampled path [m]
  double shortest = 20e-3;        // shorter paths are rejected [m]
  static void declare_parameters(Parameters& parameters);
  static StreamlineOptions parse_parameters(const Parameters& parameters);
};

// Fibre paths of one muscle, traced both ways from seeds that fill its thickest cross-section. None leaves the muscle.
// Deterministic for a given `seed`.
std::vector<FibrePath> trace_fibres(const TetMesh& mesh, const FibreDirections& directions, int label,
                                    const StreamlineOptions& options, unsigned seed);

// Everything about fibres that later stages need, in one HDF5 file.
struct FibreAtlas {
  FibreDirections directions;                           // [3 x n_tets]
  std::map<std::string, std::vector<FibrePath>> paths;  // muscle name -> fibres
  std::string mesh_hash;
};
void write_fibres(const FibreAtlas& atlas, const std::string& path);
FibreAtlas read_fibres(const std::string& path);  // throws InputError when it is not such a file
Table fibre_table(const FibreAtlas& atlas);       // muscle, fibres, length mean ± sd, mean angle to the muscle's axis

}  // namespace bmiss
