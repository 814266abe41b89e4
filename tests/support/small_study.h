// A limb of two muscles without skin or bone, small enough to be meshed and solved within seconds, as a study on disk.
#pragma once

#include <fstream>
#include <string>

#include "support/run_program.h"
#include "support/test_files.h"

namespace bmiss::test {

class SmallStudy {
public:
  SmallStudy() {
    std::ofstream(prm()) << "set Output folder = " << folder_.path() << R"(
subsection Phantom
  set Shape = cylinder
  subsection Cylinder
    set Outer radii = 12, 20
    set Names = deep, shallow
    set Length = 60
    set Voxel = 2
  end
end
subsection Contour
  set Edge length = 5
end
subsection Mesh
  set Electrode edge = 4
  set Skin thickness = 0
end
subsection Grids
  subsection grid1
    set Muscle = shallow
    set Rows = 2
    set Columns = 1
    set Spacing = 10
    set Radius = 4
  end
end
)";
    for (const std::string stage : {"phantom", "mesh"}) {
      const ProgramResult made = run(stage);
      EXPECT_EQ(made.exit_code, 0) << made.output;
    }
  }
  ProgramResult run(const std::string& command, const std::string& arguments = "", int ranks = 0) const {
    return run_bmiss(command + " " + prm() + " " + arguments, ranks);
  }
  std::string file(const std::string& name) const { return folder_ / name; }

private:
  std::string prm() const { return folder_ / "study.prm"; }
  ScratchFolder folder_;
};

}  // namespace bmiss::test
