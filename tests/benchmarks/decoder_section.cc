// What the parts of the joint decoder take of what the machine gives at best, and what all of it costs.
//
// A flop is an addition or multiplication of real numbers that the result needs: 8 a complex multiply-add, 2.5 N log2 N
// a transform of N real samples; of Hermitian matrices one triangle, 4 n^3 for an inverse. A byte is one that must be
// read or written at least: of the relaxation from or to memory, its data being larger than the caches; of the search
// from or to caches, what SpikeSearch::bytes() counts. Limits are measured in turn with each part, the fastest of a few
// repetitions of both: multiply-adds from registers, a triad on arrays larger than the caches, and for the search its
// own kernel (inversion/decode/add_two.h) again and again on one view, which stays in cache.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <limits>
#include <random>

#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "benchmarks/decoder_case.h"
#include "benchmarks/machine_limits.h"
#include "benchmarks/sections.h"
#include "inversion/decode/add_two.h"
#include "inversion/decode/decoding_team.h"
#include "inversion/decode/noise_whitener.h"
#include "inversion/decode/relaxation.h"
#include "inversion/decode/spike_search.h"
#include "inversion/prepare/real_transform.h"

namespace bmiss::bench {
namespace {

constexpr int repetitions = 3;
constexpr double least_found = 0.95, most_false = 0.05;  // of all spikes

struct Fastest {
  double seconds = std::numeric_limits<double>::infinity();
  template <typename Action>
  void time(Action&& action) {
    seconds = std::min(seconds, seconds_of(action));
  }
};

// Of one resource.
struct Need {
  const char* limit;
  const char* unit;
  double amount;  // of a call
  double rate;    // the limit [1/s]
};

class Shares {
public:
  void add(const std::string& part, double seconds, const std::vector<Need>& needs) {
    double largest = 0;
    for (const Need& need : needs) largest = std::max(largest, need.amount / need.rate);
    for (const Need& need : needs)
      table_.add_row({part, format("%.4f", seconds), format("%.3g G", need.amount / 1e9) + need.unit,
                      format("%.1f G", need.amount / seconds / 1e9) + need.unit + "/s", format("%.1f", need.rate / 1e9),
                      format("%.0f %%", 100 * need.amount / need.rate / seconds), need.limit,
                      needs.size() == 1                    ? ""
                      : need.amount / need.rate == largest ? "yes"
                                                           : "no"});
  }
  std::string text() const { return table_.text(); }

private:
  Table table_{{"part", "s", "needs", "gets", "limit in turn", "share", "limit of", "binds"}};
};

double transform_flops(Eigen::Index length) {
  return 2.5 * static_cast<double>(length) * std::log2(static_cast<double>(length));
}

double product_flops(Eigen::Index rows, Eigen::Index inner, Eigen::Index columns) {
  return 8 * static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(columns);
}

// A part that only computes.
template <typename Action>
void add_computation(const std::string& part, double flops, Action&& action, Shares& shares) {
  Fastest call;
  double peak = 0;
  for (int i = 0; i < repetitions; ++i) {
    peak = std::max(peak, peak_flops());
    call.time(action);
  }
  shares.add(part, call.seconds, {{"multiply-adds", "flop", flops, peak}});
}

void time_filters(const DecoderCase& problem, Shares& shares) {
  const Eigen::Index channels = problem.signal.rows(), samples = problem.signal.cols();
  const auto units = static_cast<Eigen::Index>(problem.trains.size());
  const NoiseWhitener whitener(problem.signal);
  const Eigen::Index taps = 2 * whitener.reach(), blocks = (samples + taps - 1) / taps;
  const double transforms = 2.0 * static_cast<double>(channels * blocks) * transform_flops(2 * taps);
  add_computation(
      "whitening", product_flops(channels, channels, blocks * (taps + 1)) + transforms,
      [&] { whitener.whiten(problem.signal); }, shares);
  add_computation(
      "of it the transforms", transforms,
      [&] {
        const RealTransform transform(2 * taps);
        const Eigen::MatrixXf part = problem.signal.leftCols(2 * taps).transpose();
        for (Eigen::Index b = 0; b < blocks; ++b) transform.inverse(transform.forward(part));
      },
      shares);

  // The powers of two that TemplateCorrelations takes: overlap-save in pieces of at least four windows, effects in two.
  const Eigen::Index lags = problem.templates.window.lags, length = 512, short_length = 256;
  const Eigen::Index fresh = length - lags + 1, pieces = (samples + fresh - 1) / fresh;
  const double templates =
      static_cast<double>(units * channels) * (transform_flops(length) + transform_flops(short_length));
  const double matched = product_flops(units, channels, pieces * (length / 2 + 1)) +
                         static_cast<double>((channels + units) * pieces) * transform_flops(length);
  const double effects = templates + product_flops(units, channels, (units + 1) / 2 * (short_length / 2 + 1)) +
                         static_cast<double>(units * units * (DelayBank::phases + 1)) * transform_flops(short_length);
  add_computation(
      "matched outputs and effects of spikes", matched + effects,
      [&] { TemplateCorrelations(problem.signal, problem.templates); }, shares);
  add_computation(
      "of it what no signal needs", effects,
      [&] { TemplateCorrelations(problem.signal.leftCols(1), problem.templates); }, shares);
}

void time_relaxation(const TemplateCorrelations& part, const DecodingOptions& options, Shares& shares) {
  const Eigen::VectorXf price = Eigen::VectorXf::Constant(part.units(), static_cast<float>(options.price));
  const Eigen::Index n = part.units(), length = RelaxationOptions().window, hop = length - 2 * part.lags();
  const Eigen::Index windows = (part.samples() + hop - 1) / hop, frequencies = length / 2 + 1;
  const auto matrix = static_cast<double>(n * n);
  add_computation(
      "relaxation: inverses at all frequencies, once",
      matrix / 2 * transform_flops(length) + 4 * matrix * static_cast<double>(n * frequencies),
      [&] { relaxation_of(part, options); }, shares);

  const Relaxation relaxation = relaxation_of(part, options);
  Fastest call, triad;
  StreamTriad stream;
  double peak = 0;
  for (int i = 0; i < repetitions; ++i) {
    triad.time(stream);
    peak = std::max(peak, peak_flops());
    call.time([&] { relaxation.spikes(part, price); });
  }
  const double columns = static_cast<double>(n * windows);
  const double flops = product_flops(n, n, windows * frequencies) + 2 * columns * transform_flops(length);
  // The inverses; matched outputs, prices and two iterates read, two written; spectra written and read before the
  // products and after them.
  const double bytes = static_cast<double>(frequencies) * matrix * sizeof(std::complex<float>) +
                       10 * columns * static_cast<double>(length) * sizeof(float);
  shares.add("relaxation: one of " + std::to_string(options.relaxation_steps) + " steps",
             call.seconds / options.relaxation_steps,
             {{"multiply-adds", "flop", flops, peak}, {"triad in memory", "B", bytes, stream.bytes() / triad.seconds}});
}

// add_two on one view, again and again.
class ViewInCache {
public:
  explicit ViewInCache(Eigen::Index size)
      : a_(Eigen::VectorXf::Ones(size)), b_(Eigen::VectorXf::Ones(size)), sum_(Eigen::VectorXf::Zero(size)) {}
  double bytes() const { return 4.0 * sizeof(float) * calls * static_cast<double>(sum_.size()); }
  void operator()() {
    for (int i = 0; i < calls; ++i) add_two(a_.data(), 0.5F, b_.data(), -0.5F, sum_.size(), sum_.data());
  }

private:
  static constexpr int calls = 10000;
  Eigen::VectorXf a_, b_, sum_;
};

void time_search(const TemplateCorrelations& part, const DecodingOptions& options, Shares& shares) {
  const Eigen::Index columns = 2 * (MatchedView::reach + 2) + 1;
  ViewInCache cached(part.units() * columns);
  Fastest limit, one_view, improving, rebuilding;
  double view_bytes = 0, improved_bytes = 0, rebuilt_bytes = 0;
  MatchedView view(part);
  const Eigen::Index centre = part.samples() / 2;
  view.look(part.matched(), centre);
  std::mt19937 random(1);
  std::vector<std::pair<Eigen::Index, double>> spikes;
  for (int k = 0; k < 10000; ++k) {
    const auto unit = static_cast<Eigen::Index>(random()) % part.units();
    spikes.emplace_back(unit, static_cast<double>(centre) + static_cast<double>(random() % 200) / 8 - 12.5);
  }
  for (int i = 0; i < repetitions; ++i) {
    for (int k = 0; k < 20; ++k) limit.time(cached);
    const double before = view.bytes();
    one_view.time([&] {
      for (const auto& [unit, position] : spikes) view.put_in(unit, position);
    });
    view_bytes = view.bytes() - before;
    SpikeSearch search(part,
                       FiringPrior::indifferent(part.units(), options.price, options.refractory * DecoderCase::rate));
    const double start = search.bytes();
    improving.time([&] { search.improve(options.passes); });
    const double middle = search.bytes();
    rebuilding.time([&] { search.rebuild_clusters(); });
    improved_bytes = middle - start;
    rebuilt_bytes = search.bytes() - middle;
  }
  const auto add = [&](const std::string& name, const Fastest& time, double bytes) {
    shares.add(name, time.seconds, {{"add_two in cache", "B", bytes, cached.bytes() / limit.seconds}});
  };
  add("search: 10000 spikes of any unit into a view", one_view, view_bytes);
  add("search: " + std::to_string(options.passes) + " sweeps of improvement from nothing", improving, improved_bytes);
  add("search: all clusters rebuilt", rebuilding, rebuilt_bytes);
}

}  // namespace

bool decoder_section(const Overrides&) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const DecoderCase problem = decoder_case();
  DecodingTask task{problem.signal,
                    problem.templates,
                    std::vector<SpikePositions>(problem.trains.size()),
                    DecoderCase::rate,
                    DecodingStart::relaxed_and_trains,
                    {}};
  const double seconds = static_cast<double>(problem.signal.cols()) / task.rate;
  const DecodingWindow window = decoding_windows(problem.signal.cols(), task.rate, task.options).front();
  std::cout << "  " << problem.signal.rows() << " channels, " << format("%.0f s at ", seconds)
            << format("%.0f Hz", task.rate) << ", " << problem.trains.size()
            << " units; relaxation and search of its first window, "
            << format("%.1f s", static_cast<double>(window.count) / task.rate) << std::endl;
  Shares shares;
  time_filters(problem, shares);
  const TemplateCorrelations part =
      TemplateCorrelations(problem.signal, problem.templates).part(window.first, window.count);
  time_relaxation(part, task.options, shares);
  time_search(part, task.options, shares);
  std::cout << shares.text();

  const double start = cpu_seconds();
  const DecodedSpikes decoded = DecodingTeam().decode(task);
  const double cpu = cpu_seconds() - start;
  const FoundSpikes found = found_spikes(problem.trains, decoded.trains);
  const bool ok = found.share >= least_found && found.false_share <= most_false;
  std::cout << "  all decoded from nothing, the relaxed problem too: " << format("%.1f CPU s, ", cpu)
            << format("%.2f a second of signal; ", cpu / seconds)
            << format("%.1f %% of the spikes found, ", 100 * found.share)
            << format("%.1f %% of those found are false, ", 100 * found.false_share)
            << format("limits %.0f and ", 100 * least_found) << format("%.0f %%: ", 100 * most_false)
            << (ok ? "ok" : "FAIL") << std::endl;
  return ok;
}

}  // namespace bmiss::bench
