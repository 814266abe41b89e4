// The declaration tree of parameters: what exists, its unit, range, default and meaning; and the values once read.
// Wraps dealii::ParameterHandler, so .prm and .json files, printing and patterns are deal.II's.
#pragma once

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace bmiss {

struct Bounds {
  double lowest = -std::numeric_limits<double>::infinity();
  double highest = std::numeric_limits<double>::infinity();
};

class Parameters {
public:
  Parameters();
  ~Parameters();
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

  // Opens a subsection for the calls that follow, closes it at the end of the scope.
  class Section {
  public:
    Section(Parameters& parameters, const std::string& name);
    Section(const Parameters& parameters, const std::string& name);
    ~Section();
    Section(const Section&) = delete;

  private:
    const Parameters& parameters_;
  };

  // Declarations. Values of quantities stand in files in `unit` and are returned in SI.
  void declare_real(const std::string& key, double default_value, const std::string& unit, Bounds bounds,
                    const std::string& meaning);
  void declare_reals(const std::string& key, const std::vector<double>& default_values, const std::string& unit,
                     Bounds bounds, const std::string& meaning);
  void declare_integer(const std::string& key, long default_value, long lowest, long highest,
                       const std::string& meaning);
  void declare_text(const std::string& key, const std::string& default_value, const std::string& meaning);
  void declare_choice(const std::string& key, const std::string& default_value, const std::vector<std::string>& choices,
                      const std::string& meaning);
  void declare_switch(const std::string& key, bool default_value, const std::string& meaning);
  // Comma-separated names.
  void declare_names(const std::string& key, const std::vector<std::string>& default_value, const std::string& meaning);

  // Values, in the sections now open.
  double real(const std::string& key) const;                // SI
  std::vector<double> reals(const std::string& key) const;  // SI
  long integer(const std::string& key) const;
  std::string text(const std::string& key) const;
  bool enabled(const std::string& key) const;
  std::vector<std::string> names(const std::string& key) const;

  // An InputError about the value of `key`, with file and line where it was set: "Grids/arm/Spacing = 0: <sentence>".
  [[noreturn]] void reject(const std::string& key, const std::string& sentence) const;

  // Reads a .prm or .json file, then overrides "Section/Key=value". Unknown keys and values out of range throw
  // InputError with file, line, value seen and the nearest known key.
  void read(const std::string& file, const std::vector<std::string>& overrides);
  // First pass for lists: takes what is declared so far and ignores the rest.
  void read_declared(const std::string& file, const std::vector<std::string>& overrides);

  // The resolved parameters as a runnable .prm file / as JSON.
  std::string as_prm() const;
  std::string as_json() const;
  // Content of the sections now open (for hashes): every key with its value.
  std::string section_text() const;
  // Reference for people: one table a section with key, unit, default, range, meaning.
  std::string reference() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bmiss
