#include "solvers/lead_field/refined_edges.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "anatomy/equidistribution.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "solvers/lead_field/file_layout.h"

namespace bmiss {

WantedEdges refined_edges(const std::string& lead_field_file, double growth) {
  const Hdf5File file(lead_field_file, Hdf5File::Mode::read);
  const bool known = file.has_attribute("/", "format") && file.text_attribute("/", "format") == lead_field_format;
  if (!known || !file.exists(element_indicator))
    throw InputError("is no lead field with an error indicator; compute it with this version's bmiss leadfield",
                     lead_field_file);
  const auto indicator = file.read_all<float>(element_indicator);
  if (std::any_of(indicator.begin(), indicator.end(), [](float e) { return !std::isfinite(e); }))
    throw InputError("is an unfinished lead field; run bmiss leadfield again to finish it", lead_field_file);
  const auto coordinates = file.read_all<double>("/mesh/points");
  const auto elements = file.read_all<int>("/mesh/elements");
  const std::size_t per_element = elements.size() / indicator.size();
  std::vector<std::array<int, 4>> tets(indicator.size());
  for (std::size_t t = 0; t < tets.size(); ++t)
    std::copy_n(elements.begin() + static_cast<std::ptrdiff_t>(t * per_element), 4, tets[t].begin());
  const Eigen::Map<const Eigen::Matrix3Xd> points(coordinates.data(), 3,
                                                  static_cast<Eigen::Index>(coordinates.size() / 3));
  return equidistributed_edges(points, tets, indicator, growth);
}

}  // namespace bmiss
