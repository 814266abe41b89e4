// Gmsh is one global state: started here for a scope, silent, without reading the user's options, with errors turned
// into ours.
#pragma once

#include <string>

namespace bmiss {

class GmshSession {
public:
  // Throws std::logic_error (a bug) when a session is open already.
  GmshSession();
  ~GmshSession();
  GmshSession(const GmshSession&) = delete;
  GmshSession& operator=(const GmshSession&) = delete;

  // The errors and warnings Gmsh logged so far that are errors, newest last; empty when there were none.
  std::string errors() const;

  // Runs `action`; whatever Gmsh throws (it throws strings and integers) leaves as Error("<doing>: <Gmsh's words>").
  template <typename Error, typename Action>
  void guard(const std::string& doing, Action&& action) const;

private:
  static std::string words_of_current_exception();
};

template <typename Error, typename Action>
void GmshSession::guard(const std::string& doing, Action&& action) const {
  std::string words;
  try {
    action();
    words = errors();
  } catch (...) {
    words = words_of_current_exception();
    const std::string logged = errors();
    if (!logged.empty() && logged != words) words += " (" + logged + ")";
  }
  if (!words.empty()) throw Error(doing + ": Gmsh says '" + words + "'");
}

}  // namespace bmiss
