#include "forward/muap.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/report.h"
#include "forward/line_filter.h"
#include "forward/shared_points.h"

namespace bmiss {
namespace {

constexpr double potential_memory = 256e6;  // for potentials of one batch of points [bytes]

struct FibreReference {
  std::size_t unit, fibre;
  std::vector<int> nodes;  // numbers of its points among the distinct ones
};

// Fibres ordered by place, so that those on one path follow each other and a batch needs few points.
std::vector<FibreReference> collect_fibres(const std::vector<MotorUnit>& units, SharedPoints& points) {
  std::vector<FibreReference> fibres;
  for (std::size_t u = 0; u < units.size(); ++u)
    for (std::size_t f = 0; f < units[u].fibres.size(); ++f)
      fibres.push_back({u, f, points.add(units[u].fibres[f].path)});
  std::stable_sort(fibres.begin(), fibres.end(), [](const auto& a, const auto& b) {
    return a.nodes[a.nodes.size() / 2] < b.nodes[b.nodes.size() / 2];
  });
  return fibres;
}

// Distinct points of the fibres [first, last) and where they stand in the batch; `last` is moved on until memory is
// used up.
struct Batch {
  std::size_t last = 0;
  std::vector<int> nodes;  // distinct points
};
Batch next_batch(const std::vector<FibreReference>& fibres, std::size_t first, std::size_t n_electrodes,
                 std::vector<int>& place) {
  Batch batch{first, {}};
  const auto limit =
      static_cast<std::size_t>(potential_memory / (8.0 * static_cast<double>(std::max<std::size_t>(1, n_electrodes))));
  while (batch.last < fibres.size()) {
    const auto& nodes = fibres[batch.last].nodes;
    if (batch.last > first && batch.nodes.size() + nodes.size() > limit) break;
    for (const int node : nodes)
      if (place[static_cast<std::size_t>(node)] < 0) {
        place[static_cast<std::size_t>(node)] = static_cast<int>(batch.nodes.size());
        batch.nodes.push_back(node);
      }
    ++batch.last;
  }
  return batch;
}

}  // namespace

int muap_samples(const std::vector<MotorUnit>& units, const ActionPotential& action_potential, double rate) {
  BMISS_ASSERT(rate > 0);
  double latest = 0;
  for (const auto& unit : units)
    for (const auto& fibre : unit.fibres) {
      const double longest = std::max(fibre.junction, fibre.length() - fibre.junction);
      latest = std::max(latest, fibre.delay + (longest + action_potential.extent()) / fibre.velocity);
    }
  return std::max(2, static_cast<int>(std::ceil(latest * rate)) + 1);
}

std::vector<Muap> synthesise_muaps(const std::vector<MotorUnit>& units, const LeadField& lead_field,
                                   const ActionPotential& action_potential, double rate, int n_samples,
                                   Report& report) {
  BMISS_ASSERT(rate > 0 && n_samples > 0);
  const Phase phase(report, "motor unit action potentials");
  const std::size_t n_electrodes = lead_field.electrodes().electrodes.size();
  std::vector<Muap> muaps;
  for (const auto& unit : units)
    muaps.push_back({unit.id, Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n_electrodes), n_samples), rate});
  SharedPoints points;
  const auto fibres = collect_fibres(units, points);
  const Eigen::VectorXd times = Eigen::VectorXd::LinSpaced(n_samples, 0, (n_samples - 1) / rate);
  std::vector<int> place(points.size(), -1);
  Progress progress(report, "fibres", fibres.size());
  Eigen::MatrixXd on_fibre;
  Eigen::VectorXd width_on_fibre;
  for (std::size_t first = 0; first < fibres.size();) {
    const Batch batch = next_batch(fibres, first, n_electrodes, place);
    const Eigen::Matrix3Xd places = points.coordinates(batch.nodes);
    const Eigen::MatrixXd potential = lead_field.potential(places);
    const Eigen::VectorXd widths = lead_field.smoothing_widths(places);
    BMISS_ASSERT(potential.rows() == static_cast<Eigen::Index>(n_electrodes));
    for (std::size_t k = first; k < batch.last; ++k, progress.advance()) {
      const auto& reference = fibres[k];
      const MotorUnit& unit = units[reference.unit];
      const MuscleFibre& fibre = unit.fibres[reference.fibre];
      on_fibre.resize(potential.rows(), static_cast<Eigen::Index>(reference.nodes.size()));
      width_on_fibre.resize(on_fibre.cols());
      for (Eigen::Index n = 0; n < on_fibre.cols(); ++n) {
        const int column = place[static_cast<std::size_t>(reference.nodes[static_cast<std::size_t>(n)])];
        on_fibre.col(n) = potential.col(column);
        width_on_fibre[n] = widths[column];
      }
      muaps[reference.unit].waveform.noalias() +=
          smoothed_along(on_fibre, fibre.step, width_on_fibre) *
          (unit.weight_per_fibre * fibre_currents(fibre, action_potential, times));
    }
    for (const int node : batch.nodes) place[static_cast<std::size_t>(node)] = -1;
    first = batch.last;
  }
  return muaps;
}

}  // namespace bmiss
