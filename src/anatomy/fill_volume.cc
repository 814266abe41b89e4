// The order of the steps from a surface complex to a finished mesh.
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "anatomy/end_extension.h"
#include "anatomy/flat_tets.h"
#include "anatomy/gmsh_volume.h"
#include "anatomy/place_text.h"
#include "anatomy/size_field.h"
#include "anatomy/skin_layer.h"
#include "anatomy/surface_refinement.h"
#include "anatomy/tet_polish.h"
#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {

namespace {

constexpr double radians = M_PI / 180;
constexpr double polish_target = 12 * radians;
constexpr double finest_depth = 0.3;  // of the contour's edges: HXT of Gmsh 4.8 aborts the program at a quarter

// Points that no triangle uses would float in Gmsh's model.
SurfaceComplex without_unused_points(const SurfaceComplex& complex) {
  SurfaceComplex compact = complex;
  std::vector<int> number(static_cast<std::size_t>(complex.points.cols()), -1);
  for (const auto& triangle : complex.triangles)
    for (const int v : triangle) number.at(static_cast<std::size_t>(v)) = 0;
  int n = 0;
  for (std::size_t v = 0; v < number.size(); ++v) {
    if (number[v] < 0) continue;
    compact.points.col(n) = complex.points.col(static_cast<Eigen::Index>(v));
    number[v] = n++;
  }
  compact.points.conservativeResize(3, n);
  for (auto& triangle : compact.triangles)
    for (int& v : triangle) v = number[static_cast<std::size_t>(v)];
  return compact;
}

void require_labels(const SurfaceComplex& complex, const TissueTable& tissues, const VolumeMeshOptions& options) {
  if (complex.triangles.empty()) throw InputError("there is no surface to fill: the label map holds no tissue");
  for (const int label : complex.region_labels) tissues.by_label(label);
  if (options.skin_thickness > 0) tissues.by_label(options.skin_label);
}

// Returns the number of poor tetrahedra left.
std::size_t polish(LimbTets& limb, double fraction, const std::string& what, Report& report) {
  std::vector<bool> flat;
  for (const int code : limb.triangle_codes) flat.push_back(code != SurfaceComplex::outside);
  const auto freedom = vertex_freedom(limb.points, limb.tets, limb.tet_regions, limb.triangles, flat, fraction);
  const PolishResult result = polish_tets(limb.points, limb.tets, freedom, polish_target);
  report.line("  polish " + what + ": " + std::to_string(result.bad_before) +
              " tetrahedra with a dihedral below 12 degrees, " + std::to_string(result.bad_after) + " after " +
              std::to_string(result.moved) + " moves");
  return result.bad_after;
}

std::size_t inverted(const LimbTets& limb) {
  return static_cast<std::size_t>(std::count_if(
      limb.tets.begin(), limb.tets.end(), [&limb](const auto& tet) { return tet_volume(limb.points, tet) <= 0; }));
}

// One rung of the ladder: fills and polishes.
LimbTets fill(const SurfaceComplex& complex, const SizeField& size, Tetrahedralizer method, double& gmsh_seconds,
              Report& report) {
  FilledRegions filled = fill_regions(complex, size, method);
  gmsh_seconds += filled.cpu_seconds;
  LimbTets limb = boundary_of(complex);
  limb.points = std::move(filled.points);
  limb.tets = std::move(filled.tets);
  limb.tet_regions = std::move(filled.tet_regions);
  const std::size_t flat = drop_flat_tets(limb);
  if (flat > 0)
    report.line("  " + std::to_string(flat) + " tetrahedra lay flat in the cuts of the limb and were dropped");
  for (const double fraction : {0.25, 0.5})
    if (polish(limb, fraction, "of " + std::to_string(limb.tets.size()) + " tetrahedra", report) == 0) break;
  if (const std::size_t n = inverted(limb); n > 0)
    throw NumericalError(std::to_string(n) + " tetrahedra stay inverted");
  return limb;
}

LimbTets fill_by_ladder(const SurfaceComplex& complex, const SizeField& size, double& gmsh_seconds, Report& report) {
  std::string failures;
  for (const Tetrahedralizer method : {Tetrahedralizer::hxt, Tetrahedralizer::delaunay}) {
    try {
      Phase phase(report, "fill by " + name_of(method));
      return fill(complex, size, method, gmsh_seconds, report);
    } catch (const NumericalError& error) {
      report.warn(name_of(method) + " did not fill the limb: " + error.what());
      failures += (failures.empty() ? "" : "; ") + name_of(method) + ": " + error.what();
    }
  }
  throw NumericalError("no method fills the surfaces with tetrahedra (" + failures +
                       "); try another edge length, or smooth or clean the label map");
}

BoundaryPart boundary_part(int code, BoundaryPart low_k_end) {
  const bool low_is_proximal = low_k_end == BoundaryPart::proximal;
  if (code == SurfaceComplex::cut_low_k) return low_k_end;
  if (code == SurfaceComplex::cut_high_k) return low_is_proximal ? BoundaryPart::distal : BoundaryPart::proximal;
  return code == SurfaceComplex::cut_other ? BoundaryPart::cut : BoundaryPart::skin;
}

TetMesh finish(LimbTets&& limb, const std::vector<int>& region_labels, const TissueTable& tissues,
               BoundaryPart low_k_end) {
  TetMesh mesh;
  mesh.points = std::move(limb.points);
  mesh.tets = std::move(limb.tets);
  for (const int region : limb.tet_regions) mesh.tet_labels.push_back(region_labels[static_cast<std::size_t>(region)]);
  mesh.triangles = std::move(limb.triangles);
  for (const int code : limb.triangle_codes)
    mesh.triangle_parts.push_back(static_cast<int>(boundary_part(code, low_k_end)));
  for (const int label : region_labels) mesh.tissue_names[label] = tissues.by_label(label).name;
  return mesh;
}

SizeLimits size_limits(const SurfaceComplex& complex, const VolumeMeshOptions& options) {
  SizeLimits limits{options.largest_edge, options.growth, {}, options.wanted};
  for (const int label : complex.region_labels)
    limits.region_edges.push_back(options.fibre_labels.count(label) > 0 ? options.muscle_edge : 0);
  return limits;
}

void require_upright(const TetMesh& mesh) {
  for (std::size_t t = 0; t < mesh.n_tets(); ++t)
    if (mesh.volume(t) <= 0)
      throw NumericalError("the finished mesh holds inverted tetrahedra, one near " + place_of(mesh.centroid(t)) +
                           "; make the skin thinner or the edges shorter");
}

}  // namespace

void VolumeMeshOptions::declare_parameters(Parameters& parameters) {
  const VolumeMeshOptions defaults;
  const double infinite = std::numeric_limits<double>::infinity();
  const Parameters::Section section(parameters, "Mesh");
  parameters.declare_real("Largest edge", defaults.largest_edge * 1e3, "mm", {0.2, infinite},
                          "length of tetrahedron edges far from every tissue interface");
  parameters.declare_real("Muscle edge", defaults.muscle_edge * 1e3, "mm", {0, infinite},
                          "longest edge inside the muscles of 'Motor units' and of the grids, whose fibres' action "
                          "potentials amplify errors of the field; all muscles when none is named; not shorter than "
                          "can be made between triangles of 'Contour/Edge length'; 0: as elsewhere");
  parameters.declare_text("Refine by", "",
                          "lead field of another folder, on a mesh of the same limb: edges become shorter where its "
                          "error indicator is large, near electrodes and interfaces");
  parameters.declare_real("Refinement", 2, "", {1, 20},
                          "at most how many times as many tetrahedra 'Refine by' makes, about");
  parameters.declare_real("Growth", defaults.growth, "", {0, 2},
                          "how much edges grow per length of distance from an interface");
  parameters.declare_real("Electrode edge", defaults.electrode_edge * 1e3, "mm", {0.05, infinite},
                          "longest edge of skin triangles near electrodes");
  parameters.declare_real("Electrode radius", defaults.electrode_radius * 1e3, "mm", {0, infinite},
                          "distance from an electrode's centre within which triangles are refined");
  parameters.declare_real(
      "Skin thickness", -1, "mm", {-1, 20},
      "of the layer laid around the limb; -1: as in the label map, or 1.5 mm where it has none; 0: no layer");
  parameters.declare_real(
      "End extension", -1, "mm", {-1, 1000},
      "how far the end slices are repeated beyond the cuts of the limb; -1: until the insulated ends "
      "disturb potentials at the electrodes by less than 1 %; 0: insulated at the cuts");
}

VolumeMeshOptions VolumeMeshOptions::parse_parameters(const Parameters& parameters) {
  double contour_edge = 0;
  {
    const Parameters::Section section(parameters, "Contour");
    contour_edge = parameters.real("Edge length");
  }
  const Parameters::Section section(parameters, "Mesh");
  VolumeMeshOptions options;
  options.largest_edge = parameters.real("Largest edge");
  if (options.largest_edge < finest_depth * contour_edge)
    parameters.reject("Largest edge", "tetrahedra so much smaller than the triangles of 'Contour/Edge length' (" +
                                          format("%g", contour_edge * 1e3) +
                                          " mm) cannot be made between them; shorten both");
  options.muscle_edge = parameters.real("Muscle edge");
  if (options.muscle_edge > 0) options.muscle_edge = std::max(options.muscle_edge, finest_depth * contour_edge);
  options.growth = parameters.real("Growth");
  options.electrode_edge = parameters.real("Electrode edge");
  options.electrode_radius = parameters.real("Electrode radius");
  options.skin_thickness = parameters.real("Skin thickness");
  options.end_extension = parameters.real("End extension");
  for (const char* key : {"Skin thickness", "End extension"})
    if (const double value = parameters.real(key); value < 0 && std::abs(value + 1e-3) > 1e-9)
      parameters.reject(key, "give -1 for automatic, 0 for none, or a positive length");
  return options;
}

TetMesh fill_with_tets(const SurfaceComplex& complex, const TissueTable& tissues,
                       const Eigen::Matrix3Xd& electrode_centres, const VolumeMeshOptions& options, Report& report,
                       double* gmsh_seconds) {
  require_labels(complex, tissues, options);
  Progress progress(report, "mesh", 4);
  progress.next("refinement at electrodes");
  SurfaceComplex surface = without_unused_points(complex);
  // On the surface as it came: small triangles near electrodes would not bend the directions more gently than large
  // ones.
  Eigen::Matrix3Xd directions;
  if (options.skin_thickness > 0) directions = skin_directions(boundary_of(surface), options.skin_thickness);
  if (electrode_centres.cols() > 0) {
    RefinedSurface refined =
        refine_with_parents(surface, electrode_centres, options.electrode_radius, options.electrode_edge);
    surface = std::move(refined.complex);
    if (options.skin_thickness > 0) directions = continued_to_new_points(directions, refined.parents);
  }
  if (options.wanted.edges.size() > 0) {
    const SizeField wanted(surface, options.wanted, options.growth);
    RefinedSurface refined = refine_to(surface, [&](const Eigen::Vector3d& x) { return wanted.at(x); });
    surface = std::move(refined.complex);
    if (options.skin_thickness > 0) directions = continued_to_new_points(directions, refined.parents);
  }
  const SizeField size(surface, size_limits(surface, options));
  progress.next("tetrahedra by Gmsh");
  double seconds = 0;
  LimbTets limb = fill_by_ladder(surface, size, seconds, report);
  report.fact("mesh/CPU seconds of Gmsh", seconds);
  if (gmsh_seconds != nullptr) *gmsh_seconds = seconds;

  std::vector<int> region_labels = surface.region_labels;
  if (options.skin_thickness > 0) {
    Phase phase(report, "skin");
    progress.next("skin");
    region_labels.push_back(options.skin_label);
    const auto skin =
        add_skin_layer(limb, directions, options.skin_thickness, static_cast<int>(region_labels.size()) - 1);
    report.line("  skin of " + std::to_string(skin.tets) + " tetrahedra in at most " +
                std::to_string(skin.most_layers) + (skin.most_layers == 1 ? " layer" : " layers"));
    if (skin.uncovered > 0)
      report.warn("closed hollows inside the limb (" + std::to_string(skin.uncovered) +
                  " triangles) get no skin; fill them in the label map");
    // Vertices go further only where poor tetrahedra are left.
    for (const double fraction : {0.15, 0.4, 0.8})
      if (polish(limb, fraction, "with skin", report) == 0) break;
  }
  TetMesh mesh = finish(std::move(limb), region_labels, tissues, options.low_k_end);
  if (options.end_extension != 0) {
    Phase phase(report, "ends");
    progress.next("ends");
    extend_ends(mesh, tissues, electrode_centres, options.end_extension, report);
  }
  for (double& x : mesh.points.reshaped()) x = lattice_millimetres(lattice_index(x)) * 1e-3;
  require_upright(mesh);
  return mesh;
}

}  // namespace bmiss
