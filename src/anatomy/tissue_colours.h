// Colours of tissues in pictures.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "anatomy/picture_canvas.h"

namespace bmiss {

// Label -> colour: bones and fat light, skin brown, vessels dark; all others distinct, in the order of their labels, so
// that pictures of the same tissues agree.
std::map<int, Colour> tissue_colours(const std::map<int, std::string>& names);

Colour distinct_colour(std::size_t position);  // of a list of 24, then from its start again

}  // namespace bmiss
