// bmiss phantom: a label map with known geometry and its tissue table.
#include "anatomy/phantom.h"

#include "anatomy/label_map_info.h"
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
    report.line("  wrote " + study.file("labels.nii.gz") + " and " + study.file("tissues.txt"));
  });
}

}  // namespace bmiss
