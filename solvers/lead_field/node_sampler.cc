#include "solvers/lead_field/node_sampler.h"

#include <algorithm>
#include <array>

#include "base/mpi_session.h"
#include "solvers/lead_field/sampling_operator.h"

namespace bmiss {
namespace {

std::map<int, std::string> names_by_label(const TissueTable& tissues) {
  std::map<int, std::string> names;
  for (const Tissue& tissue : tissues.tissues()) names[tissue.label] = tissue.name;
  return names;
}

}  // namespace

NodeSampler::NodeSampler(const TetMesh& mesh, const ElementNodes& nodes, const TissueTable& tissues,
                         std::pair<std::size_t, std::size_t> my_nodes, MPI_Comm communicator)
    : nodes_(nodes), names_(names_by_label(tissues)), my_nodes_(std::move(my_nodes)), communicator_(communicator) {
  if (mpi_rank(communicator) == 0) locator_.emplace(mesh.points, mesh.tets, mesh.tet_labels);
}

// [n_points x per_element] nodes and weights, point after point. Rank 0.
void NodeSampler::find(const FieldPoints& points, std::vector<int>& nodes, std::vector<double>& weights,
                       Eigen::VectorXd& edges) const {
  const SamplingOperator sampling = locate_points(points, *locator_, nodes_, names_);
  edges = mean_edges_at_points(sampling);
  const auto n_local = static_cast<std::size_t>(sampling.per_element());
  nodes.resize(sampling.n_points() * n_local);
  weights.resize(nodes.size());
  std::array<double, 10> shape{};
  for (std::size_t element = 0; element < sampling.n_elements(); ++element)
    for (int k = sampling.first[element]; k < sampling.first[element + 1]; ++k) {
      shape_functions(sampling.degree, sampling.barycentric.col(k), shape);
      const std::size_t start = n_local * static_cast<std::size_t>(sampling.points[static_cast<std::size_t>(k)]);
      for (std::size_t i = 0; i < n_local; ++i) {
        nodes[start + i] = sampling.nodes[static_cast<std::size_t>(sampling.elements[element * n_local + i])];
        weights[start + i] = shape[i];
      }
    }
}

const NodeSampler::Places& NodeSampler::locate(const FieldPoints& points) const {
  if (last_.places.cols() > 0 && last_.places.cols() == points.places.cols() && last_.places == points.places &&
      last_.labels == points.labels)
    return places_;
  std::vector<int> nodes;
  std::vector<double> weights;
  Eigen::VectorXd edges;
  on_rank_zero(communicator_, [&] { find(points, nodes, weights, edges); });
  const Eigen::Index n_points = points.places.cols();
  long n_entries = static_cast<long>(nodes.size());
  MPI_Bcast(&n_entries, 1, MPI_LONG, 0, communicator_);
  nodes.resize(static_cast<std::size_t>(n_entries));
  weights.resize(nodes.size());
  edges.resize(n_points);
  MPI_Bcast(nodes.data(), static_cast<int>(n_entries), MPI_INT, 0, communicator_);
  MPI_Bcast(weights.data(), static_cast<int>(n_entries), MPI_DOUBLE, 0, communicator_);
  MPI_Bcast(edges.data(), static_cast<int>(n_points), MPI_DOUBLE, 0, communicator_);
  std::vector<Eigen::Triplet<double, int>> mine;
  const std::size_t n_local = n_points > 0 ? nodes.size() / static_cast<std::size_t>(n_points) : 1;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto node = static_cast<std::size_t>(nodes[i]);
    if (node >= my_nodes_.first && node < my_nodes_.second)
      mine.emplace_back(static_cast<int>(i / n_local), static_cast<int>(node - my_nodes_.first), weights[i]);
  }
  places_.weights.resize(n_points, static_cast<Eigen::Index>(my_nodes_.second - my_nodes_.first));
  places_.weights.setFromTriplets(mine.begin(), mine.end());
  places_.mean_edges = std::move(edges);
  last_ = points;
  return places_;
}

Eigen::MatrixXd nodal_slices(const std::vector<NodalFunctional>& functionals,
                             std::pair<std::size_t, std::size_t> my_nodes) {
  const auto [first, last] = my_nodes;
  Eigen::MatrixXd slices =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(last - first), static_cast<Eigen::Index>(functionals.size()));
  for (std::size_t f = 0; f < functionals.size(); ++f)
    for (std::size_t k = 0; k < functionals[f].nodes.size(); ++k) {
      const auto node = static_cast<std::size_t>(functionals[f].nodes[k]);
      if (node >= first && node < last)
        slices(static_cast<Eigen::Index>(node - first), static_cast<Eigen::Index>(f)) += functionals[f].weights[k];
    }
  return slices;
}

void sum_over_ranks(Eigen::MatrixXd& values, MPI_Comm communicator) {
  for (Eigen::Index column = 0; column < values.cols(); ++column)
    MPI_Allreduce(MPI_IN_PLACE, values.col(column).data(), static_cast<int>(values.rows()), MPI_DOUBLE, MPI_SUM,
                  communicator);
}

}  // namespace bmiss
