// Pictures of a label map for people. PNG files.
#pragma once

#include <string>
#include <vector>

namespace bmiss {

struct LabelMap;
class TissueTable;

// Slices k of the image side by side, the first on the left; i to the right and j upwards, each turned round where it
// runs against world x or y. Tissues in the colours of the mesh pictures, the initials of the names of muscles in their
// middle. Throws InputError when the file cannot be written.
void draw_label_sections(const LabelMap& map, const TissueTable& tissues, const std::vector<int>& slices,
                         const std::string& path);

}  // namespace bmiss
