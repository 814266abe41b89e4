// Motor-unit action potentials at the electrodes from any lead field.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "physiology/motor_unit.h"

namespace bmiss {

class Report;

struct Muap {
  int unit = 0;
  Eigen::MatrixXd waveform;  // [n_electrodes x n_samples], V; sample 0 is the spike (arrival at the junctions)
  double rate = 0;           // [Hz]
};

// Samples needed until the last front has reached its tendon and passed.
int muap_samples(const std::vector<MotorUnit>& units, const ActionPotential& action_potential, double rate);

// V_e(t) = weight * sum over fibres and nodes of w_e(x_k) i_k(t); no derivative of the lead field is taken.
std::vector<Muap> synthesise_muaps(const std::vector<MotorUnit>& units, const LeadField& lead_field,
                                   const ActionPotential& action_potential, double rate, int n_samples, Report& report);

// HDF5: /muap [n_units x n_electrodes x n_samples] in V, with names, rate, unit properties and provenance.
void write_muaps(const std::vector<Muap>& muaps, const std::vector<MotorUnit>& units, const LeadField& lead_field,
                 const std::string& path);

}  // namespace bmiss
