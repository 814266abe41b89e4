#include "support/oracle_cases.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace bmiss::test {
namespace {

Eigen::VectorXd to_vector(const nlohmann::json& array) {
  const auto values = array.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

std::vector<OracleCase> read_oracle_cases(const std::string& path) {
  std::ifstream stream(path);
  std::vector<OracleCase> cases;
  const auto root = nlohmann::json::parse(stream);
  for (const auto& json : root.at("cases")) {
    OracleCase c;
    c.id = json.at("id");
    for (const auto& layer : json.at("layers")) c.layers.push_back({layer[0], layer[1], layer[2]});
    c.length = json.value("L", 0.0);
    const double skin = c.layers.back().outer_radius;
    if (json.contains("sources_z_I"))
      for (const auto& s : json["sources_z_I"]) c.sources.push_back({{json.at("rho_s"), 0, s[0]}, s[1]});
    if (json.contains("sources_rho_theta_z_I"))
      for (const auto& s : json["sources_rho_theta_z_I"]) c.sources.push_back({{s[0], s[1], s[2]}, s[3]});
    if (json.contains("points_theta_z"))
      for (const auto& p : json["points_theta_z"]) c.points.push_back({skin, p[0], p[1]});
    if (json.contains("points_rho_theta_z"))
      for (const auto& p : json["points_rho_theta_z"]) c.points.push_back({p[0], p[1], p[2]});
    c.disc_radius = json.value("electrode_disc_radius", 0.0);
    c.relative_to_last_point = json.at("kind").get<std::string>().find("phi(last point)") != std::string::npos;
    c.values = to_vector(json.at("value"));
    if (json.contains("fibre")) {
      const auto& f = json["fibre"];
      c.fibre_radius_from_axis = json.at("rho_s");
      c.electrode_z = json.at("z_electrode");
      c.junction_z = f.at("z_nmj");
      c.length_down = f.at("L1");
      c.length_up = f.at("L2");
      c.velocity = f.at("v");
      c.fibre_radius = f.at("radius");
      c.intracellular_conductivity = f.at("s_in");
      c.times = to_vector(json.at("t"));
    }
    cases.push_back(c);
  }
  return cases;
}

OracleCase oracle_case(const std::string& id) {
  for (const OracleCase& c : read_oracle_cases(shared_path("oracle/cases.json")))
    if (c.id == id) return c;
  throw std::runtime_error("no oracle case is called " + id);
}

}  // namespace bmiss::test
