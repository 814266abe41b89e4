// A study that is ready for 'bmiss leadfield': a coarse layered cylinder, its fibres, and a grid of many electrodes.
#pragma once

#include <fstream>
#include <string>

#include "anatomy/fibres.h"
#include "anatomy/mesh_file.h"
#include "support/layered_cylinder_problem.h"

namespace bmiss::test {

class CylinderStudy {
public:
  explicit CylinderStudy(const std::string& folder, double finest_edge = 5e-3) : folder_(folder) {
    std::filesystem::create_directories(folder);
    const LeadFieldProblem problem = cylinder_problem(reference_cylinder(finest_edge, 14e-3, 0.5, {{0, 0.06}}), {}, {});
    problem.tissues.write(folder + "/mesh_tissues.txt");
    write_mesh(problem.mesh);
    std::ofstream(parameters()) << "set Output folder = " << folder << R"(
subsection Grids
  subsection grid1
    set Muscle = layer2
    set Rows = 8
    set Columns = 9
    set Spacing = 5
    set Radius = 2
  end
end
subsection Solver
  set Method = multigrid
end
)";
  }
  // With directions that fit.
  void write_mesh(const TetMesh& mesh) const {
    write_msh(mesh, folder_ + "/mesh.msh");
    const TetMesh as_read = read_msh(folder_ + "/mesh.msh", "mm", TissueTable::read(folder_ + "/mesh_tissues.txt"));
    FibreAtlas atlas;
    atlas.directions = axial_directions(as_read);
    atlas.mesh_hash = as_read.hash();
    write_fibres(atlas, folder_ + "/fibres.h5");
  }

  std::string parameters() const { return folder_ + "/study.prm"; }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  std::string lead_field() const { return file("lead_field.h5"); }
  std::string unfinished() const { return file("lead_field.h5.part"); }
  static constexpr int n_electrodes = 72;

private:
  std::string folder_;
};

}  // namespace bmiss::test
