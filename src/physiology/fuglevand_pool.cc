#include "physiology/fuglevand_pool.h"

#include <algorithm>
#include <cmath>

#include "base/parameters.h"
#include "base/tsv_file.h"
#include "physiology/random_stream.h"

namespace bmiss {
namespace {

const std::string section_name = "Motoneuron pool";

// Firing of one unit: a phase runs down at the instantaneous rate; at zero the unit fires and draws the next interval.
// At constant excitation intervals are (1 + CoV z) / rate.
class Firing {
public:
  Firing(const FuglevandOptions& options, double threshold, double peak_rate, unsigned seed, int unit)
      : options_(options), threshold_(threshold), peak_rate_(peak_rate), random_(seed, "firing", unit) {}

  // A unit that is above threshold at the start has fired before: its phase is random.
  void start(double excitation) {
    active_ = excitation >= threshold_;
    if (active_) phase_ = random_.uniform() * draw_interval(rate(excitation));
  }

  // Excitation runs linearly from e0 at t0 to e1 at t1.
  void advance(double t0, double e0, double t1, double e1) {
    double t = t0;
    if (!active_) {
      if (e1 < threshold_) return;
      active_ = true;
      t = e1 > e0 ? t0 + (t1 - t0) * std::clamp((threshold_ - e0) / (e1 - e0), 0.0, 1.0) : t0;
      phase_ = 0;  // recruited units fire at once
    }
    const double f = rate(std::max(threshold_, 0.5 * (e0 + e1)));
    while (true) {
      double spike = t + phase_ / f;
      if (!train_.empty()) spike = std::max(spike, train_.back() + options_.refractory_period);
      if (spike >= t1) break;
      train_.push_back(spike);
      phase_ = draw_interval(f);
      t = spike;
    }
    phase_ = std::max(0.0, phase_ - f * (t1 - t));
    if (e1 < threshold_) active_ = false;
  }

  SpikeTrain take_train() { return std::move(train_); }

private:
  double rate(double excitation) const {  // eq. 4 of the paper
    return std::min(peak_rate_, options_.gain * (excitation - threshold_) + options_.minimum_rate);
  }
  // In units of the mean interval at rate f.
  double draw_interval(double f) {
    while (true) {
      const double interval = 1 + options_.variability * random_.truncated_gaussian(3);
      if (interval >= options_.refractory_period * f) return interval;
    }
  }

  const FuglevandOptions& options_;
  double threshold_, peak_rate_;
  RandomStream random_;
  bool active_ = false;
  double phase_ = 0;
  SpikeTrain train_;
};

class FuglevandPool final : public MotoneuronPool {
public:
  FuglevandPool() = default;
  explicit FuglevandPool(const FuglevandOptions& options) : options_(options) {}

  void declare_parameters(Parameters& p) const override;
  void parse_parameters(const Parameters& p) override;

  int size() const override { return options_.n_units; }
  double recruitment_threshold(int unit) const override { return threshold(unit) / largest_excitation(); }
  double twitch_force(int unit) const override {
    return exponential(options_.twitch_range, unit) / exponential(options_.twitch_range, 0);
  }
  std::vector<SpikeTrain> fire(const std::vector<double>& excitation, double rate, unsigned seed) const override;
  std::string citation() const override {
    return "Fuglevand AJ, Winter DA, Patla AE. Models of recruitment and rate coding organization in motor-unit pools. "
           "J Neurophysiol 70:2470-2488, 1993";
  }

private:
  // exp(ln(range) i / N), i = 1 … N (eq. 1 and 12).
  double exponential(double range, int unit) const { return std::exp(std::log(range) * (unit + 1) / options_.n_units); }
  double threshold(int unit) const { return exponential(options_.recruitment_range, unit); }
  double peak_rate(int unit) const {  // linear in the threshold (eq. 5)
    const double share = threshold(unit) / threshold(options_.n_units - 1);
    return options_.peak_rate_first - (options_.peak_rate_first - options_.peak_rate_last) * share;
  }
  // Excitation at which the last unit reaches its peak rate (eq. 8).
  double largest_excitation() const {
    return threshold(options_.n_units - 1) + (peak_rate(options_.n_units - 1) - options_.minimum_rate) / options_.gain;
  }

  FuglevandOptions options_;
};

void FuglevandPool::declare_parameters(Parameters& p) const {
  const FuglevandOptions o;
  const Parameters::Section section(p, section_name);
  p.declare_integer("Units", o.n_units, 1, 10000, "motoneurons of the pool, recruited from small to large");
  p.declare_real("Recruitment range", o.recruitment_range, "", {1.001, 1e4},
                 "threshold of the last unit over the first");
  p.declare_real("Gain", o.gain, "", {1e-3, 1e3}, "impulses per second gained per unit of excitation above threshold");
  p.declare_real("Minimum rate", o.minimum_rate, "Hz", {0.1, 100}, "of firing, at recruitment");
  p.declare_real("Peak rate of first unit", o.peak_rate_first, "Hz", {0.1, 500}, "of firing, earliest recruited unit");
  p.declare_real("Peak rate of last unit", o.peak_rate_last, "Hz", {0.1, 500}, "of firing, last recruited unit");
  p.declare_real("Interval variability", o.variability * 100, "%", {0, 33},
                 "coefficient of variation of inter-spike intervals");
  p.declare_real("Refractory period", o.refractory_period * 1e3, "ms", {0, 100}, "shortest inter-spike interval");
  p.declare_real("Twitch force range", o.twitch_range, "", {1, 1e5}, "twitch force of the last unit over the first");
}

void FuglevandPool::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, section_name);
  FuglevandOptions o;
  o.n_units = static_cast<int>(p.integer("Units"));
  o.recruitment_range = p.real("Recruitment range");
  o.gain = p.real("Gain");
  o.minimum_rate = p.real("Minimum rate");
  o.peak_rate_first = p.real("Peak rate of first unit");
  o.peak_rate_last = p.real("Peak rate of last unit");
  o.variability = p.real("Interval variability");
  o.refractory_period = p.real("Refractory period");
  o.twitch_range = p.real("Twitch force range");
  for (const char* key : {"Peak rate of first unit", "Peak rate of last unit"}) {
    if (p.real(key) <= o.minimum_rate)
      p.reject(key, "must exceed the minimum rate of " + format_real(o.minimum_rate) + " Hz");
    if (o.refractory_period * p.real(key) >= 1)
      p.reject(key, "leaves intervals shorter than the refractory period of " + format_real(o.refractory_period) +
                        " s; lower the rate or the period");
  }
  options_ = o;
}

std::vector<SpikeTrain> FuglevandPool::fire(const std::vector<double>& excitation, double rate, unsigned seed) const {
  BMISS_ASSERT(rate > 0);
  BMISS_ASSERT(options_.refractory_period * std::max(options_.peak_rate_first, options_.peak_rate_last) < 1);
  for (std::size_t n = 0; n < excitation.size(); ++n)
    if (!(excitation[n] >= 0 && excitation[n] <= 1))
      throw InputError("the excitation is " + format_real(excitation[n]) + " at " +
                       format_real(static_cast<double>(n) / rate) + " s; it must lie between 0 and 1, the maximum");
  const double largest = largest_excitation();
  std::vector<SpikeTrain> trains(static_cast<std::size_t>(options_.n_units));
  for (int unit = 0; unit < options_.n_units && !excitation.empty(); ++unit) {
    Firing firing(options_, threshold(unit), peak_rate(unit), seed, unit);
    firing.start(largest * excitation.front());
    for (std::size_t n = 0; n + 1 < excitation.size(); ++n)
      firing.advance(static_cast<double>(n) / rate, largest * excitation[n], static_cast<double>(n + 1) / rate,
                     largest * excitation[n + 1]);
    trains[static_cast<std::size_t>(unit)] = firing.take_train();
  }
  return trains;
}

}  // namespace

std::unique_ptr<MotoneuronPool> fuglevand_pool(const FuglevandOptions& options) {
  return std::make_unique<FuglevandPool>(options);
}

Registry<MotoneuronPool>& motoneuron_pools() {
  static Registry<MotoneuronPool> registry = [] {
    Registry<MotoneuronPool> built_in("motoneuron pool");
    built_in.add<FuglevandPool>("fuglevand", "exponential thresholds, linear rate coding, Gaussian intervals");
    return built_in;
  }();
  return registry;
}

}  // namespace bmiss
