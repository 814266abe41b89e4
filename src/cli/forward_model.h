// The forward model that a study's folder holds: its lead field, muscle and skin.
#pragma once

#include <memory>
#include <string>

#include "anatomy/fibres.h"
#include "anatomy/tet_mesh.h"
#include "forward/lead_field.h"
#include "physiology/action_potential.h"

namespace bmiss {

class Study;

// As the study's parameters say, from the files of a folder: that of the study itself, or of another one.
std::unique_ptr<LeadField> lead_field_of(const Study& study, const std::string& folder);
// Motor units/Action potential, with its parameters.
std::unique_ptr<ActionPotential> action_potential_of(const Study& study);
// Motor units/Muscle, or the muscle whose fibres come nearest to the middle of the first grid.
std::string muscle_of(const Study& study, const FibreAtlas& atlas, const ElectrodeArray& array);
// Of the folder's mesh, without extruded ends.
Surface skin_of(const std::string& folder);

}  // namespace bmiss
