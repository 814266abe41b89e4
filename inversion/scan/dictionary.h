// Action potentials of units everywhere under the electrodes: what a scan looks for in a recording.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <array>
#include <vector>

#include "inversion/refine/muap_model.h"

namespace bmiss {

struct DictionaryOptions {
  double spacing = 2e-3;                          // of positions across the muscle [m]
  double zone_spacing = 5e-3;                     // of innervation zones along the fibres [m]
  double zone_reach = 20e-3;                      // zones lie this near to the middle of the electrodes [m]
  std::vector<double> velocities{3.4, 4.0, 4.6};  // [m/s]
  std::vector<double> radii{2e-3};                // of territories [m]
  double least_inside = 0.5;                      // part of a territory that must lie in the muscle
};

// Atoms on a grid over muscle, position, radius, zone and velocity, with size 1 S m and the model's other parameters
// those of a typical unit. They are made when asked for, those of one place (position and radius) together: the field's
// curvature there times all waves, one product of matrices.
class Dictionary {
public:
  // `model` must outlive it. Throws InputError when no position lies inside a muscle.
  Dictionary(const MuapModel& model, const DictionaryOptions& options);

  std::size_t n_places() const { return places_.size(); }
  std::size_t n_atoms() const { return first_atom_.back(); }
  // Atoms of one place: [first_atom(place), first_atom(place + 1)).
  std::size_t first_atom(std::size_t place) const { return first_atom_[place]; }
  std::size_t place_of(std::size_t atom) const;
  UnitParameters unit(std::size_t atom) const;

  // Each column one atom, as the column-major [n_rows x n_columns] of the model.
  Eigen::MatrixXf atoms(std::size_t place) const;

  // Atoms one step of the grid away in position, radius, zone or velocity (diagonal steps across the muscle included).
  std::vector<std::size_t> neighbours(std::size_t atom) const;
  // Atoms whose score [n_atoms] is above `least` and not below that of any neighbour, best first.
  std::vector<std::size_t> local_maxima(const Eigen::VectorXf& scores, float least) const;

private:
  struct Place {
    int muscle;
    std::array<int, 3> index;  // of the position's row and column, of the radius
    UnitParameters unit;
  };
  struct Waves {  // of one muscle
    std::vector<double> zones;
    Eigen::MatrixXf waves;  // [grid size x n_columns n_zones n_velocities], velocities running fastest
  };
  std::size_t waves_per_place(int muscle) const;

  const MuapModel& model_;
  DictionaryOptions options_;
  std::vector<Place> places_;
  std::vector<std::size_t> first_atom_;
  std::vector<Waves> waves_;  // of each muscle
};

// How far one spike stands out of the noise: d' = sqrt(m^T C^-1 m) for each column m of waveforms, in the order of C's
// rows. `noise` is the Cholesky factor of C. For white noise it is the norm of the column over the standard deviation.
Eigen::VectorXf separability(const Eigen::MatrixXf& waveforms, const Eigen::LLT<Eigen::MatrixXf>& noise);

}  // namespace bmiss
