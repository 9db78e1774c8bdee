# SPDX-License-Identifier: Apache-2.0
# fovea_test(NAME unit.resample SOURCES resample_test.cpp LIBS fovea::preprocess LABELS unit)
# builds one GoogleTest program and registers it with ctest as one test.
# Label `device` marks a program that needs a Vulkan device; label `unit` one that needs
# none, and adds it to the target unit_tests, which the sanitizer run builds.
# Tests run two at a time; ALONE is for those that a busy machine would disturb: they wait for a
# clock, or hold a program to what it does in a moment. TIMEOUT (seconds, default 600) is also what
# a test is taken to cost: the longest start first.
# With FOVEA_TEST_SWIFTSHADER a device test runs a second time on SwiftShader, another software
# device with another compiler, which Debian's chromium brings.
add_custom_target(unit_tests)

option(FOVEA_TEST_SWIFTSHADER "Run the device tests on SwiftShader too" OFF)
if(FOVEA_TEST_SWIFTSHADER)
  find_file(FOVEA_SWIFTSHADER libvk_swiftshader.so PATHS /usr/lib/chromium NO_DEFAULT_PATH REQUIRED
    DOC "SwiftShader's driver")
  set(fovea_swiftshader_icd ${CMAKE_CURRENT_BINARY_DIR}/swiftshader_icd.json)
  file(WRITE ${fovea_swiftshader_icd} "{\"file_format_version\": \"1.0.0\", \"ICD\": "
    "{\"library_path\": \"${FOVEA_SWIFTSHADER}\", \"api_version\": \"1.3.0\"}}\n")
  message(STATUS "Device tests run on SwiftShader too: ${FOVEA_SWIFTSHADER}")
endif()

function(fovea_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "ALONE" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT")
  string(REPLACE "." "_" target test_${arg_NAME})
  add_executable(${target} ${arg_SOURCES})
  fovea_target_defaults(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  # What is tested is compiled as users get it; the tests themselves need not be fast.
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_link_libraries(${target} PRIVATE
    ${arg_LIBS} fovea_test_places GTest::gmock GTest::gtest_main)
  add_test(NAME ${arg_NAME} COMMAND ${target})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    COST ${arg_TIMEOUT} RUN_SERIAL ${arg_ALONE} ENVIRONMENT "${arg_ENVIRONMENT}")
  if("device" IN_LIST arg_LABELS AND NOT "e2e" IN_LIST arg_LABELS AND FOVEA_TEST_SWIFTSHADER)
    add_test(NAME ${arg_NAME}.swiftshader COMMAND ${target})
    set_tests_properties(${arg_NAME}.swiftshader PROPERTIES
      LABELS "${arg_LABELS};swiftshader" TIMEOUT ${arg_TIMEOUT}
      ENVIRONMENT "${arg_ENVIRONMENT};FOVEA_DEVICE=swiftshader;VK_DRIVER_FILES=${fovea_swiftshader_icd};VK_ICD_FILENAMES=${fovea_swiftshader_icd}")
  endif()
  if("unit" IN_LIST arg_LABELS)
    add_dependencies(unit_tests ${target})
  endif()
endfunction()
