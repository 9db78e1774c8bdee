# SPDX-License-Identifier: Apache-2.0
# Fails when an #include points upwards, a library comes in by a second door, a file
# outgrows one sitting, or a shader lacks its block.
#   cmake -DROOT=<repo> -P tests/style/layers.cmake
cmake_minimum_required(VERSION 3.25)
set(allow_shaders)
set(allow_compute shaders)
set(allow_vision compute)
set(allow_pipeline vision compute)
# What each room may know of the room below it: pipeline/ sees no kernels and no tensors.
set(pipeline_compute "compute/(device|device_facts|error|program|tuner|tuning|ops/fft|ops/peaks|ops/transformer)\\.hpp")
set(vision_compute "compute/(device|error|buffer|parallel|program|tensor|tuner|ops/(attention_maps|fft|global_filter|half|quantize|resample|source_layout|storage|transformer))\\.hpp")
# <header regex> = the files that may include it
set(doors
  "vulkan/=compute/vulkan\\.hpp"
  "(vkFFT|glslang)=compute/vkfft\\.cpp"
  "opencv2/(core|imgproc)=(vision|pipeline)/.*"
  "opencv2/(imgcodecs|videoio|highgui)=pipeline/.*"
  "yaml-cpp/=pipeline/config/config_yaml\\.cpp"
  "nlohmann/=(vision/checkpoint/.*|pipeline/sinks/json\\.hpp|pipeline/hub/.*)"
  "curl/=pipeline/hub/.*"
  "lib(av[a-z]+|swscale)/=pipeline/sources/av\\.hpp"
  "CLI/=pipeline/cli/.*"
  "pugixml=pipeline/eval/voc_xml\\.cpp"
  "microhttpd=pipeline/view/http_server\\.cpp"
  "(thread|mutex|condition_variable)$=(pipeline|compute)/.*")
set(max_lines 400)

set(problems "")
foreach(layer shaders compute vision pipeline)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${layer}/*.hpp ${ROOT}/${layer}/*.cpp
    ${ROOT}/${layer}/*.comp ${ROOT}/${layer}/*.glsl)
  foreach(file IN LISTS files)
    file(READ ${ROOT}/${file} content)
    string(REGEX REPLACE "[^\n]+" "" lines "${content}")
    string(LENGTH "${lines}" count)
    if(count GREATER max_lines)
      string(APPEND problems "${file}: ${count} lines; split it (limit ${max_lines})\n")
    endif()
    if(file MATCHES "\\.comp$")
      foreach(word Shapes Grid Precision Limits Wrapper Oracle)
        if(NOT content MATCHES "[/ ] ${word} ")
          string(APPEND problems "${file}: its block does not say '${word}'\n")
        endif()
      endforeach()
    endif()
    file(STRINGS ${ROOT}/${file} includes REGEX "^#include [<\"]")
    foreach(include IN LISTS includes)
      string(REGEX REPLACE "^#include [<\"]([^>\"]+)[>\"].*" "\\1" header "${include}")
      if(header MATCHES "^(compute|vision|pipeline|shaders|tests)/")
        set(target ${CMAKE_MATCH_1})
        if(NOT target STREQUAL layer AND NOT target IN_LIST allow_${layer})
          string(APPEND problems "${file}: ${layer}/ may not include ${target}/\n")
        endif()
        if(target STREQUAL "compute" AND DEFINED ${layer}_compute AND
           NOT header MATCHES "^${${layer}_compute}$")
          string(APPEND problems "${file}: ${layer}/ may not know ${header}\n")
        endif()
      endif()
      foreach(door IN LISTS doors)
        string(REGEX MATCH "^(.*)=(.*)$" _ "${door}")
        set(pattern "${CMAKE_MATCH_1}")
        set(where "${CMAKE_MATCH_2}")
        if(header MATCHES "^${pattern}" AND NOT file MATCHES "^${where}$")
          string(APPEND problems "${file}: <${header}> may only be included by ${where}\n")
        endif()
      endforeach()
    endforeach()
  endforeach()
endforeach()
if(problems)
  message(FATAL_ERROR "layering:\n${problems}")
endif()
