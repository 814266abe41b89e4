// Grids unrolled onto paper.
#include "recording/channel_layout.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace bmiss {
namespace {

Channel at(double x, double y, double z, const std::string& grid = "grid1") {
  Channel channel;
  channel.position = {x, y, z};
  channel.group = grid;
  return channel;
}

// rows x columns at 8 mm around a limb of this radius, columns around it, numbered row by row.
std::vector<Channel> sleeve(int rows, int columns, double radius) {
  std::vector<Channel> channels;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const double angle = 8e-3 * (c - 0.5 * columns) / radius;
      channels.push_back(at(radius * std::cos(angle), radius * std::sin(angle), 0.1 - 8e-3 * r));
    }
  return channels;
}

void expect_rows_and_columns(const std::vector<Channel>& channels, int columns) {
  const Eigen::Matrix2Xd layout = channel_layout(channels);
  for (Eigen::Index i = 0; i < layout.cols(); ++i) {
    EXPECT_EQ(layout(0, i), static_cast<double>(i % columns)) << i;
    EXPECT_EQ(layout(1, i), static_cast<double>(i / columns)) << i;
  }
}

TEST(ChannelLayout, UnrollsAGridFromTheLimb) {
  expect_rows_and_columns(sleeve(8, 16, 40e-3), 16);
  expect_rows_and_columns(sleeve(13, 5, 40e-3), 5);
  expect_rows_and_columns(sleeve(8, 8, 30e-3), 8);
}

TEST(ChannelLayout, DoesNotDependOnWhereTheGridLies) {
  std::vector<Channel> channels = sleeve(6, 4, 50e-3);
  const Eigen::AngleAxisd turn(1.1, Eigen::Vector3d(0.3, -0.5, 0.8).normalized());
  for (Channel& channel : channels) channel.position = turn * channel.position + Eigen::Vector3d(0.2, 0, -0.1);
  expect_rows_and_columns(channels, 4);
}

TEST(ChannelLayout, LeavesAMissingElectrodesPlaceEmpty) {
  std::vector<Channel> channels = sleeve(13, 5, 40e-3);
  channels.erase(channels.begin());
  const Eigen::Matrix2Xd layout = channel_layout(channels);
  EXPECT_EQ(layout.col(0), Eigen::Vector2d(1, 0));
  EXPECT_EQ(layout.col(63), Eigen::Vector2d(4, 12));
}

TEST(ChannelLayout, TakesPlacesInAPlaneWithoutAHeight) {
  std::vector<Channel> channels;
  for (int r = 0; r < 4; ++r)
    for (int c = 0; c < 8; ++c) channels.push_back(at(10e-3 * r, 10e-3 * c, std::nan("")));
  expect_rows_and_columns(channels, 8);
}

TEST(ChannelLayout, KeepsDistancesOfAnIrregularArrangement) {
  // A hexagonal arrangement fits no rows and columns.
  std::vector<Channel> channels;
  for (int r = 0; r < 5; ++r)
    for (int c = 0; c < 6; ++c) channels.push_back(at(8e-3 * (c + 0.5 * (r % 2)), 8e-3 * std::sqrt(0.75) * r, 0));
  const Eigen::Matrix2Xd layout = channel_layout(channels);
  for (Eigen::Index i = 0; i < layout.cols(); ++i)
    for (Eigen::Index j = 0; j < i; ++j) {
      const double wanted =
          (channels[static_cast<std::size_t>(i)].position - channels[static_cast<std::size_t>(j)].position).norm() /
          8e-3;
      EXPECT_NEAR((layout.col(i) - layout.col(j)).norm(), wanted, 0.08 * wanted);
    }
}

TEST(ChannelLayout, PutsChannelsWithoutPlacesInRowsOfEight) {
  expect_rows_and_columns(std::vector<Channel>(20), 8);
  expect_rows_and_columns(std::vector<Channel>(10, at(0, 0, 0)), 8);  // all at one place
  expect_rows_and_columns(std::vector<Channel>(1), 8);
}

TEST(ChannelLayout, StandsGridsSideBySide) {
  std::vector<Channel> channels = sleeve(3, 2, 40e-3);
  for (Channel channel : sleeve(2, 2, 40e-3)) {
    channel.group = "grid2";
    channels.push_back(channel);
  }
  const Eigen::Matrix2Xd layout = channel_layout(channels);
  EXPECT_EQ(layout.col(5), Eigen::Vector2d(1, 2));
  EXPECT_EQ(layout.col(6), Eigen::Vector2d(3, 0));
  EXPECT_EQ(layout.col(9), Eigen::Vector2d(4, 1));
}

}  // namespace
}  // namespace bmiss
