// Which conductivity law each tissue follows.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "solvers/conductor/law/interface.h"

namespace bmiss {

class ConductivityLaws {
public:
  ConductivityLaws();                                                               // fibre-aligned in all tissues
  ConductivityLaws(const std::string& name, std::shared_ptr<ConductivityLaw> law);  // this one in all tissues
  void set(const std::string& tissue, const std::string& name, std::shared_ptr<ConductivityLaw> law);

  // Section "Conductivity", and the parameters of every law that is registered.
  static void declare_parameters(Parameters& parameters);
  // Throws InputError: an entry of 'Laws of tissues' that is not "tissue: law", a tissue named twice, an unknown law.
  static ConductivityLaws parse_parameters(const Parameters& parameters);

  // Prepares every law and tells what is used, with citations. Throws InputError when a law is given to a tissue that
  // the mesh lacks (naming those that it has), and what the laws complain about. Rank 0.
  void prepare(const TetMesh& mesh, const TissueTable& tissues, Report& report) const;

  const ConductivityLaw& of(const Tissue& tissue) const { return *entry(tissue.name).law; }
  const std::string& name_for(const Tissue& tissue) const { return entry(tissue.name).name; }
  bool is_complex() const;  // any of them
  std::vector<std::string> files() const;
  std::string text() const;  // "fibre-aligned; fat: isotropic"
  std::string hash() const;  // of names and laws

private:
  struct Entry {
    std::string name;
    std::shared_ptr<ConductivityLaw> law;
  };
  const Entry& entry(const std::string& tissue) const;
  std::vector<Entry> each_once() const;

  Entry general_;
  std::map<std::string, Entry> of_tissue_;
};

}  // namespace bmiss
