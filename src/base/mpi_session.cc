#include "base/mpi_session.h"

#include <deal.II/base/mpi.h>

#include <new>

#include "base/errors.h"

namespace bmiss {

struct MpiSession::Library {
  dealii::Utilities::MPI::MPI_InitFinalize session;
};

MpiSession::MpiSession(int& argc, char**& argv) : library_(new Library{{argc, argv, 1}}) {}
MpiSession::~MpiSession() = default;

int mpi_rank(MPI_Comm communicator) {
  int rank = 0;
  MPI_Comm_rank(communicator, &rank);
  return rank;
}

int mpi_size(MPI_Comm communicator) {
  int size = 0;
  MPI_Comm_size(communicator, &size);
  return size;
}

namespace {

enum Kind { none, input, check, numerical, interrupted, memory, other };

}  // namespace

SharedFailure capture_failure(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const InputError& e) {
    return {input, e.what()};
  } catch (const CheckError& e) {
    return {check, e.what()};
  } catch (const NumericalError& e) {
    return {numerical, e.what()};
  } catch (const Interrupted& e) {
    return {interrupted, e.what()};
  } catch (const std::bad_alloc& e) {
    return {memory, e.what()};
  } catch (const std::exception& e) {
    return {other, e.what()};
  }
}

void rethrow_everywhere(MPI_Comm communicator, SharedFailure failure, int root) {
  int message[2] = {failure.kind, static_cast<int>(failure.sentence.size())};
  MPI_Bcast(message, 2, MPI_INT, root, communicator);
  if (message[0] == none) return;
  failure.sentence.resize(static_cast<std::size_t>(message[1]));
  MPI_Bcast(failure.sentence.data(), message[1], MPI_CHAR, root, communicator);
  switch (message[0]) {
    case input:
      throw InputError(failure.sentence);
    case check:
      throw CheckError(failure.sentence);
    case numerical:
      throw NumericalError(failure.sentence);
    case interrupted:
      throw Interrupted(failure.sentence);
    case memory:
      throw std::bad_alloc();
    default:
      throw std::runtime_error(failure.sentence);
  }
}

void rethrow_first(MPI_Comm communicator, SharedFailure failure) {
  int first = failure.kind != none ? mpi_rank(communicator) : mpi_size(communicator);
  MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, communicator);
  if (first < mpi_size(communicator)) rethrow_everywhere(communicator, failure, first);
}

}  // namespace bmiss
