# SPDX-License-Identifier: Apache-2.0
# fovea_test(NAME unit.resample SOURCES resample_test.cpp LIBS fovea::preprocess LABELS unit)
# builds one GoogleTest program and registers it with ctest as one test.
# Label `device` marks a program that needs a Vulkan device; label `unit` one that needs
# none, and adds it to the target unit_tests, which the sanitizer run builds.
add_custom_target(unit_tests)

function(fovea_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;TIMEOUT" "SOURCES;LIBS;LABELS;ENVIRONMENT")
  string(REPLACE "." "_" target test_${arg_NAME})
  add_executable(${target} ${arg_SOURCES})
  fovea_target_defaults(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${target} PRIVATE
    FOVEA_TEST_SOURCE_DIR="${PROJECT_SOURCE_DIR}" FOVEA_TEST_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${target} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${arg_NAME} COMMAND ${target})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  set_tests_properties(${arg_NAME} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${arg_ENVIRONMENT}")
  if("unit" IN_LIST arg_LABELS)
    add_dependencies(unit_tests ${target})
  endif()
endfunction()
