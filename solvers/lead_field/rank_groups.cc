#include "solvers/lead_field/rank_groups.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>
#include <vector>

#include "base/table.h"

namespace bmiss {
namespace {

constexpr double share_to_use = 0.8;          // of the memory that a node has available
constexpr std::chrono::seconds patience{20};  // for the ranks of the group after a failure
constexpr std::chrono::milliseconds look_again{10};

std::string of_ranks(int n) {
  return std::to_string(n) + (n == 1 ? " rank" : " ranks");
}

// "MemAvailable:  1234 kB" of /proc/meminfo; all memory where the kernel does not say.
double available_memory() {
  std::ifstream stream("/proc/meminfo");
  std::string key;
  double value = 0;
  for (std::string rest; stream >> key >> value; std::getline(stream, rest))
    if (key == "MemAvailable:") return 1024 * value;
  return static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A value of a file "key value" by line; 0 when there is none.
double value_of(const std::string& path, const std::string& wanted) {
  std::ifstream stream(path);
  std::string key;
  for (double value = 0; stream >> key >> value;)
    if (key == wanted) return value;
  return 0;
}

// What the control group of a container or batch job, or one that it lies in, leaves [bytes]; infinite without a limit.
double control_group_memory() {
  double least = std::numeric_limits<double>::infinity();
  std::ifstream membership("/proc/self/cgroup");
  for (std::string line; std::getline(membership, line);) {  // "0::/path" of version 2, "4:memory:/path" of version 1
    const bool unified = line.rfind("0::", 0) == 0;
    if (!unified && line.find(":memory:") == std::string::npos) continue;
    const std::string root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
    for (std::string path = line.substr(line.rfind(':') + 1);; path.resize(path.rfind('/'))) {
      double limit = 0, used = 0;
      if (std::ifstream(root + path + (unified ? "/memory.max" : "/memory.limit_in_bytes")) >> limit &&
          std::ifstream(root + path + (unified ? "/memory.current" : "/memory.usage_in_bytes")) >> used)
        least = std::min(least, limit - used +
                                    value_of(root + path + "/memory.stat",  // cached files give way
                                             unified ? "inactive_file" : "total_inactive_file"));
      if (path.rfind('/') == std::string::npos) break;
    }
  }
  return std::max(0.0, least);
}

// Counts of MPI are int. A broadcast leaves what its root sends as it is, which the interface of MPI cannot say.
void broadcast_bytes(const void* from, void* to, std::size_t size, MPI_Comm communicator) {
  constexpr std::size_t most = std::size_t(1) << 30;
  char* bytes = static_cast<char*>(mpi_rank(communicator) == 0 ? const_cast<void*>(from) : to);
  for (std::size_t start = 0; start < size; start += most)
    MPI_Bcast(bytes + start, static_cast<int>(std::min(most, size - start)), MPI_BYTE, 0, communicator);
}

template <typename T>
void broadcast_vector(const std::vector<T>& from, std::vector<T>& to, MPI_Comm communicator) {
  std::uint64_t n = from.size();
  MPI_Bcast(&n, 1, MPI_UINT64_T, 0, communicator);
  if (mpi_rank(communicator) != 0) to.resize(n);
  broadcast_bytes(from.data(), to.data(), n * sizeof(T), communicator);
}

template <typename Matrix>
void broadcast_columns(const Matrix& from, Matrix& to, MPI_Comm communicator) {
  std::int64_t columns = from.cols();
  MPI_Bcast(&columns, 1, MPI_INT64_T, 0, communicator);
  if (mpi_rank(communicator) != 0) to.resize(to.rows(), columns);
  broadcast_bytes(from.data(), to.data(), static_cast<std::size_t>(from.rows() * columns) * sizeof(double),
                  communicator);
}

}  // namespace

GroupChoice choose_groups(int n_ranks, std::size_t n_rows, std::size_t rows_together, double memory,
                          double memory_per_rank) {
  if (n_ranks == 1) return {1, "there is one rank"};
  const int needed = static_cast<int>(std::min<double>(n_ranks, std::max(1.0, std::ceil(memory / memory_per_rank))));
  const int by_memory = n_ranks / needed;
  const int by_rows = static_cast<int>(std::max<std::size_t>(1, n_rows / rows_together));
  const std::string memories = format("%.2f GB", memory / 1e9) + " for the system against " +
                               format("%.2f GB", memory_per_rank / 1e9) + " a rank";
  if (by_memory <= by_rows) return {by_memory, memories + " want " + of_ranks(needed) + " a group"};
  return {by_rows, memories + " would allow " + std::to_string(by_memory) + " groups, but fewer than " +
                       std::to_string(rows_together) + " rows a group are solved less well"};
}

double memory_per_rank(MPI_Comm world) {
  MPI_Comm node;
  MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  double memory = share_to_use * std::min(available_memory(), control_group_memory()) / mpi_size(node);
  MPI_Comm_free(&node);
  MPI_Allreduce(MPI_IN_PLACE, &memory, 1, MPI_DOUBLE, MPI_MIN, world);
  return memory;
}

RankGroups::RankGroups(MPI_Comm world, int n_groups) : world_(world), n_groups_(n_groups) {
  const int rank = mpi_rank(world);
  number_ = static_cast<int>(static_cast<long>(rank) * n_groups / mpi_size(world));
  MPI_Comm_split(world, number_, rank, &group_);
  MPI_Comm_split(world, mpi_rank(group_) == 0 ? 0 : MPI_UNDEFINED, rank, &roots_);
}

RankGroups::~RankGroups() {
  if (roots_ != MPI_COMM_NULL) MPI_Comm_free(&roots_);
  MPI_Comm_free(&group_);
}

void RankGroups::meet(const SharedFailure& failure, std::exception_ptr error) const {
  MPI_Request barrier;
  MPI_Ibarrier(group_, &barrier);
  if (error == nullptr) {
    MPI_Wait(&barrier, MPI_STATUS_IGNORE);
  } else {
    const auto start = std::chrono::steady_clock::now();
    int done = 0;
    while (MPI_Test(&barrier, &done, MPI_STATUS_IGNORE), done == 0) {
      if (std::chrono::steady_clock::now() - start > patience) std::rethrow_exception(error);
      std::this_thread::sleep_for(look_again);
    }
  }
  rethrow_first(world_, failure);
}

void copy_to_roots(const RankGroups& groups, const TetMesh& mesh, const ElementNodes& nodes,
                   const CornerTensors& tensors, const CornerTensors& susceptivities, Conductor& copy) {
  if (groups.n_groups() == 1 || !groups.is_root()) return;
  const MPI_Comm roots = groups.roots();
  int numbers[2] = {nodes.degree, nodes.n_vertices};
  MPI_Bcast(numbers, 2, MPI_INT, 0, roots);
  copy.nodes.degree = numbers[0];
  copy.nodes.n_vertices = numbers[1];
  broadcast_columns(mesh.points, copy.mesh.points, roots);
  broadcast_vector(mesh.tets, copy.mesh.tets, roots);
  broadcast_vector(mesh.tet_labels, copy.mesh.tet_labels, roots);
  broadcast_columns(nodes.points, copy.nodes.points, roots);
  broadcast_vector(nodes.elements, copy.nodes.elements, roots);
  broadcast_vector(nodes.edges, copy.nodes.edges, roots);
  broadcast_columns(tensors, copy.tensors, roots);
  broadcast_columns(susceptivities, copy.susceptivities, roots);
}

void copy_to_roots(const RankGroups& groups, const CornerTensors& tensors, CornerTensors& copy) {
  if (groups.n_groups() > 1 && groups.is_root()) broadcast_columns(tensors, copy, groups.roots());
}

}  // namespace bmiss
