#include "base/parameters.h"

#include <deal.II/base/parameter_handler.h>
#include <deal.II/base/utilities.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameter_file.h"
#include "base/table.h"
#include "base/tsv_file.h"
#include "base/units.h"

namespace bmiss {
namespace Patterns = dealii::Patterns;

namespace {

struct Declaration {
  std::string unit, range, default_value, meaning;
  std::unique_ptr<Patterns::PatternBase> pattern;
};

std::string join(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string range_text(Bounds bounds) {
  const bool low = std::isfinite(bounds.lowest), high = std::isfinite(bounds.highest);
  if (low && high) return format_real(bounds.lowest) + " … " + format_real(bounds.highest);
  if (low) return "≥ " + format_real(bounds.lowest);
  return high ? "≤ " + format_real(bounds.highest) : "any";
}

Patterns::Double double_pattern(Bounds bounds) {
  return Patterns::Double(std::isfinite(bounds.lowest) ? bounds.lowest : Patterns::Double::min_double_value,
                          std::isfinite(bounds.highest) ? bounds.highest : Patterns::Double::max_double_value);
}

}  // namespace

struct Parameters::State {
  mutable dealii::ParameterHandler handler;
  mutable std::vector<std::string> open;
  std::vector<std::string> order;  // paths in the order of declaration
  std::map<std::string, Declaration> declarations;
  std::map<std::string, ParameterEntry> entries;  // what was set, last one wins

  std::string path(const std::string& key) const {
    std::string text;
    for (const auto& section : open) text += section + "/";
    return text + key;
  }
  void declare(const std::string& key, const std::string& value, const Patterns::PatternBase& pattern,
               const std::string& unit, const std::string& range, const std::string& meaning) {
    handler.declare_entry(key, value, pattern, meaning + (unit.empty() ? "" : " [" + unit + "]"));
    const std::string where = path(key);
    if (declarations.count(where) == 0) order.push_back(where);
    declarations[where] = {unit, range, value, meaning, pattern.clone()};
  }
  const Declaration& declaration(const std::string& key) const {
    const auto found = declarations.find(path(key));
    BMISS_ASSERT(found != declarations.end());
    return found->second;
  }
  void apply(const ParameterEntry& entry) {
    const auto parts = dealii::Utilities::split_string_list(entry.path, '/');
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) handler.enter_subsection(parts[i]);
    handler.set(parts.back(), entry.value);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) handler.leave_subsection();
    entries[entry.path] = entry;
  }
  // The section whose paths begin with `prefix`. Not by the handler, which leaves out sections that hold only sections.
  void print(const std::string& prefix, std::size_t depth, std::ostream& stream) const {
    const std::string indent(2 * depth, ' ');
    std::vector<std::string> sections;
    for (const auto& where : order) {
      if (where.compare(0, prefix.size(), prefix) != 0) continue;
      const std::string rest = where.substr(prefix.size());
      const auto slash = rest.find('/');
      if (slash != std::string::npos) {
        const std::string name = rest.substr(0, slash);
        if (std::find(sections.begin(), sections.end(), name) == sections.end()) sections.push_back(name);
        continue;
      }
      const auto entry = entries.find(where);
      stream << indent << "set " << rest << " = "
             << (entry != entries.end() ? entry->second.value : declarations.at(where).default_value) << '\n';
    }
    for (const auto& name : sections) {
      stream << indent << "subsection " << name << '\n';
      print(prefix + name + "/", depth + 1, stream);
      stream << indent << "end\n";
    }
  }
};

Parameters::Parameters() : state_(new State) {}
Parameters::~Parameters() = default;

Parameters::Section::Section(Parameters& parameters, const std::string& name)
    : Section(static_cast<const Parameters&>(parameters), name) {}
Parameters::Section::Section(const Parameters& parameters, const std::string& name) : parameters_(parameters) {
  parameters.state_->handler.enter_subsection(name);
  parameters.state_->open.push_back(name);
}
Parameters::Section::~Section() {
  parameters_.state_->handler.leave_subsection();
  parameters_.state_->open.pop_back();
}

void Parameters::declare_real(const std::string& key, double default_value, const std::string& unit, Bounds bounds,
                              const std::string& meaning) {
  unit_factor(unit);
  state_->declare(key, format_real(default_value), double_pattern(bounds), unit, range_text(bounds), meaning);
}

void Parameters::declare_reals(const std::string& key, const std::vector<double>& default_values,
                               const std::string& unit, Bounds bounds, const std::string& meaning) {
  unit_factor(unit);
  std::vector<std::string> values;
  for (const double value : default_values) values.push_back(format_real(value));
  state_->declare(key, join(values), Patterns::List(double_pattern(bounds)), unit, range_text(bounds) + " each",
                  meaning);
}

void Parameters::declare_integer(const std::string& key, long default_value, long lowest, long highest,
                                 const std::string& meaning) {
  const Patterns::Integer pattern(static_cast<int>(lowest), static_cast<int>(highest));
  state_->declare(key, std::to_string(default_value), pattern, "",
                  std::to_string(lowest) + " … " + std::to_string(highest), meaning);
}

void Parameters::declare_text(const std::string& key, const std::string& default_value, const std::string& meaning) {
  state_->declare(key, default_value, Patterns::Anything(), "", "text", meaning);
}

void Parameters::declare_choice(const std::string& key, const std::string& default_value,
                                const std::vector<std::string>& choices, const std::string& meaning) {
  std::string alternatives;
  for (const auto& choice : choices) alternatives += (alternatives.empty() ? "" : "|") + choice;
  state_->declare(key, default_value, Patterns::Selection(alternatives), "", join(choices), meaning);
}

void Parameters::declare_switch(const std::string& key, bool default_value, const std::string& meaning) {
  state_->declare(key, default_value ? "true" : "false", Patterns::Bool(), "", "true, false", meaning);
}

void Parameters::declare_names(const std::string& key, const std::vector<std::string>& default_value,
                               const std::string& meaning) {
  state_->declare(key, join(default_value), Patterns::Anything(), "", "names, comma-separated", meaning);
}

double Parameters::real(const std::string& key) const {
  return state_->handler.get_double(key) * unit_factor(state_->declaration(key).unit);
}

std::vector<double> Parameters::reals(const std::string& key) const {
  const double factor = unit_factor(state_->declaration(key).unit);
  std::vector<double> values;
  for (const auto& item : names(key)) values.push_back(dealii::Utilities::string_to_double(item) * factor);
  return values;
}

long Parameters::integer(const std::string& key) const {
  return state_->handler.get_integer(key);
}
std::string Parameters::text(const std::string& key) const {
  return state_->handler.get(key);
}
bool Parameters::enabled(const std::string& key) const {
  return state_->handler.get_bool(key);
}

std::vector<std::string> Parameters::names(const std::string& key) const {
  std::vector<std::string> result;
  for (const auto& item : dealii::Utilities::split_string_list(state_->handler.get(key), ','))
    if (!item.empty()) result.push_back(item);
  return result;
}

void Parameters::reject(const std::string& key, const std::string& sentence) const {
  const std::string path = state_->path(key);
  const auto found = state_->entries.find(path);
  const std::string message = path + " = " + state_->handler.get(key) + ": " + sentence;
  if (found == state_->entries.end()) throw InputError(message + " (this is the default)");
  throw InputError(message, found->second.source, found->second.line);
}

void Parameters::read(const std::string& file, const std::vector<std::string>& overrides) {
  auto entries = file.empty() ? std::vector<ParameterEntry>() : read_parameter_file(file);
  for (const auto& text : overrides) entries.push_back(parse_override(text));
  for (const auto& entry : entries) {
    const auto found = state_->declarations.find(entry.path);
    if (found == state_->declarations.end())
      throw InputError("parameter '" + entry.path + "' does not exist" + known_names(entry.path, state_->order, 3),
                       entry.source, entry.line);
    const Declaration& declared = found->second;
    if (!declared.pattern->match(entry.value))
      throw InputError("parameter '" + entry.path + "' is '" + entry.value + "' but must be " + declared.range +
                           (declared.unit.empty() ? "" : " " + declared.unit),
                       entry.source, entry.line);
    state_->apply(entry);
  }
}

void Parameters::read_declared(const std::string& file, const std::vector<std::string>& overrides) {
  auto entries = file.empty() ? std::vector<ParameterEntry>() : read_parameter_file(file);
  for (const auto& text : overrides) entries.push_back(parse_override(text));
  for (const auto& entry : entries) {
    const auto found = state_->declarations.find(entry.path);
    if (found != state_->declarations.end() && found->second.pattern->match(entry.value)) state_->apply(entry);
  }
}

std::string Parameters::as_prm() const {
  std::ostringstream stream;
  state_->print("", 0, stream);
  return stream.str();
}

std::string Parameters::as_json() const {
  std::ostringstream stream;
  state_->handler.print_parameters(
      stream, dealii::ParameterHandler::ShortJSON | dealii::ParameterHandler::KeepDeclarationOrder);
  return stream.str();
}

std::string Parameters::section_text() const {
  const std::string prefix = state_->path("");
  std::string text;
  for (const auto& [path, declaration] : state_->declarations) {
    if (path.compare(0, prefix.size(), prefix) != 0) continue;
    const auto entry = state_->entries.find(path);
    text += path + "=" + (entry != state_->entries.end() ? entry->second.value : declaration.default_value) + "\n";
  }
  return text;
}

std::string Parameters::reference() const {
  std::vector<std::string> sections;
  std::map<std::string, Table> tables;
  for (const auto& path : state_->order) {
    const auto slash = path.rfind('/');
    const std::string section = slash == std::string::npos ? "(top level)" : path.substr(0, slash);
    if (tables.count(section) == 0) {
      sections.push_back(section);
      tables.emplace(section, Table({"key", "default", "unit", "range", "meaning"}));
    }
    const Declaration& d = state_->declarations.at(path);
    tables.at(section).add_row(
        {path.substr(slash == std::string::npos ? 0 : slash + 1), d.default_value, d.unit, d.range, d.meaning});
  }
  std::string text;
  for (const auto& section : sections) text += section + "\n" + tables.at(section).text() + "\n";
  return text;
}

}  // namespace bmiss
