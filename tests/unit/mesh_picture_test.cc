// Pictures: they appear, and their pixels show what lies there.
#include "anatomy/mesh_picture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/sample_surfaces.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TetMesh limb() {
  const TissueTable table({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                           default_tissue(3, "bone", TissueKind::bone),
                           default_tissue(4, "biceps_brachii", TissueKind::muscle)});
  std::ostringstream log;
  Report report(log, 0);
  return fill_with_tets(test::layered_cylinder({5e-3, 15e-3, 18e-3}, {3, 4, 2}, 30e-3, 3e-3), table,
                        Eigen::Matrix3Xd(3, 0), VolumeMeshOptions(), report);
}

// BMISS_TEST_PICTURES names a folder where they are kept to be looked at.
std::string place(const test::ScratchFolder& scratch, const std::string& name) {
  const char* kept = std::getenv("BMISS_TEST_PICTURES");
  return kept != nullptr ? std::string(kept) + "/" + name : scratch / name;
}

void expect_png(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_EQ(bytes.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_GT(bytes.size(), 5000u);
}

TEST(MeshPicture, DrawsTissuesFieldAndSurface) {
  const test::ScratchFolder scratch;
  const TetMesh mesh = limb();
  SectionPlane plane;
  plane.point = {0, 0, 15e-3};
  Eigen::Matrix3Xd electrode(3, 2);
  electrode << 19.5e-3, 0, 0, 19.5e-3, 15e-3, 15e-3;
  draw_mesh_section(mesh, plane, electrode, place(scratch, "section.png"));
  expect_png(place(scratch, "section.png"));
  PointField field{"potential", "V/A", mesh.points.row(0).transpose() * 1e3};
  draw_field_section(mesh, plane, field, electrode, place(scratch, "field.png"));
  expect_png(place(scratch, "field.png"));
  field.values = field.values.cwiseAbs2();
  draw_field_section(mesh, {{0, 0, 0}, {0, 1, 0}, {0, 0, 1}, "lengthwise"}, field, Eigen::Matrix3Xd(3, 0),
                     place(scratch, "lengthwise.png"));
  expect_png(place(scratch, "lengthwise.png"));
  std::vector<Electrode> electrodes(3);
  const std::vector<Eigen::Vector3d> normals{{1, 0, 0}, {0, -1, 0}, {0, 0, 1}};
  for (std::size_t i = 0; i < 3; ++i) {
    electrodes[i].name = "e" + std::to_string(i + 1);
    electrodes[i].normal = normals[i];
    electrodes[i].position = 19.5e-3 * normals[i] + Eigen::Vector3d(0, 0, 15e-3);
    electrodes[i].along = Eigen::Vector3d::UnitZ();
    electrodes[i].radius = 3e-3;
  }
  electrodes[1].shape = ElectrodeShape::ring;
  electrodes[1].inner_radius = 1e-3;
  electrodes[2].kind = ElectrodeKind::needle;
  electrodes[2].shape = ElectrodeShape::point;
  electrodes[2].position = {5e-3, 0, 15e-3};
  draw_mesh_surface(mesh, {0, 0, 1}, {1, 0.4, 0}, electrodes, place(scratch, "surface.png"));
  expect_png(place(scratch, "surface.png"));
}

TEST(MeshPicture, SaysThatThePlaneMissesTheMesh) {
  const test::ScratchFolder scratch;
  SectionPlane plane;
  plane.point = {0, 0, 1};
  EXPECT_NE(test::message_of<InputError>([&] {
              draw_mesh_section(limb(), plane, Eigen::Matrix3Xd(3, 0), scratch / "x.png");
            }).find("misses the mesh"),
            std::string::npos);
}

}  // namespace
}  // namespace bmiss
