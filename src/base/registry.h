// Plugins of one kind by name. Each kind has one accessor function defined in a .cc file, e.g.
// Registry<ActionPotential>& action_potentials(), which lists the built-in models visibly.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/errors.h"
#include "base/nearest_name.h"

namespace bmiss {

template <typename Interface>
class Registry {
public:
  using Factory = std::function<std::unique_ptr<Interface>()>;

  // `kind` is what error messages call the plugins: "action potential".
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  // Adds a model; a name that exists already is replaced, so that a plugin can override a built-in.
  void add(const std::string& name, const std::string& help, Factory factory) {
    models_[name] = {help, std::move(factory)};
  }
  template <typename Model>
  void add(const std::string& name, const std::string& help) {
    add(name, help, [] { return std::make_unique<Model>(); });
  }

  // Throws InputError listing the known names, nearest first.
  std::unique_ptr<Interface> create(const std::string& name) const {
    const auto found = models_.find(name);
    if (found == models_.end())
      throw InputError("no " + kind_ + " is called '" + name + "'" + known_names(name, names()));
    return found->second.factory();
  }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : models_) result.push_back(entry.first);
    return result;
  }
  const std::string& help(const std::string& name) const { return models_.at(name).help; }
  const std::string& kind() const { return kind_; }

private:
  struct Model {
    std::string help;
    Factory factory;
  };
  std::string kind_;
  std::map<std::string, Model> models_;
};

}  // namespace bmiss

// For shared objects of users: BMISS_REGISTER(bmiss::action_potentials, MyModel, "my model", "what it is").
#define BMISS_REGISTER(registry, Model, name, help) \
  static const bool bmiss_registered_##Model = (registry().template add<Model>(name, help), true)
