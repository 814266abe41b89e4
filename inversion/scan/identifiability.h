// Which motor units a grid of electrodes can see: where they may lie and how large they must be. Known before any
// decomposition.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "anatomy/surface_locator.h"
#include "inversion/refine/muap_model.h"
#include "inversion/scan/noise_spectrum.h"
#include "physiology/muscle_fibre.h"

namespace bmiss {

class Report;

struct IdentifiabilityOptions {
  int n_fibres = 150;                        // of a typical unit; human ones have about 50 to 1000
  double fibre_size = MuscleFibre().size();  // [S m]
  double territory_density = 2e7;            // fibres of a unit in its territory [1/m²]: sets the radius
  double least_separability = 5;             // d' of a unit that can be found
  int places = 300;                          // about so many, over all muscles
  double typical_size() const { return n_fibres * fibre_size; }  // [S m]
  double typical_radius() const;                                 // of its territory [m]
};

struct VisiblePlace {
  std::string muscle;
  Eigen::Vector3d position = Eigen::Vector3d::Zero();  // in the plane across the muscle through mid-grid [m]
  double depth = 0;                                    // below the skin [m]
  double separability = 0;                             // d' of one spike of a typical unit there
  double smallest_size = 0;                            // [S m] of a unit that reaches the least separability
};

// d' of one spike of a typical unit at places on a lattice across each muscle: median over innervation zones at
// mid-grid and 15 mm to either side, and conduction velocities 3.4, 4 and 4.6 m/s. The smallest size follows because
// action potentials grow with the size; the territory is that of the typical unit. The noise is in the model's channels
// and lags. When it is that of the whole recording, all units count as noise: then d' is what a linear filter can
// reach, and subtraction of other units and joint decoding reach further.
std::vector<VisiblePlace> visible_places(const MuapModel& model, const NoiseSpectrum& noise, const SurfaceLocator& skin,
                                         const IdentifiabilityOptions& options);

// A table of the places by depth.
void report_visible_places(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                           Report& report);
// One row a place: muscle, x_mm, y_mm, z_mm, depth_mm, d_prime_of_typical_unit, smallest_size_S_um, smallest_n_fibres.
void write_visible_places(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                          const std::string& tsv_path);
// The same as points for ParaView.
void write_visible_places_vtu(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                              const std::string& vtu_path);

}  // namespace bmiss
