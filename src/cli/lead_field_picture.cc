#include "cli/lead_field_picture.h"

#include <algorithm>
#include <vector>

#include "anatomy/mesh_picture.h"
#include "base/hdf5_file.h"
#include "cli/limb.h"
#include "cli/study.h"
#include "solvers/lead_field/engine.h"
#include "solvers/lead_field/store.h"

namespace bmiss {

void draw_lead_field(const Study& study, const LeadFieldProblem& problem) {
  const TetMesh& mesh = problem.mesh;
  const auto& electrodes = problem.electrodes.electrodes;
  const Electrode& electrode = middle_electrode(electrodes);
  const auto row = static_cast<std::size_t>(&electrode - electrodes.data());
  // The first nodes of the store are the vertices of the mesh.
  const Hdf5File file(study.file("lead_field.h5"), Hdf5File::Mode::read);
  Eigen::VectorXd values(static_cast<Eigen::Index>(mesh.n_points()));
  file.read("/lead_field/potential", values.data(), {row, 0}, {1, mesh.n_points()});
  // Near the patch the field is many times that of the muscles: without a ceiling nothing else would be seen.
  std::vector<double> sorted(values.data(), values.data() + values.size());
  const auto ceiling_at = sorted.begin() + static_cast<std::ptrdiff_t>(0.99 * static_cast<double>(sorted.size()));
  std::nth_element(sorted.begin(), ceiling_at, sorted.end());
  draw_field_section(mesh,
                     {electrode.position, limb_of(mesh).axis, electrode.normal,
                      "lead field of " + electrode.name + ", its upper 1 % cut off; seen from the distal end"},
                     {"potential", "V/A", values.cwiseMin(*ceiling_at)}, electrode.position,
                     study.file("lead_field.png"));
}

}  // namespace bmiss
