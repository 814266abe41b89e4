// Motor-unit action potentials do not depend on the number of ranks that share the fibres.
#include <gtest/gtest.h>

#include <sstream>

#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "forward/muap.h"
#include "support/infinite_medium.h"
#include "support/test_files.h"

using namespace bmiss;

namespace {

std::vector<MotorUnit> units_of(int n_units, int fibres_each) {
  std::vector<MotorUnit> units(static_cast<std::size_t>(n_units));
  for (int u = 0; u < n_units; ++u)
    for (int f = 0; f < fibres_each; ++f)
      units[static_cast<std::size_t>(u)].fibres.push_back(
          test::straight_fibre(0.1, 0.5e-3, 0.045 + 1e-3 * u, 1e-3 * f, 1e-3 * u));
  return units;
}

std::vector<Muap> synthesise(const std::vector<MotorUnit>& units, const LeadField& lead_field, MPI_Comm communicator) {
  std::ostringstream log;
  Report report(log, mpi_rank(communicator));
  const auto ap = action_potentials().create("rosenfalck");
  SynthesisOptions options;
  options.communicator = communicator;
  return synthesise_muaps(units, lead_field, *ap, 2048, 40, report, options);
}

// Knows no place beyond a plane.
class CutMedium : public LeadField {
public:
  explicit CutMedium(double end) : medium_(test::plane_grid(2, 1, 5e-3, 12e-3, 0.05)), end_(end) {}
  void set_electrodes(const ElectrodeArray& electrodes) override { medium_.set_electrodes(electrodes); }
  const ElectrodeArray& electrodes() const override { return medium_.electrodes(); }
  Eigen::MatrixXd potential(const Eigen::Matrix3Xd& points) const override {
    if (points.row(0).maxCoeff() > end_) throw InputError("a point lies beyond the end");
    return medium_.potential(points);
  }
  std::string hash() const override { return ""; }
  std::string citation() const override { return ""; }

private:
  test::InfiniteMedium medium_;
  double end_;
};

}  // namespace

TEST(MuapRanks, GiveTheActionPotentialsOfOneRankAndShareThePoints) {
  const test::InfiniteMedium shared(test::plane_grid(3, 2, 5e-3, 12e-3, 0.05)), alone = shared;
  const auto units = units_of(3, 5);  // 15 fibres: ranks have different numbers of them
  const auto together = synthesise(units, shared, MPI_COMM_WORLD), one = synthesise(units, alone, MPI_COMM_SELF);
  for (std::size_t u = 0; u < units.size(); ++u)
    EXPECT_LT((together[u].waveform - one[u].waveform).norm(), 1e-13 * one[u].waveform.norm());
  EXPECT_EQ(alone.n_points, 15 * 201);
  long points = shared.n_points;
  MPI_Allreduce(MPI_IN_PLACE, &points, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  EXPECT_EQ(points, 15 * 201) << "each point on one rank";
}

TEST(MuapRanks, MayBeMoreThanFibres) {
  const test::InfiniteMedium medium(test::plane_grid(2, 1, 5e-3, 12e-3, 0.05));
  const auto units = units_of(1, 1);
  EXPECT_EQ(synthesise(units, medium, MPI_COMM_WORLD)[0].waveform,
            synthesise(units, medium, MPI_COMM_SELF)[0].waveform);
}

TEST(MuapRanks, TheErrorOfOneIsThatOfAll) {
  const CutMedium medium(3.5e-3);  // the last fibre of five
  EXPECT_EQ(test::message_of<InputError>([&] { synthesise(units_of(1, 5), medium, MPI_COMM_WORLD); }),
            "a point lies beyond the end");
}
