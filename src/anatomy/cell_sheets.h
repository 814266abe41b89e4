// Which lattice edges of one cell belong to the same sheet of interfaces.
#pragma once

#include <array>
#include <functional>

namespace bmiss {

// The edges of a cell by the number of their lower corner (bits: the axes) and their axis.
constexpr int edge_number(int corner, int axis) {
  return 3 * corner + axis;
}
constexpr int n_edge_numbers = 24;

// Edges across which regions change are joined through the faces of the cell; where a face shows one region at two
// opposite corners between two others, that region passes between them and parts their edges. On a side of the image
// the edges to the cut would join them again: those of the passing region stay with one of the two sheets.
class CellSheets {
public:
  // Does the region of the first of these corners of a face that shows a-b-a-b pass through?
  using Settle = std::function<bool(const std::array<int, 4>& corners)>;
  // Regions as in SurfaceComplex, codes of cuts included.
  CellSheets(const std::array<int, 8>& region, const Settle& settle);
  int of_edge(int edge) const { return sheet_[edge]; }  // the number of one of its edges; -1: no interface

private:
  struct Face {
    std::array<int, 4> corner;  // in a circle
    std::array<int, 4> edge;    // edge n between corners n and n + 1
  };
  static Face face_of(int axis, int side);
  bool separates(int corner, int other) const;
  bool is_cut(int axis, int side) const;
  // The first of the corner pair (n, n + 2) of a face whose edges are parted from each other; -1: none.
  int parted_corners(const Face& face, const Settle& settle) const;
  // An edge of the passing region to the cut, beside the corner that does without it.
  bool left_to_other_sheet(const Face& face, int edge) const;
  void join_through_face(const Face& face, const Settle& settle);
  void join(int e, int f);

  const std::array<int, 8> region_;
  std::array<int, n_edge_numbers> sheet_;
  int corner_apart_ = -1, cut_axis_ = -1;
};

}  // namespace bmiss
