#include "base/errors.h"

namespace bmiss {

InputError::InputError(const std::string& sentence, const std::string& file, int line)
    : std::runtime_error(file + (line > 0 ? ", line " + std::to_string(line) : "") + ": " + sentence) {}

void assertion_failed(const char* condition, const char* file, int line) {
  throw std::logic_error(std::string("bug in bmiss: '") + condition + "' does not hold (" + file + ":" +
                         std::to_string(line) + "); please report it");
}

}  // namespace bmiss
