// The small dense system of the electrodes alone, kept in the lead-field file: with it contact impedances, passive
// metal and amplifiers change without a field solve.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "solvers/lead_field/lead_field_rows.h"

namespace bmiss {

class Hdf5File;

struct ElectrodeBlock {
  std::vector<LeadFieldRow> rows;
  std::vector<double> areas;    // of the electrodes and the reference [m^2]; 0 for points
  Eigen::MatrixXd resistances;  // [n_rows x n_rows] what row a reads of the field of row b, V/A; symmetric
};

// The fields of the block are those of
//   Somersalo, Cheney & Isaacson 1992, SIAM J. Appl. Math. 52:1023 (complete electrode model: z j + u = U on a patch),
// with the current density of patch e as a sum of modes, j = sum_k c_ek phi_k / |patch| (electrode_modes.h):
//   z_e / |patch| c_ek + sum_bl R_ek,bl c_bl + s_ek = U_e if k = 0, else 0,
// where s_ek, what the source brings to that mode, is by reciprocity row ek of the lead field.

// What electrodes with open terminals read, as a combination of the rows [n_electrodes x n_rows]: all further modes are
// eliminated. Electrodes and reference as in the block, with the contact impedances of the day; an infinite one
// switches the further modes of its patch off. Throws InputError naming a complete electrode whose impedance is not
// positive.
Eigen::MatrixXd open_circuit_rows(const ElectrodeBlock& block, const ElectrodeArray& contacts);

// Voltages of the terminals against the reference's for currents into the skin [n_electrodes x n_electrodes, ohm],
// contact impedances included (of all electrodes that have one).
Eigen::MatrixXd terminal_resistances(const ElectrodeBlock& block, const ElectrodeArray& contacts,
                                     const Eigen::MatrixXd& open_circuit);

// The same combination when every terminal e leads to the reference through an amplifier's input conductance [S].
Eigen::MatrixXd loaded_rows(const Eigen::MatrixXd& open_circuit, const Eigen::MatrixXd& resistances,
                            const Eigen::VectorXd& conductances);

// Datasets electrode, mode, name, area, resistance under /electrode_block: created without the mesh, written with what
// the mesh and the finished rows say, on the rank that has the file open.
void create_electrode_block(Hdf5File& file, const ElectrodeArray& array);
void write_electrode_block(Hdf5File& file, const std::vector<double>& areas, const Eigen::MatrixXd& resistances);
ElectrodeBlock read_electrode_block(const Hdf5File& file);

}  // namespace bmiss
