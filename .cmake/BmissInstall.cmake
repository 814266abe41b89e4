get_property(BMISS_ROOMS GLOBAL PROPERTY BMISS_ROOMS)
install(TARGETS ${BMISS_ROOMS} bmiss_program EXPORT bmissTargets
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY src/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bmiss FILES_MATCHING PATTERN "*.h")
install(DIRECTORY solvers inversion DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/bmiss FILES_MATCHING PATTERN "*.h")
install(EXPORT bmissTargets NAMESPACE bmiss:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bmiss)
include(CMakePackageConfigHelpers)
configure_package_config_file(.cmake/bmissConfig.cmake.in "${CMAKE_BINARY_DIR}/bmissConfig.cmake"
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bmiss)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/bmissConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/bmissConfig.cmake" "${CMAKE_BINARY_DIR}/bmissConfigVersion.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/bmiss)
