# SPDX-License-Identifier: Apache-2.0
# find_package(fovea) gives fovea::vision, fovea::line, fovea::compute and the rest.
include(CMakeFindDependencyMacro)
foreach(package Vulkan fmt yaml-cpp nlohmann_json CLI11 CURL pugixml Threads)
  find_dependency(${package})
endforeach()
include(${CMAKE_CURRENT_LIST_DIR}/FoveaOpenCV.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/fovea-targets.cmake)
