# One shared library a room: plugins loaded at run time then find the registries of the running program.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer")
set(CMAKE_SHARED_LINKER_FLAGS_SANITIZE "-fsanitize=address,undefined")
set(CMAKE_EXE_LINKER_FLAGS_SANITIZE "-fsanitize=address,undefined")

add_library(bmiss_options INTERFACE)
target_compile_options(bmiss_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Werror -Wno-psabi
                       $<$<BOOL:${BMISS_NATIVE}>:-march=native>)

# bmiss_room(<name> SOURCES <files> ROOMS <other rooms> LIBRARIES <external, private> PUBLIC_LIBRARIES <external, in headers>)
function(bmiss_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES;PUBLIC_LIBRARIES" ${ARGN})
  add_library(bmiss_${name} SHARED ${ROOM_SOURCES})
  add_library(bmiss::${name} ALIAS bmiss_${name})
  set_target_properties(bmiss_${name} PROPERTIES EXPORT_NAME ${name} VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(bmiss_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/bmiss>)
  foreach(room ${ROOM_ROOMS})
    target_link_libraries(bmiss_${name} PUBLIC bmiss_${room})
  endforeach()
  target_link_libraries(bmiss_${name} PUBLIC ${ROOM_PUBLIC_LIBRARIES}
                        PRIVATE $<BUILD_INTERFACE:bmiss_options> ${ROOM_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY BMISS_ROOMS bmiss_${name})
endfunction()
