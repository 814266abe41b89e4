#include "benchmarks/remote_point_evaluation.h"

#include <deal.II/base/mpi_remote_point_evaluation.h>
#include <deal.II/fe/fe_simplex_p.h>
#include <deal.II/fe/mapping_fe.h>
#include <deal.II/grid/tria.h>

#include <chrono>

namespace bmiss::bench {

RemoteLocation locate_by_dealii(const TetMesh& mesh, const Eigen::Matrix3Xd& points) {
  std::vector<dealii::Point<3>> vertices;
  for (Eigen::Index v = 0; v < mesh.points.cols(); ++v)
    vertices.emplace_back(mesh.points(0, v), mesh.points(1, v), mesh.points(2, v));
  std::vector<dealii::CellData<3>> cells;
  for (const auto& tet : mesh.tets) {
    dealii::CellData<3> cell(4);
    for (std::size_t i = 0; i < 4; ++i) cell.vertices[i] = static_cast<unsigned>(tet[i]);
    cells.push_back(cell);
  }
  dealii::Triangulation<3> triangulation;
  triangulation.create_triangulation(vertices, cells, {});
  const dealii::MappingFE<3> mapping(dealii::FE_SimplexP<3>(1));
  std::vector<dealii::Point<3>> places;
  for (Eigen::Index k = 0; k < points.cols(); ++k) places.emplace_back(points(0, k), points(1, k), points(2, k));

  dealii::Utilities::MPI::RemotePointEvaluation<3> evaluation(1e-9);
  const auto start = std::chrono::steady_clock::now();
  evaluation.reinit(places, triangulation, mapping);
  RemoteLocation result;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (std::size_t k = 0; k < places.size(); ++k) result.found += evaluation.point_found(k) ? 1 : 0;
  return result;
}

}  // namespace bmiss::bench
