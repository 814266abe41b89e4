// What a study's files and parameters say about its conductor and electrodes.
#pragma once

#include <string>

#include "solvers/lead_field/engine.h"

namespace bmiss {

class Study;

// All of it, on one rank, without writing any file. Throws InputError: no mesh yet, missing or foreign files,
// electrodes that do not fit, laws of tissues that the mesh lacks.
LeadFieldProblem read_problem(const Study& study, Report& report);

// Collective. The electrodes are laid on rank 0, written to `electrodes_file` and read from it by every rank. Throws
// InputError as read_problem().
LeadFieldProblem load_problem(const Study& study, const std::string& electrodes_file, Report& report);

}  // namespace bmiss
