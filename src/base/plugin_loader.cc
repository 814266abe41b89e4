#include "base/plugin_loader.h"

#include <dlfcn.h>

#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {

void load_plugins(const std::vector<std::string>& shared_objects) {
  for (const std::string& path : shared_objects) {
    require_readable(path, "plugin");
    // A path without '/' would be searched in the system's library folders instead.
    const std::string explicit_path = path.find('/') == std::string::npos ? "./" + path : path;
    if (dlopen(explicit_path.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr)
      throw InputError("the plugin cannot be loaded (" + std::string(dlerror()) + "); build it against this bmiss",
                       path);
  }
}

}  // namespace bmiss
