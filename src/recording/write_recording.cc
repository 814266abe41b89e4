#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "base/output_file.h"
#include "base/tsv_file.h"
#include "base/version.h"
#include "recording/bids_sidecars.h"
#include "recording/edf_file.h"
#include "recording/recording_file.h"

namespace fs = std::filesystem;
using nlohmann::ordered_json;

namespace bmiss {
namespace {

const std::string bids_version = "1.11.1", default_system = "anatomy";

void require_label(const std::string& label, const std::string& entity) {
  const bool valid =
      !label.empty() && std::all_of(label.begin(), label.end(), [](unsigned char c) { return std::isalnum(c); });
  if (!valid) throw InputError("the " + entity + " '" + label + "' is no BIDS label; use letters and digits only");
}

void require_writable(const Recording& recording) {
  if (recording.channels.empty() || static_cast<std::size_t>(recording.signal.rows()) != recording.channels.size())
    throw InputError("the recording has " + std::to_string(recording.channels.size()) + " channels and " +
                     std::to_string(recording.signal.rows()) + " rows of signal; give one row for each channel");
  if (!(recording.rate > 0) || recording.signal.cols() == 0)
    throw InputError("the recording has no samples or no sampling rate; give both");
  std::set<std::string> names;
  for (std::size_t i = 0; i < recording.channels.size(); ++i) {
    const std::string& name = recording.channels[i].name;
    if (name.empty() || !names.insert(name).second)
      throw InputError("channel " + std::to_string(i + 1) + " has the name '" + name +
                       "'; give each channel a name of its own");
    if (!recording.signal.row(static_cast<Eigen::Index>(i)).allFinite())
      throw InputError("channel '" + name + "' holds a value that is not finite; EDF cannot store it");
  }
}

// Files that appear together: all are written under temporary names before the first is renamed.
class FileSet {
public:
  ~FileSet() {
    std::error_code ignored;
    for (const auto& path : paths_) fs::remove(temporary_name(path), ignored);
  }
  std::string add(const std::string& path) {
    paths_.push_back(path);
    return temporary_name(path);
  }
  void add_text(const std::string& path, const std::string& text) {
    std::ofstream stream(add(path), std::ios::binary | std::ios::trunc);
    stream << text << std::flush;
    if (!stream) throw InputError("cannot be written; free space or choose another output folder", path);
  }
  void publish_all() {
    for (const auto& path : paths_) publish(path);
    paths_.clear();
  }

private:
  std::vector<std::string> paths_;
};

std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "\t" : "") + (row[i].empty() ? "n/a" : row[i]);
    text += '\n';
  }
  return text;
}

std::string system_of(const Channel& channel) {
  std::string label;
  for (const unsigned char c : channel.coordinate_system)
    if (std::isalnum(c)) label += static_cast<char>(c);
  return label.empty() ? default_system : label;
}

std::string electrode_of(const Channel& channel) {
  return channel.electrode.empty() ? channel.name : channel.electrode;
}

std::string channels_text(const Recording& recording, const std::vector<EdfRange>& ranges) {
  std::vector<std::vector<std::string>> rows{
      {"name", "type", "units", "sampling_frequency", "signal_electrode", "reference", "group", "status"}};
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const Channel& c = recording.channels[i];
    rows.push_back({c.name, c.type, ranges[i].dimension, format_real(recording.rate), electrode_of(c), c.reference,
                    c.group, c.good ? "good" : "bad"});
  }
  return table_text(rows);
}

std::string electrodes_text(const Recording& recording) {
  constexpr double per_metre = 1e3;  // the tables are in mm
  std::vector<std::vector<std::string>> rows{
      {"name", "x", "y", "z", "coordinate_system", "type", "material", "impedance", "group"}};
  std::set<std::pair<std::string, std::string>> listed;
  for (const Channel& c : recording.channels) {
    if (!listed.emplace(electrode_of(c), c.group).second) continue;
    const auto millimetres = [&](int axis) {
      return format_real(std::round(c.position[axis] * per_metre * 1e9) / 1e9);
    };
    rows.push_back({electrode_of(c), millimetres(0), millimetres(1), millimetres(2), system_of(c), c.electrode_type,
                    "n/a", "n/a", c.group});
  }
  return table_text(rows);
}

ordered_json coordinate_system(const std::string& label) {
  const std::string frame =
      label == default_system
          ? "frame of the label map of the limb: x to the right, y to the front, z to the head (RAS)"
          : "frame '" + label + "' of the electrode positions that the recording was made with";
  return {{"EMGCoordinateSystem", "Other"}, {"EMGCoordinateUnits", "mm"}, {"EMGCoordinateSystemDescription", frame}};
}

ordered_json emg_description(const Recording& recording, const BidsName& name, const std::vector<EdfRange>& ranges,
                             EdfBits bits) {
  std::set<std::string> references;
  double step = 0;
  bool placed = true;
  for (const auto& channel : recording.channels) {
    if (!channel.reference.empty()) references.insert(channel.reference);
    placed = placed && !channel.position.hasNaN();
  }
  for (const auto& range : ranges) step = std::max(step, range.step);
  std::string reference;
  for (const auto& r : references) reference += (reference.empty() ? "" : ", ") + r;
  ordered_json json = {{"TaskName", recording.task.empty() ? name.task : recording.task},
                       {"SamplingFrequency", recording.rate},
                       {"PowerLineFrequency", "n/a"},
                       {"RecordingType", "continuous"},
                       {"RecordingDuration", recording.duration()},
                       {"SoftwareFilters", "n/a"},
                       {"HardwareFilters", "n/a"},
                       {"EMGReference", reference.empty() ? "n/a" : reference},
                       {"EMGPlacementScheme", placed ? "Measured" : "Other"},
                       {"EMGChannelCount", recording.channels.size()},
                       {"QuantizationBits", static_cast<int>(bits)},
                       {"LargestQuantizationStepMicrovolts", step * 1e6}};
  if (!std::isnan(recording.power_line)) json["PowerLineFrequency"] = recording.power_line;
  if (!placed) json["EMGPlacementSchemeDescription"] = "electrode positions are not known";
  return json;
}

// Width of the middle nine tenths of the values: what the signal is like between its artefacts.
double middle_width(const Eigen::RowVectorXd& values) {
  std::vector<double> sorted(values.begin(), values.end());
  const auto quantile = [&](double share) {
    const auto place = sorted.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(sorted.size() - 1));
    std::nth_element(sorted.begin(), place, sorted.end());
    return *place;
  };
  const double low = quantile(0.05);
  return quantile(0.95) - low;
}

// 16 bits where they resolve every channel: a step of at most 1e-4 of its range and 2 % of its middle nine tenths.
EdfBits bits_needed(const Recording& recording) {
  for (Eigen::Index i = 0; i < recording.signal.rows(); ++i) {
    const Eigen::RowVectorXd values = recording.signal.row(i);
    const double extent = values.maxCoeff() - values.minCoeff(), middle = middle_width(values);
    const double step = edf_range(values, EdfBits::sixteen).step;
    if ((extent > 0 && step > 1e-4 * extent) || (middle > 0 && step > 0.02 * middle)) return EdfBits::twenty_four;
  }
  return EdfBits::sixteen;
}

std::string contents(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// electrodes.tsv is shared by all recordings of a subject: it must not change under another one.
void require_same_electrodes(const fs::path& folder, const std::string& stem, const std::string& file,
                             const std::string& text) {
  if (!fs::exists(file) || contents(file) == text) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const BidsFileName parsed = parse_bids_name(name);
    const bool signals = parsed.suffix == "emg" && (parsed.extension == ".edf" || parsed.extension == ".bdf");
    if (signals && name.front() != '.' && name.rfind(stem + "_emg.", 0) != 0)
      throw InputError("belongs also to " + name + " and has other electrodes than the recording to be written; " +
                           "choose another subject or folder",
                       file);
  }
}

std::string stem_of(const BidsName& name) {
  return "sub-" + name.subject + "_task-" + name.task;
}

ordered_json description(const std::string& title, const std::string& type) {
  return {{"Name", title},
          {"BIDSVersion", bids_version},
          {"DatasetType", type},
          {"GeneratedBy", ordered_json::array({{{"Name", "bmiss"}, {"Version", version()}}})}};
}

}  // namespace

std::string write_bids_recording(const Recording& recording, const std::string& folder, const BidsName& name) {
  require_label(name.subject, "subject");
  require_label(name.task, "task");
  require_writable(recording);
  const fs::path place = fs::path(folder) / ("sub-" + name.subject) / "emg";
  prepare_output_folder(place.string());

  const EdfBits bits = bits_needed(recording);
  std::vector<EdfRange> ranges;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < recording.channels.size(); ++i) {
    ranges.push_back(edf_range(recording.signal.row(static_cast<Eigen::Index>(i)), bits));
    labels.push_back(recording.channels[i].name.substr(0, 16));  // what an EDF header holds
  }
  const double bytes_per_sample = bits == EdfBits::sixteen ? 2 : 3;
  require_free_space(place.string(), bytes_per_sample * static_cast<double>(recording.signal.size()) + 1e6);

  const std::string stem = stem_of(name), subject = (place / ("sub-" + name.subject)).string();
  const std::string electrodes = subject + "_electrodes.tsv", table = electrodes_text(recording);
  require_same_electrodes(place, stem, electrodes, table);
  FileSet files;
  const std::string root = (fs::path(folder) / "dataset_description.json").string();
  if (!fs::exists(root)) files.add_text(root, description("Surface EMG written by bmiss", "raw").dump(2) + "\n");
  files.add_text(electrodes, table);
  std::set<std::string> systems;
  for (const Channel& channel : recording.channels) systems.insert(system_of(channel));
  for (const auto& system : systems)
    files.add_text(subject + "_space-" + system + "_coordsystem.json", coordinate_system(system).dump(2) + "\n");
  files.add_text((place / (stem + "_channels.tsv")).string(), channels_text(recording, ranges));
  files.add_text((place / (stem + "_emg.json")).string(),
                 emg_description(recording, name, ranges, bits).dump(2) + "\n");
  const std::string path = (place / (stem + (bits == EdfBits::sixteen ? "_emg.edf" : "_emg.bdf"))).string();
  write_edf(files.add(path), bits, recording.rate, labels, ranges, recording.signal);
  files.publish_all();
  std::error_code ignored;  // an earlier version of this recording with the other number of bits
  fs::remove(place / (stem + (bits == EdfBits::sixteen ? "_emg.bdf" : "_emg.edf")), ignored);
  return path;
}

std::string bids_recording_path(const std::string& folder, const BidsName& name) {
  const std::string stem = folder + "/sub-" + name.subject + "/emg/" + stem_of(name) + "_emg";
  return !fs::exists(stem + ".edf") && fs::exists(stem + ".bdf") ? stem + ".bdf" : stem + ".edf";
}

std::string events_path(const std::string& folder, const BidsName& name, const std::string& description) {
  require_label(name.subject, "subject");
  require_label(name.task, "task");
  require_label(description, "description");
  return (fs::path(folder) / "derivatives" / "motor-unit-decomposition" / ("sub-" + name.subject) / "emg" /
          (stem_of(name) + "_desc-" + description + "_events.tsv"))
      .string();
}

void write_derivative_description(const std::string& folder) {
  const fs::path place = fs::path(folder) / "derivatives" / "motor-unit-decomposition";
  prepare_output_folder(place.string());
  const std::string path = (place / "dataset_description.json").string();
  if (fs::exists(path)) return;
  OutputFile file(path);
  file.stream() << description("motor-unit-decomposition", "derivative").dump(2) << "\n";
  file.commit();
}

}  // namespace bmiss
