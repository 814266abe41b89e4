// Addresses come in the same order however many there are and whatever was freed before.
#include "anatomy/ordered_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <numeric>

namespace bmiss {
namespace {

using Block = std::unique_ptr<char[]>;

// Of n blocks allocated one after the other, the order of their addresses.
std::vector<std::size_t> order_of_addresses(std::size_t n, std::size_t size) {
  std::vector<Block> blocks(n);
  for (Block& block : blocks) block = std::make_unique<char[]>(size);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return std::less<>()(blocks[a].get(), blocks[b].get()); });
  return order;
}

// Every third of many blocks freed in an order of no meaning.
std::vector<Block> make_holes(std::size_t size) {
  std::vector<Block> blocks(30000);
  for (Block& block : blocks) block = std::make_unique<char[]>(size);
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[(7919 * i) % blocks.size() / 3 * 3].reset();
  return blocks;
}

struct Orders {
  std::vector<std::size_t> small, large;
  bool operator==(const Orders& other) const { return small == other.small && large == other.large; }
};

// In a thread of its own, as the meshing runs.
Orders orders(std::size_t n, bool with_holes, bool with_blocks) {
  return std::async(std::launch::async,
                    [=] {
                      const auto holes = with_holes ? make_holes(88) : std::vector<Block>();
                      std::unique_ptr<OrderedBlocks> blocks;
                      if (with_blocks) blocks = std::make_unique<OrderedBlocks>(n, std::vector<std::size_t>{56, 88});
                      return Orders{order_of_addresses(n, 56), order_of_addresses(n, 88)};
                    })
      .get();
}

TEST(OrderedBlocks, ComeInTheSameOrderWhateverWasFreedBefore) {
  EXPECT_TRUE(orders(20000, false, true) == orders(20000, true, true));
  EXPECT_FALSE(orders(20000, false, false) == orders(20000, true, false));
}

// Memory of threads comes in stretches of 64 MB, which the blocks of a forearm with edges of 1.2 mm overrun.
TEST(OrderedBlocks, ReachAcrossStretchesOfMemory) {
  EXPECT_TRUE(orders(400000, false, true) == orders(400000, true, true));
}

}  // namespace
}  // namespace bmiss
