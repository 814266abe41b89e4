#include "forward/muap.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "forward/line_filter.h"
#include "forward/shared_points.h"

namespace bmiss {
namespace {

struct FibreReference {
  std::size_t unit, fibre;
  std::vector<int> nodes;  // numbers of its points among the distinct ones
};

// The fibres of all units and their distinct points, with the tissue that each must lie in.
struct FibreList {
  std::vector<FibreReference> fibres;
  SharedPoints places;
  std::vector<int> labels;
};

// Ordered by place, so that fibres on one path follow each other and a batch, or the share of a rank, needs few points.
FibreList collect_fibres(const std::vector<MotorUnit>& units) {
  FibreList list;
  for (std::size_t u = 0; u < units.size(); ++u)
    for (std::size_t f = 0; f < units[u].fibres.size(); ++f) {
      list.fibres.push_back({u, f, list.places.add(units[u].fibres[f].path)});
      list.labels.resize(list.places.size(), units[u].label);
    }
  std::stable_sort(list.fibres.begin(), list.fibres.end(), [](const auto& a, const auto& b) {
    return a.nodes[a.nodes.size() / 2] < b.nodes[b.nodes.size() / 2];
  });
  return list;
}

// Distinct points of the fibres [first, last) and where they stand in the batch; `last` is moved on, at most to `end`,
// while there are no more than `limit`.
struct Batch {
  std::size_t last = 0;
  std::vector<int> nodes;  // distinct points
};
Batch next_batch(const std::vector<FibreReference>& fibres, std::size_t first, std::size_t end, std::size_t limit,
                 std::vector<int>& place) {
  Batch batch{first, {}};
  while (batch.last < end) {
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

// Adds the action potentials of fibres to those of their units.
class Synthesis {
public:
  Synthesis(const std::vector<MotorUnit>& units, const LeadField& lead_field, const ActionPotential& action_potential,
            std::vector<Muap>& muaps)
      : units_(units), lead_field_(lead_field), action_potential_(action_potential), muaps_(muaps) {}

  void add(const FibreList& list, std::size_t begin, std::size_t end, std::size_t limit, Report& report) {
    std::vector<int> place(list.places.size(), -1);
    Progress progress(report, "fibres", end - begin);
    for (std::size_t first = begin; first < end;) {
      const Batch batch = next_batch(list.fibres, first, end, limit, place);
      FieldPoints wanted{list.places.coordinates(batch.nodes), {}};
      for (const int node : batch.nodes) wanted.labels.push_back(list.labels[static_cast<std::size_t>(node)]);
      const FieldSamples samples = lead_field_.sample(wanted);
      for (; first < batch.last; ++first, progress.advance()) add_fibre(list.fibres[first], place, samples);
      for (const int node : batch.nodes) place[static_cast<std::size_t>(node)] = -1;
    }
  }

private:
  void add_fibre(const FibreReference& reference, const std::vector<int>& place, const FieldSamples& samples) {
    const MotorUnit& unit = units_[reference.unit];
    const MuscleFibre& fibre = unit.fibres[reference.fibre];
    Muap& muap = muaps_[reference.unit];
    const Eigen::Index n_times = muap.waveform.cols();
    BMISS_ASSERT(samples.potential.rows() == muap.waveform.rows());
    potential_.resize(samples.potential.rows(), static_cast<Eigen::Index>(reference.nodes.size()));
    widths_.resize(potential_.cols());
    for (Eigen::Index n = 0; n < potential_.cols(); ++n) {
      const int column = place[static_cast<std::size_t>(reference.nodes[static_cast<std::size_t>(n)])];
      potential_.col(n) = samples.potential.col(column);
      widths_[n] = samples.smoothing_widths[column];
    }
    const Eigen::VectorXd times = Eigen::VectorXd::LinSpaced(n_times, 0, static_cast<double>(n_times - 1) / muap.rate);
    muap.waveform.noalias() += smoothed_along(potential_, fibre.step, widths_) *
                               (unit.weight_per_fibre * fibre_currents(fibre, action_potential_, times));
  }

  const std::vector<MotorUnit>& units_;
  const LeadField& lead_field_;
  const ActionPotential& action_potential_;
  std::vector<Muap>& muaps_;
  Eigen::MatrixXd potential_;  // on one fibre
  Eigen::VectorXd widths_;
};

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
                                   const ActionPotential& action_potential, double rate, int n_samples, Report& report,
                                   const SynthesisOptions& options) {
  BMISS_ASSERT(rate > 0 && n_samples > 0);
  const Phase phase(report, "motor unit action potentials");
  const auto n_electrodes = static_cast<Eigen::Index>(lead_field.electrodes().electrodes.size());
  std::vector<Muap> muaps;
  for (const auto& unit : units) muaps.push_back({unit.id, Eigen::MatrixXd::Zero(n_electrodes, n_samples), rate});
  const MPI_Comm communicator = options.communicator;
  SharedFailure failure;
  try {
    const FibreList list = collect_fibres(units);
    const auto limit =
        static_cast<std::size_t>(options.memory / (8.0 * static_cast<double>(std::max<Eigen::Index>(1, n_electrodes))));
    const auto share = [&](int rank) {
      return list.fibres.size() * static_cast<std::size_t>(rank) / static_cast<std::size_t>(mpi_size(communicator));
    };
    const int rank = mpi_rank(communicator);
    Synthesis(units, lead_field, action_potential, muaps).add(list, share(rank), share(rank + 1), limit, report);
  } catch (...) {
    failure = capture_failure(std::current_exception());
  }
  rethrow_first(communicator, failure);
  for (Muap& muap : muaps)
    MPI_Allreduce(MPI_IN_PLACE, muap.waveform.data(), static_cast<int>(muap.waveform.size()), MPI_DOUBLE, MPI_SUM,
                  communicator);
  return muaps;
}

}  // namespace bmiss
