// Errors of properties, against numbers worked out by hand.
#include "inversion/score/property_score.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "inversion/score/unit_quality.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TsvFile table(const test::ScratchFolder& folder, const std::string& name, const std::vector<std::string>& columns,
              const std::vector<std::vector<std::string>>& rows) {
  TsvFile file;
  file.set_columns(columns);
  for (const auto& row : rows) file.add_row(row);
  file.write(folder / name);
  return TsvFile(folder / name);
}

UnitMatch match(int reference, int estimate) {
  UnitMatch result;
  result.reference = reference;
  result.estimate = estimate;
  return result;
}

TEST(PropertyScore, IsThatOfTheMatchedUnitsWorkedOutByHand) {
  const test::ScratchFolder folder;
  const auto truth = table(folder, "true.tsv", {"unit_id", "depth_mm", "velocity_m_per_s"},
                           {{"0", "5", "4"}, {"1", "9", "4"}, {"2", "13", "4"}, {"3", "99", "9"}});
  const auto estimate =
      table(folder, "units.tsv", {"unit_id", "depth_mm", "depth_sd_mm", "velocity_m_per_s", "x_mm"},
            {{"10", "6", "1", "4.1", "0"}, {"11", "9", "n/a", "n/a", "0"}, {"12", "11", "1", "4.3", "0"}});
  // Unit 13 has no row: it is left out.
  const auto scores = score_properties(truth, estimate, {match(0, 10), match(1, 11), match(2, 12), match(3, 13)});
  ASSERT_EQ(scores.size(), 2u);  // x is not in the truth
  const PropertyScore& depth = scores[0];
  EXPECT_EQ(depth.property.column(), "depth_mm");
  EXPECT_EQ(depth.property.sd_column(), "depth_sd_mm");
  EXPECT_EQ(depth.n_units, 3);  // errors 1, 0, -2
  EXPECT_NEAR(depth.bias, -1.0 / 3, 1e-12);
  EXPECT_NEAR(depth.mean_absolute, 1, 1e-12);
  EXPECT_NEAR(depth.root_mean_square, std::sqrt(5.0 / 3), 1e-12);
  EXPECT_NEAR(depth.r_squared, 1 - 5.0 / 32, 1e-12);
  EXPECT_EQ(depth.n_intervals, 2);
  EXPECT_NEAR(depth.coverage, 0.5, 1e-12);  // 1 <= 1.645 < 2
  const PropertyScore& velocity = scores[1];
  EXPECT_EQ(velocity.n_units, 2);
  EXPECT_NEAR(velocity.mean_absolute, 0.2, 1e-12);
  EXPECT_TRUE(std::isnan(velocity.r_squared));  // the truth does not vary
  EXPECT_TRUE(std::isnan(velocity.coverage));
  const std::string text = property_table(scores).text();
  EXPECT_NE(text.find("50 %"), std::string::npos) << text;
  EXPECT_NE(text.find("m/s"), std::string::npos) << text;
}

TEST(PropertyScore, PropertiesWithoutUnitHaveTheirDeviationAtTheEndOfTheName) {
  const UnitProperty fibres{"n_fibres", "", "fibres"};
  EXPECT_EQ(fibres.column(), "n_fibres");
  EXPECT_EQ(fibres.sd_column(), "n_fibres_sd");
}

TEST(PropertyScore, UnitsTwiceAndNegativeDeviationsAreRefused) {
  const test::ScratchFolder folder;
  const auto truth = table(folder, "true.tsv", {"unit_id", "depth_mm"}, {{"0", "5"}, {"0", "6"}});
  const auto good = table(folder, "good.tsv", {"unit_id", "depth_mm"}, {{"0", "5"}});
  const auto bad = table(folder, "bad.tsv", {"unit_id", "depth_mm", "depth_sd_mm"}, {{"0", "5", "-1"}});
  EXPECT_EQ(test::message_of<InputError>([&] { score_properties(truth, good, {match(0, 0)}); }),
            (folder / "true.tsv") + ", line 3: unit 0 stands there a second time; keep one row for each unit");
  EXPECT_EQ(
      test::message_of<InputError>([&] { score_properties(good, bad, {match(0, 0)}); }),
      (folder / "bad.tsv") +
          ", line 2: column 'depth_sd_mm' holds -1, but a standard deviation is not negative; write n/a where there "
          "is none");
}

TEST(UnitQuality, IsReadAndItsMedianTold) {
  const test::ScratchFolder folder;
  const auto units =
      table(folder, "units.tsv", {"unit_id", "n_spikes", "mean_rate_Hz", "isi_cov", "silhouette", "pulse_to_noise_dB"},
            {{"0", "200", "10", "0.2", "0.95", "30"}, {"4", "100", "8", "0.1", "0.91", "n/a"}});
  const auto quality = read_unit_quality(units);
  ASSERT_EQ(quality.size(), 2u);
  EXPECT_EQ(quality[1].id, 4);
  EXPECT_EQ(quality[0].pulse_to_noise, 30);
  EXPECT_TRUE(std::isnan(quality[1].pulse_to_noise));
  const std::string text = quality_table(quality).text();
  EXPECT_NE(text.find("median"), std::string::npos);
  EXPECT_NE(text.find("0.930"), std::string::npos) << text;
  EXPECT_NE(text.find("0.150"), std::string::npos) << text;
}

TEST(UnitQuality, AMissingColumnIsNamed) {
  const test::ScratchFolder folder;
  const auto units = table(folder, "units.tsv", {"unit_id", "n_spikes"}, {{"0", "200"}});
  EXPECT_NE(test::message_of<InputError>([&] { read_unit_quality(units); }).find("column 'silhouette' is missing"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss
