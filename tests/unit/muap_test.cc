// Motor unit action potentials in an infinite medium.
#include "forward/muap.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/report.h"
#include "forward/muap_picture.h"
#include "support/infinite_medium.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

constexpr double rate = 4096;

MotorUnit unit_of(std::vector<MuscleFibre> fibres, int id = 0) {
  MotorUnit unit;
  unit.id = id;
  unit.fibres = std::move(fibres);
  unit.n_fibres = static_cast<int>(unit.fibres.size());
  return unit;
}

std::vector<Muap> synthesise(const std::vector<MotorUnit>& units, const LeadField& lead_field) {
  std::ostringstream log;
  Report report(log, 0);
  const auto ap = action_potentials().create("rosenfalck");
  return synthesise_muaps(units, lead_field, *ap, rate, muap_samples(units, *ap, rate), report);
}

// Time of the smallest value, by a parabola through the samples around it [s].
double trough_time(const Eigen::RowVectorXd& w) {
  Eigen::Index k = 0;
  w.minCoeff(&k);
  return (static_cast<double>(k) + 0.5 * (w[k - 1] - w[k + 1]) / (w[k - 1] - 2 * w[k] + w[k + 1])) / rate;
}

TEST(Muap, OfOneFibreIsTheExactPotentialOfTheMedium) {
  const test::InfiniteMedium medium(test::plane_grid(4, 1, 20e-3, 12e-3, 0.04));
  MuscleFibre fibre = test::straight_fibre(0.12, 0.5e-3, 0.05);
  const auto muap = synthesise({unit_of({fibre})}, medium).front();
  const auto ap = action_potentials().create("rosenfalck");
  for (Eigen::Index e = 0; e < 4; ++e) {
    const double z = medium.electrodes().electrodes[static_cast<std::size_t>(e)].position.z();
    const double size = muap.waveform.row(e).maxCoeff() - muap.waveform.row(e).minCoeff();
    for (Eigen::Index n = 0; n < muap.waveform.cols(); n += 3)
      EXPECT_NEAR(muap.waveform(e, n),
                  test::exact_fibre_potential(fibre, *ap, {}, 12e-3, z, static_cast<double>(n) / rate), 1e-4 * size);
  }
}

TEST(Muap, TravelsAlongTheFibreAtItsConductionVelocity) {
  const test::InfiniteMedium medium(test::plane_grid(6, 1, 5e-3, 7e-3, 0.06));
  for (const double velocity : {3.0, 4.0, 5.0}) {
    MuscleFibre fibre = test::straight_fibre(0.14, 0.5e-3, 0.03);
    fibre.velocity = velocity;
    const auto waveform = synthesise({unit_of({fibre})}, medium).front().waveform;
    const double measured = 25e-3 / (trough_time(waveform.row(5)) - trough_time(waveform.row(0)));
    EXPECT_NEAR(measured / velocity, 1, 0.02);
  }
}

TEST(Muap, IsTheWeightedSumOfItsFibresAndScalesWithTheSquareOfTheirRadius) {
  const test::InfiniteMedium medium(test::plane_grid(2, 3, 10e-3, 10e-3, 0.05));
  MuscleFibre a = test::straight_fibre(0.1, 0.5e-3, 0.05), b = test::straight_fibre(0.1, 0.5e-3, 0.045, 3e-3, 1e-3);
  const auto parts = synthesise({unit_of({a}), unit_of({b}, 1)}, medium);
  MotorUnit both = unit_of({a, b});
  both.weight_per_fibre = 7.5;
  const Eigen::MatrixXd expected = 7.5 * (parts[0].waveform + parts[1].waveform);
  const auto sum = synthesise({both}, medium).front();
  EXPECT_LT((sum.waveform - expected).norm(), 1e-12 * expected.norm());
  for (auto& fibre : both.fibres) fibre.radius *= 1.5;
  EXPECT_LT((synthesise({both}, medium).front().waveform - 2.25 * expected).norm(), 1e-12 * expected.norm());
}

TEST(Muap, EndsWithinItsSamples) {
  const test::InfiniteMedium medium(test::plane_grid(3, 1, 30e-3, 10e-3, 0.02));
  const auto waveform = synthesise({unit_of({test::straight_fibre(0.1, 0.5e-3, 0.03)})}, medium).front().waveform;
  EXPECT_EQ(waveform.col(0).cwiseAbs().maxCoeff(), 0) << "nothing before the spike";
  EXPECT_LT(waveform.rightCols(1).cwiseAbs().maxCoeff(), 1e-7 * waveform.cwiseAbs().maxCoeff());
  EXPECT_LT(waveform.cols(), static_cast<Eigen::Index>(rate * (0.07 + 0.0315) / 4.0) + 3);
}

TEST(Muap, PointsThatFibresShareAreEvaluatedOnce) {
  const test::InfiniteMedium medium(test::plane_grid(1, 2, 10e-3, 10e-3, 0.05));
  const MuscleFibre whole = test::straight_fibre(0.1, 0.5e-3, 0.05);
  MuscleFibre cut = whole;
  cut.path = whole.path.middleCols(5, 180);
  cut.junction = 0.04;
  const auto together = synthesise({unit_of({whole, cut}), unit_of({cut}, 1), unit_of({whole}, 2)}, medium);
  EXPECT_EQ(medium.n_calls, 1);
  EXPECT_EQ(medium.n_points, 201);
  const Eigen::MatrixXd parts = together[1].waveform + together[2].waveform;
  EXPECT_LT((together[0].waveform - parts).norm(), 1e-12 * parts.norm());
}

// 4000 electrodes x 12060 points would take 386 MB; the same in two batches gives the same.
TEST(Muap, BatchesThatFitIntoMemoryDoNotChangeTheResult) {
  const test::InfiniteMedium medium(test::plane_grid(4000, 1, 1e-6, 10e-3, 0.05));
  std::vector<MuscleFibre> fibres;
  for (int k = 0; k < 60; ++k) fibres.push_back(test::straight_fibre(0.1, 0.5e-3, 0.05, 1e-4 * k));
  const auto ap = action_potentials().create("rosenfalck");
  std::ostringstream log;
  Report report(log, 0);
  const auto all = synthesise_muaps({unit_of(fibres)}, medium, *ap, 500, 5, report, {256e6}).front();
  EXPECT_GE(medium.n_calls, 2);
  EXPECT_EQ(medium.n_points, 60 * 201);
  const test::InfiniteMedium first_electrode(test::plane_grid(1, 1, 1e-6, 10e-3, 0.05));
  const auto one = synthesise_muaps({unit_of(fibres)}, first_electrode, *ap, 500, 5, report).front();
  EXPECT_LT((all.waveform.row(0) - one.waveform.row(0)).norm(), 1e-12 * one.waveform.norm());
}

TEST(MuapFile, ReadsBackAsWritten) {
  const test::ScratchFolder folder;
  const test::InfiniteMedium medium(test::plane_grid(2, 2, 10e-3, 10e-3, 0.05));
  std::vector<MotorUnit> units = {unit_of({test::straight_fibre(0.1, 0.5e-3, 0.05)}, 3),
                                  unit_of({test::straight_fibre(0.1, 0.5e-3, 0.04)}, 8)};
  units[1].muscle = "soleus";
  units[1].centre << 0.01, 0.02, 0.03;
  units[1].n_fibres = 120;
  const auto muaps = synthesise(units, medium);
  write_muaps(muaps, units, medium, folder / "muaps.h5");
  const auto file = read_muaps(folder / "muaps.h5");
  ASSERT_EQ(file.muaps.size(), 2u);
  EXPECT_EQ(file.muaps[1].unit, 8);
  EXPECT_EQ(file.muaps[1].waveform, muaps[1].waveform);
  EXPECT_EQ(file.muaps[1].rate, rate);
  EXPECT_EQ(file.units[1].muscle, "soleus");
  EXPECT_EQ(file.units[1].centre, units[1].centre);
  EXPECT_EQ(file.units[1].n_fibres, 120);
  EXPECT_EQ(file.electrodes, (std::vector<std::string>{"E1_1", "E1_2", "E2_1", "E2_2"}));
  EXPECT_EQ(file.lead_field_hash, "infinite medium");
}

TEST(MuapFile, OtherFilesAreRefused) {
  const test::ScratchFolder folder;
  Hdf5File other(folder / "other.h5", Hdf5File::Mode::create);
  other.set_attribute("/", "format", "something else");
  other.finish();
  EXPECT_NE(test::message_of<InputError>([&] {
              read_muaps(folder / "other.h5");
            }).find("other.h5' is not a file of motor unit action potentials (bmiss muaps 1); give one that"),
            std::string::npos);
}

// Width and height from a PNG's header (RFC 2083).
std::pair<int, int> png_size(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string head(24, '\0');
  stream.read(head.data(), 24);
  EXPECT_EQ(head.substr(1, 3), "PNG");
  const auto number = [&](std::size_t at) {
    int value = 0;
    for (std::size_t k = at; k < at + 4; ++k) value = 256 * value + static_cast<unsigned char>(head[k]);
    return value;
  };
  return {number(16), number(20)};
}

TEST(MuapPicture, HasACellForEachElectrodeOfEachGrid) {
  const test::ScratchFolder folder;
  auto one = test::plane_grid(8, 6, 8e-3, 10e-3, 0.02), two = one;
  for (auto electrode : test::plane_grid(4, 3, 8e-3, 10e-3, 0.02).electrodes) {
    electrode.group = "grid2";
    two.electrodes.push_back(electrode);
  }
  for (const auto* array : {&one, &two}) {
    const test::InfiniteMedium medium(*array);
    const auto muap = synthesise({unit_of({test::straight_fibre(0.1, 0.5e-3, 0.05)}, 7)}, medium).front();
    draw_muap(muap, *array, folder / "muap.png");
    const auto [width, height] = png_size(folder / "muap.png");
    EXPECT_NEAR(width, array == &one ? 6 * 84 + 48 : 9 * 84 + 48 + 36, 1);
    EXPECT_NEAR(height, 8 * 58 + 106, 1);
  }
}

TEST(MuapPicture, BadRequestsLeaveNoFile) {
  const test::ScratchFolder folder;
  const Muap muap{3, Eigen::MatrixXd::Ones(2, 20), 1000};
  EXPECT_EQ(
      test::message_of<InputError>([&] { draw_muap(muap, test::plane_grid(3, 1, 8e-3, 0, 0), folder / "a.png"); }),
      "the action potential of unit 3 has 2 channels but there are 3 electrodes");
  EXPECT_NE(test::message_of<InputError>([&] {
              draw_muap(muap, test::plane_grid(2, 1, 8e-3, 0, 0), folder / "none/a.png");
            }).find("none/a.png: cannot be written"),
            std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace bmiss
