// The lattice on which a label field is contoured: its labels, thin layers kept closed, and its regions.
#pragma once

#include <Eigen/Core>
#include <array>
#include <map>
#include <vector>

#include "anatomy/label_field.h"
#include "anatomy/label_volume.h"

namespace bmiss {

// Where lattice points stand that do not stand at their regular place: offset [m].
using LatticeShifts = std::map<std::size_t, Eigen::Vector3d>;

// A face of the lattice with one label at two opposite corners that passes between the other two.
struct LatticePassage {
  std::array<std::array<int, 3>, 2> joined;  // the corners of that label
  std::array<std::array<int, 3>, 2> beside;  // the other two
};

// Lattice points with the dense label numbers of a LabelField, and the region of each: a piece of one label that hangs
// together through lattice edges and passages.
struct ContourLattice {
  LabelVolume points;
  std::vector<int> region;        // [n_points]; SurfaceComplex::outside for label number 0
  std::vector<int> region_label;  // [n_regions] dense label number
  LatticeShifts shifts;           // of points that joined a thin layer
  std::vector<LatticePassage> passages;

  // Region of any lattice place; one step beyond the image the codes of SurfaceComplex for cuts.
  int region_at(const std::array<int, 3>& place) const;
  Eigen::Vector3d place_of(const std::array<int, 3>& place) const;  // [m]
  // Of a face whose opposite corners share one label and its other two another: whether the first two hang together.
  bool passes_between(const std::array<int, 3>& corner, const std::array<int, 3>& opposite, int label, int other,
                      const LabelField& field) const;
  std::vector<VoxelPair> joined_points() const;  // of the passages
  // Regions from the labels and the passages.
  void number_regions();
};

// Divides the extent of the image into steps as near to `step` as fit, so that its sides lie half a step beyond the
// outermost points.
LabelVolume sample_lattice(const LabelField& field, const Eigen::Vector3d& extent, double step);
// A layer thinner than the lattice step can pass between two lattice points of other labels and would be torn there.
// Where a third label holds at least a third of the edge between two points of different labels (between the outside
// and the body: any part of it), the nearer one of them joins it, never one outside the body: the layer stays closed.
// The point moves into the layer, so that the cells around it hold its sides; `shifts` gets these moves. Returns the
// number of points changed.
std::size_t keep_thin_layers(LabelVolume& points, const LabelField& field, LatticeShifts& shifts);
// Gives each label of the image that has no lattice point the one nearest to the middle of its largest piece, which
// moves there. `labels`: dense number -> label. Returns the dense numbers of these labels.
std::vector<std::int32_t> place_missing_labels(LabelVolume& points, const LabelVolume& image,
                                               const std::vector<std::int32_t>& labels);
// Points without a neighbour of their label move to the middle of its voxels there, so that the cells around them can
// hold their region.
void centre_single_points(LabelVolume& points, const LabelVolume& image, const std::vector<std::int32_t>& labels,
                          LatticeShifts& shifts);
// A layer thinner than a step hangs together over the diagonals of lattice faces where it runs aslant: these are its
// passages.
ContourLattice join_lattice(LabelVolume points, LatticeShifts shifts, const LabelField& field);

}  // namespace bmiss
