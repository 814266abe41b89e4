#include "anatomy/contour.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "anatomy/complex_volumes.h"
#include "anatomy/dual_contour.h"
#include "anatomy/label_cleaning.h"
#include "anatomy/label_field.h"
#include "anatomy/self_intersection.h"
#include "anatomy/slice_interpolation.h"
#include "anatomy/surface_fidelity.h"
#include "anatomy/surface_smoothing.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

constexpr double thick_slices = 1.5;  // ratio of spacings from which slices are interpolated
constexpr double thin = 0.6;          // of the edge length: thinner layers lose their volume or tear
constexpr int taubin_pairs = 4;
constexpr int fairing_rounds = 5;
constexpr double sliver = 0.2;  // smallest angle of a triangle below which its vertices move apart [rad]
constexpr int widening_rounds = 15;
constexpr int patient_rounds = 6;      // of untangling in which the outer surface stays
constexpr int relaxation_rounds = 12;  // of untangling; after them every touched vertex stands at its cell centre

LabelVolume body_without(const LabelMap& map, const std::vector<int>& dropped_labels) {
  if (map.labels.empty() || map.labels.size() != static_cast<std::size_t>(map.size[0]) * map.size[1] * map.size[2])
    throw InputError("the label map is empty or its size does not fit its labels; read it anew");
  LabelVolume volume;
  volume.size = map.size;
  volume.spacing = map.voxel_to_world.linear().colwise().norm().transpose();
  volume.labels = map.labels;
  for (std::int32_t& label : volume.labels) {
    if (label < 0)
      throw InputError("the label map holds the negative label " + std::to_string(label) +
                       "; labels are 1 and above, 0 is outside");
    if (std::find(dropped_labels.begin(), dropped_labels.end(), label) != dropped_labels.end()) label = 0;
  }
  return volume;
}

void require_body(const LabelVolume& volume) {
  if (std::any_of(volume.labels.begin(), volume.labels.end(), [](std::int32_t label) { return label != 0; })) return;
  throw InputError(
      "nothing is left of the label map to be meshed: every voxel is outside, a dropped label (skin) or an island "
      "smaller than the smallest island; give a map with at least one tissue under the skin");
}

void warn_about_thin_layers(const LabelVolume& volume, double step, Report& report) {
  for (const auto& [label, thickness] : mean_thickness(volume)) {
    report.fact("contour/mean_thickness_mm/label_" + std::to_string(label), thickness * 1e3);
    if (thickness < thin * step)
      report.warn("label " + std::to_string(label) + " is " + format("%.2f", thickness * 1e3) +
                  " mm thick on average, less than " + format("%.2g", thin) + " edge lengths (" +
                  format("%.2f", thin * step * 1e3) +
                  " mm): it may be torn and its volume wrong; use an edge length of at most " +
                  format("%.2g", thickness / thin * 1e3) + " mm to resolve it");
  }
}

std::vector<double> volumes_of(const LabelField& field, const LabelVolume& volume) {
  std::vector<double> result;
  const auto counts = volume.counts();
  for (const std::int32_t label : field.labels()) {
    const auto found = counts.find(label);
    result.push_back(found == counts.end() ? 0.0 : static_cast<double>(found->second) * volume.voxel_volume());
  }
  return result;
}

// Islands under the outer surface join the body, not the outside: that surface stays where the field has it.
void keep_in_body(LabelVolume& points, const LabelVolume& before) {
  std::vector<std::size_t> lost;
  for (std::size_t point = 0; point < points.n_voxels(); ++point)
    if (points.labels[point] == 0 && before.labels[point] != 0) lost.push_back(point);
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::size_t point : lost) {
      if (points.labels[point] != 0) continue;
      std::map<std::int32_t, int> votes;
      for_each_neighbour(points, point, [&](std::size_t neighbour) { ++votes[points.labels[neighbour]]; });
      votes.erase(0);
      if (votes.empty()) continue;
      points.labels[point] = std::max_element(votes.begin(), votes.end(), [](const auto& a, const auto& b) {
                               return a.second < b.second;
                             })->first;
      changed = true;
    }
  }
}

// The lattice labels, cleaned by the rules of the image and with an outside that touches itself nowhere.
ContourLattice make_lattice(const LabelField& field, const LabelVolume& image, const ContourOptions& options,
                            Report& report) {
  const Eigen::Vector3d extent =
      Eigen::Vector3d(image.size[0], image.size[1], image.size[2]).cwiseProduct(image.spacing);
  LabelVolume points = sample_lattice(field, extent, options.edge_length);
  const std::map<std::int32_t, std::size_t> before = points.counts();
  const double island = options.smallest_island * std::pow(image.spacing.minCoeff(), 3) / points.voxel_volume();
  const auto smallest = static_cast<std::size_t>(std::max(options.smallest_island > 1 ? 2L : 0L, std::lround(island)));
  // Before the cleaning, which would take single points of a layer for islands, and after it.
  LatticeShifts shifts;
  std::size_t closing = keep_thin_layers(points, field, shifts);
  const LabelVolume sampled = points;
  CleaningCounts counts =
      clean_labels(points, smallest, std::nullopt, {}, join_lattice(points, shifts, field).joined_points());
  keep_in_body(points, sampled);
  for (auto shift = shifts.begin(); shift != shifts.end();)
    shift = points.labels[shift->first] == sampled.labels[shift->first] ? std::next(shift) : shifts.erase(shift);
  closing += keep_thin_layers(points, field, shifts);
  for (const std::int32_t number : place_missing_labels(points, image, field.labels()))
    report.warn("label " + std::to_string(field.labels()[number]) +
                " is smaller than the lattice: it is kept as one cell; use a shorter edge length to give it its shape");
  report.fact("contour/lattice_points_that_close_thin_layers", static_cast<double>(closing));
  std::size_t added = 0;
  for (std::size_t more = 1;
       more != 0;) {  // filling a void can make the outside touch itself, and the other way round; both only add
    more = separate_touching_outside(points);
    added += more;
    if (more != 0) more = clean_labels(points, 0, std::nullopt).void_voxels;
  }
  const auto rename = [&](const std::map<std::int32_t, std::size_t>& numbers) {
    std::map<std::int32_t, std::size_t> result;
    for (const auto& [number, count] : numbers) result[field.labels()[number]] = count;
    return result;
  };
  counts.islands = rename(counts.islands);
  counts.removed = rename(counts.removed);
  counts.gained = rename(counts.gained);
  LabelVolume labelled = points;
  for (std::int32_t& label : labelled.labels) label = field.labels()[label];
  report_cleaning(counts, rename(before), labelled, "contour/lattice_cleaning", report);
  report.fact("contour/lattice_points_that_separate_the_outside", static_cast<double>(added));
  require_body(labelled);
  centre_single_points(points, image, field.labels(), shifts);
  return join_lattice(std::move(points), std::move(shifts), field);
}

std::vector<int> vertices_of(const std::vector<std::array<int, 2>>& pairs,
                             const std::vector<std::array<int, 3>>& triangles) {
  std::vector<int> vertices;
  for (const auto& pair : pairs)
    for (const int t : pair) vertices.insert(vertices.end(), triangles[t].begin(), triangles[t].end());
  std::sort(vertices.begin(), vertices.end());
  vertices.erase(std::unique(vertices.begin(), vertices.end()), vertices.end());
  return vertices;
}

// Vertices of crossing triangles go half way to their homes until nothing crosses, at last to the centres of their
// cells with one vertex for each: with all there the surface is that of a stack of boxes, which cannot cross itself.
std::vector<std::array<int, 3>> untangle(QuadComplex& complex, Report& report) {
  Phase phase(report, "self-intersections");
  const auto is_outer = [&](int v) { return complex.labels[v].front() == 0; };
  std::vector<std::array<int, 3>> triangles = split_quads(complex);
  for (int round = 0;; ++round) {
    const auto crossing = find_self_intersections(complex.points, triangles);
    if (round == 0) report.fact("contour/self_intersections_before_relaxation", static_cast<double>(crossing.size()));
    if (crossing.empty()) break;
    if (round > 3 * relaxation_rounds)
      throw NumericalError("the contoured surfaces still cross themselves at " + std::to_string(crossing.size()) +
                           " pairs of triangles after relaxation; use another edge length");
    const std::vector<int> touched = vertices_of(crossing, triangles);
    if (round < relaxation_rounds) {
      // The outer surface waits until nothing else helps.
      const bool spare_outside =
          round < patient_rounds && std::any_of(touched.begin(), touched.end(), [&](int v) { return !is_outer(v); });
      for (const int v : touched)
        if (!spare_outside || !is_outer(v)) complex.points[v] += 0.5 * (complex.homes[v] - complex.points[v]);
    } else {
      complex.merge_cells(touched);
    }
    triangles = split_quads(complex);
  }
  return triangles;
}

SurfaceComplex finish(const QuadComplex& complex, std::vector<std::array<int, 3>> triangles,
                      const ContourLattice& lattice, const LabelField& field, const LabelMap& map) {
  SurfaceComplex result;
  // From the working frame (origin at the low corner) to voxel indices (whole numbers at centres) to the world.
  const Eigen::Array3d spacing = map.voxel_to_world.linear().colwise().norm().transpose().array();
  result.points.resize(3, static_cast<Eigen::Index>(complex.points.size()));
  for (std::size_t v = 0; v < complex.points.size(); ++v)
    result.points.col(static_cast<Eigen::Index>(v)) =
        map.voxel_to_world * Eigen::Vector3d(complex.points[v].array() / spacing - 0.5);
  if (map.voxel_to_world.linear().determinant() < 0)
    for (auto& triangle : triangles) std::swap(triangle[1], triangle[2]);
  result.triangles = std::move(triangles);
  for (const auto& regions : complex.regions) result.triangle_regions.insert(result.triangle_regions.end(), 2, regions);
  for (const int label : lattice.region_label) result.region_labels.push_back(field.labels()[label]);
  return result;
}

void report_result(const SurfaceComplex& complex, const VertexGraph& graph, const std::vector<double>& volume,
                   const std::vector<double>& target, const LabelField& field, Report& report) {
  report.fact("contour/triangles", static_cast<double>(complex.triangles.size()));
  report.fact("contour/vertices", static_cast<double>(complex.points.cols()));
  report.fact("contour/regions", static_cast<double>(complex.region_labels.size()));
  report.fact("contour/junction_edges", static_cast<double>(graph.junction_edges()));
  double worst = 0;
  for (std::size_t label = 1; label < field.n_labels(); ++label) {
    const double error = target[label] > 0 ? 100 * (volume[label] / target[label] - 1) : 0;
    if (target[label] > 1e-6 && std::abs(error) > std::abs(worst)) worst = error;
  }
  report.line("contour: " + std::to_string(complex.triangles.size()) + " triangles, " +
              std::to_string(complex.region_labels.size()) + " regions of " + std::to_string(field.n_labels() - 1) +
              " labels, largest volume error of a label above 1 cm3 " + format("%+.2f", worst) + " %");
}

}  // namespace

void ContourOptions::declare_parameters(Parameters& parameters) {
  const ContourOptions defaults;
  const Parameters::Section section(parameters, "Contour");
  parameters.declare_real("Edge length", defaults.edge_length * 1e3, "mm", {0.1, 20},
                          "of the triangles on the interfaces of tissues");
  parameters.declare_real("Smoothing", defaults.smoothing, "", {0, 5},
                          "Gaussian width of the smoothed labels, in voxels of the finest spacing");
  parameters.declare_real("Outer smoothing", defaults.outer_smoothing, "", {0, 10},
                          "Gaussian width for the outer surface, in voxels of the finest spacing");
  parameters.declare_integer("Smallest island", defaults.smallest_island, 0, 1000000,
                             "connected pieces of a label with fewer voxels take the label around them");
  parameters.declare_integer("Bias sweeps", defaults.bias_sweeps, 0, 1000,
                             "Newton steps, at most, that keep the volume of each label under smoothing");
}

ContourOptions ContourOptions::parse_parameters(const Parameters& parameters) {
  const Parameters::Section section(parameters, "Contour");
  ContourOptions options;
  options.edge_length = parameters.real("Edge length");
  options.smoothing = parameters.real("Smoothing");
  options.outer_smoothing = parameters.real("Outer smoothing");
  options.smallest_island = static_cast<int>(parameters.integer("Smallest island"));
  options.bias_sweeps = static_cast<int>(parameters.integer("Bias sweeps"));
  return options;
}

SurfaceComplex contour_label_map(const LabelMap& map, const std::vector<int>& dropped_labels,
                                 const ContourOptions& options, Report& report) {
  Phase phase(report, "contour");
  if (!(options.edge_length > 0))
    throw InputError("the edge length of the contour must be positive; give it in millimetres");
  LabelVolume image = body_without(map, dropped_labels);
  require_body(image);
  Progress progress(report, "contour", 5);
  {
    Phase cleaning(report, "clean");
    const auto before = image.counts();
    const auto counts =
        clean_labels(image, static_cast<std::size_t>(std::max(options.smallest_island, 0)), std::nullopt);
    report_cleaning(counts, before, image, "contour/cleaning", report);
    require_body(image);
  }
  progress.advance();
  const LabelVolume voxels = image;  // its volumes are the ones to keep
  {
    Phase interpolation(report, "interpolate slices");
    image = interpolate_slices(std::move(image), thick_slices);
    report.fact("contour/image_voxels", static_cast<double>(image.n_voxels()));
    report.fact("contour/edge_mm", options.edge_length * 1e3);
    warn_about_thin_layers(image, options.edge_length, report);
  }
  progress.advance();
  auto smoothing = std::make_unique<Phase>(report, "smooth labels");
  const double voxel = image.spacing.minCoeff();
  LabelField field(image, options.smoothing * voxel, options.outer_smoothing * voxel);
  const std::vector<double> target = volumes_of(field, voxels);
  report.fact("contour/largest_volume_error_of_field", field.match_volumes(target, options.bias_sweeps));
  smoothing.reset();

  progress.advance();
  auto contouring = std::make_unique<Phase>(report, "surfaces");
  ContourLattice lattice = make_lattice(field, image, options, report);
  QuadComplex complex = contour_lattice(lattice, field);
  const VertexGraph graph(complex);
  smooth_taubin(complex, graph, taubin_pairs);
  project_to_interfaces(complex, graph, field, 5);
  for (int round = 0; round < fairing_rounds; ++round) {
    relax_along_surface(complex, graph, field, 0.5);
    project_to_interfaces(complex, graph, field, 2);
  }
  match_complex_volumes(complex, graph, lattice, field, target);
  match_tiny_regions(complex, lattice, target);
  widen_slivers(complex, graph, field, sliver, widening_rounds);
  report.fact("contour/biases", field.biases());
  contouring.reset();

  progress.advance();
  const auto triangles = untangle(complex, report);
  complex.part_regions(lattice);
  progress.advance();
  const auto volume = measured_volumes(complex, triangles, lattice, field.n_labels());
  SurfaceComplex result = finish(complex, triangles, lattice, field, map);
  report_result(result, graph, volume, target, field, report);
  report_fidelity(result, voxels, report);
  return result;
}

}  // namespace bmiss
