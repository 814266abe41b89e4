// Data sets of known truth and the studies that invert them, made with the program itself: data from a finer mesh and
// a full lead field, inverted on another mesh of another label map, with fibre paths of other seeds.
#pragma once

#include <string>
#include <vector>

#include "benchmarks/decomposition/conditions.h"

namespace bmiss::bench {

// One recording; files of bmiss simulate and of the study to invert with.
struct SimulatedCase {
  std::string signal, true_spikes, true_units, muaps;
  std::string model;  // folder with mesh, fibres, lead field and electrodes
  std::string model_parameters;
};

// How fine the meshes are [mm].
struct MeshEdges {
  double fine = 2, coarse = 2.8;
};

class CaseMaker {
public:
  // Writes below `folder`; bodies and recordings are made once and shared by the conditions that differ in the model
  // only. What an earlier run has made and finished there with the same parameters is used; folders are named by a hash
  // of all parameters. `overrides`: "Section/Key=value" for every run.
  CaseMaker(std::string folder, std::vector<std::string> overrides, MeshEdges edges = {})
      : folder_(std::move(folder)), overrides_(std::move(overrides)), edges_(edges) {}
  // Throws std::runtime_error with the program's sentence when a run fails.
  SimulatedCase make(const Condition& condition, int seed);

private:
  std::string body(const Condition& condition, ModelError error, const std::string& mesh);
  std::vector<std::string> body_overrides(const Condition& condition, ModelError error, const std::string& mesh) const;
  std::string recording(const Condition& condition, int seed);
  std::string folder_;
  std::vector<std::string> overrides_;
  MeshEdges edges_;
};

}  // namespace bmiss::bench
