#include <algorithm>
#include <filesystem>
#include <tuple>

#include "recording/bids_sidecars.h"

namespace fs = std::filesystem;

namespace bmiss {

BidsFileName parse_bids_name(const std::string& path) {
  BidsFileName name;
  const std::string file = fs::path(path).filename().string();
  const std::size_t dot = file.find('.');
  name.extension = dot == std::string::npos ? "" : file.substr(dot);
  std::string stem = file.substr(0, dot);
  for (std::size_t start = 0; start <= stem.size();) {
    const std::size_t end = std::min(stem.find('_', start), stem.size());
    const std::string part = stem.substr(start, end - start);
    const std::size_t dash = part.find('-');
    if (dash != std::string::npos)
      name.entities[part.substr(0, dash)] = part.substr(dash + 1);
    else
      name.suffix = part;
    start = end + 1;
  }
  return name;
}

std::vector<std::string> applicable_sidecars(const std::string& recording, const std::string& suffix,
                                             const std::string& extension) {
  const BidsFileName own = parse_bids_name(recording);
  using Found = std::tuple<int, int, std::string>;  // folders up, -entities, path
  std::vector<Found> found;
  fs::path folder = fs::absolute(recording).lexically_normal().parent_path();
  constexpr int deepest = 4;  // data set / sub / ses / emg
  for (int up = 0; up < deepest; ++up, folder = folder.parent_path()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const BidsFileName name = parse_bids_name(entry.path().string());
      if (name.suffix != suffix || name.extension != extension || !entry.is_regular_file(error)) continue;
      if (entry.path().filename().string().front() == '.') continue;
      const bool applies = std::all_of(name.entities.begin(), name.entities.end(), [&](const auto& entity) {
        const auto mine = own.entities.find(entity.first);
        return entity.first == "space" || (mine != own.entities.end() && mine->second == entity.second);
      });
      const int n_entities = static_cast<int>(name.entities.size() - name.entities.count("space"));
      if (applies) found.emplace_back(up, -n_entities, entry.path().string());
    }
    if (fs::exists(folder / "dataset_description.json", error) || folder == folder.root_path()) break;
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> paths;
  for (const Found& f : found) paths.push_back(std::get<2>(f));
  return paths;
}

}  // namespace bmiss
