// The three kinds of failure: the user's (InputError), the numerics' (NumericalError), and a bug (BMISS_ASSERT).
#pragma once

#include <stdexcept>
#include <string>

namespace bmiss {

// Something the user gave is wrong: what is wrong, the value seen, what to do, in one sentence. Exit code 2.
class InputError : public std::runtime_error {
public:
  explicit InputError(const std::string& sentence) : std::runtime_error(sentence) {}
  // Prefixes the place: "labels.txt, line 3: <sentence>"; line 0 means the whole file.
  InputError(const std::string& sentence, const std::string& file, int line = 0);
};

// A solver did not converge (exit code 1).
class NumericalError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// A numerical check was computed and failed (exit code 3).
class CheckError : public NumericalError {
public:
  using NumericalError::NumericalError;
};

// Work stopped in an orderly way and can be resumed (exit code 75).
class Interrupted : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// Exit codes of the program.
enum class ExitCode { ok = 0, not_converged = 1, bad_input = 2, check_failed = 3, resumable = 75 };

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace bmiss

// A broken promise inside bmiss itself: always checked, because a wrong lead field is worse than a stopped run.
#define BMISS_ASSERT(condition) ((condition) ? void(0) : ::bmiss::assertion_failed(#condition, __FILE__, __LINE__))
