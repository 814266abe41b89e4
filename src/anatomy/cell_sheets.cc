#include "anatomy/cell_sheets.h"

#include <algorithm>

#include "anatomy/surface_complex.h"

namespace bmiss {

CellSheets::CellSheets(const std::array<int, 8>& region, const Settle& settle) : region_(region) {
  sheet_.fill(-1);
  for (int corner = 0; corner < 8; ++corner)
    for (int axis = 0; axis < 3; ++axis)
      if ((corner >> axis & 1) == 0 && separates(corner, corner | 1 << axis))
        sheet_[edge_number(corner, axis)] = edge_number(corner, axis);
  for (int axis = 0; axis < 3; ++axis)
    for (int side = 0; side < 2; ++side) {
      if (!is_cut(axis, side)) continue;
      const Face face = face_of(axis, 1 - side);
      const int parted = parted_corners(face, settle);
      if (parted < 0) continue;
      corner_apart_ = face.corner[parted];
      cut_axis_ = axis;
    }
  for (int axis = 0; axis < 3; ++axis)
    for (int side = 0; side < 2; ++side) join_through_face(face_of(axis, side), settle);
}

CellSheets::Face CellSheets::face_of(int axis, int side) {
  const int b = (axis + 1) % 3, c = (axis + 2) % 3, base = side << axis;
  const std::array<int, 4> corner{base, base | 1 << b, base | 1 << b | 1 << c, base | 1 << c};
  return {corner,
          {edge_number(corner[0], b), edge_number(corner[1], c), edge_number(corner[3], b), edge_number(corner[0], c)}};
}

bool CellSheets::separates(int corner, int other) const {
  return region_[corner] != region_[other] && (region_[corner] >= 0 || region_[other] >= 0);
}

bool CellSheets::is_cut(int axis, int side) const {
  const auto corners = face_of(axis, side).corner;
  return std::all_of(corners.begin(), corners.end(), [&](int c) { return region_[c] < SurfaceComplex::outside; });
}

int CellSheets::parted_corners(const Face& face, const Settle& settle) const {
  for (const int e : face.edge)
    if (sheet_[e] < 0) return -1;
  const auto at = [&](int n) { return region_[face.corner[n]]; };
  if (at(0) == at(2) && at(1) == at(3)) return settle(face.corner) ? 1 : 0;
  return at(0) == at(2) ? 1 : at(1) == at(3) ? 0 : -1;
}

bool CellSheets::left_to_other_sheet(const Face& face, int edge) const {
  if (corner_apart_ < 0 || edge % 3 != cut_axis_) return false;
  if (std::find(face.corner.begin(), face.corner.end(), corner_apart_) == face.corner.end()) return false;
  return edge / 3 != (corner_apart_ & ~(1 << cut_axis_));
}

void CellSheets::join_through_face(const Face& face, const Settle& settle) {
  const int parted = parted_corners(face, settle);
  if (parted >= 0) {
    join(face.edge[parted], face.edge[(parted + 3) % 4]);
    join(face.edge[parted + 2], face.edge[parted + 1]);
    return;
  }
  int first = -1;
  for (const int e : face.edge) {
    if (sheet_[e] < 0 || left_to_other_sheet(face, e)) continue;
    if (first >= 0) join(first, e);
    first = e;
  }
}

void CellSheets::join(int e, int f) {
  const int from = sheet_[e], to = sheet_[f];
  for (int& sheet : sheet_)
    if (sheet == from) sheet = to;
}

}  // namespace bmiss
