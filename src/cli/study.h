// One study: its parameters, the folder of its results, and where each stage's files lie in it.
#pragma once

#include <string>
#include <vector>

#include "anatomy/contour.h"
#include "anatomy/electrode_grid.h"
#include "anatomy/fibres.h"
#include "anatomy/volume_mesh.h"
#include "base/parameters.h"
#include "forward/emg.h"
#include "forward/motor_unit_placement.h"

namespace bmiss {

class Study {
public:
  // Reads the parameter file ("" for defaults) in two passes (names of grids first), loads plugins. Throws InputError.
  Study(const std::string& parameter_file, const std::vector<std::string>& overrides);

  const Parameters& parameters() const { return parameters_; }
  std::string text(const std::string& section, const std::string& key) const;  // section "" is the top level
  double real(const std::string& section, const std::string& key) const;
  unsigned seed() const;

  const std::string& folder() const { return folder_; }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  // Inputs, given or made by earlier stages in the folder.
  std::string label_map() const;     // Anatomy/Label map, else the phantom's
  std::string tissue_table() const;  // Anatomy/Tissue table, else the phantom's
  bool needs_phantom() const { return text("Anatomy", "Label map").empty(); }
  std::string recording() const;  // Decomposition/Recording, else the simulated one

  std::vector<GridOptions> grids() const;
  // Everything in the named sections, or one value for "Section/Key", with bmiss's version: what a stage depends on
  // besides files.
  std::string fingerprint(const std::vector<std::string>& sections) const;

private:
  void declare();
  Parameters parameters_;
  std::string folder_;
};

}  // namespace bmiss
