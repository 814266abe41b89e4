// Smooth indicators of a labelled body. Inside and outside are told apart first, by the blurred indicator of the
// outside alone; which label the inside holds follows from the blurred labels. So the outer surface does not feel what
// lies under it, and a layer under it is not thinned by the outside.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "anatomy/label_volume.h"

namespace bmiss {

// The outside is where f_0 = 2 (G_o * 1_0) - 1 + b_0 > 0. For the other labels phi_l = G * 1_l + b_l, where each label
// was first continued into the outside next to it; the largest of them holds the inside. One additive bias b per label
// keeps its volume.
class LabelField {
public:
  // Widths of the Gaussians for the labels and for the outside [m].
  LabelField(const LabelVolume& volume, double gaussian_width, double outside_width);

  // Labels are numbered densely here; number 0 is the outside (label 0), present or not.
  const std::vector<std::int32_t>& labels() const { return labels_; }
  std::size_t n_labels() const { return labels_.size(); }

  // The label that holds a point [m]; trilinear between voxels, constant beyond the outermost centres.
  int label_at(const Eigen::Vector3d& point) const;
  // phi_a - phi_b (f_0 for a = 0, -f_0 for b = 0) and its gradient [1/m].
  double difference(const Eigen::Vector3d& point, int a, int b, Eigen::Vector3d& gradient) const;
  double difference(const Eigen::Vector3d& point, int a, int b) const;

  // Finds the biases with which every label keeps `target` [n_labels] of volume [m^3], measured on 2x2x2 samples a
  // voxel. Newton on b: dV_l/db_m follows from the samples near the interface of l and m. Returns the largest relative
  // error left (of labels larger than a hundred voxels).
  double match_volumes(const std::vector<double>& target, int sweeps);
  // One Newton step of the biases for a change of volume [m^3] of each label, with the last sensitivities of
  // match_volumes.
  void shift_biases(const std::vector<double>& change, double largest_step);
  const std::vector<double>& biases() const { return bias_; }

private:
  struct Entry {
    std::int32_t label;
    float weight;
  };
  struct Samples;  // of the interfaces, for match_volumes
  struct Sensitivity {
    Eigen::MatrixXd inner;  // dV_l/db_m of the labels inside [m^3]
    Eigen::VectorXd outer;  // -dV_l/db_0 [m^3]
  };

  void locate(const Eigen::Vector3d& point, std::array<std::size_t, 8>& voxel, std::array<double, 8>& weight) const;
  void gather(const Eigen::Vector3d& point, std::vector<Entry>& values) const;
  double share(const Entry& entry, int a, int b) const;
  double offset(int a, int b) const;
  Samples collect_samples(std::vector<double>& sure_volume) const;
  void measure(const Samples& samples, std::vector<double>& volume);
  void newton_step(const std::vector<double>& change, double largest_step);

  std::array<int, 3> size_;
  Eigen::Vector3d spacing_;
  std::vector<std::int32_t> labels_;
  std::vector<std::size_t> begin_;  // [n_voxels + 1] into entries_
  std::vector<Entry> entries_;
  std::vector<double> bias_;
  Sensitivity sensitivity_;
};

}  // namespace bmiss
