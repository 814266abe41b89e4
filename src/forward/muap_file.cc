#include <algorithm>

#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/version.h"
#include "forward/muap.h"

namespace bmiss {
namespace {

const std::string file_format = "bmiss muaps 1";
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The unit of each MUAP, by id.
std::vector<const MotorUnit*> matching_units(const std::vector<Muap>& muaps, const std::vector<MotorUnit>& units) {
  std::vector<const MotorUnit*> result;
  for (const auto& muap : muaps) {
    const auto found = std::find_if(units.begin(), units.end(), [&](const auto& unit) { return unit.id == muap.unit; });
    BMISS_ASSERT(found != units.end());
    result.push_back(&*found);
  }
  return result;
}

void write_units(Hdf5File& file, const std::vector<const MotorUnit*>& units) {
  std::vector<int> ids, n_fibres;
  std::vector<std::string> muscles;
  std::vector<double> centres, radii, zones, velocities;
  for (const MotorUnit* unit : units) {
    ids.push_back(unit->id);
    n_fibres.push_back(unit->n_fibres);
    muscles.push_back(unit->muscle);
    for (int d = 0; d < 3; ++d) centres.push_back(unit->centre[d]);
    radii.push_back(unit->territory_radius);
    zones.push_back(unit->innervation_zone);
    velocities.push_back(unit->velocity);
  }
  const std::size_t n = units.size();
  file.write_all("/units/id", ids, {n}, "1", "number of the motor unit");
  file.write_names("/units/muscle", muscles, "muscle of the motor unit");
  file.write_all("/units/centre", centres, {n, 3}, "m", "centre of the territory, RAS");
  file.write_all("/units/territory_radius", radii, {n}, "m", "radius of the territory");
  file.write_all("/units/innervation_zone", zones, {n}, "1", "fraction of the fibre length from the proximal end");
  file.write_all("/units/velocity", velocities, {n}, "m/s", "mean conduction velocity");
  file.write_all("/units/n_fibres", n_fibres, {n}, "1", "fibres that the unit has");
}

std::vector<MotorUnit> read_units(const Hdf5File& file) {
  const auto ids = file.read_all<int>("/units/id"), n_fibres = file.read_all<int>("/units/n_fibres");
  const auto muscles = file.read_names("/units/muscle");
  const auto centres = file.read_all<double>("/units/centre"), radii = file.read_all<double>("/units/territory_radius");
  const auto zones = file.read_all<double>("/units/innervation_zone"),
             velocities = file.read_all<double>("/units/velocity");
  std::vector<MotorUnit> units(ids.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    units[i].id = ids[i];
    units[i].muscle = muscles.at(i);
    units[i].centre << centres.at(3 * i), centres.at(3 * i + 1), centres.at(3 * i + 2);
    units[i].territory_radius = radii.at(i);
    units[i].innervation_zone = zones.at(i);
    units[i].velocity = velocities.at(i);
    units[i].n_fibres = n_fibres.at(i);
  }
  return units;
}

}  // namespace

void write_muaps(const std::vector<Muap>& muaps, const std::vector<MotorUnit>& units, const LeadField& lead_field,
                 const std::string& path) {
  BMISS_ASSERT(!muaps.empty());
  const auto n_electrodes = static_cast<std::size_t>(muaps.front().waveform.rows());
  const auto n_samples = static_cast<std::size_t>(muaps.front().waveform.cols());
  std::vector<std::string> names;
  for (const auto& electrode : lead_field.electrodes().electrodes) names.push_back(electrode.name);
  BMISS_ASSERT(names.size() == n_electrodes);
  Hdf5File file(path, Hdf5File::Mode::create);
  file.create_dataset<double>("/muap", {muaps.size(), n_electrodes, n_samples}, "V",
                              "potential of each motor unit at each electrode; sample 0 is the unit's spike",
                              {1, n_electrodes, n_samples});
  for (std::size_t i = 0; i < muaps.size(); ++i) {
    BMISS_ASSERT(static_cast<std::size_t>(muaps[i].waveform.rows()) == n_electrodes &&
                 static_cast<std::size_t>(muaps[i].waveform.cols()) == n_samples &&
                 muaps[i].rate == muaps.front().rate);
    const RowMajor waveform = muaps[i].waveform;
    file.write("/muap", waveform.data(), {i, 0, 0}, {1, n_electrodes, n_samples});
  }
  file.set_attribute("/", "format", file_format);
  file.set_attribute("/", "bmiss_version", version());
  file.set_attribute("/", "lead_field_hash", lead_field.hash());
  file.set_attribute("/", "reference", lead_field.electrodes().reference.name);
  file.set_attribute("/muap", "rate_Hz", muaps.front().rate);
  file.write_names("/electrodes/names", names, "recording electrodes");
  write_units(file, matching_units(muaps, units));
  file.finish();
}

MuapFile read_muaps(const std::string& path) {
  const Hdf5File file(path, Hdf5File::Mode::read);
  if (!file.has_attribute("/", "format") || file.text_attribute("/", "format") != file_format)
    throw InputError("'" + path + "' is not a file of motor unit action potentials (" + file_format +
                     "); give one that bmiss simulate wrote");
  MuapFile result;
  result.units = read_units(file);
  result.electrodes = file.read_names("/electrodes/names");
  result.lead_field_hash = file.text_attribute("/", "lead_field_hash");
  const auto shape = file.shape("/muap");
  const double rate = file.real_attribute("/muap", "rate_Hz");
  if (shape.size() != 3 || shape[0] != result.units.size() || shape[1] != result.electrodes.size())
    throw InputError("'" + path +
                     "' is damaged: /muap does not fit the numbers of units and electrodes; write it again");
  RowMajor waveform(static_cast<Eigen::Index>(shape[1]), static_cast<Eigen::Index>(shape[2]));
  for (std::size_t i = 0; i < shape[0]; ++i) {
    file.read("/muap", waveform.data(), {i, 0, 0}, {1, shape[1], shape[2]});
    result.muaps.push_back({result.units[i].id, waveform, rate});
  }
  return result;
}

}  // namespace bmiss
