#include "base/provenance.h"

#include <xxhash.h>

#include <cstdio>
#include <fstream>

#include "base/output_file.h"

namespace bmiss {

struct ContentHash::State {
  XXH3_state_t* xxh = XXH3_createState();
  ~State() { XXH3_freeState(xxh); }
};

ContentHash::ContentHash() : state_(new State) {
  XXH3_128bits_reset(state_->xxh);
}
ContentHash::~ContentHash() = default;

ContentHash& ContentHash::add(const void* bytes, std::size_t size) {
  XXH3_128bits_update(state_->xxh, bytes, size);
  return *this;
}

ContentHash& ContentHash::add(const std::string& text) {
  const std::size_t size = text.size();
  return add(&size, sizeof size).add(text.data(), size);
}

ContentHash& ContentHash::add(double value) {
  return add(&value, sizeof value);
}

ContentHash& ContentHash::add(const std::vector<double>& values) {
  const std::size_t size = values.size();
  return add(&size, sizeof size).add(values.data(), size * sizeof(double));
}

ContentHash& ContentHash::add(const std::vector<int>& values) {
  const std::size_t size = values.size();
  return add(&size, sizeof size).add(values.data(), size * sizeof(int));
}

std::string ContentHash::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return text;
}

std::string hash_of_file(const std::string& path) {
  require_readable(path, "file");
  std::ifstream stream(path, std::ios::binary);
  ContentHash hash;
  std::vector<char> block(1 << 20);
  while (stream.read(block.data(), static_cast<std::streamsize>(block.size())) || stream.gcount() > 0)
    hash.add(block.data(), static_cast<std::size_t>(stream.gcount()));
  return hash.hex();
}

}  // namespace bmiss
