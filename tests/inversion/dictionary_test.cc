// The grid of action potentials that a scan looks for.
#include "inversion/scan/dictionary.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "base/errors.h"
#include "base/report.h"
#include "support/infinite_medium.h"
#include "support/straight_muscle.h"

namespace bmiss {
namespace {

class DictionaryTest : public testing::Test {
protected:
  DictionaryTest() : field_(test::plane_grid(9, 5, 8e-3, 6e-3, -32e-3)) {
    std::ostringstream log;
    Report report(log, 0);
    MuapModelOptions options;
    options.n_lags = 72;
    options.lag_operator = Eigen::MatrixXd::Random(72, 80);  // any filter
    model_ = std::make_unique<MuapModel>(test::straight_muscle(1.2e-3, 45e-3), std::vector<std::string>{"muscle"},
                                         field_, *potential_, options, report);
    options_.radii = {1.5e-3, 3e-3};
  }
  test::InfiniteMedium field_;
  std::unique_ptr<ActionPotential> potential_ = action_potentials().create("rosenfalck");
  std::unique_ptr<MuapModel> model_;
  DictionaryOptions options_;
};

TEST_F(DictionaryTest, HoldsTheModelsActionPotentials) {
  const Dictionary dictionary(*model_, options_);
  EXPECT_GT(dictionary.n_places(), 2 * 60u);
  for (const std::size_t place : {std::size_t(0), dictionary.n_places() / 2, dictionary.n_places() - 1}) {
    const Eigen::MatrixXf atoms = dictionary.atoms(place);
    ASSERT_EQ(static_cast<std::size_t>(atoms.cols()), dictionary.first_atom(place + 1) - dictionary.first_atom(place));
    for (Eigen::Index k = 0; k < atoms.cols(); k += 4) {
      const std::size_t atom = dictionary.first_atom(place) + static_cast<std::size_t>(k);
      EXPECT_EQ(dictionary.place_of(atom), place);
      const Eigen::MatrixXf expected = model_->value(dictionary.unit(atom));
      EXPECT_LT((atoms.col(k) - Eigen::Map<const Eigen::VectorXf>(expected.data(), expected.size())).norm(),
                1e-5 * expected.norm());
    }
  }
}

TEST_F(DictionaryTest, NeighboursAreMutualAndOneStepAway) {
  const Dictionary dictionary(*model_, options_);
  for (std::size_t atom = 0; atom < dictionary.n_atoms(); atom += 97) {
    const auto around = dictionary.neighbours(atom);
    EXPECT_EQ(std::set<std::size_t>(around.begin(), around.end()).size(), around.size());
    for (const std::size_t other : around) {
      const auto back = dictionary.neighbours(other);
      EXPECT_EQ(std::count(back.begin(), back.end(), atom), 1);
      const UnitVector step = (dictionary.unit(other).values - dictionary.unit(atom).values).cwiseAbs();
      EXPECT_LT(step[across_1], 2.1e-3);
      EXPECT_LT(step[innervation_zone], 5.1e-3);
      EXPECT_GT(step.norm(), 0);
    }
  }
}

TEST_F(DictionaryTest, AUnitIsTheLocalMaximumOfItsOwnCorrelation) {
  const Dictionary dictionary(*model_, options_);
  const std::size_t wanted = dictionary.n_atoms() / 2 + 7;
  const Eigen::MatrixXf muap = model_->value(dictionary.unit(wanted));
  const Eigen::Map<const Eigen::VectorXf> target(muap.data(), muap.size());
  Eigen::VectorXf scores(static_cast<Eigen::Index>(dictionary.n_atoms()));
  for (std::size_t place = 0; place < dictionary.n_places(); ++place) {
    const Eigen::MatrixXf atoms = dictionary.atoms(place);
    scores.segment(static_cast<Eigen::Index>(dictionary.first_atom(place)), atoms.cols()) =
        (atoms.transpose() * target).cwiseQuotient(atoms.colwise().norm().transpose()) / target.norm();
  }
  const auto maxima = dictionary.local_maxima(scores, 0.5F);
  ASSERT_FALSE(maxima.empty());
  EXPECT_EQ(maxima.front(), wanted);
  EXPECT_LT(maxima.size(), 40u);
}

TEST_F(DictionaryTest, SeparabilityIsTheNormInUnitsOfTheNoise) {
  const Eigen::MatrixXf waveforms = Eigen::MatrixXf::Random(12, 5);
  const Eigen::MatrixXf root = Eigen::MatrixXf::Random(12, 12) + 4 * Eigen::MatrixXf::Identity(12, 12);
  const Eigen::MatrixXf covariance = root * root.transpose();
  const Eigen::VectorXf found = separability(waveforms, covariance.llt());
  for (Eigen::Index k = 0; k < 5; ++k) {
    const Eigen::VectorXf m = waveforms.col(k);
    EXPECT_NEAR(found[k], std::sqrt(m.dot(covariance.ldlt().solve(m))), 1e-4F * found[k]);
  }
}

TEST_F(DictionaryTest, SaysWhenNoPositionLiesInsideTheMuscle) {
  options_.least_inside = 1.5;
  try {
    Dictionary(*model_, options_);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("no position of a lattice of 2 mm lies inside a muscle"),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace bmiss
