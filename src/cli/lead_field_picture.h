// A section through the limb coloured by the lead field of the middle electrode.
#pragma once

namespace bmiss {

class Study;
struct LeadFieldProblem;

void draw_lead_field(const Study& study, const LeadFieldProblem& problem);  // lead_field.png

}  // namespace bmiss
