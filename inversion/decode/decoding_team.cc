#include "inversion/decode/decoding_team.h"

#include <array>
#include <optional>
#include <type_traits>

#include "base/mpi_session.h"

namespace bmiss {
namespace {

// Each is collective: what rank 0 has is then everywhere.
template <typename T>
void share_values(MPI_Comm communicator, T* values, std::size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  MPI_Datatype item = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(static_cast<int>(sizeof(T)), MPI_BYTE, &item);
  MPI_Type_commit(&item);
  MPI_Bcast(values, static_cast<int>(count), item, 0, communicator);
  MPI_Type_free(&item);
}

void share(MPI_Comm communicator, Eigen::MatrixXf& matrix) {
  std::array<Eigen::Index, 2> shape = {matrix.rows(), matrix.cols()};
  share_values(communicator, shape.data(), shape.size());
  matrix.resize(shape[0], shape[1]);
  // Columns are counted: long recordings have more values than one message can count.
  MPI_Datatype column = MPI_DATATYPE_NULL;
  MPI_Type_contiguous(static_cast<int>(matrix.rows()), MPI_FLOAT, &column);
  MPI_Type_commit(&column);
  MPI_Bcast(matrix.data(), static_cast<int>(matrix.cols()), column, 0, communicator);
  MPI_Type_free(&column);
}

void share(MPI_Comm communicator, SpikePositions& train) {
  std::size_t size = train.size();
  share_values(communicator, &size, 1);
  train.resize(size);
  share_values(communicator, train.data(), size);
}

void share(MPI_Comm communicator, DecodingTask& task) {
  share(communicator, task.signal);
  share_values(communicator, &task.templates.window, 1);
  std::size_t n_units = task.trains.size();
  share_values(communicator, &n_units, 1);
  task.trains.resize(n_units);
  task.templates.waveforms.resize(n_units);
  for (auto& train : task.trains) share(communicator, train);
  for (auto& waveform : task.templates.waveforms) share(communicator, waveform);
  share_values(communicator, &task.rate, 1);
  share_values(communicator, &task.start, 1);
  share_values(communicator, &task.options, 1);
}

// All windows on rank 0. Each is packed as numbers: trains, each with its length before it, and heights.
std::vector<double> packed(const DecodedWindow& window) {
  std::vector<double> numbers;
  for (const auto& train : window.trains) {
    numbers.push_back(static_cast<double>(train.size()));
    numbers.insert(numbers.end(), train.begin(), train.end());
  }
  for (const OutputHeights& h : window.heights)
    numbers.insert(numbers.end(), {h.n_spikes, h.spikes, h.spike_squares, h.n_others, h.others});
  return numbers;
}

DecodedWindow unpacked(const std::vector<double>& numbers, std::size_t n_units) {
  DecodedWindow window;
  auto at = numbers.begin();
  for (std::size_t j = 0; j < n_units; ++j) {
    const auto size = static_cast<std::ptrdiff_t>(*at++);
    window.trains.emplace_back(at, at + size);
    at += size;
  }
  for (std::size_t j = 0; j < n_units; ++j, at += 5) window.heights.push_back({at[0], at[1], at[2], at[3], at[4]});
  return window;
}

struct Share {
  std::vector<DecodedWindow> windows;  // those of other ranks stay empty
  Eigen::VectorXf energy;
};

Share decode_share(const DecodingTask& task, const std::vector<DecodingWindow>& windows, int rank, int ranks) {
  const TemplateCorrelations correlations(task.signal, task.templates);
  const FiringPrior prior = FiringPrior::regular(task.trains, task.options.price, task.options.refractory * task.rate);
  Share share{std::vector<DecodedWindow>(windows.size()), correlations.energy()};
  std::optional<Relaxation> relaxation;
  if (task.start == DecodingStart::relaxed_and_trains && static_cast<std::size_t>(rank) < windows.size())
    relaxation = relaxation_of(correlations, task.options);
  for (std::size_t w = 0; w < windows.size(); ++w)
    if (static_cast<int>(w) % ranks == rank)
      share.windows[w] = decode_window(correlations, windows[w], task.trains, prior, task.rate,
                                       relaxation ? &*relaxation : nullptr, task.options);
  return share;
}

// Collective; on rank 0 then all are there.
void gather(MPI_Comm communicator, std::size_t n_units, std::vector<DecodedWindow>& decoded) {
  const int rank = mpi_rank(communicator), ranks = mpi_size(communicator);
  for (std::size_t w = 0; w < decoded.size(); ++w) {
    const int owner = static_cast<int>(w) % ranks, tag = static_cast<int>(w);
    if (owner == 0) continue;
    if (rank == owner) {
      const std::vector<double> numbers = packed(decoded[w]);
      MPI_Send(numbers.data(), static_cast<int>(numbers.size()), MPI_DOUBLE, 0, tag, communicator);
    } else if (rank == 0) {
      MPI_Status status;
      MPI_Probe(owner, tag, communicator, &status);
      int count = 0;
      MPI_Get_count(&status, MPI_DOUBLE, &count);
      std::vector<double> numbers(static_cast<std::size_t>(count));
      MPI_Recv(numbers.data(), count, MPI_DOUBLE, owner, tag, communicator, MPI_STATUS_IGNORE);
      decoded[w] = unpacked(numbers, n_units);
    }
  }
}

Share decode_windows(MPI_Comm communicator, const DecodingTask& task, const std::vector<DecodingWindow>& windows) {
  if (communicator == MPI_COMM_NULL) return decode_share(task, windows, 0, 1);
  Share result;
  SharedFailure failure;
  try {
    result = decode_share(task, windows, mpi_rank(communicator), mpi_size(communicator));
  } catch (...) {
    failure = capture_failure(std::current_exception());
  }
  rethrow_first(communicator, failure);
  gather(communicator, task.trains.size(), result.windows);
  return result;
}

}  // namespace

DecodingTeam::~DecodingTeam() {
  if (communicator_ == MPI_COMM_NULL) return;
  bool more = false;
  share_values(communicator_, &more, 1);
}

DecodedSpikes DecodingTeam::decode(DecodingTask task) {
  if (task.trains.empty()) return {};
  if (communicator_ != MPI_COMM_NULL) {
    bool more = true;
    share_values(communicator_, &more, 1);
    share(communicator_, task);
  }
  const auto windows = decoding_windows(task.signal.cols(), task.rate, task.options);
  const Share decoded = decode_windows(communicator_, task, windows);
  DecodedSpikes result{joined(windows, decoded.windows), decoded.energy, {}};
  for (std::size_t j = 0; j < task.trains.size(); ++j) {
    OutputHeights heights;
    for (const DecodedWindow& window : decoded.windows) heights += window.heights[j];
    result.silhouettes.push_back(heights.silhouette());
  }
  return result;
}

void DecodingTeam::assist(MPI_Comm communicator) {
  while (true) {
    bool more = false;
    share_values(communicator, &more, 1);
    if (!more) return;
    DecodingTask task;
    share(communicator, task);
    try {
      decode_windows(communicator, task, decoding_windows(task.signal.cols(), task.rate, task.options));
    } catch (const std::exception&) {
      // Rank 0 throws the same.
    }
  }
}

}  // namespace bmiss
