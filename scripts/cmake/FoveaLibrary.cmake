# SPDX-License-Identifier: Apache-2.0
# fovea_library(compute SOURCES ... PUBLIC fmt::fmt PRIVATE Vulkan::Vulkan)
# makes the static library fovea_compute, known to others as fovea::compute.

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
  target_include_directories(fovea_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(fovea_${name} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
endfunction()
