// What a study's files and parameters say about its conductor and electrodes.
#pragma once

#include <memory>
#include <string>

#include "forward/lead_field.h"
#include "solvers/lead_field/engine.h"

namespace bmiss {

class Study;

// All of it, on one rank, without writing any file. Throws InputError: no mesh yet, missing or foreign files,
// electrodes that do not fit, laws of tissues that the mesh lacks.
LeadFieldProblem read_problem(const Study& study, Report& report);

// Collective. The electrodes are laid on rank 0, written to `electrodes_file` and read from it by every rank. Throws
// InputError as read_problem().
LeadFieldProblem load_problem(const Study& study, const std::string& electrodes_file, Report& report);

// The study's volume conductor as a model that can be differentiated: finite elements with their solver at hand (set up
// here) and potentials from the study's lead-field file; other conductors as they are, with whatever derivatives they
// have. For the electrodes of electrodes.tsv, against the study's reference. Collective. Throws InputError as
// read_problem() and the models do.
std::unique_ptr<LeadField> open_model(const Study& study, Report& report);

}  // namespace bmiss
