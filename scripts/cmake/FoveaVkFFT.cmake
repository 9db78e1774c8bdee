# SPDX-License-Identifier: Apache-2.0
# VkFFT, which the spectral stages need: headers alone, and glslang,
# which compiles what they generate.
#
#   -DFOVEA_SPECTRAL=AUTO|ON|OFF   with it where a usable one is found; or fail; or never
#
# FOVEA_HAS_VKFFT says whether it is there, FOVEA_NO_VKFFT why not.

set(FOVEA_SPECTRAL AUTO CACHE STRING "Build with VkFFT: AUTO (where it is usable), ON or OFF")
set_property(CACHE FOVEA_SPECTRAL PROPERTY STRINGS AUTO ON OFF)
set(fovea_vkfft_least 1.3.4)  # 1.2.26 does not compile with glslang 12

function(fovea_find_vkfft why_not)
  find_path(FOVEA_VKFFT_INCLUDE_DIR vkFFT.h PATH_SUFFIXES vkFFT vkfft)
  if(NOT FOVEA_VKFFT_INCLUDE_DIR)
    set(${why_not} "was not found" PARENT_SCOPE)
    return()
  endif()
  file(STRINGS ${FOVEA_VKFFT_INCLUDE_DIR}/vkFFT.h line REGEX "return [0-9]+; *//X.XX.XX")
  string(REGEX MATCH "[0-9]+" number "${line}")
  if(NOT number)
    set(number 0)
  endif()
  math(EXPR major "${number} / 10000")
  math(EXPR minor "${number} / 100 % 100")
  math(EXPR patch "${number} % 100")
  set(version ${major}.${minor}.${patch})
  if(version VERSION_LESS fovea_vkfft_least)
    set(${why_not} "${version} is too old (needs ${fovea_vkfft_least})" PARENT_SCOPE)
    return()
  endif()
  # Debian 12's CMake package of glslang names files that Debian leaves out, so: by hand. Which
  # parts there are changes from version to version.
  find_path(FOVEA_GLSLANG_INCLUDE_DIR glslang/Include/glslang_c_interface.h)
  set(libraries)
  foreach(part SPIRV glslang MachineIndependent GenericCodeGen OGLCompiler OSDependent SPIRV-Tools-opt
      SPIRV-Tools)
    find_library(FOVEA_GLSLANG_${part} ${part})
    if(FOVEA_GLSLANG_${part})
      list(APPEND libraries ${FOVEA_GLSLANG_${part}})
    endif()
  endforeach()
  if(NOT FOVEA_GLSLANG_INCLUDE_DIR OR NOT FOVEA_GLSLANG_glslang)
    set(${why_not} "${version} was found without glslang" PARENT_SCOPE)
    return()
  endif()
  set(FOVEA_GLSLANG_LIBRARIES ${libraries} PARENT_SCOPE)
  set(${why_not} "" PARENT_SCOPE)
  message(STATUS "VkFFT ${version} from ${FOVEA_VKFFT_INCLUDE_DIR}")
endfunction()

set(FOVEA_HAS_VKFFT FALSE)
if(FOVEA_SPECTRAL STREQUAL "OFF")
  set(FOVEA_NO_VKFFT "was left out by FOVEA_SPECTRAL=OFF")
else()
  fovea_find_vkfft(FOVEA_NO_VKFFT)
endif()
if(NOT FOVEA_NO_VKFFT)
  set(FOVEA_HAS_VKFFT TRUE)
elseif(FOVEA_SPECTRAL STREQUAL "ON")
  message(FATAL_ERROR "FOVEA_SPECTRAL=ON, but VkFFT ${FOVEA_NO_VKFFT}.\n"
    "  fix: install libvkfft-dev and glslang-dev (Debian 12: from its backports), "
    "or run scripts/setup.sh")
elseif(NOT FOVEA_SPECTRAL STREQUAL "OFF")
  message(STATUS "Spectral stages left out: VkFFT ${FOVEA_NO_VKFFT}; scripts/setup.sh installs it")
endif()
