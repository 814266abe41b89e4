#include "anatomy/muscle_tets.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "anatomy/electrodes.h"

namespace bmiss {
namespace {

constexpr std::array<std::array<int, 3>, 4> face_corners{{{1, 2, 3}, {0, 3, 2}, {0, 1, 3}, {0, 2, 1}}};

struct FaceKey {
  std::array<int, 3> points;
  int tet, corner;
  bool operator<(const FaceKey& other) const { return points < other.points; }
};

std::array<int, 3> sorted(std::array<int, 3> points) {
  std::sort(points.begin(), points.end());
  return points;
}

// Local numbers of the points, and the tetrahedra in them.
void number_points(const TetMesh& mesh, MuscleTets& muscle) {
  std::vector<int> local(mesh.n_points(), -1);
  for (const std::size_t tet : muscle.source) {
    std::array<int, 4> corners{};
    for (int i = 0; i < 4; ++i) {
      const auto global = static_cast<std::size_t>(mesh.tets[tet][i]);
      if (local[global] < 0) {
        local[global] = static_cast<int>(muscle.source_points.size());
        muscle.source_points.push_back(static_cast<int>(global));
      }
      corners[i] = local[global];
    }
    muscle.tets.push_back(corners);
  }
  muscle.points.resize(3, static_cast<Eigen::Index>(muscle.source_points.size()));
  for (std::size_t i = 0; i < muscle.source_points.size(); ++i)
    muscle.points.col(static_cast<Eigen::Index>(i)) = mesh.points.col(muscle.source_points[i]);
}

void find_neighbours(MuscleTets& muscle) {
  std::vector<FaceKey> faces;
  faces.reserve(muscle.tets.size() * 4);
  for (int tet = 0; tet < muscle.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner) faces.push_back({sorted(muscle.face(tet, corner)), tet, corner});
  std::sort(faces.begin(), faces.end());
  muscle.neighbours.assign(muscle.tets.size(),
                           {MuscleTets::wall, MuscleTets::wall, MuscleTets::wall, MuscleTets::wall});
  for (std::size_t i = 0; i + 1 < faces.size(); ++i)
    if (faces[i].points == faces[i + 1].points) {
      muscle.neighbours[static_cast<std::size_t>(faces[i].tet)][faces[i].corner] = faces[i + 1].tet;
      muscle.neighbours[static_cast<std::size_t>(faces[i + 1].tet)][faces[i + 1].corner] = faces[i].tet;
    }
}

// What lies behind the walls that are among these faces (numbered as in the limb's mesh; `tet` is the code).
void recode_walls(std::vector<FaceKey> faces, MuscleTets& muscle) {
  std::sort(faces.begin(), faces.end());
  for (int tet = 0; tet < muscle.size(); ++tet)
    for (int corner = 0; corner < 4; ++corner) {
      int& neighbour = muscle.neighbours[static_cast<std::size_t>(tet)][corner];
      if (neighbour != MuscleTets::wall) continue;
      auto face = muscle.face(tet, corner);
      for (int& point : face) point = muscle.source_points[static_cast<std::size_t>(point)];
      const FaceKey key{sorted(face), 0, 0};
      const auto found = std::lower_bound(faces.begin(), faces.end(), key);
      if (found != faces.end() && found->points == key.points) neighbour = found->tet;
    }
}

void add_faces(const std::array<int, 4>& tet, int code, std::vector<FaceKey>& faces) {
  for (const auto& corners : face_corners)
    faces.push_back({sorted({tet[static_cast<std::size_t>(corners[0])], tet[static_cast<std::size_t>(corners[1])],
                             tet[static_cast<std::size_t>(corners[2])]}),
                     code, 0});
}

// Faces on the planes that cut the limb, and those behind which it goes on in another part.
void mark_cuts(const TetMesh& mesh, int label, LimbPart part, const std::vector<LimbPart>& part_of,
               MuscleTets& muscle) {
  std::vector<FaceKey> cuts;
  for (std::size_t i = 0; i < mesh.triangles.size(); ++i) {
    const auto boundary = static_cast<BoundaryPart>(mesh.triangle_parts[i]);
    const auto key = sorted(mesh.triangles[i]);
    if (boundary == BoundaryPart::proximal) cuts.push_back({key, MuscleTets::proximal_cut, 0});
    if (boundary == BoundaryPart::distal) cuts.push_back({key, MuscleTets::distal_cut, 0});
    if (boundary == BoundaryPart::cut) cuts.push_back({key, MuscleTets::side_cut, 0});
  }
  if (part != LimbPart::whole && !mesh.tet_extruded.empty())
    for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
      if (mesh.tet_labels[tet] != label || part_of[tet] == part) continue;
      const bool behind_proximal = part_of[tet] == LimbPart::proximal_extension || part == LimbPart::distal_extension;
      add_faces(mesh.tets[tet], behind_proximal ? MuscleTets::proximal_cut : MuscleTets::distal_cut, cuts);
    }
  recode_walls(std::move(cuts), muscle);
}

// Which part of the limb each tetrahedron of this label belongs to.
std::vector<LimbPart> parts_of(const TetMesh& mesh, int label) {
  std::vector<LimbPart> result(mesh.n_tets(), LimbPart::limb);
  if (mesh.tet_extruded.empty()) return result;
  const Eigen::Vector3d axis = limb_axis(mesh);
  double low = INFINITY, high = -INFINITY;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    if (mesh.is_extruded(tet)) continue;
    const double place = axis.dot(mesh.centroid(tet));
    low = std::min(low, place);
    high = std::max(high, place);
  }
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet)
    if (mesh.tet_labels[tet] == label && mesh.is_extruded(tet))
      result[tet] =
          axis.dot(mesh.centroid(tet)) < (low + high) / 2 ? LimbPart::proximal_extension : LimbPart::distal_extension;
  return result;
}

void find_pieces(MuscleTets& muscle) {
  std::vector<int> piece(muscle.tets.size(), -1);
  std::vector<double> volume;
  for (int start = 0; start < muscle.size(); ++start) {
    if (piece[static_cast<std::size_t>(start)] >= 0) continue;
    const int number = static_cast<int>(volume.size());
    volume.push_back(0);
    std::vector<int> front{start};
    piece[static_cast<std::size_t>(start)] = number;
    while (!front.empty()) {
      const int tet = front.back();
      front.pop_back();
      volume.back() += muscle.volumes[tet];
      for (const int next : muscle.neighbours[static_cast<std::size_t>(tet)])
        if (next >= 0 && piece[static_cast<std::size_t>(next)] < 0) {
          piece[static_cast<std::size_t>(next)] = number;
          front.push_back(next);
        }
    }
  }
  std::vector<int> order(volume.size()), rank(volume.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return volume[static_cast<std::size_t>(a)] > volume[static_cast<std::size_t>(b)];
  });
  for (std::size_t i = 0; i < order.size(); ++i) rank[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
  for (int& number : piece) number = rank[static_cast<std::size_t>(number)];
  muscle.pieces = std::move(piece);
  muscle.n_pieces = static_cast<int>(volume.size());
}

}  // namespace

Eigen::Vector3d MuscleTets::centroid(int tet) const {
  const auto& t = tets[static_cast<std::size_t>(tet)];
  return (points.col(t[0]) + points.col(t[1]) + points.col(t[2]) + points.col(t[3])) / 4;
}

std::array<int, 3> MuscleTets::face(int tet, int corner) const {
  const auto& t = tets[static_cast<std::size_t>(tet)];
  const auto& f = face_corners[static_cast<std::size_t>(corner)];
  return {t[static_cast<std::size_t>(f[0])], t[static_cast<std::size_t>(f[1])], t[static_cast<std::size_t>(f[2])]};
}

Eigen::Vector3d MuscleTets::face_normal(int tet, int corner) const {
  const auto f = face(tet, corner);
  const Eigen::Vector3d a = points.col(f[1]) - points.col(f[0]), b = points.col(f[2]) - points.col(f[0]);
  return a.cross(b) / 2;
}

Eigen::Vector4d MuscleTets::barycentric(int tet, const Eigen::Vector3d& x) const {
  const auto& t = tets[static_cast<std::size_t>(tet)];
  const Eigen::Vector3d a = points.col(t[1]) - points.col(t[0]), b = points.col(t[2]) - points.col(t[0]),
                        c = points.col(t[3]) - points.col(t[0]), y = x - points.col(t[0]);
  const double scale = 1 / a.cross(b).dot(c);
  const Eigen::Vector3d l(y.dot(b.cross(c)) * scale, y.dot(c.cross(a)) * scale, y.dot(a.cross(b)) * scale);
  return {1 - l.sum(), l[0], l[1], l[2]};
}

Eigen::Matrix<double, 3, 4> MuscleTets::gradients(int tet) const {
  const auto& t = tets[static_cast<std::size_t>(tet)];
  const Eigen::Vector3d a = points.col(t[1]) - points.col(t[0]), b = points.col(t[2]) - points.col(t[0]),
                        c = points.col(t[3]) - points.col(t[0]);
  const double scale = 1 / a.cross(b).dot(c);
  Eigen::Matrix<double, 3, 4> result;
  result.col(1) = b.cross(c) * scale;
  result.col(2) = c.cross(a) * scale;
  result.col(3) = a.cross(b) * scale;
  result.col(0) = -(result.col(1) + result.col(2) + result.col(3));
  return result;
}

MuscleTets MuscleTets::piece(int number) const {
  MuscleTets result;
  std::vector<int> new_tet(tets.size(), -1), new_point(source_points.size(), -1);
  for (std::size_t i = 0; i < tets.size(); ++i) {
    if (pieces[i] != number) continue;
    new_tet[i] = result.size();
    result.source.push_back(source[i]);
    result.extruded.push_back(extruded[i]);
    std::array<int, 4> corners{};
    for (std::size_t k = 0; k < 4; ++k) {
      int& point = new_point[static_cast<std::size_t>(tets[i][k])];
      if (point < 0) {
        point = static_cast<int>(result.source_points.size());
        result.source_points.push_back(source_points[static_cast<std::size_t>(tets[i][k])]);
      }
      corners[k] = point;
    }
    result.tets.push_back(corners);
    result.neighbours.push_back(neighbours[i]);
  }
  for (auto& row : result.neighbours)
    for (int& neighbour : row)
      if (neighbour >= 0) neighbour = new_tet[static_cast<std::size_t>(neighbour)];
  result.points.resize(3, static_cast<Eigen::Index>(result.source_points.size()));
  for (std::size_t i = 0; i < new_point.size(); ++i)
    if (new_point[i] >= 0) result.points.col(new_point[i]) = points.col(static_cast<Eigen::Index>(i));
  result.volumes.resize(result.size());
  for (std::size_t i = 0; i < tets.size(); ++i)
    if (new_tet[i] >= 0) result.volumes[new_tet[i]] = volumes[static_cast<Eigen::Index>(i)];
  result.pieces.assign(result.tets.size(), 0);
  result.n_pieces = 1;
  return result;
}

MuscleTets muscle_tets(const TetMesh& mesh, int label, LimbPart part) {
  MuscleTets muscle;
  const std::vector<LimbPart> part_of = parts_of(mesh, label);
  for (std::size_t tet = 0; tet < mesh.tets.size(); ++tet) {
    if (mesh.tet_labels[tet] != label || (part != LimbPart::whole && part_of[tet] != part)) continue;
    muscle.source.push_back(tet);
    muscle.extruded.push_back(mesh.is_extruded(tet) ? 1 : 0);
  }
  number_points(mesh, muscle);
  muscle.volumes.resize(muscle.size());
  for (int tet = 0; tet < muscle.size(); ++tet) {
    const auto& t = muscle.tets[static_cast<std::size_t>(tet)];
    const Eigen::Vector3d a = muscle.points.col(t[1]) - muscle.points.col(t[0]),
                          b = muscle.points.col(t[2]) - muscle.points.col(t[0]),
                          c = muscle.points.col(t[3]) - muscle.points.col(t[0]);
    muscle.volumes[tet] = a.cross(b).dot(c) / 6;
  }
  find_neighbours(muscle);
  mark_cuts(mesh, label, part, part_of, muscle);
  find_pieces(muscle);
  return muscle;
}

void mark_attachments(const TetMesh& mesh, const FibreMuscle& asked, MuscleTets& muscle) {
  const auto attaches = [](const Attachment& attachment, int label) {
    return std::find(attachment.labels.begin(), attachment.labels.end(), label) != attachment.labels.end();
  };
  std::vector<FaceKey> faces;
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    if (mesh.is_extruded(tet)) continue;
    if (attaches(asked.origin, mesh.tet_labels[tet])) add_faces(mesh.tets[tet], MuscleTets::origin, faces);
    if (attaches(asked.insertion, mesh.tet_labels[tet])) add_faces(mesh.tets[tet], MuscleTets::insertion, faces);
  }
  if (!faces.empty()) recode_walls(std::move(faces), muscle);
}

}  // namespace bmiss
