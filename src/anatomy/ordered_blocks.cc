#include "anatomy/ordered_blocks.h"

#include <algorithm>
#include <cstdint>
#include <functional>

namespace bmiss {
namespace {

constexpr std::size_t largest_overhead = 24;  // of the C library for a block [bytes]

bool is_next(const char* before, const char* here, std::size_t size) {
  const auto from = reinterpret_cast<std::uintptr_t>(before), to = reinterpret_cast<std::uintptr_t>(here);
  return to > from && to - from <= size + largest_overhead;
}

}  // namespace

OrderedBlocks::OrderedBlocks(std::size_t n, const std::vector<std::size_t>& sizes) {
  std::make_unique<char[]>(60000);  // a request of this size makes the C library join what was freed before
  for (const std::size_t size : sizes) leave_free(n, size);
}

// The C library gives out old holes before new memory, and new memory in stretches (of 64 MB in threads) that follow
// each other in any order. Only blocks between two neighbours will be freed.
void OrderedBlocks::leave_free(std::size_t n, std::size_t size) {
  std::vector<Block> between;
  Block here;              // the last one
  std::size_t length = 0;  // of the row of neighbours that ends with it
  while (between.size() < n) {
    Block next = std::make_unique<char[]>(size);
    const bool goes_on = here && is_next(here.get(), next.get(), size);
    if (goes_on && length % 2 == 0)
      between.push_back(std::move(here));
    else
      kept_.push_back(std::move(here));
    length = goes_on ? length + 1 : 1;
    here = std::move(next);
  }
  kept_.push_back(std::move(here));
  // What is freed last is given out first.
  std::sort(between.begin(), between.end(),
            [](const Block& a, const Block& b) { return std::greater<>()(a.get(), b.get()); });
  for (Block& block : between) block.reset();
}

}  // namespace bmiss
