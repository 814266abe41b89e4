// Random numbers that are the same on every machine: one independent stream for each seed, purpose and item.
#pragma once

#include <random>
#include <string>

namespace bmiss {

class RandomStream {
public:
  // Streams that differ in any of the three are independent: RandomStream(seed, "firing", unit).
  RandomStream(unsigned seed, const std::string& purpose, int item);
  double uniform();                         // in (0, 1)
  double gaussian();                        // mean 0, standard deviation 1 (Box and Muller 1958)
  double truncated_gaussian(double bound);  // redrawn until |value| <= bound
  int below(int n);                         // 0 … n-1

private:
  std::mt19937_64 engine_;  // its sequence is fixed by the standard; its distributions are not
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace bmiss
