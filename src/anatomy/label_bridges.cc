#include "anatomy/label_bridges.h"

#include <algorithm>
#include <map>

namespace bmiss {
namespace {

constexpr int no_body = -1, several_bodies = -2;

struct Bodies {
  std::array<int, 3> block{};       // voxels
  std::vector<int> of_voxel;        // [n_voxels]
  std::vector<std::size_t> voxels;  // [n_bodies]
};

// Face neighbours in the directions in which a block has two voxels: from slice to thick slice, even a slanted part of
// good size overlaps by little.
template <typename Action>
void for_each_fine_neighbour(const LabelVolume& volume, const Bodies& bodies, std::size_t voxel, const Action& action) {
  const auto stride = volume.strides();
  for_each_neighbour(volume, voxel, [&](std::size_t n) {
    const std::size_t step = n > voxel ? n - voxel : voxel - n;
    for (int axis = 0; axis < 3; ++axis)
      if (bodies.block[axis] == 1 && step == stride[axis]) return;
    action(n);
  });
}

// Calls action(voxel) for the voxels of the block whose low corner is given.
template <typename Action>
void for_each_of_block(const LabelVolume& volume, const std::array<int, 3>& block, std::size_t corner,
                       const Action& action) {
  const auto stride = volume.strides();
  for (int c = 0; c < block[2]; ++c)
    for (int b = 0; b < block[1]; ++b)
      for (int a = 0; a < block[0]; ++a) action(corner + a * stride[0] + b * stride[1] + c * stride[2]);
}

Bodies find_bodies(const LabelVolume& volume, const std::set<std::int32_t>& labels) {
  const double finest = volume.spacing.minCoeff();
  Bodies bodies;
  auto& block = bodies.block;
  for (int axis = 0; axis < 3; ++axis) block[axis] = volume.spacing[axis] > 1.5 * finest ? 1 : 2;
  // The label of the block at each low corner; 0 where it is mixed or not looked at.
  LabelVolume corners{volume.size, volume.spacing, std::vector<std::int32_t>(volume.n_voxels(), 0)};
  std::size_t v = 0;
  for (int k = 0; k < volume.size[2]; ++k)
    for (int j = 0; j < volume.size[1]; ++j)
      for (int i = 0; i < volume.size[0]; ++i, ++v) {
        const std::int32_t label = volume.labels[v];
        if (labels.count(label) == 0 || i + block[0] > volume.size[0] || j + block[1] > volume.size[1] ||
            k + block[2] > volume.size[2])
          continue;
        bool whole = true;
        for_each_of_block(volume, block, v, [&](std::size_t n) { whole = whole && volume.labels[n] == label; });
        if (whole) corners.labels[v] = label;
      }
  const Pieces pieces = find_pieces(corners);
  bodies.of_voxel.assign(volume.n_voxels(), no_body);
  bodies.voxels.assign(pieces.label.size(), 0);
  for (std::size_t corner = 0; corner < volume.n_voxels(); ++corner) {
    if (corners.labels[corner] == 0) continue;
    const int body = pieces.of_voxel[corner];
    for_each_of_block(volume, block, corner, [&](std::size_t n) {
      int& of = bodies.of_voxel[n];
      of = of == no_body || of == body ? body : several_bodies;
    });
  }
  for (const int body : bodies.of_voxel)
    if (body >= 0) ++bodies.voxels[static_cast<std::size_t>(body)];
  return bodies;
}

// Which parts of a label touch which: bodies, and the pieces between and beside them that no block covers.
struct PartGraph {
  std::size_t n_bodies = 0;
  std::vector<std::vector<std::size_t>> voxels;                   // of each part that is no body: part n_bodies + index
  std::vector<std::set<int>> neighbours;                          // [n_parts]
  std::map<std::pair<int, int>, std::set<std::size_t>> contacts;  // bodies, smaller first -> voxels of it that touch
};

void add_pieces_between(const LabelVolume& volume, const std::set<std::int32_t>& labels, const Bodies& bodies,
                        PartGraph& graph) {
  std::vector<char> seen(volume.n_voxels(), 0);
  for (std::size_t seed = 0; seed < volume.n_voxels(); ++seed) {
    if (seen[seed] != 0 || bodies.of_voxel[seed] >= 0 || labels.count(volume.labels[seed]) == 0) continue;
    const int part = static_cast<int>(graph.neighbours.size());
    graph.neighbours.emplace_back();
    std::vector<std::size_t> piece{seed};
    seen[seed] = 1;
    for (std::size_t at = 0; at < piece.size(); ++at)
      for_each_fine_neighbour(volume, bodies, piece[at], [&](std::size_t n) {
        if (volume.labels[n] != volume.labels[seed]) return;
        const int body = bodies.of_voxel[n];
        if (body >= 0) {
          graph.neighbours.back().insert(body);
          graph.neighbours[static_cast<std::size_t>(body)].insert(part);
        } else if (seen[n] == 0) {
          seen[n] = 1;
          piece.push_back(n);
        }
      });
    graph.voxels.push_back(std::move(piece));
  }
}

void add_contacts(const LabelVolume& volume, const Bodies& bodies, PartGraph& graph) {
  const auto rank = [&](int body) { return std::pair(bodies.voxels[static_cast<std::size_t>(body)], body); };
  for (std::size_t v = 0; v < volume.n_voxels(); ++v) {
    const int a = bodies.of_voxel[v];
    if (a < 0) continue;
    for_each_fine_neighbour(volume, bodies, v, [&](std::size_t n) {
      const int b = bodies.of_voxel[n];
      if (b < 0 || b == a || volume.labels[n] != volume.labels[v]) return;
      graph.neighbours[static_cast<std::size_t>(a)].insert(b);
      if (rank(a) < rank(b)) graph.contacts[{a, b}].insert(v);
    });
  }
}

// All that joins two bodies directly: voxels that touch along a line, pieces between them.
struct Joint {
  std::set<std::size_t> contact;  // voxels
  std::vector<int> pieces;        // parts
};

std::map<std::pair<int, int>, Joint> find_joints(const PartGraph& graph, std::size_t largest) {
  std::map<std::pair<int, int>, Joint> joints;
  for (const auto& [pair, voxels] : graph.contacts) joints[std::minmax(pair.first, pair.second)].contact = voxels;
  for (std::size_t i = 0; i < graph.voxels.size(); ++i) {
    if (graph.voxels[i].size() > largest) continue;
    const int part = static_cast<int>(graph.n_bodies + i);
    const auto& bodies = graph.neighbours[static_cast<std::size_t>(part)];
    for (auto a = bodies.begin(); a != bodies.end(); ++a)
      for (auto b = std::next(a); b != bodies.end(); ++b) joints[{*a, *b}].pieces.push_back(part);
  }
  return joints;
}

class Connection {
public:
  explicit Connection(const PartGraph& graph) : graph_(graph), reached_(graph.neighbours.size(), 0) {}

  // Whether two bodies hang together by other ways than their joint.
  bool without(const std::pair<int, int>& bodies, const Joint& joint) {
    ++round_;
    for (const int part : joint.pieces) reached_[static_cast<std::size_t>(part)] = round_;
    reached_[static_cast<std::size_t>(bodies.first)] = round_;
    std::vector<int> front{bodies.first};
    for (std::size_t at = 0; at < front.size(); ++at)
      for (const int next : graph_.neighbours[static_cast<std::size_t>(front[at])]) {
        if (reached_[static_cast<std::size_t>(next)] == round_) continue;
        if (next == bodies.second) {
          if (front[at] == bodies.first) continue;  // the contact itself
          return true;
        }
        reached_[static_cast<std::size_t>(next)] = round_;
        front.push_back(next);
      }
    return false;
  }

private:
  const PartGraph& graph_;
  std::vector<std::size_t> reached_;
  std::size_t round_ = 0;
};

// Marks the voxels of joints without which bodies that hang together would not.
std::size_t mark_bridges(const PartGraph& graph, std::size_t largest, std::vector<char>& bridge) {
  std::size_t count = 0;
  Connection connected(graph);
  for (const auto& [bodies, joint] : find_joints(graph, largest)) {
    std::vector<std::size_t> voxels(joint.contact.begin(), joint.contact.end());
    for (const int part : joint.pieces) {
      const auto& piece = graph.voxels[static_cast<std::size_t>(part) - graph.n_bodies];
      voxels.insert(voxels.end(), piece.begin(), piece.end());
    }
    if (voxels.size() > largest || connected.without(bodies, joint)) continue;
    ++count;
    for (const std::size_t v : voxels) bridge[v] = 1;
  }
  return count;
}

// Each marked voxel takes the label that most of its neighbours have; those inside a long neck wait for the others.
void fill_bridges(LabelVolume& volume, std::vector<char> bridge) {
  for (bool any = true; any;) {
    any = false;
    const std::vector<std::int32_t> before = volume.labels;
    for (std::size_t v = 0; v < bridge.size(); ++v) {
      if (bridge[v] == 0) continue;
      std::map<std::int32_t, int> votes;
      for_each_neighbour(volume, v, [&](std::size_t n) {
        if (before[n] != before[v]) ++votes[before[n]];
      });
      if (votes.empty()) continue;
      volume.labels[v] = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                           return a.second < b.second;
                         })->first;
      bridge[v] = 0;
      any = true;
    }
  }
}

}  // namespace

std::size_t cut_bridges(LabelVolume& volume, const std::set<std::int32_t>& labels, std::size_t largest) {
  const Bodies bodies = find_bodies(volume, labels);
  PartGraph graph;
  graph.n_bodies = bodies.voxels.size();
  graph.neighbours.resize(graph.n_bodies);
  add_pieces_between(volume, labels, bodies, graph);
  add_contacts(volume, bodies, graph);
  std::vector<char> bridge(volume.n_voxels(), 0);
  const std::size_t count = mark_bridges(graph, largest, bridge);
  if (count > 0) fill_bridges(volume, std::move(bridge));
  return count;
}

}  // namespace bmiss
