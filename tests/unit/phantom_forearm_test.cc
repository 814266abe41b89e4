// The forearm phantom against published anatomy: volumes, areas at levels, belly lengths, places, bones.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "anatomy/phantom.h"
#include "anatomy/phantom_forearm_anatomy.h"

namespace bmiss {
namespace {

const double pi = std::acos(-1.0);

const Phantom& forearm() {
  static const Phantom phantom = make_forearm({});  // 1 mm, 200 slices from 30 to 230 mm below the elbow
  return phantom;
}

const ForearmMuscle& muscle(const std::string& name) {
  for (const auto& m : forearm_muscles())
    if (m.name == name) return m;
  throw std::runtime_error("no muscle " + name);
}

// Integral of the area along the belly; `from` and `to` in mm below the elbow.
double integrated_area(const ForearmMuscle& m, double from, double to) {
  constexpr double step = 0.05;
  double sum = 0;
  for (double z = from + step / 2; z < to; z += step) sum += m.area((z - 30) / 200) * step;
  return sum;
}

// Voxels of 1 mm^2 and their sum of places [mm, lateral and anterior] of each label in one slice.
struct Section {
  std::map<int, int> area;
  std::map<int, Eigen::Vector2d> centroid;
  double inside_fascia = 0;
};
Section section(double mm_from_elbow) {
  const LabelMap& map = forearm().map;
  const int k = static_cast<int>(mm_from_elbow - 30);
  Section result;
  for (int j = 0; j < map.size[1]; ++j)
    for (int i = 0; i < map.size[0]; ++i) {
      const int label = map.at(i, j, k);
      ++result.area[label];
      result.inside_fascia += label >= 3 ? 1 : 0;
      result.centroid.try_emplace(label, Eigen::Vector2d::Zero()).first->second +=
          (map.voxel_to_world * Eigen::Vector3d(i, j, k)).head<2>() * 1e3;
    }
  for (auto& [label, sum] : result.centroid) sum /= result.area[label];
  return result;
}

struct Published {
  const char* name;
  double man, everybody;  // volumes [cm^3]; 0: not used
};
// Men: peak force x fibre length / 50.8 N/cm^2 of Saul et al. 2015, e.g. brachioradialis 276 N x 17.26 cm, summed over
// the slips of the fingers' muscles and with the small thumb and index muscles that the phantom counts with a
// neighbour. Everybody: mean of five men and five women, Holzbaur et al. 2007.
const Published published[] = {
    {"brachioradialis", 93.8, 65.1},
    {"extensor_carpi_radialis_longus", 337.3 * 8.1 / 50.8, 0},
    {"extensor_carpi_radialis_brevis", 252.2 * 5.85 / 50.8, 0},
    {"extensor_digitorum", (39.4 * 6.5 + 109.2 * 6.26 + 94.4 * 7.24 + 48.8 * 7.0) / 50.8, 0},
    {"extensor_digiti_minimi", 72.4 * 6.75 / 50.8, 0},
    {"extensor_carpi_ulnaris", 192.9 * 6.22 / 50.8, 0},
    {"supinator", 379.6 * 3.3 / 50.8, 0},
    {"abductor_pollicis_longus", (116.7 * 7.13 + 46 * 6.8) / 50.8, 0},
    {"extensor_pollicis_longus", (88.3 * 5.4 + 47.3 * 5.89) / 50.8, 0},
    {"pronator_teres", 557.2 * 4.92 / 50.8, 0},
    {"flexor_carpi_radialis", 407.9 * 6.28 / 50.8, 34.8},
    {"palmaris_longus", 101.0 * 6.38 / 50.8, 0},
    {"flexor_digitorum_superficialis", (75.3 * 5.15 + 171.2 * 7.36 + 258.8 * 7.49 + 162.5 * 8.35) / 50.8, 74.2},
    {"flexor_carpi_ulnaris", 479.8 * 5.09 / 50.8, 37.1},
    {"flexor_digitorum_profundus", (236.8 * 7.49 + 172.9 * 7.98 + 212.4 * 8.35 + 197.3 * 7.49) / 50.8, 91.6},
    {"flexor_pollicis_longus", 201.0 * 5.5 / 50.8, 0},
    {"pronator_quadratus", 284.7 * 2.82 / 50.8, 0}};

TEST(ForearmAnatomy, AreaAlongEveryBellyIntegratesToThePublishedVolume) {
  ASSERT_EQ(std::size(published), forearm_muscles().size());
  for (const auto& p : published) {
    const ForearmMuscle& m = muscle(p.name);
    const double volume = integrated_area(m, m.start, m.start + m.length) * 1e-3;
    EXPECT_NEAR(volume / (0.73 * p.man), 1, 0.01) << p.name;
    if (p.everybody > 0) {
      EXPECT_NEAR(volume / p.everybody, 1, 0.06) << p.name;
    }
  }
}

TEST(ForearmAnatomy, VoxelsHoldTheVolumeBetweenTheCuts) {
  const auto counts = forearm().map.voxel_counts();
  for (const auto& m : forearm_muscles()) {
    const double expected = integrated_area(m, 30, 230);
    EXPECT_NEAR(static_cast<double>(counts.at(m.label)) / expected, 1, 0.04) << m.name;
    // Of each muscle the phantom shows a good part.
    EXPECT_GT(expected, 0.4 * m.volume) << m.name;
  }
}

TEST(ForearmAnatomy, AreasAtThreeLevelsAreThoseOfTheVolumes) {
  int compared = 0;
  for (const double level : {65.5, 130.5, 195.5}) {  // a quarter, half and three quarters of the way to the wrist
    const Section found = section(level);
    for (const auto& m : forearm_muscles()) {
      const double expected = m.area((level - 30) / 200);
      const auto area = found.area.find(m.label);
      EXPECT_NEAR(area == found.area.end() ? 0 : area->second, expected, 12 + 0.02 * expected)
          << m.name << " at " << level << " mm";
      compared += expected > 0 ? 1 : 0;
    }
  }
  EXPECT_GE(compared, 30);
}

// Lieber et al. 1992 (J. Hand Surg. 17A, 787), bellies of 175, 130, 134, 152, 138 and 168 mm with standard errors of 5
// to 12 mm.
TEST(ForearmAnatomy, BelliesAreAsLongAsMeasured) {
  const std::pair<const char*, double> lengths[] = {{"brachioradialis", 175},          {"pronator_teres", 130},
                                                    {"palmaris_longus", 134},          {"extensor_digiti_minimi", 152},
                                                    {"extensor_pollicis_longus", 138}, {"flexor_pollicis_longus", 168}};
  for (const auto& [name, length] : lengths) EXPECT_NEAR(muscle(name).length / length, 1, 0.05) << name;
}

// Centroids in sections of BodyParts3D (the source of the phantom's centres, measured at other levels), in units of the
// radius of a circle as large as the space inside the fascia: lateral, anterior.
TEST(ForearmAnatomy, MusclesLieWhereSectionsShowThem) {
  const struct {
    double level;
    const char* name;
    Eigen::Vector2d place;
  } measured[] = {{65.5, "brachioradialis", {.80, .33}},
                  {65.5, "extensor_carpi_radialis_longus", {.84, -.36}},
                  {65.5, "extensor_digitorum", {.34, -.81}},
                  {65.5, "extensor_carpi_ulnaris", {-.03, -.59}},
                  {65.5, "supinator", {.34, -.20}},
                  {65.5, "pronator_teres", {.39, .30}},
                  {65.5, "flexor_carpi_radialis", {-.29, .64}},
                  {65.5, "palmaris_longus", {-.74, .64}},
                  {65.5, "flexor_digitorum_superficialis", {-.57, .25}},
                  {65.5, "flexor_carpi_ulnaris", {-.89, -.15}},
                  {65.5, "flexor_digitorum_profundus", {-.27, .01}},
                  {130.5, "extensor_carpi_radialis_brevis", {.67, -.49}},
                  {130.5, "extensor_digitorum", {.40, -.84}},
                  {130.5, "abductor_pollicis_longus", {.07, -.42}},
                  {130.5, "flexor_carpi_radialis", {-.10, .86}},
                  {130.5, "flexor_digitorum_superficialis", {-.51, .54}},
                  {130.5, "flexor_carpi_ulnaris", {-.93, -.05}},
                  {130.5, "flexor_digitorum_profundus", {-.20, .19}},
                  {130.5, "flexor_pollicis_longus", {.57, -.02}},
                  {180.5, "extensor_pollicis_longus", {-.24, -.31}},
                  {180.5, "abductor_pollicis_longus", {.44, -.62}},
                  {180.5, "flexor_digitorum_superficialis", {-.41, .66}},
                  {180.5, "flexor_carpi_ulnaris", {-.90, .14}},
                  {180.5, "flexor_digitorum_profundus", {-.14, .29}},
                  {180.5, "flexor_pollicis_longus", {.55, .04}}};
  for (const auto& m : measured) {
    const Section found = section(m.level);
    const Eigen::Vector2d place = found.centroid.at(muscle(m.name).label) / std::sqrt(found.inside_fascia / pi);
    EXPECT_LT((place - m.place).norm(), 0.25) << m.name << " at " << m.level << " mm lies at " << place.transpose();
  }
}

TEST(ForearmAnatomy, InterosseousMembraneSeparatesFlexorsFromExtensors) {
  const LabelMap& map = forearm().map;
  for (int k = 0; k < map.size[2]; k += 5) {
    const BonePair bones = bones_at((k + 0.5) / map.size[2]);
    for (int j = 0; j < map.size[1]; ++j)
      for (int i = 0; i < map.size[0]; ++i)
        for (const auto& m : forearm_muscles()) {
          if (map.at(i, j, k) != m.label) continue;
          const int side = bones.side((map.voxel_to_world * Eigen::Vector3d(i, j, k)).head<2>() * 1e3);
          ASSERT_FALSE(m.compartment == Compartment::flexor && side < 0) << m.name << " in slice " << k;
          ASSERT_FALSE(m.compartment == Compartment::extensor && side > 0) << m.name << " in slice " << k;
        }
  }
}

// At mid-forearm 0.98 and 0.82 cm^2 (Hsu et al. 1993, J. Biomech. 26, 1307).
TEST(ForearmAnatomy, BonesHaveTheirSectionsAtMidForearm) {
  const Section middle = section(130.5);
  EXPECT_NEAR(middle.area.at(3) + middle.area.at(4), 180, 15);
}

// Computed tomography of whole forearms (Maughan et al. 1984, Clin. Sci. 66, 683): muscle 72.1 (standard deviation 4.4)
// % of the volume in men, 58.5 (4.0) % in women. The phantom's fat of 3 mm stands between them.
TEST(ForearmAnatomy, MuscleIsTheShareOfTheLimbThatTomographyFound) {
  double muscle = 0, all = 0;
  for (const auto& [label, voxels] : forearm().map.voxel_counts()) {
    all += label != 0 ? static_cast<double>(voxels) : 0;
    muscle += label >= 11 ? static_cast<double>(voxels) : 0;
  }
  EXPECT_GT(muscle / all, 0.545);
  EXPECT_LT(muscle / all, 0.765);
}

}  // namespace
}  // namespace bmiss
