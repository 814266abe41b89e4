#include "inversion/prepare/prepare.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/report.h"
#include "base/table.h"
#include "inversion/prepare/channel_checks.h"

namespace bmiss {
namespace {

// The channels in use so far, with their rows in the recording, and why others are not.
class Selection {
public:
  Selection(const Recording& recording, Report& report) : recording_(recording), report_(report) {
    part_.rate = recording.rate;
    part_.power_line = recording.power_line;
    part_.channels = recording.channels;
    part_.signal = recording.signal;
    for (Eigen::Index i = 0; i < recording.signal.rows(); ++i) rows_.push_back(i);
  }

  Recording& part() { return part_; }
  const std::vector<Eigen::Index>& rows() const { return rows_; }
  const std::vector<std::string>& excluded() const { return excluded_; }

  // Leaves out channels with a reason. Throws InputError when none remains.
  void keep_without(const std::vector<std::string>& reasons) {
    Recording kept;
    kept.rate = part_.rate;
    kept.power_line = part_.power_line;
    std::vector<Eigen::Index> used, rows;
    for (std::size_t i = 0; i < reasons.size(); ++i) {
      if (reasons[i].empty()) {
        used.push_back(static_cast<Eigen::Index>(i));
        rows.push_back(rows_[i]);
        kept.channels.push_back(part_.channels[i]);
      } else {
        excluded_.push_back("channel " + part_.channels[i].name + " is left out: " + reasons[i]);
        report_.warn(excluded_.back());
      }
    }
    if (used.empty())
      throw InputError("none of the " + std::to_string(recording_.signal.rows()) +
                       " channels can be decomposed; the last of them: " + excluded_.back() +
                       "; look at the signals and at the status column of channels.tsv");
    if (used.size() == reasons.size()) return;
    kept.signal = part_.signal(used, Eigen::all);
    part_ = std::move(kept);
    rows_ = std::move(rows);
  }

private:
  const Recording& recording_;
  Report& report_;
  Recording part_;
  std::vector<Eigen::Index> rows_;
  std::vector<std::string> excluded_;
};

std::vector<std::string> complaints_about_values(const Recording& recording) {
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < recording.channels.size(); ++i) {
    const auto row = recording.signal.row(static_cast<Eigen::Index>(i));
    const Channel& channel = recording.channels[i];
    if (!channel.good) {
      reasons.push_back("its status is bad");
    } else if (!row.allFinite()) {
      throw InputError("channel " + channel.name +
                       " holds values that are not finite; set its status to bad in channels.tsv to leave it out");
    } else {
      reasons.push_back(complaint_about_values(row));
    }
  }
  return reasons;
}

Eigen::VectorXd rms_of(const Eigen::MatrixXd& signal) {
  return (signal.rowwise().squaredNorm() / static_cast<double>(signal.cols())).cwiseSqrt();
}

std::vector<Biquad> notches_of(const Recording& recording, const PrepareOptions& options) {
  if (!(options.power_line_width > 0) || std::isnan(recording.power_line)) return {};
  return line_notches(recording.power_line, options.power_line_width, recording.rate);
}

// Takes steady hum away by least squares; returns its power in each channel. Filters alone would ring with it at both
// ends, where what comes before and after is unknown: notches for a second.
Eigen::VectorXd subtract_steady_line(double frequency, double rate, Eigen::MatrixXd& signal) {
  const Eigen::Index n = signal.cols(), harmonics = static_cast<Eigen::Index>(std::ceil(rate / 2 / frequency)) - 1;
  const double pi = std::acos(-1.0);
  Eigen::MatrixXd waves(n, 2 * harmonics + 1);
  waves.col(2 * harmonics).setOnes();
  for (Eigen::Index h = 0; h < harmonics; ++h)
    for (Eigen::Index t = 0; t < n; ++t) {
      const double phase = 2 * pi * static_cast<double>(h + 1) * frequency * static_cast<double>(t) / rate;
      waves(t, 2 * h) = std::cos(phase);
      waves(t, 2 * h + 1) = std::sin(phase);
    }
  const Eigen::LDLT<Eigen::MatrixXd> normal(waves.transpose() * waves);
  const Eigen::MatrixXd amplitudes = normal.solve((signal * waves).transpose());
  signal.noalias() -= (waves.leftCols(2 * harmonics) * amplitudes.topRows(2 * harmonics)).transpose();
  return amplitudes.topRows(2 * harmonics).colwise().squaredNorm().transpose() / 2;
}

// The rest of the line, after the steady part with its power was subtracted.
void remove_line(const std::vector<Biquad>& notches, const Eigen::VectorXd& steady, Selection& selection) {
  Recording& part = selection.part();
  LinePower power;
  power.before = (rms_of(part.signal).cwiseAbs2() + steady).cwiseSqrt();
  filter_zero_phase(notches, part.signal);
  power.after = rms_of(part.signal);
  std::vector<std::string> reasons(part.channels.size());
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    const auto channel = static_cast<Eigen::Index>(i);
    if (power.line_only(channel))
      reasons[i] = "it holds mains only: " + format("%.1f", 100 * power.share(channel)) + " % of its power is at " +
                   format("%g", part.power_line) + " Hz and its harmonics";
  }
  selection.keep_without(reasons);
}

void leave_out_odd_channels(Selection& selection) {
  std::vector<std::string> reasons(selection.part().channels.size());
  for (const auto& found : find_bad_channels(selection.part())) {
    const auto i = static_cast<std::size_t>(found.channel);
    reasons[i] = "it" + found.reason.substr(selection.part().channels[i].name.size());  // which starts with the name
  }
  selection.keep_without(reasons);
}

}  // namespace

PreparedSignal prepare_channels(const Recording& recording, const PrepareOptions& options, Report& report) {
  if (!(recording.rate > 0)) throw InputError("the recording has no sampling rate; a positive one is needed");
  BMISS_ASSERT(static_cast<Eigen::Index>(recording.channels.size()) == recording.signal.rows());
  if (recording.duration() < options.shortest_duration)
    throw InputError("the recording lasts " + format("%.2f", recording.duration()) +
                     " s; a decomposition needs at least " + format("%g", options.shortest_duration) + " s");
  if (recording.channels.empty()) throw InputError("the recording has no EMG channel; at least one is needed");
  Selection selection(recording, report);
  selection.keep_without(complaints_about_values(recording));
  PreparedSignal result;
  const auto notches = notches_of(recording, options);
  Eigen::VectorXd steady_line;
  if (!notches.empty())
    steady_line = subtract_steady_line(recording.power_line, recording.rate, selection.part().signal);
  if (options.low_cut > 0 || options.high_cut < recording.rate / 2) {
    result.filter = butterworth(4, options.low_cut, options.high_cut, recording.rate);
    filter_zero_phase(result.filter, selection.part().signal);
  }
  if (!notches.empty()) remove_line(notches, steady_line, selection);
  result.filter.insert(result.filter.end(), notches.begin(), notches.end());
  leave_out_odd_channels(selection);
  Eigen::MatrixXd& signal = selection.part().signal;
  signal.colwise() -= signal.rowwise().mean().eval();
  result.rate = recording.rate;
  result.channels = selection.rows();
  result.excluded = selection.excluded();
  result.scale = std::sqrt(signal.squaredNorm() / static_cast<double>(signal.size()));
  result.signal = (signal / result.scale).cast<float>();
  return result;
}

Eigen::MatrixXd PreparedSignal::waveform_filter(Eigen::Index n) const {
  if (filter.empty()) return Eigen::MatrixXd::Identity(n, n);
  // The response to one sample, long enough that the ends of this signal do not matter within n samples of it.
  const Eigen::Index room = n + static_cast<Eigen::Index>(std::ceil(2 * rate));
  Eigen::MatrixXd response = Eigen::MatrixXd::Zero(1, 2 * room + 1);
  response(0, room) = 1;
  filter_zero_phase(filter, response);
  Eigen::MatrixXd matrix(n, n);
  for (Eigen::Index from = 0; from < n; ++from)
    for (Eigen::Index to = 0; to < n; ++to) matrix(from, to) = response(0, room + to - from);
  return matrix;
}

Eigen::MatrixXf PreparedSignal::apply(const Eigen::MatrixXd& waveform) const {
  const Eigen::MatrixXd used = waveform(channels, Eigen::all);
  return (used * waveform_filter(waveform.cols()) / scale).cast<float>();
}

}  // namespace bmiss
