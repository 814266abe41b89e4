// Sampling of 64 rows at 10^6 points along fibres in a layered cylinder: location against deal.II, evaluation from the
// file against the bandwidth of the memory.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <limits>
#include <random>

#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/table.h"
#include "benchmarks/remote_point_evaluation.h"
#include "benchmarks/sections.h"
#include "solvers/lead_field/row_reader.h"
#include "support/layered_cylinder_problem.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

constexpr std::size_t n_rows = 64;
constexpr Eigen::Index n_points = 1000000, points_for_dealii = 50000;
constexpr double step = 0.5e-3;  // between the points of a fibre [m]
constexpr double least_ratio = 30, least_share = 0.3, largest_error = 1e-9;
constexpr int repetitions = 5;  // the fastest counts

template <typename Action>
double seconds(Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename Action>
double fastest(Action&& action) {
  double best = seconds(action);
  for (int i = 1; i < repetitions; ++i) best = std::min(best, seconds(action));
  return best;
}

// Straight fibres along the axis, all over the muscle layer.
Eigen::Matrix3Xd fibre_points(Eigen::Index n) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto per_fibre = static_cast<Eigen::Index>(0.118 / step);
  Eigen::Matrix3Xd points(3, n);
  Eigen::Vector3d start = Eigen::Vector3d::Zero();
  for (Eigen::Index k = 0; k < n; ++k) {
    if (k % per_fibre == 0) {
      const double rho = std::sqrt(0.0105 * 0.0105 + uniform(random) * (0.0345 * 0.0345 - 0.0105 * 0.0105));
      start = test::on_cylinder(rho, 2 * M_PI * uniform(random), 1e-3);
    }
    points.col(k) = start + step * static_cast<double>(k % per_fibre) * Eigen::Vector3d::UnitZ();
  }
  return points;
}

// Row r at x: a quadratic function, which quadratic elements hold exactly.
double exact(std::size_t r, const Eigen::Vector3d& x) {
  const double a = 1 + static_cast<double>(r);
  return a + 10 * x[0] - a * 5 * x[1] + 3 * x[2] + a * 40 * x[0] * x[2] - 70 * x[1] * x[1];
}

void write_rows(const std::string& path, const Eigen::Matrix3Xd& nodes) {
  Hdf5File file(path, Hdf5File::Mode::create);
  const auto n = static_cast<std::size_t>(nodes.cols());
  file.create_dataset<double>("/rows", {n_rows, n}, "V/A", "quadratic functions", {1, n});
  std::vector<double> row(n);
  for (std::size_t r = 0; r < n_rows; ++r) {
    for (std::size_t i = 0; i < n; ++i) row[i] = exact(r, nodes.col(static_cast<Eigen::Index>(i)));
    file.write("/rows", row.data(), {r, 0}, {1, n});
  }
  file.finish();
}

// Of the fastest call, and bytes a second that this process copied from and to memory in turn with it (read and written
// ones are counted, as STREAM does).
struct TimedInTurn {
  double seconds = 0, copying = 0;
};
template <typename Action>
TimedInTurn fastest_in_turn(Action&& action) {
  static constexpr int turns = 15;
  const std::size_t n = std::size_t(1) << 28;
  std::vector<char> from(n, 1), to(n, 2);
  double best = seconds(action), copy = std::numeric_limits<double>::infinity();
  for (int i = 0; i < turns; ++i) {
    copy = std::min(copy, seconds([&] { std::memcpy(to.data(), from.data(), n); }));
    best = std::min(best, seconds(action));
  }
  return {best, 2 * static_cast<double>(n) / copy};
}

double worst_error(const Eigen::MatrixXd& values, const Eigen::Matrix3Xd& points) {
  double worst = 0;
  for (Eigen::Index k = 0; k < points.cols(); k += 37)
    for (std::size_t r = 0; r < n_rows; ++r)
      worst = std::max(worst, std::abs(values(static_cast<Eigen::Index>(r), k) - exact(r, points.col(k))) /
                                  (1 + static_cast<double>(r)));
  return worst;
}

}  // namespace

bool sampling_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const TetMesh mesh = make_layered_cylinder_mesh(test::reference_cylinder(1.0e-3, 2.5e-3, 0.15, {{0, 0.06}}));
  const ElementNodes nodes = number_nodes(mesh, 2);
  const FieldPoints points{fibre_points(n_points), std::vector<int>(static_cast<std::size_t>(n_points), 2)};
  const test::ScratchFolder folder;
  write_rows(folder / "rows.h5", nodes.points);

  const RemoteLocation by_dealii = locate_by_dealii(mesh, points.places.leftCols(points_for_dealii));
  std::unique_ptr<PointLocator> locator;
  const double building =
      seconds([&] { locator = std::make_unique<PointLocator>(mesh.points, mesh.tets, mesh.tet_labels); });
  SamplingOperator sampling;
  const double locating = fastest([&] { sampling = locate_points(points, *locator, nodes, {}); });
  const double each_dealii = by_dealii.seconds / static_cast<double>(points_for_dealii),
               each = (building + locating) / static_cast<double>(n_points), ratio = each_dealii / each;
  std::cout << "  " << mesh.n_tets() << " tetrahedra, " << nodes.n_nodes() << " nodes; deal.II found "
            << by_dealii.found << " of " << points_for_dealii << " points\n";
  Table location({"locating", "points", "s", "µs a point", "ratio"});
  location.add_row({"deal.II RemotePointEvaluation", std::to_string(points_for_dealii),
                    format("%.2f", by_dealii.seconds), format("%.2f", 1e6 * each_dealii), format("%.0f", ratio)});
  location.add_row({"bins " + format("(%.2f s) and points", building), std::to_string(n_points),
                    format("%.2f", building + locating), format("%.2f", 1e6 * each), "1"});
  std::cout << location.text();

  const RowReader rows(Hdf5File(folder / "rows.h5", Hdf5File::Mode::read), "/rows");
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(n_rows, n_rows);
  Eigen::MatrixXd dense = Eigen::MatrixXd::Constant(n_rows, n_rows, -1.0 / n_rows);
  dense += identity;
  // Rows are read whole; of them only the nodes around the points count strictly.
  const double result_bytes = 8.0 * n_rows * static_cast<double>(sampling.n_points()),
               bytes = result_bytes + 8.0 * n_rows * static_cast<double>(nodes.n_nodes()),
               strict_bytes = result_bytes + 8.0 * n_rows * static_cast<double>(sampling.nodes.size());
  Table evaluation({"evaluating", "s", "rows and result, GB/s", "copying memory in turn, GB/s",
                    "share of the bandwidth", "nodes touched only"});
  const auto share_of = [&](const std::string& what, const Eigen::MatrixXd& montage, Eigen::MatrixXd& values) {
    const TimedInTurn time = fastest_in_turn([&] { sample_rows(sampling, rows.source(), montage, values); });
    const double share = bytes / time.copying / time.seconds;
    evaluation.add_row({what, format("%.3f", time.seconds), format("%.1f", bytes / time.seconds / 1e9),
                        format("%.1f", time.copying / 1e9), format("%.2f", share),
                        format("%.2f", share * strict_bytes / bytes)});
    return share;
  };
  Eigen::MatrixXd values;
  const double share = share_of("electrodes are rows", identity, values);
  const double error = worst_error(values, points.places);
  share_of("dense montage", dense, values);
  std::cout << evaluation.text() << "  " << n_rows << " rows of " << nodes.n_nodes() << " nodes, "
            << sampling.nodes.size() << " of them touched; " << format("%.0f MB", bytes / 1e6)
            << " of rows and result; worst error of quadratic functions " << format("%.1e", error) << std::endl;
  return ratio >= least_ratio && share >= least_share && error <= largest_error &&
         by_dealii.found == static_cast<std::size_t>(points_for_dealii);
}

}  // namespace bmiss::bench
