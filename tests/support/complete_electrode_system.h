// The complete electrode model assembled directly, for comparison: stiffness of quadratic tetrahedra, mass matrices of
// the patches over the contact impedances, one unknown voltage for each metal; everything by quadrature of its own.
#pragma once

#include <Eigen/Dense>
#include <Eigen/Sparse>
#include <array>
#include <vector>

#include "solvers/lead_field/electrode_load.h"
#include "solvers/lead_field/skin_patch.h"
#include "support/layered_cylinder_problem.h"

namespace bmiss::test {

class CompleteElectrodeSystem {
public:
  // All electrodes of the array are complete, with their contact impedances; the reference is a patch of uniform
  // current.
  CompleteElectrodeSystem(const LeadFieldProblem& problem, const ElementNodes& nodes, const ElectrodeArray& contacts)
      : n_nodes_(static_cast<Eigen::Index>(nodes.n_nodes())),
        n_electrodes_(static_cast<Eigen::Index>(contacts.electrodes.size())),
        reference_(electrode_load(problem.mesh, nodes, contacts.reference).functional) {
    for (std::size_t t = 0; t < problem.mesh.n_tets(); ++t) add_tet(problem, nodes, t);
    for (Eigen::Index e = 0; e < n_electrodes_; ++e)
      add_metal(problem.mesh, nodes, contacts.electrodes[static_cast<std::size_t>(e)], n_nodes_ + e);
    const Eigen::Index n = n_nodes_ + n_electrodes_;
    std::vector<Eigen::Triplet<double>> kept;
    for (const auto& entry : entries_)
      if (entry.row() > 0 && entry.col() > 0) kept.push_back(entry);
    kept.emplace_back(0, 0, 1.0);  // node 0 is held at zero
    Eigen::SparseMatrix<double> matrix(n, n);
    matrix.setFromTriplets(kept.begin(), kept.end());
    factor_.compute(matrix);
    EXPECT_EQ(factor_.info(), Eigen::Success);
  }

  // Potentials of the nodes and then of the metals, against the average over the reference, for a source inside and
  // currents [A] into the metals that return through the reference.
  Eigen::VectorXd solve(const NodalFunctional& source, const Eigen::VectorXd& currents) const {
    Eigen::VectorXd load = Eigen::VectorXd::Zero(n_nodes_ + n_electrodes_);
    for (std::size_t k = 0; k < source.nodes.size(); ++k) load[source.nodes[k]] += source.weights[k];
    for (std::size_t k = 0; k < reference_.nodes.size(); ++k)
      load[reference_.nodes[k]] -= currents.sum() * reference_.weights[k];
    load.tail(n_electrodes_) += currents;
    load[0] = 0;
    const Eigen::VectorXd solution = factor_.solve(load);
    double zero = 0;
    for (std::size_t k = 0; k < reference_.nodes.size(); ++k)
      zero += reference_.weights[k] * solution[reference_.nodes[k]];
    return solution.array() - zero;
  }
  Eigen::VectorXd voltages(const NodalFunctional& source, const Eigen::VectorXd& currents) const {
    return solve(source, currents).tail(n_electrodes_);
  }

private:
  // Layers whose fibres run along z.
  void add_tet(const LeadFieldProblem& problem, const ElementNodes& nodes, std::size_t tet) {
    const Tissue& tissue = problem.tissues.by_label(problem.mesh.tet_labels[tet]);
    const Eigen::DiagonalMatrix<double, 3> sigma(tissue.conductivity_across, tissue.conductivity_across,
                                                 tissue.conductivity_along);
    const int* numbers = nodes.elements.data() + 10 * tet;
    Eigen::Matrix3d edges;
    for (int i = 0; i < 3; ++i) edges.col(i) = nodes.points.col(numbers[i + 1]) - nodes.points.col(numbers[0]);
    Eigen::Matrix<double, 3, 4> slopes;  // of the barycentric coordinates
    slopes.rightCols(3) = edges.inverse().transpose();
    slopes.col(0) = -slopes.rightCols(3).rowwise().sum();
    Eigen::Matrix<double, 10, 10> local = Eigen::Matrix<double, 10, 10>::Zero();
    const double a = 0.5854101966249685, b = 0.1381966011250105;  // exact for quadratic functions
    for (int q = 0; q < 4; ++q) {
      Eigen::Vector4d l = Eigen::Vector4d::Constant(b);
      l[q] = a;
      Eigen::Matrix<double, 3, 10> gradients;
      for (int i = 0; i < 4; ++i) gradients.col(i) = (4 * l[i] - 1) * slopes.col(i);
      for (int e = 0; e < 6; ++e) {
        const auto& [i, j] = tet_edges[static_cast<std::size_t>(e)];
        gradients.col(4 + e) = 4 * (l[i] * slopes.col(j) + l[j] * slopes.col(i));
      }
      local += std::abs(edges.determinant()) / 24 * gradients.transpose() * sigma * gradients;
    }
    for (int i = 0; i < 10; ++i)
      for (int j = 0; j < 10; ++j) entries_.emplace_back(numbers[i], numbers[j], local(i, j));
  }

  void add_metal(const TetMesh& mesh, const ElementNodes& nodes, const Electrode& electrode, Eigen::Index unknown) {
    const double z = electrode.contact_impedance;
    for_each_piece(mesh, nodes, electrode, [&](const SkinFacet& facet, const Eigen::Matrix3d& corners, double area) {
      // Six points, exact to degree four (Dunavant 1985).
      constexpr std::array<std::array<double, 3>, 2> rule = {
          {{0.108103018168070, 0.445948490915965, 0.223381589678011},
           {0.816847572980459, 0.091576213509771, 0.109951743655322}}};
      for (const auto& [own, other, share] : rule)
        for (int q = 0; q < 3; ++q) {
          Eigen::Vector3d place = Eigen::Vector3d::Constant(other);
          place[q] = own;
          std::array<double, 6> shapes{};
          facet_shape_functions(2, corners * place, shapes);
          const double weight = share * area / z;
          for (std::size_t i = 0; i < 6; ++i) {
            for (std::size_t j = 0; j < 6; ++j)
              entries_.emplace_back(facet.nodes[i], facet.nodes[j], weight * shapes[i] * shapes[j]);
            entries_.emplace_back(facet.nodes[i], unknown, -weight * shapes[i]);
            entries_.emplace_back(unknown, facet.nodes[i], -weight * shapes[i]);
          }
          entries_.emplace_back(unknown, unknown, weight);
        }
    });
  }

  Eigen::Index n_nodes_, n_electrodes_;
  NodalFunctional reference_;
  std::vector<Eigen::Triplet<double>> entries_;
  Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> factor_;
};

}  // namespace bmiss::test
