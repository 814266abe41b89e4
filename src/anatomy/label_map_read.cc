// Labels from the voxels of a NIfTI file.
#include <cmath>
#include <limits>
#include <set>

#include "anatomy/label_map.h"
#include "anatomy/nifti_file.h"
#include "base/errors.h"
#include "base/table.h"

namespace bmiss {
namespace {

// More different labels than any atlas of a limb; intensity images have thousands.
constexpr std::size_t most_labels = 1000;

void require_one_volume(const NiftiFile& file, const std::string& path) {
  if (file.volumes() > 1)
    throw InputError(
        "the image has " + std::to_string(file.volumes()) + " volumes (" + file.sizes() +
            "), but a label map is one 3-D volume; extract one volume or merge the masks into one label map",
        path);
  if (file.size()[0] < 2 || file.size()[1] < 2 || file.size()[2] < 2)
    throw InputError(
        "the image is not 3-D (" + file.sizes() + " voxels); at least two voxels are needed in each direction", path);
}

std::int32_t to_label(double value, const std::string& where, const std::string& path) {
  if (std::isnan(value)) throw InputError(where + " is not a number (NaN); set voxels outside the body to 0", path);
  // Scaled integers and float copies of labels are whole up to rounding.
  const double whole = std::round(value);
  if (std::abs(value - whole) > 1e-4)
    throw InputError(where + " holds " + format("%.6g", value) +
                         ", but labels are whole numbers; give a label map, not an "
                         "intensity or probability image, and resample with nearest neighbours",
                     path);
  if (whole < 0 || whole > std::numeric_limits<std::int32_t>::max())
    throw InputError(where + " holds " + format("%.12g", value) +
                         ", but labels are whole numbers from 0 to 2147483647; "
                         "renumber the labels",
                     path);
  return static_cast<std::int32_t>(whole);
}

void read_labels(NiftiFile& file, const std::string& path, LabelMap& map) {
  std::vector<double> row;
  std::set<std::int32_t> known;
  for (int k = 0; k < map.size[2]; ++k) {
    for (int j = 0; j < map.size[1]; ++j) {
      file.read_row(row);
      // Only after the first row: the file proves that it holds what its header announces.
      if (map.labels.empty())
        map.labels.resize(row.size() * static_cast<std::size_t>(map.size[1]) * static_cast<std::size_t>(map.size[2]));
      std::int32_t previous = -1;
      for (int i = 0; i < map.size[0]; ++i) {
        const double value = row[static_cast<std::size_t>(i)];
        if (value == static_cast<double>(previous)) {
          map.labels[map.index(i, j, k)] = previous;
          continue;
        }
        const std::string where =
            "voxel (" + std::to_string(i) + ", " + std::to_string(j) + ", " + std::to_string(k) + ")";
        previous = to_label(value, where, path);
        map.labels[map.index(i, j, k)] = previous;
        known.insert(previous);
        if (known.size() > most_labels)
          throw InputError("more than " + std::to_string(most_labels) +
                               " different values; this looks like an intensity image: give "
                               "the label map made from it",
                           path);
      }
    }
  }
  file.finish();
  if (known.size() == 1 && *known.begin() == 0)
    throw InputError("every voxel is 0 (background); give a label map with tissues", path);
}

}  // namespace

LabelMap read_label_map(const std::string& path) {
  NiftiFile file(path, "label map");
  require_one_volume(file, path);
  LabelMap map;
  map.size = file.size();
  map.voxel_to_world = file.voxel_to_world();
  map.doubt = file.doubt();
  read_labels(file, path, map);
  return map;
}

}  // namespace bmiss
