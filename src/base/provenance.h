// Content hashes, so that results say what they were made from and stages can be reused.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

// Accumulates bytes into a 128-bit hash (XXH3), printed as 32 hexadecimal digits. Not cryptographic.
class ContentHash {
public:
  ContentHash();
  ~ContentHash();
  ContentHash& add(const void* bytes, std::size_t size);
  ContentHash& add(const std::string& text);  // its length is hashed too: ("ab","c") differs from ("a","bc")
  ContentHash& add(double value);
  ContentHash& add(const std::vector<double>& values);
  ContentHash& add(const std::vector<int>& values);
  std::string hex() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hash of a file's bytes. Throws InputError when it cannot be read.
std::string hash_of_file(const std::string& path);

}  // namespace bmiss
