// bmiss phantom: a label map with known geometry and its tissue table.
#include "anatomy/phantom.h"

#include "anatomy/label_map_info.h"
#include "anatomy/label_map_picture.h"
#include "base/mpi_session.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/stages.h"
#include "cli/study.h"

namespace bmiss {

void run_phantom(const Study& study, Report& report) {
  on_rank_zero(MPI_COMM_WORLD, [&] {
    Phase phase(report, "phantom");
    const Phantom phantom = make_phantom(study.parameters());
    write_label_map(phantom.map, study.file("labels.nii.gz"));
    phantom.tissues.write(study.file("tissues.txt"));
    report.table(label_map_table(phantom.map, &phantom.tissues));
    if (phantom.defects.voxels > 0) report.table(defect_table(phantom.defects));
    const int slices = phantom.map.size[2];
    draw_label_sections(phantom.map, phantom.tissues, {slices / 6, slices / 2, slices - 1 - slices / 6},
                        study.file("phantom_sections.png"));
    report.line("  wrote " + study.file("labels.nii.gz") + ", " + study.file("tissues.txt") + " and " +
                study.file("phantom_sections.png"));
  });
}

}  // namespace bmiss
