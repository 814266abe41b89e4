#include "physiology/random_stream.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "base/errors.h"

namespace bmiss {

RandomStream::RandomStream(unsigned seed, const std::string& purpose, int item) {
  std::vector<std::uint32_t> numbers = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(item)};
  for (const char letter : purpose) numbers.push_back(static_cast<unsigned char>(letter));
  std::seed_seq sequence(numbers.begin(), numbers.end());
  engine_.seed(sequence);
}

double RandomStream::uniform() {
  return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1.0p-53;  // 53 random bits, never 0 or 1
}

double RandomStream::gaussian() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(uniform())), angle = 2 * std::acos(-1.0) * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

double RandomStream::truncated_gaussian(double bound) {
  BMISS_ASSERT(bound > 0);
  double value = gaussian();
  while (std::abs(value) > bound) value = gaussian();
  return value;
}

int RandomStream::below(int n) {
  BMISS_ASSERT(n > 0);
  return static_cast<int>(uniform() * n);
}

}  // namespace bmiss
