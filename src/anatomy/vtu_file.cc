// VTK's XML unstructured grid: inline base64 of raw little-endian arrays, each after its length as UInt64.
#include <cstring>
#include <numeric>

#include "anatomy/mesh_file.h"
#include "base/errors.h"
#include "base/output_file.h"

namespace bmiss {

namespace {

std::string base64(const std::string& bytes) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(4 * (bytes.size() / 3 + 1));
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    unsigned group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= n ? letters[(group >> (18 - 6 * k)) & 63u] : '=';
  }
  return text;
}

std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (c == '&')
      text += "&amp;";
    else if (c == '<')
      text += "&lt;";
    else if (c == '>')
      text += "&gt;";
    else if (c == '"')
      text += "&quot;";
    else
      text += c;
  }
  return text;
}

template <typename Number>
void write_array(std::ostream& stream, const std::string& type, const std::string& name, long components,
                 const std::vector<Number>& values) {
  const std::uint64_t length = values.size() * sizeof(Number);
  std::string bytes(sizeof(length) + length, '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  if (length > 0) std::memcpy(bytes.data() + sizeof(length), values.data(), length);
  stream << "<DataArray type=\"" << type << "\" Name=\"" << escaped(name) << "\" NumberOfComponents=\"" << components
         << "\" format=\"binary\">" << base64(bytes) << "</DataArray>\n";
}

void write_fields(std::ostream& stream, const VtuFields& fields, std::size_t n) {
  for (const auto& [name, values] : fields) {
    if (values.cols() != static_cast<Eigen::Index>(n) || (values.rows() != 1 && values.rows() != 3))
      throw std::logic_error("the field '" + name + "' is " + std::to_string(values.rows()) + " x " +
                             std::to_string(values.cols()) + ", not 1 or 3 x " + std::to_string(n));
    std::vector<float> numbers;
    numbers.reserve(static_cast<std::size_t>(values.size()));
    for (const double x : values.reshaped()) numbers.push_back(static_cast<float>(x));
    write_array(stream, "Float32", name, values.rows(), numbers);
  }
}

// Header, points and cells: all of one type (VTK's number), `corners` one after the other.
void open_vtu(std::ostream& stream, const Eigen::Matrix3Xd& points, const std::vector<std::int32_t>& corners,
              std::size_t per_cell, std::uint8_t type) {
  const std::size_t n_cells = corners.size() / per_cell;
  stream << "<?xml version=\"1.0\"?>\n<VTKFile type=\"UnstructuredGrid\" version=\"1.0\" byte_order=\"LittleEndian\" "
            "header_type=\"UInt64\">\n<UnstructuredGrid>\n<Piece NumberOfPoints=\""
         << points.cols() << "\" NumberOfCells=\"" << n_cells << "\">\n<Points>\n";
  std::vector<double> millimetres;
  for (const double x : points.reshaped()) millimetres.push_back(x * 1e3);
  write_array(stream, "Float64", "points (mm)", 3, millimetres);
  stream << "</Points>\n<Cells>\n";
  write_array(stream, "Int32", "connectivity", 1, corners);
  std::vector<std::int64_t> offsets(n_cells);
  for (std::size_t c = 0; c < n_cells; ++c) offsets[c] = static_cast<std::int64_t>((c + 1) * per_cell);
  write_array(stream, "Int64", "offsets", 1, offsets);
  write_array(stream, "UInt8", "types", 1, std::vector<std::uint8_t>(n_cells, type));
  stream << "</Cells>\n";
}

void close_vtu(OutputFile& file) {
  file.stream() << "</Piece>\n</UnstructuredGrid>\n</VTKFile>\n";
  file.commit();
}

}  // namespace

void write_vtu(const TetMesh& mesh, const std::string& path, const VtuFields& on_tets, const VtuFields& on_points) {
  OutputFile file(path);
  std::ostream& stream = file.stream();
  std::vector<std::int32_t> corners;
  for (const auto& tet : mesh.tets) corners.insert(corners.end(), tet.begin(), tet.end());
  open_vtu(stream, mesh.points, corners, 4, 10);  // VTK_TETRA
  stream << "<CellData>\n";
  write_array(stream, "Int32", "label", 1, std::vector<std::int32_t>(mesh.tet_labels.begin(), mesh.tet_labels.end()));
  std::vector<std::uint8_t> extruded(mesh.n_tets());
  for (std::size_t t = 0; t < mesh.n_tets(); ++t) extruded[t] = mesh.is_extruded(t) ? 1 : 0;
  write_array(stream, "UInt8", "extruded", 1, extruded);
  write_fields(stream, on_tets, mesh.n_tets());
  stream << "</CellData>\n<PointData>\n";
  write_fields(stream, on_points, mesh.n_points());
  stream << "</PointData>\n";
  close_vtu(file);
}

void write_vtu_points(const Eigen::Matrix3Xd& points, const std::string& path, const VtuFields& on_points) {
  OutputFile file(path);
  std::vector<std::int32_t> corners(static_cast<std::size_t>(points.cols()));
  std::iota(corners.begin(), corners.end(), 0);
  open_vtu(file.stream(), points, corners, 1, 1);  // VTK_VERTEX
  file.stream() << "<PointData>\n";
  write_fields(file.stream(), on_points, corners.size());
  file.stream() << "</PointData>\n";
  close_vtu(file);
}

}  // namespace bmiss
