#include "base/report.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/output_file.h"
#include "base/table.h"
#include "base/version.h"

namespace bmiss {

using Clock = std::chrono::steady_clock;

struct Report::State {
  std::ostream& stream;
  int rank;
  bool interactive;
  nlohmann::ordered_json facts = nlohmann::ordered_json::object();
  nlohmann::ordered_json phases = nlohmann::ordered_json::object();
  nlohmann::ordered_json phases_cpu = nlohmann::ordered_json::object();
  std::vector<std::string> warnings = {};
  std::vector<std::string> open_phases = {};
  Clock::time_point start = Clock::now();
};

namespace {

// mpirun gives its processes a terminal of their own even when its output goes to a file: there no bar is drawn.
bool is_terminal() {
  return isatty(STDOUT_FILENO) != 0 && std::getenv("OMPI_COMM_WORLD_SIZE") == nullptr;
}

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void add(nlohmann::ordered_json& entry, double seconds) {
  entry = (entry.is_null() ? 0.0 : entry.get<double>()) + seconds;
}

template <typename Value>
void put(nlohmann::ordered_json& root, const std::string& path, const Value& value) {
  nlohmann::ordered_json* node = &root;
  std::size_t begin = 0;
  for (std::size_t slash; (slash = path.find('/', begin)) != std::string::npos; begin = slash + 1)
    node = &(*node)[path.substr(begin, slash - begin)];
  (*node)[path.substr(begin)] = value;
}

}  // namespace

Report::Report(std::ostream& stream, int rank)
    : state_(new State{stream, rank, &stream == &std::cout && is_terminal()}) {}
Report::~Report() = default;

void Report::line(const std::string& text) {
  if (state_->rank == 0) state_->stream << (state_->interactive ? "\r\033[K" : "") << text << std::endl;
}

void Report::warn(const std::string& sentence) {
  if (state_->rank != 0) return;
  state_->warnings.push_back(sentence);
  line("warning: " + sentence);
}

void Report::table(const Table& table) {
  if (state_->rank == 0) state_->stream << (state_->interactive ? "\r\033[K" : "") << table.text() << std::flush;
}

void Report::fact(const std::string& path, double value) {
  put(state_->facts, path, value);
}
void Report::fact(const std::string& path, const std::string& value) {
  put(state_->facts, path, value);
}
void Report::fact(const std::string& path, const std::vector<double>& values) {
  put(state_->facts, path, values);
}

const std::vector<std::string>& Report::warnings() const {
  return state_->warnings;
}
bool Report::interactive() const {
  return state_->interactive;
}
int Report::rank() const {
  return state_->rank;
}

void Report::write_json(const std::string& path) const {
  if (state_->rank != 0) return;
  nlohmann::ordered_json json;
  json["program"] = "bmiss";
  json["versions"] = library_versions();
  json["facts"] = state_->facts;
  json["phases_seconds"] = state_->phases;
  json["phases_cpu_seconds"] = state_->phases_cpu;
  json["total_seconds"] = seconds_since(state_->start);
  json["peak_memory_bytes"] = peak_memory();
  json["warnings"] = state_->warnings;
  OutputFile file(path);
  file.stream() << json.dump(2) << '\n';
  file.commit();
}

Phase::Phase(Report& report, const std::string& name)
    : report_(report), start_(Clock::now()), cpu_start_(cpu_seconds()) {
  auto& open = report_.state_->open_phases;
  path_ = open.empty() ? name : open.back() + " / " + name;
  open.push_back(path_);
}

Phase::~Phase() {
  report_.state_->open_phases.pop_back();
  add(report_.state_->phases[path_], seconds());
  add(report_.state_->phases_cpu[path_], cpu_seconds() - cpu_start_);
}

double Phase::seconds() const {
  return seconds_since(start_);
}

Progress::Progress(Report& report, const std::string& what, std::size_t total)
    : report_(report), what_(what), total_(total), start_(Clock::now()), drawn_(start_) {}

Progress::~Progress() {
  if (!phase_.empty()) ++done_;
  if (done_ > 0) draw(true);
}

void Progress::advance(std::size_t steps) {
  done_ += steps;
  if (seconds_since(drawn_) > (report_.interactive() ? 0.1 : 30.0)) draw(false);
}

void Progress::next(const std::string& phase) {
  if (!phase_.empty()) ++done_;
  phase_ = phase;
  if (report_.interactive() || seconds_since(drawn_) > 30.0) draw(false);
}

void Progress::draw(bool last) {
  if (report_.rank() != 0) return;
  drawn_ = Clock::now();
  const double share = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 1.0;
  const double elapsed = seconds_since(start_);
  if (!report_.interactive()) {
    if (!last)
      report_.line("  " + what_ + " " + std::to_string(done_) + "/" + std::to_string(total_) +
                   (phase_.empty() ? "" : " " + phase_) + format("  %.0f s", elapsed));
    return;
  }
  std::string bar(30, ' ');
  for (std::size_t i = 0; i < bar.size(); ++i)
    if (static_cast<double>(i) < share * 30.0) bar[i] = '=';
  report_.state_->stream << "\r\033[K  " << what_ << " [" << bar << "] " << done_ << "/" << total_ << "  "
                         << format("%.0f s", elapsed);
  if (!last && !phase_.empty()) report_.state_->stream << "  " << phase_;
  if (!last && share > 0) report_.state_->stream << ", " << format("%.0f s left", elapsed * (1 - share) / share);
  report_.state_->stream << (last ? "\n" : "") << std::flush;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

}  // namespace bmiss
