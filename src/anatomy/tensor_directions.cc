#include "anatomy/tensor_directions.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "anatomy/muscle_tets.h"
#include "anatomy/voxel_grid.h"
#include "base/errors.h"
#include "base/parameters.h"
#include "base/report.h"
#include "base/table.h"

namespace bmiss {
namespace {

// Of a muscle's volume must lie inside the image.
constexpr double least_coverage = 0.9;
// Trilinear weight of usable voxels from which on a tetrahedron has a direction of its own.
constexpr double least_weight = 0.25;

std::string mesh_frame_text(const FibreProblem& problem, const std::string& label_map) {
  if (problem.label_frame) return label_map + problem.label_frame->text();
  const Eigen::Vector3d low = problem.mesh.points.rowwise().minCoeff() * 1e3,
                        high = problem.mesh.points.rowwise().maxCoeff() * 1e3;
  std::string text = "the mesh spans";
  for (int axis = 0; axis < 3; ++axis)
    text += std::string(axis > 0 ? "," : "") + " " + "xyz"[axis] + " " + format("%.4g", low[axis]) + " to " +
            format("%.4g", high[axis]);
  return text + " mm";
}

// The tissue that fills most of each voxel (0: no tetrahedron's centroid lies in it), so that a muscle does not take up
// its neighbours' directions.
std::vector<int> tissue_of_voxels(const TetMesh& mesh, const VoxelGrid& grid, std::size_t n_voxels) {
  std::vector<std::map<int, double>> volumes(n_voxels);
  for (std::size_t tet = 0; tet < mesh.n_tets(); ++tet) {
    const long voxel = grid.index(grid.coordinates(mesh.centroid(tet)));
    if (voxel >= 0) volumes[static_cast<std::size_t>(voxel)][mesh.tet_labels[tet]] += mesh.volume(tet);
  }
  std::vector<int> result(n_voxels, 0);
  for (std::size_t voxel = 0; voxel < n_voxels; ++voxel) {
    double largest = 0;
    for (const auto& [label, volume] : volumes[voxel])
      if (volume > largest) {
        largest = volume;
        result[voxel] = label;
      }
  }
  return result;
}

struct Dyad {
  Eigen::Matrix3d sum = Eigen::Matrix3d::Zero();
  double weight = 0;
};

// Weighted dyads of the eight voxels around a place.
template <typename Usable>
Dyad interpolate(const TensorImage& image, const VoxelGrid& grid, const Eigen::Vector3d& x, const Usable& usable) {
  Dyad dyad;
  grid.around(x, [&](long voxel, double weight) {
    if (!usable(voxel)) return;
    const Eigen::Vector3d direction = image.directions.col(voxel);
    dyad.sum += weight * direction * direction.transpose();
    dyad.weight += weight;
  });
  return dyad;
}

// Each sweep replaces half of a tetrahedron's dyad by the mean of its neighbours'.
void smooth(const MuscleTets& muscle, int sweeps, std::vector<Dyad>& dyads) {
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    const std::vector<Dyad> before = dyads;
    for (std::size_t tet = 0; tet < dyads.size(); ++tet) {
      Dyad around;
      int n = 0;
      for (const int next : muscle.neighbours[tet]) {
        if (next < 0) continue;
        around.sum += before[static_cast<std::size_t>(next)].sum;
        around.weight += before[static_cast<std::size_t>(next)].weight;
        ++n;
      }
      if (n == 0) continue;
      dyads[tet].sum = (before[tet].sum + around.sum / n) / 2;
      dyads[tet].weight = (before[tet].weight + around.weight / n) / 2;
    }
  }
}

// Angles [rad] with their weights [m^3].
using Angles = std::vector<std::pair<double, double>>;

struct MuscleResult {
  double covered = 0, own = 0, volume = 0;  // m^3
  Angles differences;                       // to the harmonic direction
};

double median(Angles values) {
  std::sort(values.begin(), values.end());
  double total = 0, sum = 0;
  for (const auto& [value, weight] : values) total += weight;
  for (const auto& [value, weight] : values)
    if ((sum += weight) >= total / 2) return value;
  return 0;
}

double angle_between(const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
  return std::acos(std::min(1.0, std::abs(a.dot(b))));
}

// What the directions would be if the components along one axis had the other sign in the file. Files differ in this
// convention, and a wrong one does not show: so the user is told how well each fits the muscles' shapes.
class SignCheck {
public:
  SignCheck(const TensorImage& image, ComponentAxes components) {
    for (int axis = 0; axis < 3; ++axis) {
      Eigen::Vector3d signs(1, 1, 1);
      signs[axis] = -1;
      const Eigen::Matrix3d axes =
          components == ComponentAxes::voxel ? image_axes(image.frame) : Eigen::Matrix3d::Identity().eval();
      flips_[static_cast<std::size_t>(axis)] = axes * signs.asDiagonal() * axes.transpose();
    }
  }
  void add(const Eigen::Vector3d& measured, const Eigen::Vector3d& harmonic, double volume) {
    as_given_.emplace_back(angle_between(measured, harmonic), volume);
    for (std::size_t axis = 0; axis < 3; ++axis)
      flipped_[axis].emplace_back(angle_between(flips_[axis] * measured, harmonic), volume);
  }
  // Every muscle has the same say: a large pennate one would drown the others.
  void end_muscle() {
    if (as_given_.empty()) return;
    ++muscles_;
    here_ += median(as_given_);
    for (std::size_t axis = 0; axis < 3; ++axis) there_[axis] += median(flipped_[axis]);
    as_given_.clear();
    flipped_ = {};
  }
  void tell(Report& report) const {
    if (muscles_ == 0) return;
    report.line("  angle between measured and harmonic directions, mean of the muscles' medians: " + degrees(here_) +
                "; with the sign of x turned " + degrees(there_[0]) + ", y " + degrees(there_[1]) + ", z " +
                degrees(there_[2]));
    const auto best = static_cast<std::size_t>(std::min_element(there_.begin(), there_.end()) - there_.begin());
    if (there_[best] < clearly_better * here_)
      report.warn(std::string("the measured fibre directions fit the muscles' shapes better with the sign of ") +
                  "xyz"[best] + " turned (" + degrees(there_[best]) + " to the harmonic directions instead of " +
                  degrees(here_) + "); check the convention of the file and set 'Fibres/Diffusion tensor/Flips'");
  }

private:
  static constexpr double clearly_better = 0.9;
  std::string degrees(double sum) const { return format("%.1f", sum / muscles_ * 180 / M_PI) + " deg"; }
  std::array<Eigen::Matrix3d, 3> flips_;
  Angles as_given_;  // of the muscle at hand
  std::array<Angles, 3> flipped_;
  int muscles_ = 0;
  double here_ = 0;  // sums over muscles [rad]
  std::array<double, 3> there_{};
};

}  // namespace

FibreDirections TensorDirections::directions(const FibreProblem& problem, Report& report) const {
  if (file_.path.empty())
    throw InputError(
        "'Fibres/Directions' is 'diffusion tensor', but no image is given; set 'Fibres/Diffusion tensor/File'");
  FibreDirections result = harmonic_.directions(problem, report);
  const Phase phase(report, "diffusion tensor");
  const TensorImage image = read_tensor_image(file_);
  if (!image.placed)
    throw InputError("the header does not say where the image of " + std::to_string(image.frame.size[0]) + " x " +
                         std::to_string(image.frame.size[1]) + " x " + std::to_string(image.frame.size[2]) +
                         " voxels lies (no sform, no qform), while " + mesh_frame_text(problem, "the label map has ") +
                         "; write its place into the header",
                     file_.path);
  if (problem.label_frame && image.frame.text() != problem.label_frame->text())
    report.line("  the image of diffusion tensors has " + image.frame.text() + ", " +
                mesh_frame_text(problem, "the label map ") + ": matched by their places in the world");
  const VoxelGrid grid(image.frame);
  const auto tissue = tissue_of_voxels(problem.mesh, grid, static_cast<std::size_t>(image.anisotropy.size()));
  SignCheck signs(image, file_.axes);
  Table table({"muscle", "inside the image [%]", "harmonic instead [%]", "median angle to harmonic [deg]"});
  for (const FibreMuscle& asked : problem.muscles) {
    const MuscleTets muscle = muscle_tets(problem.mesh, asked.label, LimbPart::limb);
    const auto usable = [&](long voxel) {
      const int there = tissue[static_cast<std::size_t>(voxel)];
      return image.anisotropy[voxel] >= smallest_anisotropy_ && (there == asked.label || there == 0);
    };
    MuscleResult found;
    std::vector<Dyad> dyads(muscle.tets.size());
    for (int tet = 0; tet < muscle.size(); ++tet) {
      const Eigen::Vector3d x = muscle.centroid(tet);
      found.volume += muscle.volumes[tet];
      if (grid.index(grid.coordinates(x)) >= 0) found.covered += muscle.volumes[tet];
      dyads[static_cast<std::size_t>(tet)] = interpolate(image, grid, x, usable);
    }
    if (found.covered < least_coverage * found.volume)
      throw InputError("the image covers only " + format("%.0f", 100 * found.covered / found.volume) +
                           " % of muscle '" + asked.name + "' (90 % are needed); its frame is " + image.frame.text() +
                           ", " + mesh_frame_text(problem, "that of the label map is ") +
                           "; register the image to the label map, or give this muscle harmonic directions",
                       file_.path);
    smooth(muscle, smoothing_, dyads);
    for (int tet = 0; tet < muscle.size(); ++tet) {
      const Dyad& dyad = dyads[static_cast<std::size_t>(tet)];
      if (dyad.weight < least_weight) continue;
      auto direction = result.col(static_cast<Eigen::Index>(muscle.source[static_cast<std::size_t>(tet)]));
      const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> modes(dyad.sum);
      const Eigen::Vector3d measured = modes.eigenvectors().col(2);
      const double cosine = measured.dot(direction);
      found.own += muscle.volumes[tet];
      found.differences.emplace_back(angle_between(measured, direction), muscle.volumes[tet]);
      signs.add(measured, direction, muscle.volumes[tet]);
      direction = cosine < 0 ? (-measured).eval() : measured;
    }
    signs.end_muscle();
    const double filled = 1 - found.own / found.volume;
    table.add_row({asked.name, format("%.1f", 100 * found.covered / found.volume), format("%.1f", 100 * filled),
                   found.differences.empty() ? "-" : format("%.1f", median(found.differences) * 180 / M_PI)});
    report.fact("fibres/diffusion tensor/" + asked.name + "/harmonic instead, %", 100 * filled);
    report.fact("fibres/diffusion tensor/" + asked.name + "/median angle to harmonic, rad", median(found.differences));
    if (filled > 0.5)
      report.warn("muscle '" + asked.name + "': " + format("%.0f", 100 * filled) +
                  " % of its volume has no usable diffusion tensor (anisotropy below " +
                  format("%.2g", smallest_anisotropy_) + " or empty), so harmonic directions stand there");
  }
  report.table(table);
  signs.tell(report);
  return result;
}

void TensorDirections::declare_parameters(Parameters& p) const {
  const Parameters::Section fibres(p, "Fibres");
  const Parameters::Section section(p, "Diffusion tensor");
  TensorFileOptions::declare_parameters(p);
  p.declare_real("Smallest anisotropy", 0.1, "", {0, 1},
                 "voxels with a smaller fractional anisotropy are left out (Basser & Pierpaoli 1996)");
  p.declare_integer("Smoothing", 3, 0, 100, "sweeps of averaging over neighbouring tetrahedra");
}

void TensorDirections::parse_parameters(const Parameters& p) {
  harmonic_.parse_parameters(p);
  const Parameters::Section fibres(p, "Fibres");
  const Parameters::Section section(p, "Diffusion tensor");
  file_ = TensorFileOptions::parse_parameters(p);
  smallest_anisotropy_ = p.real("Smallest anisotropy");
  smoothing_ = static_cast<int>(p.integer("Smoothing"));
}

std::string TensorDirections::citation() const {
  return "Basser PJ, Pierpaoli C. Microstructural and physiological features of tissues elucidated by "
         "quantitative-diffusion-tensor MRI. J Magn Reson B 111:209-219, 1996";
}

}  // namespace bmiss
