// Motor-unit action potentials at the electrodes from any lead field.
#pragma once

#include <mpi.h>

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

// Samples that hold every wave of every unit, from the spike until the last front has reached its tendon and passed. At
// least 2.
int muap_samples(const std::vector<MotorUnit>& units, const ActionPotential& action_potential, double rate);

struct SynthesisOptions {
  double memory = 1e9;                    // for the potentials at the points of a batch of fibres, on each rank [bytes]
  MPI_Comm communicator = MPI_COMM_SELF;  // over whose ranks the fibres are shared out
};

// V_e(t) = weight * sum over fibres and nodes of w_e(x_k) i_k(t), w_e smoothed along the fibre as the lead field asks;
// no derivative of the lead field is taken. Points that fibres share are evaluated once (by each rank that needs them),
// all together where their potentials fit into the memory. Collective, with the same arguments on every rank; each gets
// the action potentials of all units, in order. Throws InputError (from the lead field) for a fibre outside the
// conductor or outside the tissue of its unit, on every rank.
std::vector<Muap> synthesise_muaps(const std::vector<MotorUnit>& units, const LeadField& lead_field,
                                   const ActionPotential& action_potential, double rate, int n_samples, Report& report,
                                   const SynthesisOptions& options = {});

// HDF5 "bmiss muaps 1": /muap [n_units x n_electrodes x n_samples] in V with its rate; /electrodes/names; /units/id,
// muscle, centre, territory_radius, innervation_zone, velocity, n_fibres; hash of the lead field as provenance. Whole
// or not at all.
void write_muaps(const std::vector<Muap>& muaps, const std::vector<MotorUnit>& units, const LeadField& lead_field,
                 const std::string& path);

struct MuapFile {
  std::vector<Muap> muaps;
  std::vector<MotorUnit> units;         // properties only: fibres are not stored
  std::vector<std::string> electrodes;  // names
  std::string lead_field_hash;
};
// Throws InputError when the file is not one that write_muaps() made.
MuapFile read_muaps(const std::string& path);

}  // namespace bmiss
