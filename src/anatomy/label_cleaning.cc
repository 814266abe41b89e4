#include "anatomy/label_cleaning.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr std::int32_t unsettled = -1;

// Whether each piece is part of a layer: of a layer's label, and touching the outside or another layer.
std::vector<char> pieces_of_layers(const LabelVolume& volume, const Pieces& pieces,
                                   const std::set<std::int32_t>& layers) {
  std::vector<char> result(pieces.label.size(), 0);
  if (layers.empty()) return result;
  for (std::size_t voxel = 0; voxel < volume.n_voxels(); ++voxel) {
    const std::int32_t label = volume.labels[voxel];
    if (layers.count(label) == 0) continue;
    for_each_neighbour(volume, voxel, [&](std::size_t neighbour) {
      const int other = pieces.of_voxel[neighbour];
      const bool outside = pieces.label[other] == 0 && pieces.reaches_side[other] != 0;
      if (outside || (pieces.label[other] != label && layers.count(pieces.label[other]) != 0))
        result[pieces.of_voxel[voxel]] = 1;
    });
  }
  return result;
}

// Labels of the pieces after cleaning; `unsettled` marks those that wait for the votes of their neighbours.
std::vector<std::int32_t> first_verdicts(const Pieces& pieces, std::size_t smallest,
                                         std::optional<std::int32_t> void_label, const std::vector<char>& is_layer) {
  std::vector<std::int32_t> verdict(pieces.label);
  for (std::size_t piece = 0; piece < verdict.size(); ++piece) {
    const bool is_void = pieces.label[piece] == 0 && pieces.reaches_side[piece] == 0;
    if (pieces.voxels[piece] < smallest && is_layer[piece] == 0)
      verdict[piece] = unsettled;
    else if (is_void)
      verdict[piece] = void_label.value_or(unsettled);
  }
  return verdict;
}

// One round: every unsettled piece with settled neighbours takes the label most of them have. Background takes body
// labels only.
bool settle_neighbours(const LabelVolume& volume, const Pieces& pieces, const std::vector<std::size_t>& voxels,
                       std::vector<std::int32_t>& verdict) {
  std::vector<std::pair<int, std::int32_t>> votes;
  for (const std::size_t voxel : voxels) {
    const int piece = pieces.of_voxel[voxel];
    if (verdict[piece] != unsettled) continue;
    for_each_neighbour(volume, voxel, [&](std::size_t neighbour) {
      const std::int32_t label = verdict[pieces.of_voxel[neighbour]];
      if (label != unsettled && !(label == 0 && pieces.label[piece] == 0)) votes.emplace_back(piece, label);
    });
  }
  std::sort(votes.begin(), votes.end());
  for (std::size_t begin = 0; begin < votes.size();) {
    const int piece = votes[begin].first;
    std::size_t most = 0;
    while (begin < votes.size() && votes[begin].first == piece) {
      std::size_t end = begin;
      while (end < votes.size() && votes[end] == votes[begin]) ++end;
      if (end - begin > most) {
        most = end - begin;
        verdict[piece] = votes[begin].second;
      }
      begin = end;
    }
  }
  return !votes.empty();
}

bool clean_once(LabelVolume& volume, std::size_t smallest, std::optional<std::int32_t> void_label,
                const std::set<std::int32_t>& layers, const std::vector<VoxelPair>& joined, CleaningCounts& counts) {
  const Pieces pieces = find_pieces(volume, joined);
  std::vector<std::int32_t> verdict =
      first_verdicts(pieces, smallest, void_label, pieces_of_layers(volume, pieces, layers));
  std::vector<std::size_t> waiting;
  for (std::size_t voxel = 0; voxel < volume.n_voxels(); ++voxel)
    if (verdict[pieces.of_voxel[voxel]] == unsettled) waiting.push_back(voxel);
  while (settle_neighbours(volume, pieces, waiting, verdict)) {
  }
  bool changed = false;
  for (std::size_t piece = 0; piece < verdict.size(); ++piece) {
    const std::int32_t before = pieces.label[piece];
    if (verdict[piece] == unsettled) verdict[piece] = before;  // nothing but islands everywhere: leave it
    if (verdict[piece] == before) continue;
    changed = true;
    if (before == 0 && pieces.reaches_side[piece] == 0) {
      ++counts.voids;
      counts.void_voxels += pieces.voxels[piece];
    } else {
      ++counts.islands[before];
    }
    counts.removed[before] += pieces.voxels[piece];
    counts.gained[verdict[piece]] += pieces.voxels[piece];
  }
  if (changed)
    for (std::size_t voxel = 0; voxel < volume.n_voxels(); ++voxel)
      volume.labels[voxel] = verdict[pieces.of_voxel[voxel]];
  return changed;
}

// Whether the chosen corners of a 2x2x2 block hang together through faces.
bool hangs_together(unsigned corners) {
  unsigned reached = corners & (~corners + 1);
  for (unsigned before = 0; before != reached;) {
    before = reached;
    for (unsigned corner = 0; corner < 8; ++corner)
      if ((reached >> corner & 1u) != 0)
        for (unsigned axis = 1; axis < 8; axis *= 2) reached |= corners & (1u << (corner ^ axis));
  }
  return reached == corners;
}

bool well_composed(unsigned body) {
  return hangs_together(body) && hangs_together(~body & 255u);
}

// Which corner of a badly composed block joins the body: if possible one that settles the block at once.
int corner_to_fill(unsigned body) {
  int choice = -1;
  for (unsigned corner = 0; corner < 8; ++corner) {
    if ((body >> corner & 1u) != 0) continue;
    bool beside_body = false;
    for (unsigned axis = 1; axis < 8; axis *= 2) beside_body = beside_body || (body >> (corner ^ axis) & 1u) != 0;
    if (!beside_body) continue;
    if (well_composed(body | 1u << corner)) return static_cast<int>(corner);
    if (choice < 0) choice = static_cast<int>(corner);
  }
  return choice;
}

std::int32_t majority_body_label(const LabelVolume& volume, std::size_t voxel) {
  std::map<std::int32_t, int> votes;
  for_each_neighbour(volume, voxel, [&](std::size_t neighbour) {
    if (volume.labels[neighbour] != 0) ++votes[volume.labels[neighbour]];
  });
  BMISS_ASSERT(!votes.empty());
  return std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

}  // namespace

CleaningCounts clean_labels(LabelVolume& volume, std::size_t smallest, std::optional<std::int32_t> void_label,
                            const std::set<std::int32_t>& layers, const std::vector<VoxelPair>& joined) {
  CleaningCounts counts;
  // A removed island can close a void, a filled void can free an island: a few passes settle both.
  for (int pass = 0; pass < 4 && clean_once(volume, smallest, void_label, layers, joined, counts); ++pass) {
  }
  return counts;
}

std::size_t separate_touching_outside(LabelVolume& volume) {
  std::array<int, 256> fill{};
  for (unsigned body = 0; body < 256; ++body) fill[body] = well_composed(body) ? -1 : corner_to_fill(body);
  const auto stride = volume.strides();
  std::size_t added = 0, added_before = 1;
  while (added != added_before) {  // every round adds body points, so this ends
    added_before = added;
    for (int k = 0; k + 1 < volume.size[2]; ++k)
      for (int j = 0; j + 1 < volume.size[1]; ++j)
        for (int i = 0; i + 1 < volume.size[0]; ++i) {
          const std::size_t first = volume.index(i, j, k);
          const auto corner = [&](unsigned c) {
            return first + (c & 1u) * stride[0] + (c >> 1 & 1u) * stride[1] + (c >> 2 & 1u) * stride[2];
          };
          unsigned body = 0;
          for (unsigned c = 0; c < 8; ++c) body |= (volume.labels[corner(c)] != 0 ? 1u : 0u) << c;
          if (fill[body] < 0) continue;
          const std::size_t voxel = corner(static_cast<unsigned>(fill[body]));
          volume.labels[voxel] = majority_body_label(volume, voxel);
          ++added;
        }
  }
  return added;
}

void report_cleaning(const CleaningCounts& counts, const std::map<std::int32_t, std::size_t>& before,
                     const LabelVolume& after, const std::string& place, Report& report) {
  const double mm3 = after.voxel_volume() * 1e9;
  const auto remaining = after.counts();
  const auto of = [](const std::map<std::int32_t, std::size_t>& numbers, std::int32_t label) {
    const auto found = numbers.find(label);
    return found == numbers.end() ? 0.0 : static_cast<double>(found->second);
  };
  report.fact(place + "/voids", static_cast<double>(counts.voids));
  report.fact(place + "/voids_mm3", static_cast<double>(counts.void_voxels) * mm3);
  Table table({"label", "islands", "removed mm3", "gained mm3", "before mm3"});
  bool any = false;
  for (const auto& [label, voxels] : before) {
    const double removed = of(counts.removed, label), gained = of(counts.gained, label);
    if (removed == 0 && gained == 0) continue;
    any = true;
    const std::string fact = place + "/label_" + std::to_string(label);
    report.fact(fact + "/islands", of(counts.islands, label));
    report.fact(fact + "/removed_mm3", removed * mm3);
    report.fact(fact + "/gained_mm3", gained * mm3);
    table.add_row({label == 0 ? "outside" : std::to_string(label), format("%.0f", of(counts.islands, label)),
                   format("%.1f", removed * mm3), format("%.1f", gained * mm3),
                   format("%.1f", static_cast<double>(voxels) * mm3)});
    if (label != 0 && remaining.count(label) == 0)
      report.warn("label " + std::to_string(label) + " vanished: all its " +
                  format("%.1f", static_cast<double>(voxels) * mm3) +
                  " mm3 lay in pieces smaller than the smallest island (" + place + "); lower that size to keep it");
  }
  if (any) report.table(table);
}

}  // namespace bmiss
