// A program that runs beside the test, can be signalled and limited, and tells how it ended.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace bmiss::test {

class RunningProgram {
public:
  // What it says goes to the file `log`; no file that it writes may become longer than `largest_file` bytes.
  RunningProgram(std::vector<std::string> command, std::string log, rlim_t largest_file = RLIM_INFINITY)
      : log_(std::move(log)) {
    std::vector<char*> arguments;
    for (auto& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ != 0) return;
    const int out = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(out, 1);
    dup2(out, 2);
    forget_mpi();
    if (largest_file != RLIM_INFINITY) {
      const rlimit limit{largest_file, largest_file};
      setrlimit(RLIMIT_FSIZE, &limit);
      setenv("OMPI_MCA_btl", "self", 1);  // without the large files by which ranks share memory
      setenv("PMIX_MCA_gds", "hash", 1);
    }
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  ~RunningProgram() {
    if (!ended_) {
      signal(SIGKILL);
      wait();
    }
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void signal(int number) const { kill(pid_, number); }
  bool has_ended() { return ended_ || (ended_ = waitpid(pid_, &status_, WNOHANG) == pid_); }
  // The exit code, or 128 and the signal that ended it.
  int wait() {
    if (!ended_) waitpid(pid_, &status_, 0);
    ended_ = true;
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }
  // Processes that it started itself, such as the ranks of mpirun.
  std::vector<pid_t> children() const {
    std::ifstream stream("/proc/" + std::to_string(pid_) + "/task/" + std::to_string(pid_) + "/children");
    std::vector<pid_t> result;
    for (pid_t child = 0; stream >> child;) result.push_back(child);
    return result;
  }
  std::string output() const {
    std::ostringstream text;
    text << std::ifstream(log_).rdbuf();
    return text.str();
  }
  bool says(const std::string& part) const { return output().find(part) != std::string::npos; }

private:
  // What MPI tells its processes by environment variables would make the program a part of this one's run.
  static void forget_mpi() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      if (text.rfind("PMIX_", 0) == 0 || text.rfind("OMPI_", 0) == 0) names.push_back(text.substr(0, text.find('=')));
    }
    for (const auto& name : names) unsetenv(name.c_str());
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    setenv("OMP_NUM_THREADS", "1", 1);
  }

  std::string log_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace bmiss::test
