#include "anatomy/gmsh_session.h"

#include <gmsh.h>

#include <stdexcept>
#include <vector>

#include "base/errors.h"

namespace bmiss {

namespace {
bool session_is_open = false;  // mirrors the library's own global state
}

GmshSession::GmshSession() {
  BMISS_ASSERT(!session_is_open);
  gmsh::initialize(0, nullptr, false);
  session_is_open = true;
  gmsh::option::setNumber("General.Terminal", 0);
  gmsh::option::setNumber("General.NumThreads", 1);  // HXT with more threads is not deterministic
  gmsh::logger::start();
}

GmshSession::~GmshSession() {
  try {
    gmsh::logger::stop();
    gmsh::finalize();
  } catch (...) {  // nothing can be done in a destructor
  }
  session_is_open = false;
}

std::string GmshSession::errors() const {
  std::vector<std::string> log;
  gmsh::logger::get(log);
  std::string text;
  for (const std::string& entry : log) {
    const std::string prefix = "Error: ";
    if (entry.rfind(prefix, 0) != 0) continue;
    const std::string words = entry.substr(prefix.size());
    if (text.find(words) == std::string::npos) text += (text.empty() ? "" : "; ") + words;
  }
  return text;
}

std::string GmshSession::words_of_current_exception() {
  try {
    throw;
  } catch (const std::exception& e) {
    return e.what();
  } catch (const std::string& e) {
    return e;
  } catch (const char* e) {
    return e;
  } catch (int e) {
    return "error " + std::to_string(e);
  } catch (...) {
    return "an unknown error";
  }
}

}  // namespace bmiss
