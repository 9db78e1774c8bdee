# SPDX-License-Identifier: Apache-2.0
# fovea_library(compute SOURCES ... PUBLIC fmt::fmt PRIVATE Vulkan::Vulkan)
# makes the static library fovea_compute, known to others as fovea::compute, here and to
# projects that find_package(fovea) after an install.

function(fovea_target_defaults target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    -Wno-missing-field-initializers)  # Vulkan structs: {sType} and zeros is the idiom
endfunction()

function(fovea_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(fovea_${name} STATIC ${arg_SOURCES})
  add_library(fovea::${name} ALIAS fovea_${name})
  fovea_target_defaults(fovea_${name})
  set_target_properties(fovea_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(fovea_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include/fovea>)
  target_link_libraries(fovea_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  install(TARGETS fovea_${name} EXPORT fovea-targets ARCHIVE DESTINATION lib/fovea)
endfunction()

# The program's own files: headers below include/fovea, models and configurations below share/fovea.
function(fovea_install)
  foreach(room shaders compute vision pipeline)
    install(DIRECTORY ${room} DESTINATION include/fovea FILES_MATCHING PATTERN "*.hpp"
      PATTERN "*_impl.hpp" EXCLUDE)
  endforeach()
  install(DIRECTORY models configs DESTINATION share/fovea PATTERN "train" EXCLUDE)
  install(EXPORT fovea-targets NAMESPACE fovea:: DESTINATION lib/cmake/fovea)
  install(FILES scripts/cmake/fovea-config.cmake scripts/cmake/FoveaOpenCV.cmake
    DESTINATION lib/cmake/fovea)
endfunction()
