#include "anatomy/fibres.h"

#include <gtest/gtest.h>

#include <cmath>

#include "anatomy/fibre_picture.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/parameters.h"
#include "base/table.h"
#include "support/fibre_cases.h"
#include "support/test_files.h"

namespace bmiss {
namespace {

using namespace test;

FibreAtlas small_atlas() {
  FibreAtlas atlas;
  atlas.mesh_hash = "0123";
  atlas.directions = FibreDirections::Random(3, 5);
  FibrePath path;
  path.step = 0.5e-3;
  path.points = Eigen::Matrix3Xd::Random(3, 4);
  FibrePath longer = path;
  longer.points = Eigen::Matrix3Xd::Random(3, 9);
  longer.seed_at = 1e-3;
  longer.beyond_proximal = 0.5e-3;
  longer.beyond_distal = 0.25e-3;
  longer.cut_distal = true;
  atlas.paths["FCU"] = {path, longer};
  atlas.paths["ECU"] = {};
  atlas.lines_of_action["FCU"] = Eigen::Vector3d(0.6, 0, 0.8);
  atlas.seeds["FCU"] = {10, 5, 2, 1};
  atlas.paths["PL"] = {longer};
  return atlas;
}

TEST(FibreFile, ReadsBackWhatWasWritten) {
  const ScratchFolder folder;
  const FibreAtlas atlas = small_atlas();
  write_fibres(atlas, folder / "fibres.h5");
  const FibreAtlas read = read_fibres(folder / "fibres.h5");
  EXPECT_EQ(read.directions, atlas.directions);
  EXPECT_EQ(read.mesh_hash, atlas.mesh_hash);
  ASSERT_EQ(read.paths.size(), 3u);
  EXPECT_EQ(read.lines_of_action.at("FCU"), atlas.lines_of_action.at("FCU"));
  EXPECT_EQ(read.seeds.at("FCU").seeds, 10);
  EXPECT_EQ(read.seeds.at("FCU").rejected(), 8);
  for (const auto& [muscle, paths] : atlas.paths) {
    ASSERT_EQ(read.paths.at(muscle).size(), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      EXPECT_EQ(read.paths.at(muscle)[i].points, paths[i].points);
      const FibrePath& path = read.paths.at(muscle)[i];
      EXPECT_EQ(path.step, paths[i].step);
      EXPECT_EQ(path.seed_at, paths[i].seed_at);
      EXPECT_EQ(path.beyond_proximal, paths[i].beyond_proximal);
      EXPECT_EQ(path.beyond_distal, paths[i].beyond_distal);
      EXPECT_EQ(path.cut_proximal, paths[i].cut_proximal);
      EXPECT_EQ(path.cut_distal, paths[i].cut_distal);
    }
  }
}

TEST(FibreFile, HoldsAnAtlasWithoutPaths) {
  const ScratchFolder folder;
  FibreAtlas atlas = small_atlas();
  atlas.paths.clear();
  write_fibres(atlas, folder / "fibres.h5");
  EXPECT_TRUE(read_fibres(folder / "fibres.h5").paths.empty());
}

TEST(FibreFile, RefusesOtherFiles) {
  const ScratchFolder folder;
  {
    Hdf5File other(folder / "other.h5", Hdf5File::Mode::create);
    other.set_attribute("/", "kind", "something");
    other.finish();
  }
  const auto message = message_of<InputError>([&] { read_fibres(folder / "other.h5"); });
  EXPECT_NE(message.find("other.h5: the HDF5 file holds no fibres"), std::string::npos) << message;
  EXPECT_THROW(read_fibres(folder / "missing.h5"), InputError);
}

TEST(FibreTable, GivesNumberLengthAndAngleOfEachMuscle) {
  FibreAtlas atlas;
  FibrePath straight;
  straight.step = 1e-3;
  straight.points = Eigen::Matrix3Xd::Zero(3, 41);
  for (int i = 0; i <= 40; ++i) straight.points(2, i) = 1e-3 * i;
  FibrePath longer = straight;
  longer.step = 2e-3;
  longer.points *= 2;
  atlas.paths["FCU"] = {straight, longer};
  atlas.paths["PL"] = {};
  const std::string text = fibre_table(atlas).text();
  EXPECT_NE(text.find("60.0"), std::string::npos) << text;  // mean of 40 and 80 mm
  EXPECT_NE(text.find("20.0"), std::string::npos) << text;
  EXPECT_NE(text.find(" 0.0"), std::string::npos) << text;
}

TEST(StreamlineOptions, AreReadInTheirUnits) {
  Parameters parameters;
  StreamlineOptions::declare_parameters(parameters);
  const auto options = StreamlineOptions::parse_parameters(parameters);
  EXPECT_DOUBLE_EQ(options.seeds_per_area, 1e6);
  EXPECT_DOUBLE_EQ(options.step, 0.5e-3);
  EXPECT_DOUBLE_EQ(options.shortest, 20e-3);
}

TEST(FibreTable, MeasuresCurvatureAndRejectedSeeds) {
  FibreAtlas atlas;
  FibrePath arc;  // a quarter of a circle of 50 mm: curvature 20 / m
  const int n = 157;
  arc.step = 50e-3 * M_PI / 2 / n;
  arc.points.resize(3, n + 1);
  for (int i = 0; i <= n; ++i) {
    const double angle = M_PI / 2 * i / n;
    arc.points.col(i) = 50e-3 * Eigen::Vector3d(std::cos(angle), 0, std::sin(angle));
  }
  atlas.paths["FCU"] = {arc};
  atlas.lines_of_action["FCU"] = Eigen::Vector3d(-1, 0, 1).normalized();
  atlas.seeds["FCU"] = {8, 4, 2, 1};
  atlas.seeds["PL"] = {3, 3, 0, 0};  // nothing left
  const std::string text = fibre_table(atlas).text();
  // The mean angle between a quarter arc and its chord is 45 / 2 degrees.
  for (const std::string part : {"78.5", "22.5", "20.0", "87.5", "50.0", "25.0", "12.5", "PL", "100.0"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text;
}

// What make_fibre_atlas() says to these parameters, for a cylinder of the muscle 'flexor' inside fat that has no
// tetrahedra.
std::string complaint(const std::vector<std::string>& overrides) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 3, 10);
  return message_of<InputError>([&] {
    Parameters parameters;
    declare_fibre_muscles(parameters);
    parameters.read_declared("", overrides);
    declare_fibre_parameters(parameters);
    parameters.read("", overrides);
    make_fibre_atlas(mesh, one_muscle(), parameters, {}, 1, run.report);
  });
}

TEST(FibreSettings, RefuseWhatCannotBeMeant) {
  const std::string muscles = "Fibres/Muscles=flexor", all = "Fibres/flexor/";
  EXPECT_NE(complaint({"Fibres/Muscles=flexer"}).find("no muscle is called 'flexer'; known: flexor"),
            std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Origin label=tendon"}).find("no tissue is called 'tendon'; known: "),
            std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Origin label=fat"}).find("shares no surface with its origin"),
            std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Insertion plane=0, 0, 40"}).find("give six numbers"), std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Insertion plane=0, 0, 40, 0, 0, 0"}).find("the normal is zero"),
            std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Origin label=fat", all + "Origin plane=0,0,4,0,0,1"}).find("is given too"),
            std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Pennation=20"}).find("set the pennation direction"), std::string::npos);
  EXPECT_NE(complaint({muscles, all + "Pennation direction=0,0,0"}).find("a vector x, y, z that is not zero"),
            std::string::npos);
  EXPECT_NE(complaint({"Fibres/Directions=diffusion tensor"}).find("set 'Fibres/Diffusion tensor/File'"),
            std::string::npos);
}

TEST(FibreSettings, ReachTheFibresInTheirUnits) {
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 3, 10);
  const std::vector<std::string> overrides = {"Fibres/Muscles=flexor", "Fibres/flexor/Origin plane=0, 0, 20, 0, 0, -3",
                                              "Fibres/flexor/Insertion plane=0, 0, 60, 0, 0, 1",
                                              "Fibres/Seeds per area=0.1"};
  Parameters parameters;
  declare_fibre_muscles(parameters);
  parameters.read_declared("", overrides);
  declare_fibre_parameters(parameters);
  parameters.read("", overrides);
  const FibreAtlas atlas = make_fibre_atlas(mesh, one_muscle(), parameters, {}, 1, run.report);
  ASSERT_EQ(atlas.paths.count("flexor"), 1u);
  for (const FibrePath& path : atlas.paths.at("flexor")) EXPECT_NEAR(path.length(), 40e-3, 1e-4);
  EXPECT_LT((atlas.lines_of_action.at("flexor") - Eigen::Vector3d::UnitZ()).norm(), 1e-6);
  EXPECT_EQ(atlas.mesh_hash, mesh.hash());
}

// All directions along the limb's axis, whatever the muscle.
class AlongTheLimb final : public FibreDirectionModel {
public:
  FibreDirections directions(const FibreProblem& problem, Report&) const override {
    return Eigen::Vector3d(0.6, 0, 0.8).replicate(1, static_cast<Eigen::Index>(problem.mesh.n_tets()));
  }
  std::string citation() const override { return "a test"; }
};

TEST(FibreDirectionModels, CanBeAddedByName) {
  fibre_direction_models().add<AlongTheLimb>("along the limb", "for a test");
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 3, 10);
  Parameters parameters;
  declare_fibre_muscles(parameters);
  parameters.read_declared("", {"Fibres/Muscles=flexor"});
  declare_fibre_parameters(parameters);
  parameters.read("", {"Fibres/flexor/Directions=along the limb"});
  const FibreAtlas atlas = make_fibre_atlas(mesh, one_muscle(), parameters, {}, 1, run.report);
  EXPECT_EQ(atlas.directions.col(7), Eigen::Vector3d(0.6, 0, 0.8));
}

TEST(FibrePicture, IsWrittenAndRefusesAnAtlasWithoutFibres) {
  const ScratchFolder folder;
  Logged run;
  const TetMesh mesh = cylinder_mesh(10e-3, 80e-3, 3, 10);
  FibreAtlas atlas;
  const std::string path = folder / "fibres.png";
  EXPECT_NE(message_of<InputError>([&] {
              draw_fibres(mesh, atlas, Eigen::Vector3d::UnitZ(), Eigen::Vector3d::UnitX(), path);
            }).find("there are no fibres to draw"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path));
  atlas.paths["flexor"] = trace_fibres(mesh, run.directions(mesh), {1, "flexor"}, {}, 1).paths;
  draw_fibres(mesh, atlas, Eigen::Vector3d::UnitZ(), Eigen::Vector3d::UnitX(), path);
  EXPECT_GT(std::filesystem::file_size(path), 10000u);
}

}  // namespace
}  // namespace bmiss

int main(int argc, char** argv) {
  bmiss::MpiSession session(argc, argv);  // files need MPI
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
