#include "base/version.h"

#include <deal.II/base/config.h>
#include <hdf5.h>
#include <mpi.h>
#include <petscversion.h>

#include <Eigen/Core>

namespace bmiss {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace

std::string version() {
  return BMISS_VERSION;
}

std::map<std::string, std::string> library_versions() {
  char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(mpi, &length);
  const std::string mpi_text(mpi, static_cast<std::size_t>(length));
  return {{"bmiss", version()},
          {"build", BMISS_BUILD_TYPE},
          {"compiler", __VERSION__},
          {"deal.II", DEAL_II_PACKAGE_VERSION},
          {"PETSc", dotted(PETSC_VERSION_MAJOR, PETSC_VERSION_MINOR, PETSC_VERSION_SUBMINOR)},
          {"HDF5", dotted(H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE)},
          {"Eigen", dotted(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"MPI", mpi_text.substr(0, mpi_text.find(','))}};
}

}  // namespace bmiss
