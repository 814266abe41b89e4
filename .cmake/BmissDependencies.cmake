# Every library comes from Debian 12; `run` installs the packages.
find_package(MPI REQUIRED COMPONENTS C CXX)
find_package(PkgConfig REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2 REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(hdf5 REQUIRED IMPORTED_TARGET hdf5-openmpi)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(matio REQUIRED IMPORTED_TARGET matio)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo)
pkg_check_modules(petsc REQUIRED IMPORTED_TARGET PETSc)
pkg_check_modules(fftw REQUIRED IMPORTED_TARGET fftw3f)
find_library(EDF_LIBRARY edf REQUIRED)
# Debian's NIFTIConfig.cmake points at files of another place.
find_library(NIFTI_LIBRARY nifti2 REQUIRED)
find_path(NIFTI_INCLUDE_DIR nifti2_io.h PATH_SUFFIXES nifti REQUIRED)
find_library(GMSH_LIBRARY gmsh REQUIRED)

# deal.II's own configuration links every optional dependency; the shared library already knows them.
find_package(deal.II 9.4 REQUIRED HINTS /usr/share/cmake/deal.II)
add_library(bmiss_dealii INTERFACE)
target_include_directories(bmiss_dealii SYSTEM INTERFACE ${DEAL_II_INCLUDE_DIRS})
find_library(DEALII_RELEASE_LIBRARY deal.ii REQUIRED)
find_library(DEALII_DEBUG_LIBRARY deal.ii.g REQUIRED)
target_link_libraries(bmiss_dealii INTERFACE
  $<IF:$<CONFIG:Debug>,${DEALII_DEBUG_LIBRARY},${DEALII_RELEASE_LIBRARY}> MPI::MPI_CXX)
target_compile_definitions(bmiss_dealii INTERFACE $<$<CONFIG:Debug>:DEBUG>)
# Headers of the Boost and Trilinos releases that Debian pairs with deal.II warn about themselves.
target_compile_definitions(bmiss_dealii INTERFACE BOOST_ALLOW_DEPRECATED_HEADERS BOOST_BIND_GLOBAL_PLACEHOLDERS)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
