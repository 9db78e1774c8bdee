# SPDX-License-Identifier: Apache-2.0
# find_package(fovea) gives fovea::vision, fovea::line, fovea::compute and the rest.
include(CMakeFindDependencyMacro)
foreach(package Vulkan fmt yaml-cpp nlohmann_json CLI11 CURL pugixml Threads PkgConfig)
  find_dependency(${package})
endforeach()
pkg_check_modules(FFMPEG REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
include(${CMAKE_CURRENT_LIST_DIR}/FoveaOpenCV.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/fovea-targets.cmake)
