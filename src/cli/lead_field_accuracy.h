// What a lead field's accuracy is for the fibres of the study, and where on the mesh it is lost.
#pragma once

namespace bmiss {

class Report;
class Study;
struct TetMesh;

// Table and facts of probe fibres, and lead_field_error.vtu. Rank 0, after the lead field is finished.
void show_accuracy(const Study& study, const TetMesh& mesh, Report& report);

}  // namespace bmiss
