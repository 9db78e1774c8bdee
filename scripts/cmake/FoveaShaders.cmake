# SPDX-License-Identifier: Apache-2.0
# How a shader is compiled, and what the shader compiler at hand knows.
#
#   -DFOVEA_GLSL_COMPILER=/path/to/glslang   a newer compiler than the glslc that is found
#
# glslc and glslang (glslangValidator) are both understood.

set(FOVEA_GLSL_COMPILER "" CACHE FILEPATH "glslc or glslang for the shaders; empty: the glslc found")

# fovea_glsl_command(<variable> <input> <output> DEFINES ... INCLUDE folder [VULKAN 1.3])
# The command that compiles to SPIR-V words as text, and notes what it read in <output>.d.
# The version of Vulkan is 1.2, the oldest Fovea runs on, unless a shader says otherwise.
function(fovea_glsl_command variable input output)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "INCLUDE;VULKAN" "DEFINES")
  if(NOT arg_VULKAN)
    set(arg_VULKAN 1.2)
  endif()
  list(TRANSFORM arg_DEFINES PREPEND "-D")
  if(FOVEA_GLSL_IS_GLSLANG)
    set(command ${FOVEA_GLSL} --quiet -V --target-env vulkan${arg_VULKAN} -x ${arg_DEFINES} -I${arg_INCLUDE}
      --depfile ${output}.d -o ${output} ${input})
  else()
    set(command ${FOVEA_GLSL} -O -Werror --target-env=vulkan${arg_VULKAN} -mfmt=num ${arg_DEFINES}
      -I ${arg_INCLUDE} -MD -MF ${output}.d -MT ${output} -o ${output} ${input})
  endif()
  set(${variable} ${command} PARENT_SCOPE)
endfunction()

# fovea_glsl_knows(<variable> <extension> <Vulkan> <statement>): does the compiler take them?
function(fovea_glsl_knows variable extension vulkan statement)
  set(probe ${CMAKE_CURRENT_BINARY_DIR}/probe_${extension}.comp)
  file(CONFIGURE OUTPUT ${probe} CONTENT "#version 460
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_cooperative_matrix : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension ${extension} : require
layout(local_size_x = 32) in;
void main() { ${statement} }
" @ONLY)
  fovea_glsl_command(command ${probe} ${probe}.inc INCLUDE ${CMAKE_CURRENT_BINARY_DIR}
    VULKAN ${vulkan})
  execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(result EQUAL 0)
    set(${variable} TRUE PARENT_SCOPE)
  else()
    set(${variable} FALSE PARENT_SCOPE)
  endif()
endfunction()

if(FOVEA_GLSL_COMPILER)
  set(FOVEA_GLSL ${FOVEA_GLSL_COMPILER})
elseif(Vulkan_GLSLC_EXECUTABLE)
  set(FOVEA_GLSL ${Vulkan_GLSLC_EXECUTABLE})
else()
  message(FATAL_ERROR "No shader compiler: install glslc, or name one with -DFOVEA_GLSL_COMPILER=<path>")
endif()
execute_process(COMMAND ${FOVEA_GLSL} --version OUTPUT_VARIABLE fovea_glsl_version
  RESULT_VARIABLE fovea_glsl_result ERROR_QUIET)
if(NOT fovea_glsl_result EQUAL 0)
  message(FATAL_ERROR "FOVEA_GLSL_COMPILER: '${FOVEA_GLSL} --version' does not run")
endif()
string(REGEX MATCH "Glslang Version" FOVEA_GLSL_IS_GLSLANG "${fovea_glsl_version}")
string(REGEX REPLACE "\n.*" "" fovea_glsl_version "${fovea_glsl_version}")

fovea_glsl_knows(FOVEA_GLSL_COOPMAT GL_KHR_cooperative_matrix 1.2
  "coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA> m = coopmat<float16_t, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA>(0.0);")
fovea_glsl_knows(FOVEA_GLSL_COOPMAT2 GL_NV_cooperative_matrix2 1.3
  "tensorLayoutNV<2> layout2 = createTensorLayoutNV(2);")
set(fovea_left_out "")
if(NOT FOVEA_GLSL_COOPMAT)
  list(APPEND fovea_left_out "VK_KHR_cooperative_matrix (glslc 2023.8 or glslang 13.1)")
endif()
if(NOT FOVEA_GLSL_COOPMAT2)
  list(APPEND fovea_left_out "VK_NV_cooperative_matrix2 (glslc 2025.1 or glslang 15.1)")
endif()
if(fovea_left_out)
  string(REPLACE ";" " and " fovea_left_out "${fovea_left_out}")
  message(STATUS "GPU kernels left out, for the shader compiler (${fovea_glsl_version}) is too old: "
    "${fovea_left_out}; -DFOVEA_GLSL_COMPILER=<path> names a newer one")
endif()
