#include "cli/lead_field_problem.h"

#include <filesystem>

#include "anatomy/fibres.h"
#include "anatomy/mesh_file.h"
#include "base/errors.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "cli/limb.h"
#include "cli/study.h"
#include "forward/referenced_lead_field.h"
#include "solvers/lead_field/finite_element_model.h"

namespace bmiss {

LeadFieldProblem read_problem(const Study& study, Report& report) {
  if (!std::filesystem::exists(study.file("mesh.msh")))
    throw InputError(
        "there is no mesh in '" + study.folder() +
        "' yet; run 'bmiss mesh' with the same parameters first (before it 'bmiss phantom', when the label "
        "map is a phantom)");
  LeadFieldProblem problem;
  problem.tissues = TissueTable::read(study.file("mesh_tissues.txt"));
  problem.laws = ConductivityLaws::parse_parameters(study.parameters());
  problem.mesh = read_msh(study.file("mesh.msh"), "mm", problem.tissues);
  const FibreAtlas atlas = read_fibres(study.file("fibres.h5"));
  if (atlas.mesh_hash != problem.mesh.hash())
    throw InputError("the fibres were made for another mesh; run 'bmiss mesh' again", study.file("fibres.h5"));
  problem.directions = atlas.directions;
  problem.laws.prepare(problem.mesh, problem.tissues, report);
  const Limb limb = limb_of(problem.mesh);
  ElectrodeArray& array = problem.electrodes;
  array.electrodes = lay_grids(study, problem.tissues, limb, report);
  if (array.electrodes.empty()) throw InputError("there is no electrode; name a grid in 'Grids'");
  array.reference = lay_reference(study, array.electrodes, limb);
  report.line("  " + std::to_string(array.electrodes.size()) + " electrodes, reference " + array.reference.name);
  return problem;
}

LeadFieldProblem load_problem(const Study& study, const std::string& electrodes_file, Report& report) {
  LeadFieldProblem problem;
  on_rank_zero(MPI_COMM_WORLD, [&] {
    problem = read_problem(study, report);
    write_electrodes(problem.electrodes, electrodes_file);
  });
  if (report.rank() != 0) {
    problem.tissues = TissueTable::read(study.file("mesh_tissues.txt"));
    problem.laws = ConductivityLaws::parse_parameters(study.parameters());
  }
  problem.electrodes = read_electrodes(electrodes_file);
  return problem;
}

std::unique_ptr<LeadField> open_model(const Study& study, Report& report) {
  const Phase phase(report, "set up model");
  const std::string name = study.text("Volume conductor", "Model");
  std::unique_ptr<LeadField> model;
  if (name == "finite elements") {
    if (study.real("Lead field", "Input impedance") > 0)
      throw InputError(
          "the derivatives of a lead field do not know the amplifier's input impedance; set 'Lead field/Input "
          "impedance' to 0 (infinite)");
    FiniteElementModelOptions options;
    options.solver = SolverOptions::parse_parameters(study.parameters());
    options.smoothing = study.real("Lead field", "Smoothing along fibres");
    const std::string file = study.text("Lead field", "File");
    options.stored = file.empty() ? study.file("lead_field.h5") : file;
    auto problem = std::make_shared<LeadFieldProblem>();
    on_rank_zero(MPI_COMM_WORLD, [&] { *problem = read_problem(study, report); });
    if (report.rank() != 0) {
      problem->tissues = TissueTable::read(study.file("mesh_tissues.txt"));
      problem->laws = ConductivityLaws::parse_parameters(study.parameters());
    }
    problem->electrodes = read_electrodes(study.file("electrodes.tsv"));
    model = std::make_unique<FiniteElementModel>(problem, options, MPI_COMM_WORLD);
  } else {
    model = lead_fields().create(name);
    model->parse_parameters(study.parameters(), study.folder());
    model->set_electrodes(read_electrodes(study.file("electrodes.tsv")));
  }
  return with_reference(std::move(model), ReferenceChoice::parse_parameters(study.parameters()));
}

}  // namespace bmiss
