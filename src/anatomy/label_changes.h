// What each step of a label map's preparation did to each label, for the report.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "anatomy/label_map.h"

namespace bmiss {

class Report;
class TissueTable;

class LabelChanges {
public:
  explicit LabelChanges(const LabelMap& before);
  // Compares voxel by voxel: both maps lie alike, in number and order of voxels.
  void record(const std::string& step, const std::vector<std::int32_t>& before, const std::vector<std::int32_t>& after);
  void count_islands(const std::map<std::int32_t, std::size_t>& islands) { islands_ = islands; }

  // One table: label, name, volume before, then per step that did something "-removed +gained", volume after (all mm3);
  // the same as facts under "label map/label_N/…". Warns of tissues that vanished in other steps than those of
  // `intended`.
  void report_to(Report& report, const TissueTable& tissues, const std::map<std::int32_t, std::size_t>& after,
                 const std::vector<std::string>& intended) const;

private:
  struct Change {
    std::size_t removed = 0, gained = 0;  // [voxels]
  };
  struct Step {
    std::string name;
    std::map<std::int32_t, Change> changes;
  };
  double voxel_mm3_;
  std::map<std::int32_t, std::size_t> before_, islands_;
  std::vector<Step> steps_;
};

}  // namespace bmiss
