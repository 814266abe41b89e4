#include "solvers/conductor/finite_element_space.h"

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/distributed/fully_distributed_tria.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_simplex_p.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/fe/mapping_fe.h>
#include <deal.II/grid/grid_tools.h>
#include <deal.II/grid/tria_description.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/petsc_sparse_matrix.h>
#include <deal.II/lac/petsc_vector.h>
#include <deal.II/lac/sparsity_tools.h>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "solvers/conductor/cell_order.h"
#include "solvers/conductor/scatter_rows.h"

namespace bmiss {
namespace {

using DistributedMesh = dealii::parallel::fullydistributed::Triangulation<3>;

// The whole mesh on one rank. The material id of a cell is its tetrahedron's number, which survives partitioning.
void fill_serial(const TetMesh& mesh, dealii::Triangulation<3>& serial) {
  std::vector<dealii::Point<3>> vertices(mesh.n_points());
  for (std::size_t i = 0; i < vertices.size(); ++i)
    for (int d = 0; d < 3; ++d) vertices[i][static_cast<unsigned>(d)] = mesh.points(d, static_cast<Eigen::Index>(i));
  std::vector<dealii::CellData<3>> cells;
  cells.reserve(mesh.n_tets());
  for (const int tet : cells_along_a_curve(mesh)) {
    dealii::CellData<3> cell(4);
    for (std::size_t v = 0; v < 4; ++v)
      cell.vertices[v] = static_cast<unsigned>(mesh.tets[static_cast<std::size_t>(tet)][v]);
    cell.material_id = static_cast<dealii::types::material_id>(tet);
    cells.push_back(cell);
  }
  serial.create_triangulation(vertices, cells, dealii::SubCellData());
}

void distribute(const TetMesh& mesh, MPI_Comm communicator, DistributedMesh& distributed) {
  const int n_ranks = mpi_size(communicator);
  // One group of all ranks: only its first rank ever holds the whole mesh.
  distributed.create_triangulation(
      dealii::TriangulationDescription::Utilities::create_description_from_triangulation_in_groups<3, 3>(
          [&](dealii::Triangulation<3>& serial) { fill_serial(mesh, serial); },
          [&](dealii::Triangulation<3>& serial, const MPI_Comm&, const unsigned int) {
            dealii::GridTools::partition_triangulation(static_cast<unsigned>(n_ranks), serial,
                                                       dealii::SparsityTools::Partitioner::metis);
          },
          communicator, n_ranks));
}

// Which of the mesh's four vertices each vertex of the cell is: by coordinates, which are copied bit for bit.
std::array<int, 4> match_vertices(const dealii::DoFHandler<3>::active_cell_iterator& cell, const double* vertices) {
  std::array<int, 4> match{-1, -1, -1, -1};
  for (unsigned i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j)
      if (cell->vertex(i)[0] == vertices[3 * j] && cell->vertex(i)[1] == vertices[3 * j + 1] &&
          cell->vertex(i)[2] == vertices[3 * j + 2])
        match[i] = j;
  for (const int j : match) BMISS_ASSERT(j >= 0);
  return match;
}

// The tensor at a unit point of a cell, given where the cell's vertices are in the tetrahedron with these corners'
// tensors.
dealii::Tensor<2, 3> tensor_at(const dealii::Point<3>& unit, const std::array<int, 4>& match, const double* corners) {
  const std::array<double, 4> barycentric{1 - unit[0] - unit[1] - unit[2], unit[0], unit[1], unit[2]};
  std::array<double, 6> s{};
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t k = 0; k < 6; ++k) s[k] += barycentric[i] * corners[6 * static_cast<std::size_t>(match[i]) + k];
  return dealii::Tensor<2, 3>({{s[0], s[3], s[4]}, {s[3], s[1], s[5]}, {s[4], s[5], s[2]}});
}

// The local node (numbering of ElementNodes) at a unit support point, given where the cell's vertices are in the
// tetrahedron.
int local_node(const dealii::Point<3>& unit, const std::array<int, 4>& match) {
  const std::array<double, 4> barycentric{1 - unit[0] - unit[1] - unit[2], unit[0], unit[1], unit[2]};
  std::vector<int> carriers;
  for (std::size_t i = 0; i < 4; ++i)
    if (barycentric[i] > 0.25) carriers.push_back(match[i]);
  if (carriers.size() == 1) return carriers[0];
  BMISS_ASSERT(carriers.size() == 2);
  for (std::size_t e = 0; e < 6; ++e)
    if ((tet_edges[e][0] == carriers[0] && tet_edges[e][1] == carriers[1]) ||
        (tet_edges[e][0] == carriers[1] && tet_edges[e][1] == carriers[0]))
      return 4 + static_cast<int>(e);
  BMISS_ASSERT(false);
  return -1;
}

}  // namespace

struct FiniteElementSpace::Discretisation {
  DistributedMesh triangulation;
  dealii::FE_SimplexP<3> element;
  dealii::MappingFE<3> mapping;
  dealii::DoFHandler<3> dofs;
  dealii::IndexSet owned, relevant;
  std::vector<int> tets;                                                // of the owned cells, in iteration order
  std::vector<std::vector<dealii::types::global_dof_index>> cell_dofs;  // in the local numbering of ElementNodes
  std::vector<std::array<int, 4>> cell_corners;                         // of the tetrahedron that its vertices are
  std::vector<int> cell_nodes;                                          // [n_owned_cells x per_element]
  std::unique_ptr<RowRequest> request;

  Discretisation(unsigned degree, MPI_Comm communicator)
      : triangulation(communicator), element(degree), mapping(dealii::FE_SimplexP<3>(1)) {}
};

FiniteElementSpace::FiniteElementSpace(const TetMesh& mesh, const ElementNodes& nodes, MPI_Comm communicator)
    : communicator_(communicator) {
  long sizes[2] = {nodes.degree, static_cast<long>(nodes.n_nodes())};
  MPI_Bcast(sizes, 2, MPI_LONG, 0, communicator);
  degree_ = static_cast<int>(sizes[0]);
  n_nodes_ = static_cast<std::size_t>(sizes[1]);
  fe_ = std::make_unique<Discretisation>(static_cast<unsigned>(degree_), communicator);
  distribute(mesh, communicator, fe_->triangulation);
  fe_->dofs.reinit(fe_->triangulation);
  fe_->dofs.distribute_dofs(fe_->element);
  fe_->owned = fe_->dofs.locally_owned_dofs();
  dealii::DoFTools::extract_locally_relevant_dofs(fe_->dofs, fe_->relevant);
  BMISS_ASSERT(fe_->dofs.n_dofs() == n_nodes_);

  for (const auto& cell : fe_->dofs.active_cell_iterators())
    if (cell->is_locally_owned()) fe_->tets.push_back(static_cast<int>(cell->material_id()));
  fe_->request = std::make_unique<RowRequest>(fe_->tets, communicator);
  const int per_element = degree_ == 1 ? 4 : 10;
  fe_->cell_nodes = fe_->request->fetch(nodes.elements.data(), per_element);
  std::vector<double> corners;  // [n_tets x 12] on rank 0
  if (mpi_rank(communicator) == 0)
    for (const auto& tet : mesh.tets)
      for (const int v : tet) corners.insert(corners.end(), mesh.points.col(v).data(), mesh.points.col(v).data() + 3);
  const std::vector<double> my_corners = fe_->request->fetch(corners.data(), 12);

  std::vector<dealii::types::global_dof_index> indices(fe_->element.n_dofs_per_cell());
  std::size_t c = 0;
  for (const auto& cell : fe_->dofs.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto match = match_vertices(cell, my_corners.data() + 12 * c);
    cell->get_dof_indices(indices);
    std::vector<dealii::types::global_dof_index> ordered(indices.size());
    for (unsigned i = 0; i < indices.size(); ++i)
      ordered[static_cast<std::size_t>(local_node(fe_->element.unit_support_point(i), match))] = indices[i];
    fe_->cell_dofs.push_back(ordered);
    fe_->cell_corners.push_back(match);
    ++c;
  }
  connect_nodes_and_dofs();
}

FiniteElementSpace::~FiniteElementSpace() = default;

void FiniteElementSpace::connect_nodes_and_dofs() {
  const auto n_owned = static_cast<PetscInt>(fe_->owned.n_elements());
  std::vector<PetscInt> node_of_dof(static_cast<std::size_t>(n_owned), -1);
  const std::size_t per_element = degree_ == 1 ? 4 : 10;
  for (std::size_t c = 0; c < fe_->cell_dofs.size(); ++c)
    for (std::size_t i = 0; i < per_element; ++i)
      if (fe_->owned.is_element(fe_->cell_dofs[c][i]))
        node_of_dof[fe_->owned.index_within_set(fe_->cell_dofs[c][i])] = fe_->cell_nodes[c * per_element + i];
  for (const PetscInt node : node_of_dof) BMISS_ASSERT(node >= 0);

  BMISS_PETSC(VecCreateMPI(communicator_, PETSC_DECIDE, static_cast<PetscInt>(n_nodes_), node_vector_.address()));
  PetscInt first = 0, last = 0;
  BMISS_PETSC(VecGetOwnershipRange(node_vector_, &first, &last));
  first_node_ = static_cast<std::size_t>(first);
  last_node_ = static_cast<std::size_t>(last);
  PetscHandle<IS, ISDestroy> nodes, dofs;
  const auto first_dof = n_owned > 0 ? static_cast<PetscInt>(fe_->owned.nth_index_in_set(0)) : 0;
  BMISS_PETSC(ISCreateGeneral(communicator_, n_owned, node_of_dof.data(), PETSC_COPY_VALUES, nodes.address()));
  BMISS_PETSC(ISCreateStride(communicator_, n_owned, first_dof, 1, dofs.address()));
  BMISS_PETSC(VecCreateMPI(communicator_, n_owned, static_cast<PetscInt>(n_nodes_), dof_vector_.address()));
  BMISS_PETSC(VecScatterCreate(dof_vector_, dofs, node_vector_, nodes, dofs_to_nodes_.address()));
  for (const PetscInt node : node_of_dof) dof_of_node_.emplace_back(node, dof_of_node_.size());
  std::sort(dof_of_node_.begin(), dof_of_node_.end());
}

MatHandle FiniteElementSpace::assemble(const CornerTensors& tensors) const {
  const std::vector<double> mine = fe_->request->fetch(tensors.data(), 24);
  dealii::DynamicSparsityPattern pattern(fe_->relevant);
  const dealii::AffineConstraints<double> none;
  dealii::DoFTools::make_sparsity_pattern(fe_->dofs, pattern, none, false,
                                          fe_->triangulation.locally_owned_subdomain());
  dealii::SparsityTools::distribute_sparsity_pattern(pattern, fe_->owned, communicator_, fe_->relevant);
  dealii::PETScWrappers::MPI::SparseMatrix matrix;
  matrix.reinit(fe_->owned, fe_->owned, pattern, communicator_);

  // Exact for products of two gradients, of degree p - 1 each; the error from a tensor that varies within the element
  // is of the order of the method's own (Ciarlet 1978, theorem 4.1.6).
  const dealii::QGaussSimplex<3> quadrature(static_cast<unsigned>(degree_));
  dealii::FEValues<3> values(fe_->mapping, fe_->element, quadrature,
                             dealii::update_gradients | dealii::update_JxW_values);
  const unsigned n = fe_->element.n_dofs_per_cell();
  dealii::FullMatrix<double> local(n, n);
  std::vector<dealii::types::global_dof_index> indices(n);
  std::size_t c = 0;
  for (const auto& cell : fe_->dofs.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const double* tensors_here = mine.data() + 24 * c;
    const std::array<int, 4>& corners = fe_->cell_corners[c++];
    values.reinit(cell);
    local = 0;
    for (unsigned q = 0; q < quadrature.size(); ++q) {
      const dealii::Tensor<2, 3> sigma = tensor_at(quadrature.point(q), corners, tensors_here);
      for (unsigned i = 0; i < n; ++i) {
        const auto flux = sigma * values.shape_grad(i, q) * values.JxW(q);
        for (unsigned j = 0; j < n; ++j) local(i, j) += flux * values.shape_grad(j, q);
      }
    }
    cell->get_dof_indices(indices);
    matrix.add(indices, local, false);
  }
  matrix.compress(dealii::VectorOperation::add);
  Mat assembled = matrix;
  BMISS_PETSC(PetscObjectReference(reinterpret_cast<PetscObject>(assembled)));
  MatHandle result(assembled);
  NullSpaceHandle constants;
  BMISS_PETSC(MatNullSpaceCreate(communicator_, PETSC_TRUE, 0, nullptr, constants.address()));
  BMISS_PETSC(MatSetNullSpace(result, constants));
  BMISS_PETSC(MatSetOption(result, MAT_SYMMETRIC, PETSC_TRUE));
  return result;
}

PetscInt FiniteElementSpace::dof_of_node_zero() const {
  long found = -1;
  const std::size_t per_element = degree_ == 1 ? 4 : 10;
  for (std::size_t c = 0; c < fe_->cell_dofs.size() && found < 0; ++c)
    for (std::size_t i = 0; i < 4; ++i)
      if (fe_->cell_nodes[c * per_element + i] == 0) found = static_cast<long>(fe_->cell_dofs[c][i]);
  MPI_Allreduce(MPI_IN_PLACE, &found, 1, MPI_LONG, MPI_MAX, communicator_);
  BMISS_ASSERT(found >= 0);
  return static_cast<PetscInt>(found);
}

MatHandle FiniteElementSpace::interpolation_from_linear(PetscInt grounded) const {
  BMISS_ASSERT(degree_ == 2);
  // Number the vertices in the order of their degrees of freedom, rank by rank.
  std::vector<dealii::types::global_dof_index> vertex_dofs;
  for (const auto& dofs : fe_->cell_dofs)
    for (std::size_t i = 0; i < 4; ++i)
      if (fe_->owned.is_element(dofs[i])) vertex_dofs.push_back(dofs[i]);
  std::sort(vertex_dofs.begin(), vertex_dofs.end());
  vertex_dofs.erase(std::unique(vertex_dofs.begin(), vertex_dofs.end()), vertex_dofs.end());
  const long n_mine = static_cast<long>(vertex_dofs.size());
  long first = 0;
  MPI_Exscan(&n_mine, &first, 1, MPI_LONG, MPI_SUM, communicator_);
  if (mpi_rank(communicator_) == 0) first = 0;
  dealii::PETScWrappers::MPI::Vector numbers(fe_->owned, communicator_);
  for (std::size_t k = 0; k < vertex_dofs.size(); ++k)
    numbers(vertex_dofs[k]) = static_cast<double>(first + static_cast<long>(k));
  numbers.compress(dealii::VectorOperation::insert);
  dealii::PETScWrappers::MPI::Vector known(fe_->owned, fe_->relevant, communicator_);
  known = numbers;

  // deal.II's matrices are mpiaij on one rank too, and products need the same type.
  MatHandle result;
  BMISS_PETSC(MatCreate(communicator_, result.address()));
  BMISS_PETSC(MatSetSizes(result, static_cast<PetscInt>(fe_->owned.n_elements()), static_cast<PetscInt>(n_mine),
                          PETSC_DETERMINE, PETSC_DETERMINE));
  BMISS_PETSC(MatSetType(result, MATMPIAIJ));
  BMISS_PETSC(MatMPIAIJSetPreallocation(result, 2, nullptr, 2, nullptr));
  const auto put = [&](dealii::types::global_dof_index row, dealii::types::global_dof_index vertex, double weight) {
    const bool same = row == vertex;
    if (!fe_->owned.is_element(row) || (!same && static_cast<PetscInt>(vertex) == grounded)) return;
    const auto column = static_cast<PetscInt>(known(vertex) + 0.5);
    BMISS_PETSC(MatSetValue(result, static_cast<PetscInt>(row), column, weight, INSERT_VALUES));
  };
  for (const auto& dofs : fe_->cell_dofs) {
    for (std::size_t i = 0; i < 4; ++i) put(dofs[i], dofs[i], 1.0);
    for (std::size_t e = 0; e < 6; ++e)
      for (const int end : tet_edges[e]) put(dofs[4 + e], dofs[static_cast<std::size_t>(end)], 0.5);
  }
  BMISS_PETSC(MatAssemblyBegin(result, MAT_FINAL_ASSEMBLY));
  BMISS_PETSC(MatAssemblyEnd(result, MAT_FINAL_ASSEMBLY));
  return result;
}

std::size_t FiniteElementSpace::n_my_dofs() const {
  return dof_of_node_.size();
}

std::vector<std::pair<std::size_t, double>> FiniteElementSpace::my_part(const NodalFunctional& functional) const {
  std::vector<std::pair<std::size_t, double>> part;
  for (std::size_t k = 0; k < functional.nodes.size(); ++k) {
    const std::pair<int, std::size_t> wanted(functional.nodes[k], 0);
    const auto found = std::lower_bound(dof_of_node_.begin(), dof_of_node_.end(), wanted);
    if (found != dof_of_node_.end() && found->first == wanted.first)
      part.emplace_back(found->second, functional.weights[k]);
  }
  return part;
}

void FiniteElementSpace::scatter(const double* dofs, const double* slice, ScatterDirection direction) const {
  BMISS_PETSC(VecPlaceArray(dof_vector_, dofs));
  BMISS_PETSC(VecPlaceArray(node_vector_, slice));
  const Vec from = direction == ScatterDirection::to_nodes ? dof_vector_ : node_vector_,
            to = direction == ScatterDirection::to_nodes ? node_vector_ : dof_vector_;
  const ScatterMode mode = direction == ScatterDirection::to_nodes ? SCATTER_FORWARD : SCATTER_REVERSE;
  BMISS_PETSC(VecScatterBegin(dofs_to_nodes_, from, to, INSERT_VALUES, mode));
  BMISS_PETSC(VecScatterEnd(dofs_to_nodes_, from, to, INSERT_VALUES, mode));
  BMISS_PETSC(VecResetArray(node_vector_));
  BMISS_PETSC(VecResetArray(dof_vector_));
}

Eigen::VectorXd FiniteElementSpace::to_nodes(const Eigen::VectorXd& dofs) const {
  Eigen::VectorXd slice(static_cast<Eigen::Index>(last_node_ - first_node_));
  scatter(dofs.data(), slice.data(), ScatterDirection::to_nodes);
  return slice;
}

Eigen::VectorXd FiniteElementSpace::from_nodes(const Eigen::VectorXd& slice) const {
  Eigen::VectorXd dofs(static_cast<Eigen::Index>(n_my_dofs()));
  scatter(dofs.data(), slice.data(), ScatterDirection::to_dofs);
  return dofs;
}

}  // namespace bmiss
