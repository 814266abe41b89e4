// A conductivity law of one's own, with an imaginary part: tissues conduct as the tissue table says, and store charge
// as the four Cole-Cole terms of Gabriel, Lau & Gabriel (1996, table 1) say of their kind at one frequency. Their ratio
// of displacement to conduction current, omega epsilon / sigma, is applied to the table's tensor. Kinds other than
// muscle and fat store nothing here.
#include <cmath>
#include <complex>

#include "base/parameters.h"
#include "base/provenance.h"
#include "solvers/conductor/law/interface.h"
#include "solvers/conductor/law/tissue_laws.h"

namespace {

struct Term {
  double strength, time, broadening;  // delta epsilon, tau [s], alpha
};
struct Spectrum {
  double infinity, ionic;  // relative permittivity at the top, conductivity at the bottom [S/m]
  Term terms[4];
};
constexpr Spectrum muscle = {
    4, 0.2, {{50, 7.234e-12, 0.1}, {7000, 353.678e-9, 0.1}, {1.2e6, 318.31e-6, 0.1}, {2.5e7, 2.274e-3, 0}}};
constexpr Spectrum fat = {
    2.5, 0.01, {{3, 7.958e-12, 0.2}, {15, 15.915e-9, 0.1}, {3.3e4, 159.155e-6, 0.05}, {1e7, 7.958e-3, 0.01}}};

// omega epsilon / sigma
double loss_ratio(const Spectrum& spectrum, double frequency) {
  const double omega = 2 * std::acos(-1.0) * frequency;
  constexpr double vacuum = 8.8541878128e-12;  // [F/m]
  std::complex<double> permittivity = spectrum.infinity;
  for (const Term& term : spectrum.terms)
    permittivity += term.strength / (1.0 + std::pow(std::complex<double>(0, omega * term.time), 1 - term.broadening));
  const std::complex<double> admittivity = spectrum.ionic + std::complex<double>(0, omega * vacuum) * permittivity;
  return admittivity.imag() / admittivity.real();
}

class ColeCole : public bmiss::ConductivityLaw {
public:
  Eigen::Matrix3d conductivity(const bmiss::ConductorPlace& place) const override {
    return bmiss::conductivity_tensor(place.tissue, place.fibre);
  }
  Eigen::Matrix3d susceptivity(const bmiss::ConductorPlace& place) const override {
    const auto kind = place.tissue.kind;
    const double ratio = kind == bmiss::TissueKind::muscle ? loss_ratio(muscle, frequency_)
                         : kind == bmiss::TissueKind::fat  ? loss_ratio(fat, frequency_)
                                                           : 0;
    return ratio * conductivity(place);
  }
  bool is_complex() const override { return true; }
  void declare_parameters(bmiss::Parameters& p) const override {
    const bmiss::Parameters::Section section(p, "Cole-Cole");
    p.declare_real("Frequency", 100, "Hz", {1, 1e6}, "at which the lead field is computed");
  }
  void parse_parameters(const bmiss::Parameters& p) override {
    const bmiss::Parameters::Section section(p, "Cole-Cole");
    frequency_ = p.real("Frequency");
  }
  std::string hash() const override { return bmiss::ContentHash().add(frequency_).hex(); }
  std::string citation() const override {
    return "cole-cole: Gabriel S, Lau RW, Gabriel C. The dielectric properties of biological tissues: III. Phys Med "
           "Biol 41:2271-2293, 1996";
  }

private:
  double frequency_ = 100;
};

BMISS_REGISTER(bmiss::conductivity_laws, ColeCole, "cole-cole", "displacement currents of muscle and fat");

}  // namespace
