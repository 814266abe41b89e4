// Makes the addresses of what is allocated next come in the same order each time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace bmiss {

// Leaves `n` free blocks of each of `sizes` [bytes] in the heap of this thread, so that the addresses of the next n
// allocations of each size come in the same order whatever was allocated and freed before. (The order of the C library:
// ascending but for a few at a time.) As long as it lives, the blocks between the free ones are kept, so that the C
// library cannot join them.
class OrderedBlocks {
public:
  OrderedBlocks(std::size_t n, const std::vector<std::size_t>& sizes);

private:
  using Block = std::unique_ptr<char[]>;
  void leave_free(std::size_t n, std::size_t size);

  std::vector<Block> kept_;
};

}  // namespace bmiss
