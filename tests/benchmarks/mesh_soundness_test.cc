// What the benchmark says of meshes must be able to be bad: each fault that it counts is put into a sound mesh.
#include "benchmarks/mesh_soundness.h"

#include <gtest/gtest.h>

#include "anatomy/mesh_file.h"
#include "support/structured_meshes.h"
#include "support/test_files.h"

namespace bmiss::bench {
namespace {

// Two tissues of 20 x 20 x 10 mm, one on the other; the upper one in an extruded end when asked for.
TetMesh block() {
  const auto place = [](const Eigen::Vector3d& p) { return Eigen::Vector3d(1e-2 * p[0], 1e-2 * p[1], 2e-2 * p[2]); };
  TetMesh mesh =
      test::lattice_mesh(2, 4, place, test::Ends::cut, [](const Eigen::Vector3d& p) { return p[2] < 0.5 ? 3 : 7; });
  mesh.tissue_names = {{3, "lower"}, {7, "upper"}};
  return mesh;
}

MshContents contents(const TetMesh& mesh) {
  const test::ScratchFolder folder;
  write_msh(mesh, folder / "mesh.msh");
  return read_msh_contents(folder / "mesh.msh");
}

TEST(MshContents, AreThoseOfTheMeshThatWasWritten) {
  TetMesh mesh = block();
  for (const int label : mesh.tet_labels) mesh.tet_extruded.push_back(label == 7 ? 1 : 0);
  const MshContents read = contents(mesh);
  EXPECT_TRUE(read.points.isApprox(mesh.points * 1e3, 1e-6));
  ASSERT_EQ(read.tets.size(), mesh.n_tets());
  EXPECT_EQ(read.triangles.size(), mesh.triangles.size());
  EXPECT_EQ(read.volume_names, mesh.tissue_names);
  const auto of_limb = volumes(read);
  ASSERT_EQ(of_limb.size(), 1u);
  EXPECT_NEAR(of_limb.at(3), 20 * 20 * 10, 1e-3);
}

TEST(MeshSoundness, FindsNothingInASoundMesh) {
  const Conformity found = examine_conformity(contents(block()));
  EXPECT_TRUE(found.conforming()) << found.conforming_text();
  EXPECT_TRUE(found.manifold()) << found.manifold_text();
  EXPECT_EQ(found.shells, 1u);
  // A Kuhn tetrahedron of a cube has dihedral angles of 45, 60 and 90 degrees.
  const Shapes shapes = measure_shapes(contents(block()));
  EXPECT_NEAR(shapes.least_dihedral, 45, 1e-6);
  EXPECT_NEAR(shapes.percentile1, 45, 1e-6);
}

TEST(MeshSoundness, CountsEachFault) {
  const MshContents sound = contents(block());
  const auto after = [&](const auto& spoil) {
    MshContents mesh = sound;
    spoil(mesh);
    return examine_conformity(mesh);
  };
  EXPECT_EQ(after([](MshContents& m) { std::swap(m.tets[0][0], m.tets[0][1]); }).inverted, 1u);
  EXPECT_GT(after([](MshContents& m) { m.tets.push_back(m.tets[5]); }).shared_wrongly, 0u);
  EXPECT_GT(after([](MshContents& m) { std::swap(m.tets[0][0], m.tets[0][1]); }).same_side, 0u);
  EXPECT_EQ(after([](MshContents& m) { m.triangles.pop_back(); }).unlisted, 1u);
  EXPECT_EQ(after([](MshContents& m) { m.triangles.push_back(m.triangles[0]); }).unfounded, 1u);
  EXPECT_EQ(after([](MshContents& m) { std::swap(m.triangles[0][0], m.triangles[0][1]); }).unfounded, 1u);
  EXPECT_GT(after([](MshContents& m) { m.tets.pop_back(); }).volume_mismatch, 1e-4);
  EXPECT_EQ(after([](MshContents& m) { m.triangles.pop_back(); }).bad_edges, 3u);
  EXPECT_FALSE(after([](MshContents& m) { m.triangles.pop_back(); }).manifold());
}

// Two solids that share one vertex or one edge only.
TEST(MeshSoundness, SeesWhereTheBoundaryPinches) {
  MshContents mesh;
  mesh.points.resize(3, 7);
  mesh.points << 0, 1, 0, 0, -1, 0, 0,  //
      0, 0, 1, 0, 0, -1, 0,             //
      0, 0, 0, 1, 0, 0, -1;
  mesh.tets = {{0, 1, 2, 3}, {0, 5, 4, 6}};
  mesh.tet_labels = {1, 1};
  mesh.tet_extruded = {0, 0};
  const auto close = [](MshContents& m) {
    m.triangles.clear();
    for (const auto& [a, b, c, d] : m.tets)
      m.triangles.insert(m.triangles.end(), {{b, c, d}, {a, d, c}, {a, b, d}, {a, c, b}});
  };
  close(mesh);
  EXPECT_TRUE(examine_conformity(mesh).conforming());
  EXPECT_EQ(examine_conformity(mesh).bad_vertices, 1u);
  EXPECT_EQ(examine_conformity(mesh).bad_edges, 0u);
  mesh.tets[1] = {0, 4, 3, 5};
  mesh.points.col(4) << -1, 0, 0;
  mesh.points.col(5) << 0, -1, 0;
  close(mesh);
  EXPECT_EQ(examine_conformity(mesh).bad_edges, 1u);
}

TEST(MeshSoundness, SeesInterfacesBetweenTheWrongLabels) {
  LabelMap map;
  map.size = {20, 20, 20};
  map.voxel_to_world.linear() = 1e-3 * Eigen::Matrix3d::Identity();
  map.voxel_to_world.translation() = Eigen::Vector3d(-9.5e-3, -9.5e-3, 0.5e-3);
  for (int k = 0; k < 20; ++k) map.labels.insert(map.labels.end(), 400, k < 10 ? 3 : 7);
  const auto compare = [&](const MshContents& mesh) { return compare_interfaces(mesh, map, 1, 1.5); };
  const MshContents right = contents(block());
  EXPECT_EQ(compare(right).facets, 32u);  // 4 x 4 squares
  EXPECT_EQ(compare(right).misplaced, 0u);
  MshContents wrong = right;
  for (int& label : wrong.tet_labels) label = label == 7 ? 8 : label;
  EXPECT_EQ(compare(wrong).misplaced, 32u);
  wrong = right;
  wrong.points.row(2).array() += 3;  // 3 mm beside the voxels
  EXPECT_EQ(compare(wrong).misplaced, 32u);
}

}  // namespace
}  // namespace bmiss::bench
