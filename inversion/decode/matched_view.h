// Matched outputs of all units around one place in time: where a decoder tries what it may change.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <vector>

#include "inversion/decode/correlations.h"

namespace bmiss {

// A copy, so that spikes can be taken away and put in without touching the recording's.
class MatchedView {
public:
  static constexpr Eigen::Index reach = 12;  // samples on both sides of the middle in which maxima are looked for

  explicit MatchedView(const TemplateCorrelations& correlations);

  // Copies the columns around `middle` of matched outputs [n_units x n_samples], zeros beyond the ends.
  void look(const Eigen::MatrixXf& outputs, Eigen::Index middle);
  // Takes a spike's effect away (sign 1) or lays it in (-1).
  void take_away(Eigen::Index unit, double position) { add_effect(unit, position, 1); }
  void put_in(Eigen::Index unit, double position) { add_effect(unit, position, -1); }

  struct Maximum {
    Eigen::Index unit;
    double position;  // [samples], between them
    float value;
  };
  // Of outputs that exceed their unit's threshold [n_units].
  void find_maxima(const Eigen::VectorXf& threshold, std::vector<Maximum>& maxima);
  float value(Eigen::Index unit, double position) const;  // between samples
  // The largest maximum of one unit's output within about a sample of a position; there, if there is none.
  Maximum peak_near(Eigen::Index unit, double position) const;

  // That this view and all copies of it read and wrote so far, at least: of a look its columns twice (from there, to
  // here), of an effect four times (two phases of it; the view read and written), of finding maxima once.
  double bytes() const { return *bytes_; }

private:
  // The polynomial of degree 4 through five values, by its derivatives at the middle one.
  struct Local {
    float value, slope, bend, third, fourth;
    float at(float x) const { return value + x * (slope + x * (bend / 2 + x * (third / 6 + x * fourth / 24))); }
  };
  void add_effect(Eigen::Index unit, double position, float sign);
  Local local(Eigen::Index unit, Eigen::Index column) const;
  Maximum peak(Eigen::Index unit, Eigen::Index column) const;
  void count(int times) { *bytes_ += static_cast<double>(times) * sizeof(float) * static_cast<double>(values_.size()); }

  const TemplateCorrelations* correlations_;
  Eigen::Index samples_ = 0, first_ = 0;  // of the recording; in the first column
  Eigen::MatrixXf values_;
  std::vector<int> found_;
  std::shared_ptr<double> bytes_ = std::make_shared<double>(0);
};

// outputs -= sign * what a spike adds to matched outputs.
void subtract_effect(const TemplateCorrelations& correlations, Eigen::Index unit, double position, float sign,
                     Eigen::MatrixXf& outputs);

}  // namespace bmiss
