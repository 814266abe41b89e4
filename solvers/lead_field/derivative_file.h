// Derivatives of a stored lead field at all nodes, computed once after it. Layout of lead_field_derivatives.h5:
//   /                attributes: format "bmiss lead field derivatives 1", content_hash of the lead field
//   /parameters/     name, unit; value, smallest, largest, uncertainty [n_parameters] (forward/lead_field.h)
//   /derivative/<k>  [n_electrodes x n_nodes] by parameter k, V/A over its unit, against the reference, single
//   precision;
//                    electrodes and nodes as in the lead field
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "forward/lead_field.h"
#include "solvers/lead_field/row_sampling.h"

namespace bmiss {

class FiniteElementModel;
class Hdf5File;
class Parameters;
class Report;

// Whether 'bmiss leadfield' makes them, and how.
struct DerivativeOptions {
  bool stored = false;
  double tolerance = 1e-7;  // relative residual: four digits more than models of limbs are worth
  static void declare_parameters(Parameters& parameters);  // section "Derivatives"
  static DerivativeOptions parse_parameters(const Parameters& parameters);
};

// lead_field.h5 -> lead_field_derivatives.h5
std::string derivatives_beside(const std::string& lead_field);

// Derivatives of all parameters of `model`, whose potentials are those of `lead_field`; a finished file of the same
// lead field is kept. Collective over the model's communicator. Takes about as long as the lead field, times the number
// of parameters, over the digits of the tolerance.
void write_derivatives(const FiniteElementModel& model, const std::string& lead_field, Report& report);

class StoredDerivatives {
public:
  // Those beside a lead field of this content; null when there are none, or of another lead field.
  static std::unique_ptr<StoredDerivatives> open(const std::string& lead_field, const std::string& content_hash);

  const std::vector<ModelParameter>& parameters() const { return parameters_; }
  RowSource source(std::size_t parameter) const;  // lives as long as this

private:
  explicit StoredDerivatives(std::unique_ptr<Hdf5File> file);
  std::shared_ptr<Hdf5File> file_;
  std::vector<ModelParameter> parameters_;
};

}  // namespace bmiss
