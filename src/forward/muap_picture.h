// A picture of one motor unit action potential over its electrode grids.
#pragma once

#include <string>

#include "forward/muap.h"

namespace bmiss {

// PNG: one waveform a cell (rows x columns of each grid side by side; a missing electrode leaves its cell empty), all
// on one scale with bars in uV and ms, the largest one in colour, the unit's number and its largest peak-to-peak on
// top. The tail in which nothing exceeds 1 % of the peak is left out. Throws InputError when the numbers of electrodes
// and channels differ or the file cannot be written. Whole or not at all.
void draw_muap(const Muap& muap, const ElectrodeArray& electrodes, const std::string& path);

}  // namespace bmiss
