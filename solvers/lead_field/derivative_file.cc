#include "solvers/lead_field/derivative_file.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/parameters.h"
#include "base/report.h"
#include "solvers/lead_field/finite_element_model.h"

namespace bmiss {
namespace {

constexpr const char* format_name = "bmiss lead field derivatives 1";

std::string dataset_of(std::size_t parameter) {
  return "/derivative/" + std::to_string(parameter);
}

bool belongs_to(const Hdf5File& file, const std::string& content_hash) {
  return file.has_attribute("/", "format") && file.text_attribute("/", "format") == format_name &&
         file.text_attribute("/", "content_hash") == content_hash;
}

void write_parameters(Hdf5File& file, const std::vector<ModelParameter>& parameters) {
  std::vector<std::string> names, units;
  for (const auto& p : parameters) {
    names.push_back(p.name);
    units.push_back(p.unit);
  }
  file.write_names("/parameters/name", names, "of the model's parameters");
  file.write_names("/parameters/unit", units, "of their values");
  const auto write = [&](const std::string& name, double ModelParameter::*number, const std::string& meaning) {
    std::vector<double> values;
    for (const auto& p : parameters) values.push_back(p.*number);
    file.write_all("/parameters/" + name, values, {values.size()}, "as /parameters/unit", meaning);
  };
  write("value", &ModelParameter::value, "that the derivatives are taken at");
  write("smallest", &ModelParameter::smallest, "where the model holds");
  write("largest", &ModelParameter::largest, "where the model holds");
  write("uncertainty", &ModelParameter::uncertainty, "standard deviation before any recording");
}

std::vector<ModelParameter> read_parameters(const Hdf5File& file) {
  const auto names = file.read_names("/parameters/name"), units = file.read_names("/parameters/unit");
  std::vector<ModelParameter> parameters(names.size());
  for (std::size_t p = 0; p < names.size(); ++p) {
    parameters[p].name = names[p];
    parameters[p].unit = units.at(p);
  }
  const auto read = [&](const std::string& name, double ModelParameter::*number) {
    const auto values = file.read_all<double>("/parameters/" + name);
    for (std::size_t p = 0; p < names.size(); ++p) parameters[p].*number = values.at(p);
  };
  read("value", &ModelParameter::value);
  read("smallest", &ModelParameter::smallest);
  read("largest", &ModelParameter::largest);
  read("uncertainty", &ModelParameter::uncertainty);
  return parameters;
}

}  // namespace

void DerivativeOptions::declare_parameters(Parameters& p) {
  const Parameters::Section section(p, "Derivatives");
  p.declare_switch(
      "Store", DerivativeOptions().stored,
      "also solve for the derivatives of the lead field by the conductivities of tissues and the places of "
      "grids, into lead_field_derivatives.h5: decompositions can then correct them without new solutions");
  p.declare_real("Tolerance", DerivativeOptions().tolerance, "1", {1e-14, 1e-2},
                 "relative residual of their solutions");
}

DerivativeOptions DerivativeOptions::parse_parameters(const Parameters& p) {
  const Parameters::Section section(p, "Derivatives");
  DerivativeOptions options;
  options.stored = p.enabled("Store");
  options.tolerance = p.real("Tolerance");
  return options;
}

std::string derivatives_beside(const std::string& lead_field) {
  const std::filesystem::path path(lead_field);
  return (path.parent_path() / (path.stem().string() + "_derivatives.h5")).string();
}

void write_derivatives(const FiniteElementModel& model, const std::string& lead_field, Report& report) {
  const Phase phase(report, "derivatives of the lead field");
  const std::string path = derivatives_beside(lead_field), hash = model.content_hash();
  if (StoredDerivatives::open(lead_field, hash)) {
    report.line("the derivatives of this lead field are there already");
    return;
  }
  const auto parameters = model.model_parameters();
  std::unique_ptr<Hdf5File> file;
  const auto extent = std::vector<std::size_t>{model.n_electrodes(), model.n_unknowns()};
  model.on_root([&] {
    file = std::make_unique<Hdf5File>(path, Hdf5File::Mode::create);
    file->set_attribute("/", "format", std::string(format_name));
    file->set_attribute("/", "content_hash", hash);
    write_parameters(*file, parameters);
    for (std::size_t p = 0; p < parameters.size(); ++p)
      file->create_dataset<float>(dataset_of(p), extent, "V/A/(" + parameters[p].unit + ")",
                                  "derivative of the potential by " + parameters[p].name);
  });
  Progress progress(report, "derivatives", parameters.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    progress.next(parameters[p].name);
    model.for_each_nodal_tangent(p, [&](std::size_t electrode, const Eigen::VectorXf& row) {
      file->write(dataset_of(p), row.data(), {electrode, 0}, {1, extent[1]});
    });
  }
  progress.next("done");
  model.on_root([&] { file->finish(); });
}

StoredDerivatives::StoredDerivatives(std::unique_ptr<Hdf5File> file)
    : file_(std::move(file)), parameters_(read_parameters(*file_)) {}

std::unique_ptr<StoredDerivatives> StoredDerivatives::open(const std::string& lead_field,
                                                           const std::string& content_hash) {
  const std::string path = derivatives_beside(lead_field);
  if (!std::filesystem::exists(path)) return nullptr;
  auto file = std::make_unique<Hdf5File>(path, Hdf5File::Mode::read);
  if (!belongs_to(*file, content_hash)) return nullptr;
  return std::unique_ptr<StoredDerivatives>(new StoredDerivatives(std::move(file)));
}

RowSource StoredDerivatives::source(std::size_t parameter) const {
  const std::string dataset = dataset_of(parameter);
  return {file_->shape(dataset).at(1),
          [file = file_, dataset](std::size_t row, std::size_t first_node, std::size_t n, double* values) {
            std::vector<float> single(n);
            file->read(dataset, single.data(), {row, first_node}, {1, n});
            std::copy(single.begin(), single.end(), values);
          }};
}

}  // namespace bmiss
