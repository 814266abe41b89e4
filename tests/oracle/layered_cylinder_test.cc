// The analytic cylinder against exact values computed by another program, and against closed forms.
#include "solvers/analytic/layered_cylinder.h"

#include <gtest/gtest.h>

#include <boost/math/special_functions/bessel.hpp>
#include <cmath>

#include "base/errors.h"
#include "solvers/analytic/modified_bessel.h"
#include "support/oracle_cases.h"

namespace bmiss {
namespace {

using test::OracleCase;

double worst_error(const Eigen::VectorXd& computed, const OracleCase& c) {
  Eigen::VectorXd values = computed;
  if (c.relative_to_last_point) values.array() -= computed[computed.size() - 1];
  return (values.head(c.values.size()) - c.values).cwiseAbs().maxCoeff() / c.values.cwiseAbs().maxCoeff();
}

TEST(ModifiedBessel, AgreesAcrossTheSwitchesOfMethod) {
  // Order 20 and beyond uses the uniform expansion; Boost computes the same values independently.
  for (const int n : {19, 20, 30, 80})
    for (const double x : {0.5, 5.0, 50.0, 300.0}) {
      const ModifiedBessel b = modified_bessel(n, x);
      EXPECT_NEAR(b.log_i, std::log(boost::math::cyl_bessel_i(n, x)), 1e-11 * std::abs(b.log_i) + 1e-12)
          << n << " " << x;
      EXPECT_NEAR(b.log_k, std::log(boost::math::cyl_bessel_k(n, x)), 1e-11 * std::abs(b.log_k) + 1e-12)
          << n << " " << x;
      // Wronskian: I K' - I' K = -1/x.
      EXPECT_NEAR(std::exp(b.log_i + b.log_k) * (b.slope_i + b.slope_k) * x, 1.0, 1e-12) << n << " " << x;
    }
  const ModifiedBessel far = modified_bessel(3, 900);  // beyond the range of exp
  EXPECT_NEAR(std::exp(far.log_i + far.log_k) * (far.slope_i + far.slope_k) * 900, 1.0, 1e-12);
}

TEST(LayeredCylinder, MatchesExactPotentials) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  for (const char* id : {"inf-A-r33-d20", "inf-A-r25-d20", "inf-D-r35-d10", "fin-A-axial", "lead-A-point"}) {
    const OracleCase c = test::oracle_case(id);
    EXPECT_LT(worst_error(LayeredCylinder(c.layers).potential(c.sources, c.points, c.length), c), 1e-8) << id;
  }
}

TEST(LayeredCylinder, MatchesExactLeadFieldsOfPointAndDisc) {
  BMISS_NEEDS_DATA("oracle/cases.json");
  for (const char* id : {"lead-A-point", "lead-A-disc5"}) {
    const OracleCase c = test::oracle_case(id);
    std::vector<CylinderElectrode> electrodes;
    for (const auto& s : c.sources) electrodes.push_back({s.place.theta, s.place.z, c.disc_radius, 0, 0});
    const Eigen::MatrixXd fields = LayeredCylinder(c.layers).lead_field(electrodes, c.points, c.length);
    EXPECT_LT(worst_error((fields.row(0) - fields.row(1)).transpose(), c), 1e-8) << id;
  }
}

TEST(LayeredCylinder, HomogeneousCylinderWithSourceOnTheAxisHasClosedForm) {
  // G_0(k; R, 0) = 1 / (sigma k R I_1(k R)).
  const double radius = 0.04, sigma = 0.3;
  const LayeredCylinder cylinder({{radius, sigma, sigma}});
  for (const double k : {5.0, 50.0, 500.0})
    EXPECT_NEAR(
        cylinder.radial_green(0, k, radius, 1e-9) * sigma * k * radius * boost::math::cyl_bessel_i(1, k * radius), 1.0,
        1e-10);
}

TEST(LayeredCylinder, EqualLayersCollapse) {
  const LayeredCylinder one({{0.04, 0.1, 0.5}}), three({{0.01, 0.1, 0.5}, {0.03, 0.1, 0.5}, {0.04, 0.1, 0.5}});
  for (const int n : {0, 1, 7, 45, 120})
    for (const double k : {0.5, 50.0, 1500.0})
      EXPECT_NEAR(three.radial_green(n, k, 0.04, 0.033) / one.radial_green(n, k, 0.04, 0.033), 1.0, 1e-10)
          << n << " " << k;
}

TEST(LayeredCylinder, PotentialIsReciprocal) {
  const LayeredCylinder cylinder({{0.01, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.04, 0.3, 0.3}});
  const CylinderPoint a{0.02, 0.1, 0.03}, b{0.03, 0.9, 0.05}, c{0.025, 2.0, 0.08}, d{0.015, 1.0, 0.09};
  const auto ab = cylinder.potential({{a, 1}, {b, -1}}, {c, d}, 0.12);
  const auto cd = cylinder.potential({{c, 1}, {d, -1}}, {a, b}, 0.12);
  EXPECT_NEAR(ab[0] - ab[1], cd[0] - cd[1], 1e-10 * std::abs(cd[0] - cd[1]));
}

TEST(LayeredCylinder, LongFiniteCylinderApproachesTheInfiniteOne) {
  // Insulated ends mirror the source; 1 m away they are not felt (decay length about 49 mm).
  const LayeredCylinder cylinder({{0.01, 0.02, 0.02}, {0.035, 0.1, 0.5}, {0.038, 0.04, 0.04}, {0.04, 1, 1}});
  const auto field = [&](double length, double z0) {
    return cylinder.potential({{{0.03, 0, z0 - 0.01}, 1}, {{0.03, 0, z0 + 0.01}, -1}},
                              {{0.04, 0, z0 + 0.01}, {0.04, 0.5, z0 - 0.02}}, length);
  };
  const auto finite = field(2.0, 1.0), infinite = field(0, 0);
  EXPECT_NEAR(finite[0] - finite[1], infinite[0] - infinite[1], 1e-8 * std::abs(infinite[0]));
}

TEST(LayeredCylinder, RefusesWhatIsNoCylinder) {
  const auto refuse = [](std::vector<CylinderLayer> layers) {
    return test::message_of<InputError>([&] { LayeredCylinder cylinder(layers); });
  };
  EXPECT_NE(refuse({}).find("no layer"), std::string::npos);
  EXPECT_NE(refuse({{0.02, 1, 1}, {0.01, 1, 1}}).find("must increase"), std::string::npos);
  EXPECT_NE(refuse({{0.02, 0, 1}}).find("must be > 0"), std::string::npos);
  const LayeredCylinder cylinder({{0.04, 1, 1}});
  EXPECT_NE(test::message_of<InputError>([&] {
              cylinder.lead_field({{}}, {{0.05, 0, 0}}, 0);
            }).find("outside"),
            std::string::npos);
  EXPECT_NE(test::message_of<InputError>([&] {
              cylinder.potential({{{0.01, 0, 0}, 1}}, {{0.02, 0, 0}}, 0);
            }).find("balance"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss
