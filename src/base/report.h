// What a run tells: log lines and progress for people, facts, warnings and phase times for run.json.
#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

class Table;

// Rank 0 writes; on other ranks every call is silent (facts and warnings are kept on rank 0 only).
class Report {
public:
  Report(std::ostream& stream, int rank);
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  void line(const std::string& text);
  void warn(const std::string& sentence);
  void table(const Table& table);

  // Facts of run.json, addressed by a path such as "mesh/tetrahedra"; the unit belongs into the name ("seconds").
  void fact(const std::string& path, double value);
  void fact(const std::string& path, const std::string& value);
  void fact(const std::string& path, const std::vector<double>& values);

  const std::vector<std::string>& warnings() const;
  bool interactive() const;  // the stream is a terminal
  int rank() const;

  // Writes versions, command, facts, phases, warnings and peak memory. Rank 0 only, others return.
  void write_json(const std::string& path) const;

private:
  friend class Phase;
  friend class Progress;
  struct State;
  std::unique_ptr<State> state_;
};

// Times a phase (wall and CPU) from construction to destruction; phases nest ("lead field / set-up").
class Phase {
public:
  Phase(Report& report, const std::string& name);
  ~Phase();
  Phase(const Phase&) = delete;
  Phase& operator=(const Phase&) = delete;
  double seconds() const;

private:
  Report& report_;
  std::string path_;
  std::chrono::steady_clock::time_point start_;
  double cpu_start_ = 0;
};

// A progress bar on terminals; elsewhere a line every half minute, so that logs of batch jobs stay short.
class Progress {
public:
  Progress(Report& report, const std::string& what, std::size_t total);
  ~Progress();
  void advance(std::size_t steps = 1);
  // Names what is being done now beside the bar, and counts the step before as done.
  void next(const std::string& phase);

private:
  void draw(bool last);
  Report& report_;
  std::string what_, phase_;
  std::size_t total_, done_ = 0;
  std::chrono::steady_clock::time_point start_, drawn_;
};

// Time that all threads of this process have computed so far [s].
double cpu_seconds();
// Highest resident memory of this process so far [bytes].
double peak_memory();

}  // namespace bmiss
