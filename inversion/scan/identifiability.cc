#include "inversion/scan/identifiability.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "anatomy/mesh_file.h"
#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "inversion/scan/dictionary.h"

namespace bmiss {
namespace {

constexpr double depth_step = 5e-3;  // of the table in the log [m]

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return 0.5 * (values[(n - 1) / 2] + values[n / 2]);
}

// Spacing of the lattice that puts about so many places into the boxes around the muscles.
double spacing_for(const MuapModel& model, int places) {
  double area = 0;
  for (int m = 0; m < static_cast<int>(model.muscles().size()); ++m) {
    const UnitBounds& bounds = model.bounds(m);
    area += (bounds.upper[across_1] - bounds.lower[across_1]) * (bounds.upper[across_2] - bounds.lower[across_2]);
  }
  return std::max(std::sqrt(area / places), 0.5e-3);
}

double n_fibres(double size, const IdentifiabilityOptions& options) {
  return std::ceil(size / options.fibre_size);
}

}  // namespace

double IdentifiabilityOptions::typical_radius() const {
  return std::sqrt(n_fibres / (std::acos(-1.0) * territory_density));
}

std::vector<VisiblePlace> visible_places(const MuapModel& model, const NoiseSpectrum& noise, const SurfaceLocator& skin,
                                         const IdentifiabilityOptions& options) {
  BMISS_ASSERT(options.n_fibres > 0 && options.fibre_size > 0 && options.places > 0);
  DictionaryOptions lattice;
  lattice.spacing = spacing_for(model, options.places);
  lattice.zone_spacing = lattice.zone_reach = 15e-3;
  lattice.radii = {options.typical_radius()};
  const Dictionary dictionary(model, lattice);
  std::vector<VisiblePlace> places;
  for (std::size_t p = 0; p < dictionary.n_places(); ++p) {
    const UnitParameters unit = dictionary.unit(dictionary.first_atom(p));
    const Eigen::VectorXf found = noise.separability(dictionary.atoms(p));
    const double at_unit_size = median({found.begin(), found.end()});
    if (!(at_unit_size > 0)) continue;  // a field that vanishes there
    VisiblePlace place;
    place.muscle = model.muscles()[static_cast<std::size_t>(unit.muscle)];
    place.position = model.place(unit).centre;
    place.depth = skin.nearest(place.position).distance;
    place.separability = at_unit_size * options.typical_size();
    place.smallest_size = options.least_separability / at_unit_size;
    places.push_back(place);
  }
  return places;
}

void report_visible_places(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                           Report& report) {
  std::map<long, std::vector<double>> by_depth;
  for (const auto& place : places) by_depth[static_cast<long>(place.depth / depth_step)].push_back(place.separability);
  Table table({"depth [mm]", "places", "largest d'", "median d'", "smallest size [S um]", "fibres"});
  for (const auto& [bin, here] : by_depth) {
    const double largest = *std::max_element(here.begin(), here.end());
    const double size = options.least_separability / largest * options.typical_size();
    const double from = 1e3 * depth_step * static_cast<double>(bin);
    table.add_row({format("%.0f to ", from) + format("%.0f", from + 1e3 * depth_step), std::to_string(here.size()),
                   format("%.1f", largest), format("%.1f", median(here)), format("%.3g", 1e6 * size),
                   format("%.0f", n_fibres(size, options))});
  }
  report.line("  d' of one spike of a unit of " + std::to_string(options.n_fibres) + " fibres (" +
              format("%.3g", 1e6 * options.typical_size()) +
              " S um); at the best place of each depth the smallest unit with d' " +
              format("%g", options.least_separability));
  report.table(table);
  const auto seen = std::count_if(places.begin(), places.end(), [&](const VisiblePlace& place) {
    return place.separability >= options.least_separability;
  });
  report.fact("identifiability/places", static_cast<double>(places.size()));
  report.fact("identifiability/places_where_a_typical_unit_is_seen", static_cast<double>(seen));
}

void write_visible_places(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                          const std::string& tsv_path) {
  TsvFile table;
  table.set_columns({"muscle", "x_mm", "y_mm", "z_mm", "depth_mm", "d_prime_of_typical_unit", "smallest_size_S_um",
                     "smallest_n_fibres"});
  for (const auto& place : places)
    table.add_row({place.muscle, format_real(1e3 * place.position.x()), format_real(1e3 * place.position.y()),
                   format_real(1e3 * place.position.z()), format_real(1e3 * place.depth),
                   format_real(place.separability), format_real(1e6 * place.smallest_size),
                   format_real(n_fibres(place.smallest_size, options))});
  table.write(tsv_path);
}

void write_visible_places_vtu(const std::vector<VisiblePlace>& places, const IdentifiabilityOptions& options,
                              const std::string& vtu_path) {
  const auto n = static_cast<Eigen::Index>(places.size());
  Eigen::Matrix3Xd points(3, n);
  Eigen::MatrixXd depth(1, n), separability(1, n), size(1, n), fibres(1, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const VisiblePlace& place = places[static_cast<std::size_t>(i)];
    points.col(i) = place.position;
    depth(0, i) = 1e3 * place.depth;
    separability(0, i) = place.separability;
    size(0, i) = 1e6 * place.smallest_size;
    fibres(0, i) = n_fibres(place.smallest_size, options);
  }
  write_vtu_points(points, vtu_path,
                   {{"d' of a typical unit", separability},
                    {"depth (mm)", depth},
                    {"smallest size (S um)", size},
                    {"smallest number of fibres", fibres}});
}

}  // namespace bmiss
