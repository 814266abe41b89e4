#include "solvers/conductor/law/conductivity_laws.h"

#include <algorithm>
#include <set>

#include "base/errors.h"
#include "base/nearest_name.h"
#include "base/parameters.h"
#include "base/provenance.h"
#include "base/report.h"
#include "solvers/conductor/law/tensor_image_law.h"
#include "solvers/conductor/law/tissue_laws.h"

namespace bmiss {

// The models of this kind. Each line adds one.
Registry<ConductivityLaw>& conductivity_laws() {
  static Registry<ConductivityLaw> registry = [] {
    Registry<ConductivityLaw> built_in("conductivity law");
    built_in.add<IsotropicLaw>("isotropic", "one conductivity in all directions, of muscle the geometric mean");
    built_in.add<FibreAlignedLaw>("fibre-aligned", "muscle conducts along and across its fibres as the table says");
    built_in.add<TensorImageLaw>("tensor image", "tensors of a NIfTI image, as diffusion MRI gives them");
    return built_in;
  }();
  return registry;
}

namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t"), last = text.find_last_not_of(" \t");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

std::set<std::string> tissues_in(const TetMesh& mesh, const TissueTable& tissues) {
  std::set<std::string> names;
  for (const int label : std::set<int>(mesh.tet_labels.begin(), mesh.tet_labels.end()))
    names.insert(tissues.by_label(label).name);
  return names;
}

}  // namespace

ConductivityLaws::ConductivityLaws() : ConductivityLaws("fibre-aligned", std::make_shared<FibreAlignedLaw>()) {}

ConductivityLaws::ConductivityLaws(const std::string& name, std::shared_ptr<ConductivityLaw> law)
    : general_{name, std::move(law)} {}

void ConductivityLaws::set(const std::string& tissue, const std::string& name, std::shared_ptr<ConductivityLaw> law) {
  of_tissue_[tissue] = {name, std::move(law)};
}

void ConductivityLaws::declare_parameters(Parameters& p) {
  const auto names = conductivity_laws().names();
  const Parameters::Section section(p, "Conductivity");
  p.declare_choice("Law", "fibre-aligned", names, "how tensors follow from tissue, place and fibre direction");
  p.declare_names("Laws of tissues", {}, "those that follow another law, e.g. 'fat: isotropic, biceps: tensor image'");
  for (const auto& name : names) conductivity_laws().create(name)->declare_parameters(p);
}

ConductivityLaws ConductivityLaws::parse_parameters(const Parameters& p) {
  std::map<std::string, std::shared_ptr<ConductivityLaw>> made;
  const auto law_called = [&](const std::string& name) {
    auto& law = made[name];
    if (!law) law = conductivity_laws().create(name);
    return law;
  };
  const Parameters::Section section(p, "Conductivity");
  ConductivityLaws laws;
  laws.general_ = {p.text("Law"), law_called(p.text("Law"))};
  for (const std::string& text : p.names("Laws of tissues")) {
    const auto colon = text.find(':');
    if (colon == std::string::npos)
      p.reject("Laws of tissues", "'" + text + "' is not a pair; write 'tissue: law', separated by commas");
    const std::string tissue = trimmed(text.substr(0, colon)), name = trimmed(text.substr(colon + 1));
    if (laws.of_tissue_.count(tissue) != 0)
      p.reject("Laws of tissues", "tissue '" + tissue + "' is given two laws; keep one");
    const auto known = conductivity_laws().names();
    if (std::find(known.begin(), known.end(), name) == known.end())
      p.reject("Laws of tissues", "no conductivity law is called '" + name + "'" + known_names(name, known));
    laws.set(tissue, name, law_called(name));
  }
  for (const auto& [name, law] : made) law->parse_parameters(p);
  return laws;
}

void ConductivityLaws::prepare(const TetMesh& mesh, const TissueTable& tissues, Report& report) const {
  const std::set<std::string> there = tissues_in(mesh, tissues);
  for (const auto& [tissue, other] : of_tissue_)
    if (there.count(tissue) == 0)
      throw InputError("'Conductivity/Laws of tissues' names the tissue '" + tissue +
                       "', but the mesh has no tetrahedron of it" + known_names(tissue, {there.begin(), there.end()}));
  report.line("  conductivity law: " + text());
  for (const Entry& one : each_once()) {
    std::vector<Tissue> followers;
    for (const Tissue& tissue : tissues.tissues())
      if (there.count(tissue.name) != 0 && &of(tissue) == one.law.get()) followers.push_back(tissue);
    if (followers.empty()) continue;
    one.law->prepare(mesh, followers, report);
    report.line("  " + one.law->citation());
    report.fact("conductivity/" + one.name, one.law->citation());
  }
}

bool ConductivityLaws::is_complex() const {
  const auto all = each_once();
  return std::any_of(all.begin(), all.end(), [](const Entry& one) { return one.law->is_complex(); });
}

std::vector<std::string> ConductivityLaws::files() const {
  std::vector<std::string> result;
  for (const Entry& one : each_once())
    for (const auto& file : one.law->files()) result.push_back(file);
  return result;
}

std::string ConductivityLaws::text() const {
  std::string result = general_.name;
  for (const auto& [tissue, one] : of_tissue_) result += "; " + tissue + ": " + one.name;
  return result;
}

std::string ConductivityLaws::hash() const {
  ContentHash hash;
  hash.add(text());
  for (const Entry& one : each_once()) hash.add(one.name).add(one.law->hash());
  return hash.hex();
}

const ConductivityLaws::Entry& ConductivityLaws::entry(const std::string& tissue) const {
  const auto found = of_tissue_.find(tissue);
  return found == of_tissue_.end() ? general_ : found->second;
}

// Several tissues may share a law.
std::vector<ConductivityLaws::Entry> ConductivityLaws::each_once() const {
  std::vector<Entry> result = {general_};
  for (const auto& [tissue, one] : of_tissue_)
    if (std::none_of(result.begin(), result.end(), [law = one.law](const Entry& e) { return e.law == law; }))
      result.push_back(one);
  return result;
}

}  // namespace bmiss
