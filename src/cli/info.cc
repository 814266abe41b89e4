// bmiss info: what is in a file that bmiss reads or writes.
#include <CLI/CLI.hpp>
#include <boost/algorithm/string/predicate.hpp>

#include "anatomy/fibres.h"
#include "anatomy/label_map_info.h"
#include "anatomy/mesh_file.h"
#include "anatomy/tissue_table.h"
#include "anatomy/volume_mesh.h"
#include "base/errors.h"
#include "base/hdf5_file.h"
#include "base/mpi_session.h"
#include "base/output_file.h"
#include "base/report.h"
#include "base/table.h"
#include "cli/commands.h"
#include "recording/recording_file.h"
#include "recording/spike_events.h"

namespace bmiss {
namespace {

void tell_label_map(const std::string& path, const TissueTable* tissues, Report& report) {
  const LabelMap map = read_label_map(path);
  if (!map.doubt.empty()) report.warn(map.doubt);
  const Eigen::Vector3d spacing = map.spacing() * 1e3;
  report.line(std::to_string(map.size[0]) + " × " + std::to_string(map.size[1]) + " × " + std::to_string(map.size[2]) +
              " voxels of " + format("%.3g", spacing[0]) + " × " + format("%.3g", spacing[1]) + " × " +
              format("%.3g", spacing[2]) + " mm, " +
              (map.voxel_to_world.linear().determinant() < 0 ? "left-handed" : "right-handed"));
  report.line("thinnest: the largest diameter of balls that fit into a label and cover 95 % of it up to one voxel");
  report.table(label_map_table(map, tissues));
}

void tell_mesh(const std::string& path, const std::string& unit, const TissueTable* tissues, Report& report) {
  if (tissues == nullptr) throw InputError("a mesh needs its tissue table; give --tissues mesh_tissues.txt", path);
  const TetMesh mesh = read_msh(path, unit, *tissues);
  report.line(std::to_string(mesh.n_tets()) + " tetrahedra, " + std::to_string(mesh.n_points()) + " points");
  report.table(quality_table(mesh, measure_quality(mesh), nullptr));
}

void tell_group(const Hdf5File& file, const std::string& group, Table& table) {
  for (const auto& name : file.members(group)) {
    const std::string path = (group == "/" ? "" : group) + "/" + name;
    if (!file.is_dataset(path)) {
      tell_group(file, path, table);
      continue;
    }
    std::string shape;
    for (const auto n : file.shape(path)) shape += (shape.empty() ? "" : " × ") + std::to_string(n);
    const auto attribute = [&](const std::string& key) {
      return file.has_attribute(path, key) ? file.text_attribute(path, key) : "";
    };
    table.add_row({path, shape, attribute("unit"), attribute("meaning")});
  }
}

void tell_hdf5(const std::string& path, Report& report) {
  const Hdf5File file(path, Hdf5File::Mode::read);
  Table table({"dataset", "shape", "unit", "meaning"});
  tell_group(file, "/", table);
  report.table(table);
}

void tell_recording(const std::string& path, Report& report) {
  const Recording recording = read_recording(path);
  report.line(std::to_string(recording.channels.size()) + " EMG channels, " +
              format("%.3f s at ", recording.duration()) + format("%.0f Hz", recording.rate));
  Table table({"channel", "electrode", "grid", "rms [µV]", "status"});
  for (Eigen::Index i = 0; i < recording.signal.rows(); ++i) {
    const Channel& c = recording.channels[static_cast<std::size_t>(i)];
    const auto row = recording.signal.row(i);
    const double deviation = std::sqrt((row.array() - row.mean()).square().mean());
    table.add_row({c.name, c.electrode, c.group, format("%.2f", 1e6 * deviation), c.good ? "good" : "bad"});
  }
  report.table(table);
}

void tell_events(const std::string& path, Report& report) {
  Table table({"unit", "spikes", "first [s]", "last [s]", "mean rate [Hz]"});
  for (const UnitSpikes& unit : read_spike_events(path)) {
    const auto& t = unit.times;
    const double rate = t.size() > 1 ? static_cast<double>(t.size() - 1) / (t.back() - t.front()) : 0;
    table.add_row({std::to_string(unit.id), std::to_string(t.size()), format("%.3f", t.front()),
                   format("%.3f", t.back()), format("%.1f", rate)});
  }
  report.table(table);
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  struct Arguments {
    std::string path, tissues, unit = "mm";
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("info", "what is in a file (.nii, .msh, .h5, .edf, .bdf, .mat, events.tsv)");
  command->add_option("file", arguments->path, "the file")->required();
  command->add_option("--tissues", arguments->tissues, "tissue table of a label map or mesh");
  command->add_option("--unit", arguments->unit, "of a mesh's coordinates")->capture_default_str();
  command->callback([arguments, &action] {
    action = [arguments](Report& report) {
      on_rank_zero(MPI_COMM_WORLD, [&] {
        const std::string& path = arguments->path;
        require_readable(path, "file");
        TissueTable table;
        const TissueTable* tissues = nullptr;
        if (!arguments->tissues.empty()) {
          table = TissueTable::read(arguments->tissues);
          tissues = &table;
        }
        if (boost::algorithm::ends_with(path, ".nii") || boost::algorithm::ends_with(path, ".nii.gz"))
          tell_label_map(path, tissues, report);
        else if (boost::algorithm::ends_with(path, ".msh"))
          tell_mesh(path, arguments->unit, tissues, report);
        else if (boost::algorithm::ends_with(path, ".h5"))
          tell_hdf5(path, report);
        else if (boost::algorithm::ends_with(path, ".edf") || boost::algorithm::ends_with(path, ".bdf") ||
                 boost::algorithm::ends_with(path, ".mat"))
          tell_recording(path, report);
        else if (boost::algorithm::ends_with(path, ".tsv"))
          tell_events(path, report);
        else
          throw InputError(
              "this kind of file is not known; give .nii, .nii.gz, .msh, .h5, .edf, .bdf, .mat or an events.tsv", path);
      });
    };
  });
}

}  // namespace bmiss
