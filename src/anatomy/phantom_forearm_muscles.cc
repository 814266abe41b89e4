// The muscles of the forearm phantom in numbers, and where they come from.
#include <cmath>

#include "anatomy/phantom_forearm_anatomy.h"

namespace bmiss {
namespace {

using Curve = SmoothCurve;

// Volumes [cm^3] of the mean man of Holzbaur et al. 2007 (upper limb muscle volumes in adult subjects, magnetic
// resonance imaging, J. Biomech. 40, 742), as peak force times fibre length over 50.8 N/cm^2 of Saul et al. 2015
// (Comput. Methods Biomech. Biomed. Eng. 18, 1445), who took their forces from those volumes. The shares hardly differ
// from person to person (Holzbaur), so that one factor makes them those of the mean of the ten subjects, five of them
// women: with it the published means (brachioradialis 65.1, flexor digitorum superficialis 74.2, profundus 91.6, flexor
// carpi ulnaris 37.1, …) are met within 6 %.
constexpr double mean_adult = 0.73;

// One muscle, in the units of the tables below.
ForearmMuscle muscle(int label, const char* name, Compartment compartment, double volume_of_man, double start,
                     double length, double thickest, std::vector<double> x, std::vector<double> y, double flatness,
                     std::vector<double> orientation) {
  return {label,
          name,
          compartment,
          volume_of_man * 1e3 * mean_adult,
          start,
          length,
          thickest,
          Curve(std::move(x)),
          Curve(std::move(y)),
          flatness,
          Curve(std::move(orientation))};
}

}  // namespace

// Start and length of the belly [mm] in a forearm of 260 mm: lengths after Lieber et al. 1992 (J. Hand Surg. 17A, 787:
// brachioradialis 175, pronator teres 130, palmaris longus 134, extensor digiti minimi 152, extensor pollicis longus
// 138, flexor pollicis longus 168, of the slips of the flexors of the fingers up to 207 and 200, of those of the
// extensor digitorum 125), slips that begin one below the other taken together; the others, and
// all starts, from the origins in anatomy textbooks and from sections of BodyParts3D (see below).
// Centres at 30, 80, 130, 180, 230 mm below the elbow, flatness and orientation: figures measured in sections of
// BodyParts3D, (c) The Database Center for Life Science, CC Attribution-Share Alike 2.1 Japan (Mitsuhashi et al. 2009,
// Nucleic Acids Res. 37, D782), rounded; the last knot goes beyond those sections.
// Two thin muscles are counted with their neighbours: extensor pollicis brevis (6.2 cm^3) with the abductor pollicis
// longus, extensor indicis (5.5 cm^3) with the extensor pollicis longus. The anconeus is left out.
const std::vector<ForearmMuscle>& forearm_muscles() {
  using C = Compartment;
  static const std::vector<ForearmMuscle> muscles = {
      muscle(11, "brachioradialis", C::radial, 93.8, -40, 175, .42, {.75, .80, .90, .96, 1.0},
             {.37, .31, .09, -.04, -.02}, 1.8, {134, 134}),
      muscle(12, "extensor_carpi_radialis_longus", C::radial, 53.8, -35, 160, .42, {.82, .86, .96, 1.0, 1.0},
             {-.32, -.35, -.28, -.30, -.32}, 1.5, {78, 78}),
      muscle(13, "extensor_carpi_radialis_brevis", C::radial, 29.0, 0, 165, .42, {.49, .52, .67, .88, .90},
             {-.45, -.47, -.48, -.47, -.47}, 1.7, {45, 45}),
      muscle(14, "extensor_digitorum", C::extensor, 38.7, 5, 175, .42, {.32, .37, .41, .23, .12},
             {-.75, -.82, -.84, -.85, -.75}, 2.0, {12, -15}),
      muscle(15, "extensor_digiti_minimi", C::extensor, 9.6, 30, 152, .5, {.28, .25, .05, -.21, -.45},
             {-.55, -.60, -.73, -.72, -.60}, 1.4, {110, 150}),
      muscle(16, "extensor_carpi_ulnaris", C::extensor, 23.6, 0, 200, .42, {.22, .08, -.33, -.63, -.75},
             {-.60, -.59, -.60, -.55, -.48}, 1.7, {160, 135}),
      muscle(17, "supinator", C::extensor, 24.7, -5, 105, .45, {.32, .41, .45, .45, .45},
             {-.16, -.22, -.30, -.30, -.30}, 2.1, {46, 40}),
      muscle(18, "abductor_pollicis_longus", C::extensor, 22.6, 65, 160, .5, {.0, .05, .07, .45, .75},
             {-.30, -.32, -.42, -.62, -.62}, 1.6, {160, 175}),
      muscle(19, "extensor_pollicis_longus", C::extensor, 14.9, 95, 138, .55, {-.33, -.33, -.33, -.25, -.05},
             {-.36, -.37, -.39, -.32, -.45}, 1.3, {60, 140}),
      muscle(20, "pronator_teres", C::flexor, 54.0, -15, 135, .42, {.05, .50, .60, .60, .60}, {.39, .25, .05, .0, .0},
             1.6, {160, 130}),
      muscle(21, "flexor_carpi_radialis", C::flexor, 50.4, -10, 190, .4, {-.48, -.24, -.11, .01, .08},
             {.54, .70, .86, .89, .80}, 2.0, {178, 175}),
      muscle(22, "palmaris_longus", C::flexor, 12.7, -10, 134, .42, {-.85, -.71, -.58, -.46, -.42},
             {.54, .67, .81, .91, .95}, 1.9, {45, 25}),
      muscle(23, "flexor_digitorum_superficialis", C::flexor, 97.3, -10, 225, .42, {-.50, -.46, -.49, -.42, -.38},
             {.20, .35, .54, .66, .78}, 2.0, {32, 8}),
      muscle(24, "flexor_carpi_ulnaris", C::flexor, 48.1, -10, 235, .42, {-.93, -.95, -.95, -.92, -.92},
             {-.12, -.10, -.05, .14, .35}, 3.0, {108, 104, 100, 85, 65}),
      muscle(25, "flexor_digitorum_profundus", C::flexor, 126.1, 5, 225, .42, {-.39, -.26, -.21, -.15, -.15},
             {-.07, .07, .19, .30, .45}, 1.6, {20, 0}),
      muscle(26, "flexor_pollicis_longus", C::flexor, 21.8, 65, 168, .45, {.28, .30, .57, .55, .52},
             {.14, .14, -.02, .04, .20}, 2.0, {160, 150}),
      muscle(27, "pronator_quadratus", C::flexor, 15.8, 188, 62, .5, {-.14, -.14, -.14, -.14, -.14},
             {.08, .08, .08, .08, .08}, 2.6, {172, 172})};
  return muscles;
}

// A power of the distance to either end, thickest where the table says: t^a (1 - t)^b over its integral B(a + 1, b +
// 1). Shape and place of the thickest section are chosen, not measured: no table of the sections of all these muscles
// at several levels was found, so areas follow from the published volumes and lengths.
double ForearmMuscle::area(double s) const {
  constexpr double sum_of_powers = 2.4;  // between an ellipsoid (2) and a spindle
  const double t = (mm_below_elbow(s) - start) / length;
  if (t <= 0 || t >= 1) return 0;
  const double a = sum_of_powers * thickest, b = sum_of_powers - a;
  return volume / length * std::pow(t, a) * std::pow(1 - t, b) / std::beta(a + 1, b + 1);
}

}  // namespace bmiss
