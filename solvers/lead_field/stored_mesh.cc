#include "solvers/lead_field/stored_mesh.h"

#include <algorithm>

#include "anatomy/tissue_table.h"
#include "solvers/lead_field/file_layout.h"

namespace bmiss {

StoredMesh read_stored_mesh(const Hdf5File& file) {
  ElementNodes nodes;
  nodes.degree = static_cast<int>(file.real_attribute("/", "degree"));
  const auto points = file.read_all<double>("/mesh/points");
  nodes.points = Eigen::Map<const Eigen::Matrix3Xd>(points.data(), 3, static_cast<Eigen::Index>(points.size() / 3));
  nodes.elements = file.read_all<int>("/mesh/elements");
  const auto n_local = static_cast<std::size_t>(nodes.per_element());
  std::vector<std::array<int, 4>> tets(nodes.elements.size() / n_local);
  int last_vertex = -1;
  for (std::size_t t = 0; t < tets.size(); ++t) {
    std::copy_n(nodes.elements.begin() + static_cast<std::ptrdiff_t>(t * n_local), 4, tets[t].begin());
    last_vertex = std::max(last_vertex, *std::max_element(tets[t].begin(), tets[t].end()));
  }
  nodes.n_vertices = last_vertex + 1;
  PointLocator locator(nodes.points.leftCols(nodes.n_vertices), std::move(tets), file.read_all<int>("/mesh/labels"));
  std::map<int, std::string> names;
  if (file.exists(tissue_names)) {
    const auto labels = file.read_all<int>(tissue_labels);
    const auto called = file.read_names(tissue_names);
    for (std::size_t i = 0; i < std::min(labels.size(), called.size()); ++i) names[labels[i]] = called[i];
  }
  return {std::move(nodes), std::move(locator), std::move(names)};
}

void write_tissue_names(Hdf5File& file, const TissueTable& tissues) {
  std::vector<int> labels;
  std::vector<std::string> names;
  for (const Tissue& tissue : tissues.tissues()) {
    labels.push_back(tissue.label);
    names.push_back(tissue.name);
  }
  file.write_all(tissue_labels, labels, {labels.size()}, "1", "labels of the tissues");
  file.write_names(tissue_names, names, "names of the tissues");
}

}  // namespace bmiss
