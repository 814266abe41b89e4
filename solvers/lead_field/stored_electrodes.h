// The electrodes of a lead-field file as a reader uses them: which are recorded, with which contacts, and how their
// potentials come from the rows.
#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>
#include <vector>

#include "anatomy/electrodes.h"
#include "solvers/lead_field/electrode_block.h"

namespace bmiss {

class Hdf5File;
class Parameters;

// What a reader may change about the electrodes of a file.
struct ContactChanges {
  // Contact impedances [ohm m^2] of an electrode, of a grid or (name "") of all; the last that fits counts.
  std::vector<std::pair<std::string, double>> impedances;
  double input_impedance = 0;  // of the amplifier, between each recorded electrode and the reference [ohm]; 0: infinite

  // Keys of the open section.
  static void declare_parameters(Parameters& parameters);
  static ContactChanges parse_parameters(const Parameters& parameters);
};

class StoredElectrodes {
public:
  StoredElectrodes() = default;
  explicit StoredElectrodes(const Hdf5File& file);

  // Chooses the recorded electrodes and their order; passive ones among them are not recorded. Those not named stay on
  // the skin. Contact impedances that are given replace the file's; a complete electrode may be read as a uniform one.
  // Throws InputError (with the file): another reference, an electrode that the file has not or has elsewhere or with
  // another model.
  void choose(const ElectrodeArray& wanted);
  // Throws InputError: an unknown name, an impedance that is not positive, any change of a complex lead field's
  // contacts.
  void change(const ContactChanges& changes);

  const ElectrodeArray& recorded() const { return recorded_; }
  double input_impedance() const { return changes_.input_impedance; }  // [ohm]; 0: infinite
  // Potentials of the recorded electrodes as combinations of the rows [n_recorded x n_rows].
  const Eigen::MatrixXd& montage() const { return montage_; }

private:
  void update();

  std::string path_;
  bool is_complex_ = false;
  ElectrodeArray stored_;    // as in the file
  ElectrodeArray contacts_;  // with the impedances of the day
  ElectrodeBlock block_;
  ElectrodeArray recorded_;
  std::vector<std::size_t> numbers_;  // of the recorded ones among the stored ones
  ContactChanges changes_;
  Eigen::MatrixXd montage_;
};

}  // namespace bmiss
