// Mesh files: what was written comes back exactly, and files from elsewhere are judged with clear sentences.
#include "anatomy/mesh_file.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

#include "anatomy/tet_shape.h"
#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/report.h"
#include "support/sample_surfaces.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

TissueTable table() {
  return TissueTable({default_tissue(1, "skin", TissueKind::skin), default_tissue(2, "fat", TissueKind::fat),
                      default_tissue(4, "biceps_brachii", TissueKind::muscle)});
}

const TetMesh& sample() {
  static const TetMesh mesh = [] {
    std::ostringstream log;
    Report report(log, 0);
    VolumeMeshOptions options;
    return fill_with_tets(test::layered_cylinder({15e-3, 18e-3}, {4, 2}, 30e-3, 3e-3), table(), Eigen::Matrix3Xd(3, 0),
                          options, report);
  }();
  return mesh;
}

// A text mesh of format 2.2: tets of the unit cube scaled by `edge`, split in six, each with (physical, entity) tags 4.
struct TextMesh {
  double edge = 50;
  std::vector<std::array<int, 4>> tets{{1, 2, 4, 8}, {1, 4, 3, 8}, {1, 3, 7, 8},
                                       {1, 7, 5, 8}, {1, 5, 6, 8}, {1, 6, 2, 8}};
  int physical = 4;
  std::string names = "$PhysicalNames\n1\n3 4 \"muscle of another\"\n$EndPhysicalNames\n";
  std::string more_elements;
  int n_more = 0;
  std::string write(const std::string& path) const {
    std::ofstream stream(path);
    stream << "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n" << names << "$Nodes\n8\n";
    for (int v = 0; v < 8; ++v)
      stream << v + 1 << " " << (v & 1) * edge << " " << ((v >> 1) & 1) * edge << " " << (v >> 2) * edge << "\n";
    stream << "$EndNodes\n$Elements\n" << tets.size() + static_cast<std::size_t>(n_more) << "\n";
    int tag = 0;
    for (const auto& t : tets) {
      stream << ++tag << " 4 2 " << physical << " 1";
      for (const int v : t) stream << " " << v;
      stream << "\n";
    }
    stream << more_elements << "$EndElements\n";
    return path;
  }
};

std::string complaint(const std::string& path, const std::string& unit = "mm") {
  return test::message_of<InputError>([&] { read_msh(path, unit, table()); });
}

TEST(MshFile, ComesBackExactlyAsItWas) {
  const test::ScratchFolder folder;
  const TetMesh& mesh = sample();
  write_msh(mesh, folder / "limb.msh");
  const TetMesh back = read_msh(folder / "limb.msh", "mm", table());
  EXPECT_EQ(back.points, mesh.points);
  EXPECT_EQ(back.tets, mesh.tets);
  EXPECT_EQ(back.tet_labels, mesh.tet_labels);
  EXPECT_EQ(back.triangles, mesh.triangles);
  EXPECT_EQ(back.triangle_parts, mesh.triangle_parts);
  EXPECT_EQ(back.tissue_names, mesh.tissue_names);
  EXPECT_EQ(back.hash(), mesh.hash());
}

TEST(MshFile, KeepsTheHashOfAnyMeshThroughAFile) {
  const test::ScratchFolder folder;
  TetMesh mesh = sample();
  mesh.points *= 1.0 + M_PI / 1000;  // off the lattice of the file
  write_msh(mesh, folder / "limb.msh");
  EXPECT_EQ(read_msh(folder / "limb.msh", "mm", table()).hash(), mesh.hash());
  mesh.tet_labels.front() = 1;
  EXPECT_NE(read_msh(folder / "limb.msh", "mm", table()).hash(), mesh.hash());
}

TEST(MshFile, IsTheSameFileTwice) {
  const test::ScratchFolder folder;
  write_msh(sample(), folder / "a.msh");
  write_msh(sample(), folder / "b.msh");
  const auto bytes = [](const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(stream)), {});
  };
  EXPECT_EQ(bytes(folder / "a.msh"), bytes(folder / "b.msh"));
}

TEST(MshFile, CannotBeWrittenIntoAMissingFolder) {
  const test::ScratchFolder folder;
  EXPECT_NE(
      test::message_of<InputError>([&] { write_msh(sample(), folder / "no/limb.msh"); }).find("cannot be written"),
      std::string::npos);
}

TEST(MshFile, LeavesSignalHandlersAlone) {
  struct sigaction before[32], after[32];
  for (int s = 1; s < 32; ++s) sigaction(s, nullptr, &before[s]);
  const test::ScratchFolder folder;
  write_msh(sample(), folder / "limb.msh");
  for (int s = 1; s < 32; ++s) {
    sigaction(s, nullptr, &after[s]);
    EXPECT_EQ(after[s].sa_handler, before[s].sa_handler) << strsignal(s);
  }
}

TEST(MshFile, ReadsTextMeshesAndMakesTheMissingBoundary) {
  const test::ScratchFolder folder;
  const TetMesh mesh = read_msh(TextMesh().write(folder / "cube.msh"), "mm", table());
  EXPECT_EQ(mesh.n_tets(), 6u);
  EXPECT_NEAR(mesh.volumes().at(4), std::pow(0.05, 3), 1e-12);
  EXPECT_EQ(mesh.tissue_names.at(4), "biceps_brachii");
  ASSERT_EQ(mesh.triangles.size(), 12u);
  double enclosed = 0;
  for (const auto& [a, b, c] : mesh.triangles)
    enclosed += mesh.points.col(a).dot(mesh.points.col(b).cross(mesh.points.col(c))) / 6;
  EXPECT_NEAR(enclosed, std::pow(0.05, 3), 1e-12);
  for (const int part : mesh.triangle_parts) EXPECT_EQ(part, static_cast<int>(BoundaryPart::skin));
}

TEST(MshFile, TakesNamedPartsAndIgnoresInnerSurfaces) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.names = "$PhysicalNames\n3\n2 7 \"Proximal cut\"\n2 9 \"fascia\"\n3 4 \"m\"\n$EndPhysicalNames\n";
  text.more_elements =
      "7 2 2 7 7 1 2 4\n8 2 2 9 9 1 4 8\n";  // bottom triangle, seen from inside; a facet between two tets
  text.n_more = 2;
  const TetMesh mesh = read_msh(text.write(folder / "cube.msh"), "mm", table());
  ASSERT_EQ(mesh.triangles.size(), 12u);
  EXPECT_EQ(
      std::count(mesh.triangle_parts.begin(), mesh.triangle_parts.end(), static_cast<int>(BoundaryPart::proximal)), 1);
  double enclosed = 0;
  for (const auto& [a, b, c] : mesh.triangles)
    enclosed += mesh.points.col(a).dot(mesh.points.col(b).cross(mesh.points.col(c))) / 6;
  EXPECT_NEAR(enclosed, std::pow(0.05, 3), 1e-12);
}

TEST(MshFile, PutsTheVertexOrderRight) {
  const test::ScratchFolder folder;
  TextMesh text;
  for (auto& tet : text.tets) std::swap(tet[0], tet[1]);
  text.tets[2] = {1, 3, 7, 8};
  const TetMesh mesh = read_msh(text.write(folder / "cube.msh"), "mm", table());
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) EXPECT_GT(mesh.volume(t), 0);
}

TEST(MshFile, RefusesAMeshInMetresDeclaredAsMillimetres) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.edge = 0.12;
  const auto message = complaint(text.write(folder / "limb.msh"));
  EXPECT_NE(message.find("0.12 x 0.12 x 0.12 mm across"), std::string::npos) << message;
  EXPECT_NE(message.find("set the unit of the mesh to 'm'"), std::string::npos) << message;
  EXPECT_NEAR(read_msh(folder / "limb.msh", "m", table()).volumes().at(4), std::pow(0.12, 3), 1e-12);
}

TEST(MshFile, RefusesAMeshInMillimetresDeclaredAsMetres) {
  const test::ScratchFolder folder;
  const auto message = complaint(TextMesh().write(folder / "limb.msh"), "m");
  EXPECT_NE(message.find("50 x 50 x 50 m across"), std::string::npos) << message;
  EXPECT_NE(message.find("'mm'"), std::string::npos) << message;
}

TEST(MshFile, RefusesAnUnknownUnit) {
  const test::ScratchFolder folder;
  EXPECT_NE(complaint(TextMesh().write(folder / "limb.msh"), "inch").find("inch"), std::string::npos);
}

TEST(MshFile, RefusesALabelThatTheTableLacks) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.physical = 12;
  text.names = "$PhysicalNames\n1\n3 12 \"brachialis\"\n$EndPhysicalNames\n";
  const auto message = complaint(text.write(folder / "limb.msh"));
  EXPECT_NE(message.find("6 tetrahedra carry the label 12 ('brachialis')"), std::string::npos) << message;
  EXPECT_NE(message.find("1, 2, 4"), std::string::npos) << message;
}

TEST(MshFile, RefusesTetsWithoutPhysicalGroup) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.physical = 0;
  text.names = "";
  EXPECT_NE(complaint(text.write(folder / "limb.msh"))
                .find("6 tetrahedra (the first has the tag 1) belong to no physical group"),
            std::string::npos);
}

TEST(MshFile, RefusesAnInvertedTet) {
  const test::ScratchFolder folder;
  TextMesh text;
  // Node 8 of one tet is replaced by its mirror side: the tet (1, 2, 4, ·) now overlaps its neighbours.
  text.tets = {{1, 2, 4, 8}, {1, 2, 4, 7}};
  const auto message = complaint(text.write(folder / "limb.msh"));
  EXPECT_NE(message.find("overlap: one of them is inverted"), std::string::npos) << message;
}

TEST(MshFile, RefusesADegenerateTet) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.tets.push_back({1, 2, 4, 3});
  const auto message = complaint(text.write(folder / "limb.msh"));
  EXPECT_NE(message.find("tetrahedron 7 near (25.00, 25.00, 0.00) mm is degenerate"), std::string::npos) << message;
}

TEST(MshFile, RefusesAFacetOfThreeTets) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.tets.push_back({1, 4, 8, 6});
  EXPECT_NE(complaint(text.write(folder / "limb.msh")).find("more than two tetrahedra"), std::string::npos);
}

TEST(MshFile, RefusesASurfaceMesh) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.tets.clear();
  text.more_elements = "1 2 2 7 7 1 2 4\n";
  text.n_more = 1;
  EXPECT_NE(complaint(text.write(folder / "limb.msh")).find("holds no tetrahedra"), std::string::npos);
}

TEST(MshFile, RefusesOtherElements) {
  const test::ScratchFolder folder;
  TextMesh text;
  text.more_elements = "7 5 2 4 2 1 2 4 3 5 6 8 7\n";
  text.n_more = 1;
  const auto message = complaint(text.write(folder / "limb.msh"));
  EXPECT_NE(message.find("Hexahedron"), std::string::npos) << message;
}

TEST(MshFile, RefusesFilesOfAnotherKind) {
  const test::ScratchFolder folder;
  EXPECT_NE(complaint(folder / "none.msh").find("does not exist"), std::string::npos);
  std::ofstream(folder / "script.msh") << "Point(1) = {0, 0, 0};\n";
  EXPECT_NE(complaint(folder / "script.msh").find("not a Gmsh mesh"), std::string::npos);
  TextMesh().write(folder / "mesh.stl");
  EXPECT_NE(complaint(folder / "mesh.stl").find("extension .msh"), std::string::npos);
}

TEST(MshFile, RefusesATruncatedFile) {
  const test::ScratchFolder folder;
  write_msh(sample(), folder / "limb.msh");
  const auto size = std::filesystem::file_size(folder / "limb.msh");
  for (const double fraction : {0.02, 0.3, 0.7, 0.95}) {
    std::filesystem::copy_file(folder / "limb.msh", folder / "cut.msh",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder / "cut.msh", static_cast<std::uintmax_t>(fraction * static_cast<double>(size)));
    EXPECT_NE(complaint(folder / "cut.msh").find("cut.msh"), std::string::npos) << fraction;
  }
}

// Reads back one inline array.
std::vector<char> decoded(const std::string& text, const std::string& name) {
  const auto place = text.find("Name=\"" + name + "\"");
  EXPECT_NE(place, std::string::npos) << name;
  const auto begin = text.find('>', place) + 1, end = text.find('<', begin);
  std::vector<char> bytes;
  unsigned group = 0;
  int n = 0;
  for (auto i = begin; i < end; ++i) {
    const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto digit = letters.find(text[i]);
    group = (group << 6) | (digit == std::string::npos ? 0u : static_cast<unsigned>(digit));
    if (++n % 4 == 0)
      for (const int shift : {16, 8, 0}) bytes.push_back(static_cast<char>(group >> shift));
    if (n % 4 == 0) group = 0;
  }
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  EXPECT_LE(length + 8, bytes.size());
  return {bytes.begin() + 8, bytes.begin() + 8 + static_cast<long>(length)};
}

TEST(VtuFile, HoldsMeshAndFields) {
  const test::ScratchFolder folder;
  const TetMesh& mesh = sample();
  Eigen::MatrixXd potential(1, mesh.points.cols());
  potential.row(0) = mesh.points.row(2);
  const Eigen::MatrixXd fibre = Eigen::Vector3d(0, 0, 1).replicate(1, static_cast<Eigen::Index>(mesh.n_tets()));
  write_vtu(mesh, folder / "limb.vtu", {{"fibre", fibre}}, {{"lead field <V/A>", potential}});
  std::ifstream stream(folder / "limb.vtu", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(text.find("NumberOfCells=\"" + std::to_string(mesh.n_tets()) + "\""), std::string::npos);
  const auto values = decoded(text, "lead field &lt;V/A&gt;");
  ASSERT_EQ(values.size(), mesh.n_points() * sizeof(float));
  float value = 0;
  std::memcpy(&value, values.data() + 40 * sizeof(float), sizeof(float));
  EXPECT_FLOAT_EQ(value, static_cast<float>(mesh.points(2, 40)));
  const auto cells = decoded(text, "connectivity");
  ASSERT_EQ(cells.size(), mesh.n_tets() * 16);
  EXPECT_EQ(std::memcmp(cells.data(), mesh.tets.data(), cells.size()), 0);
  EXPECT_EQ(decoded(text, "fibre").size(), mesh.n_tets() * 12);
}

TEST(VtuFile, HoldsPointsWithoutAMesh) {
  const test::ScratchFolder folder;
  Eigen::Matrix3Xd points(3, 2);
  points << 1e-3, 2e-3, 0, 5e-3, -1e-3, 0;
  write_vtu_points(points, folder / "points.vtu", {{"d'", Eigen::RowVector2d(7, 3)}});
  std::ifstream stream(folder / "points.vtu", std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  EXPECT_NE(text.find("NumberOfPoints=\"2\" NumberOfCells=\"2\""), std::string::npos);
  const auto places = decoded(text, "points (mm)");
  ASSERT_EQ(places.size(), 6 * sizeof(double));
  double y = 0;
  std::memcpy(&y, places.data() + 4 * sizeof(double), sizeof(double));  // of the second point
  EXPECT_DOUBLE_EQ(y, 5);
  const auto types = decoded(text, "types");
  EXPECT_EQ(std::vector<char>(types.begin(), types.end()), (std::vector<char>{1, 1}));
  const auto values = decoded(text, "d'");
  ASSERT_EQ(values.size(), 2 * sizeof(float));
  float second = 0;
  std::memcpy(&second, values.data() + sizeof(float), sizeof(float));
  EXPECT_EQ(second, 3);
}

}  // namespace
}  // namespace bmiss
