# SPDX-License-Identifier: Apache-2.0
# Targets opencv_core, opencv_imgproc, opencv_imgcodecs and opencv_videoio: from OpenCV's own
# CMake package where it is installed, else from the four module packages alone. Debian
# keeps the CMake package in libopencv-dev, which would bring all of OpenCV.
find_package(OpenCV QUIET COMPONENTS core imgproc imgcodecs videoio)
if(NOT OpenCV_FOUND)
  find_path(FOVEA_OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
  foreach(module core imgproc imgcodecs videoio)
    find_library(FOVEA_OPENCV_${module} opencv_${module})
    if(NOT FOVEA_OPENCV_INCLUDE_DIR OR NOT FOVEA_OPENCV_${module})
      message(FATAL_ERROR "OpenCV's module '${module}' is missing.\n"
        "  fix: install libopencv-${module}-dev (Debian, Ubuntu), or run scripts/demo.sh")
    endif()
    add_library(opencv_${module} SHARED IMPORTED)
    set_target_properties(opencv_${module} PROPERTIES
      IMPORTED_LOCATION ${FOVEA_OPENCV_${module}}
      INTERFACE_INCLUDE_DIRECTORIES ${FOVEA_OPENCV_INCLUDE_DIR})
  endforeach()
  message(STATUS "OpenCV: four modules from ${FOVEA_OPENCV_INCLUDE_DIR}")
endif()
